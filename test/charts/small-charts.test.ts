import { array, assert, constant, double, integer, nat, oneof, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badge } from '../../src/charts/badge.ts';
import { dayStrip } from '../../src/charts/day-strip.ts';
import { downsample } from '../../src/charts/downsample.ts';
import { sparkline } from '../../src/charts/sparkline.ts';
import { thresholdBar } from '../../src/charts/threshold-bar.ts';
import { allElements, readChart } from './read-xml.ts';

const hostile = string({ unit: 'binary', maxLength: 40 });
const values = array(oneof(constant(null), double(), double({ noNaN: true, min: -1e12, max: 1e12 })), {
  maxLength: 600,
});

const paths = (svg: string) =>
  allElements(readChart(svg))
    .filter(({ name }) => name === 'path')
    .map(({ attributes }) => attributes.get('d')!);

describe('a sparkline', () => {
  it('is well-formed with finite numbers, whatever its values and label are', () => {
    const line = record({
      values,
      threshold: oneof(constant(null), double({ noNaN: true, noDefaultInfinity: true })),
      label: hostile,
    });
    assert(
      property(line, (each) => {
        readChart(sparkline(each));
      }),
    );
  });

  it('says its label to those who do not see it', () => {
    const label = `</svg><script>alert(1)</script> "Größe" & 'more'`;
    expect(readChart(sparkline({ values: [1], threshold: null, label })).attributes.get('aria-label')).toBe(
      label,
    );
  });

  it('draws nothing where nothing was counted', () => {
    const [line] = paths(sparkline({ values: [0, 1, null, 1, null, 0.5], threshold: null, label: '' }));
    expect(line).toBe('M3 21L21 3M57 3h0M93 12h0');
  });

  it('is a dotted line without any value, and in the middle when all are the same', () => {
    expect(paths(sparkline({ values: [null, null], threshold: null, label: '' }))).toEqual(['M3 12H93']);
    expect(paths(sparkline({ values: [], threshold: null, label: '' }))).toEqual(['M3 12H93']);
    expect(paths(sparkline({ values: [5, 5], threshold: null, label: '' }))).toEqual(['M3 12L93 12']);
  });

  it('shows a threshold outside its values', () => {
    const [threshold, line] = paths(sparkline({ values: [0, 1], threshold: 2, label: '' }));
    expect([threshold, line]).toEqual(['M0 3H96', 'M3 21L93 12']);
  });
});

describe('a strip of days', () => {
  it('is well-formed with finite numbers, whatever was counted', () => {
    const counted = oneof(nat(), double({ noNaN: true, min: 0 }));
    const days = array(record({ good: counted, bad: counted }), { maxLength: 60 });
    assert(
      property(days, double({ min: 0, max: 0.99999, noNaN: true }), hostile, (days, objective, label) => {
        readChart(dayStrip({ days, objective, label }));
      }),
    );
  });

  it('says how many days kept the objective, missed it, or had no outcomes', () => {
    const days = [
      { good: 100, bad: 0 },
      { good: 95, bad: 5 },
      { good: 94, bad: 6 },
      { good: 0, bad: 0 },
      { good: 0, bad: 3 },
    ];
    expect(
      readChart(dayStrip({ days, objective: 0.95, label: 'Last 5 days' })).attributes.get('aria-label'),
    ).toBe('Last 5 days: objective kept on 2 days, missed on 2 days, no outcomes on 1 day');
  });

  it('counts a day at exactly the objective as kept, however the product rounds', () => {
    const days = [{ good: 7, bad: 93 }];
    expect(dayStrip({ days, objective: 0.07, label: '' })).toContain('kept on 1 day"');
  });

  it('differs by shape, not by colour alone', () => {
    const shape = (good: number, bad: number) =>
      paths(dayStrip({ days: [{ good, bad }], objective: 0.95, label: '' })).join(' ');
    const shapes = [shape(10, 0), shape(99, 1), shape(1, 1), shape(0, 0)];
    expect(new Set(shapes).size).toBe(4);
  });
});

