import { expect, it } from 'vitest';
import { hasLabels, labelsText, parseLabels } from '../../../src/core/slo/labels.ts';

it('reads labels as they are written, and writes them again', () => {
  expect(parseLabels('tier=gold')).toEqual({ tier: 'gold' });
  expect(parseLabels(' tier = gold* , region,query=a=b')).toEqual({
    tier: 'gold*',
    region: '*',
    query: 'a=b',
  });
  for (const text of ['', ' ', '=gold', 'tier=gold,', ',', '=']) expect(parseLabels(text)).toBeNull();
  for (const text of ['tier=gold', 'tier=*,region=eu-?']) expect(labelsText(parseLabels(text)!)).toBe(text);
});

it('takes what has all of the labels, with values that fit', () => {
  const labels = { tier: 'gold', region: 'eu-1' };
  expect(hasLabels(labels, {})).toBe(true);
  expect(hasLabels(undefined, {})).toBe(true);
  expect(hasLabels(labels, { tier: 'g*', region: 'eu-?' })).toBe(true);
  expect(hasLabels(labels, { tier: 'gold', region: 'us-*' })).toBe(false);
  for (const name of ['zone', 'toString', '__proto__'])
    expect(hasLabels(labels, parseLabels(name)!)).toBe(false);
  expect(hasLabels(undefined, { tier: '*' })).toBe(false);
});
