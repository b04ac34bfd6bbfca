import { describe, expect, it } from 'vitest';
import { chartRangeOf, parseChartQuery } from '../../../src/core/ports/chart-query.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { TimeWindow } from '../../../src/core/time/time-window.ts';

const NOW = Date.parse('2026-03-10T12:34:56Z');
const ROLLING: TimeWindow = { kind: 'rolling', duration: 28 * DAY, text: '28d' };
const MONTH: TimeWindow = {
  kind: 'calendar',
  unit: 'month',
  timeZone: 'Europe/Berlin',
  duration: 31 * DAY,
  text: 'month',
};
const asked = (texts: object, window: TimeWindow = ROLLING) =>
  parseChartQuery({ range: null, from: null, to: null, ...texts }, window, NOW);
const at = (text: string) => Date.parse(text);

describe('the time of charts', () => {
  it.each([
    ['1h', at('2026-03-10T11:34:00Z'), MINUTE],
    ['6h', at('2026-03-10T06:34:00Z'), 2 * MINUTE],
    ['1d', at('2026-03-09T12:34:00Z'), 5 * MINUTE],
    ['7d', at('2026-03-03T12:00:00Z'), HOUR],
    ['window', at('2026-02-10T12:00:00Z'), 3 * HOUR],
  ])('of %s ends with the running minute, in few enough steps', (range, from, step) => {
    expect(asked({ range })).toMatchObject({ from, step, to: at('2026-03-10T12:35:00Z') });
  });

  it('of a calendar window begins with its period, in its zone', () => {
    expect(asked({ range: 'window' }, MONTH)).toMatchObject({ from: at('2026-02-28T23:00:00Z') });
  });

  it('is a day unless something is asked for, and custom with a beginning or an end', () => {
    expect(asked({})).toEqual(asked({ range: '1d' }));
    expect(asked({ from: '2026-03-10T01:00:00Z', to: '2026-03-10T03:00:00Z' })).toMatchObject({
      from: at('2026-03-10T01:00:00Z'),
      to: at('2026-03-10T03:00:00Z'),
    });
    expect(chartRangeOf({ range: null, from: null, to: null })).toBe('1d');
    expect(chartRangeOf({ range: null, from: '0', to: null })).toBe('custom');
  });

  it.each([
    [{ range: '2h' }, 'range must be one of 1h, 6h, 1d, 7d, window, custom.'],
    [{ range: '1h', from: '2026-03-10T01:00:00Z' }, 'from and to go with range=custom only.'],
    [{ from: 'yesterday' }, 'from must be an RFC 3339 time'],
    [{ from: '2026-03-11T00:00:00Z' }, 'from must be earlier than to, and than now.'],
    [{ from: '2025-03-10T01:00:00Z' }, 'from must be at most 100d ago'],
  ])('refuses %j', (texts, sentence) => {
    const { problems } = asked(texts) as { problems: readonly string[] };
    expect(problems.join(' ')).toContain(sentence);
  });

  it('is never in more steps than a chart shows', () => {
    for (const days of [1, 2, 3, 4, 10, 50, 99]) {
      const query = asked({ from: String(NOW - days * DAY) }) as { from: number; to: number; step: number };
      expect((query.to - query.from) / query.step).toBeLessThanOrEqual(300);
    }
  });
});
