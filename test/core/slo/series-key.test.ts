import { describe, expect, it } from 'vitest';
import { seriesKey } from '../../../src/core/slo/series.ts';

describe('The key of a series', () => {
  it('is the same for the same series and no other, also when more were asked for than are kept', () => {
    const key = seriesKey({ workflow: 'orders', fingerprint: 'f0' });
    const all = new Set<string>();
    for (let index = 0; index < 200_500; index++)
      all.add(seriesKey({ workflow: `orders-${index % 1000}`, fingerprint: `f${index}` }));
    expect(all.size).toBe(200_500);
    expect(all).not.toContain(key);
    expect(seriesKey({ workflow: 'orders', fingerprint: 'f0' })).toBe(key);
    // The first of those that were forgotten, and one of a workflow of which some were.
    expect(seriesKey({ workflow: 'orders-0', fingerprint: 'f0' })).toBe('orders-0 f0');
    expect(seriesKey({ workflow: 'orders-1', fingerprint: 'f200001' })).toBe('orders-1 f200001');
  });
});