describe('downsampling', () => {
  const points = array(
    record({ step: integer({ min: 1, max: 5 }), value: oneof(constant(null), double({ noNaN: true })) }),
    {
      maxLength: 2000,
    },
  ).map((steps) => {
    let at = 0;
    return steps.map(({ step, value }) => ({ at: (at += step), value }));
  });

  it('keeps the extremes and the order, and no more than four points a part', () => {
    assert(
      property(points, integer({ min: 1, max: 100 }), (all, buckets) => {
        const kept = downsample(all, buckets);
        const extremes = (of: typeof kept): readonly number[] => {
          const counted = of.flatMap(({ value }) => (value === null ? [] : [value]));
          // Of 0 and -0 either may be kept.
          return [Math.min(...counted) + 0, Math.max(...counted) + 0];
        };
        expect(extremes(kept)).toEqual(extremes(all));
        expect(kept.length).toBeLessThanOrEqual(4 * buckets);
        expect(kept.toSorted((a, b) => a.at - b.at)).toEqual(kept);
        expect(kept.every((point) => all.includes(point))).toBe(true);
      }),
    );
  });

  it('leaves a gap where a whole part has no value', () => {
    const all = Array.from({ length: 1000 }, (_, at) => ({ at, value: at >= 400 && at < 600 ? null : at }));
    const kept = downsample(all, 10);
    expect(kept.filter(({ value }) => value === null).map(({ at }) => at)).toEqual([400, 500]);
  });
});

describe('the bar of a tier', () => {
  it('is well-formed with finite numbers, whatever stands against what', () => {
    const value = oneof(constant(null), double());
    assert(
      property(value, double({ noNaN: true }), hostile, (value, threshold, label) => {
        readChart(thresholdBar({ id: 'tier-1', value, threshold, label }));
      }),
    );
  });

  it('is hatched from its threshold on, and has an arrow where it leaves the scale', () => {
    const drawn = (value: number) => thresholdBar({ id: 't', value, threshold: 10, label: '' });
    expect(drawn(9.9)).not.toContain('<pattern');
    expect(drawn(10)).toContain('height="8" width="80" fill="url(#t-bad-slashes)"');
    expect(paths(drawn(14)).join()).not.toContain('l5 6');
    expect(paths(drawn(200)).join()).toContain('l5 6');
  });
});

describe('a badge', () => {
  const facts = {
    name: 'fulfilled',
    alert: 'none',
    data: 'ok',
    budgetState: 'ok',
    remainingRatio: 0.42,
  } as const;

  it.each([
    [{}, '● 42% left'],
    [{ budgetState: 'low', remainingRatio: 0.2 }, '◐ 20% left'],
    [{ budgetState: 'exhausted', remainingRatio: -0.3 }, '■ overspent by 30%'],
    [{ budgetState: 'exhausted', remainingRatio: 0 }, '■ 0% left'],
    [{ alert: 'page', remainingRatio: 0.41 }, '▲ page, 41% left'],
    [{ alert: 'ticket' }, '△ ticket, 42% left'],
    [{ data: 'none', remainingRatio: null }, '○ no data'],
    [{ data: 'warming-up', remainingRatio: null }, '◌ warming up'],
  ] as const)('of %j says %s', (some, text) => {
    const root = readChart(badge({ ...facts, ...some }));
    expect(root.attributes.get('aria-label')).toBe(`fulfilled: ${text}`);
    expect(allElements(root).map((each) => each.text)).toContain(text);
  });

  it('is well-formed whatever the SLO is called, and no wider than a line of text', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 300 }), (name) => {
        const root = readChart(badge({ ...facts, name }));
        expect(Number(root.attributes.get('width'))).toBeLessThan(400);
      }),
    );
  });
});
