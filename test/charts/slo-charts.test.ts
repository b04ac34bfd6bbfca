import type { Arbitrary } from 'fast-check';
import {
  array,
  assert,
  constant,
  constantFrom,
  double,
  integer,
  oneof,
  property,
  record,
  string,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChartSetting } from '../../src/charts/plot.ts';
import {
  budgetChart,
  burnRateChart,
  causeChart,
  durationChart,
  failingChart,
  queueChart,
  sliChart,
  volumeChart,
} from '../../src/charts/slo-charts.ts';
import type { ChartData } from '../../src/core/ports/chart-data.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { NOW, chartData } from './chart-data.ts';
import { allElements, readChart } from './read-xml.ts';
import type { XmlElement } from './read-xml.ts';

const SETTING: ChartSetting = {
  id: 'budget',
  width: 380,
  height: 240,
  theme: 'light',
  timeZone: 'UTC',
  alone: false,
  explainsMarks: true,
};

/** Every chart of some data. */
function charts(data: ChartData, setting: ChartSetting = SETTING): readonly string[] {
  return [
    budgetChart(setting, data),
    sliChart(setting, data),
    failingChart(setting, data),
    volumeChart(setting, data),
    causeChart(setting, data),
    ...data.burnRates.map((history) => burnRateChart(setting, data, history)),
    ...data.durations.map((history) => durationChart(setting, data, history)),
    ...data.queues.map((history) => queueChart(setting, data, history)),
  ];
}

const shapes = (svg: string, color: string): readonly string[] =>
  allElements(readChart(svg))
    .filter(
      ({ name, attributes }) => name === 'path' && attributes.get('class')?.split(' ').includes(`s-${color}`),
    )
    .map(({ attributes }) => attributes.get('d')!);

const texts = (svg: string): string =>
  allElements(readChart(svg))
    .map(({ text }) => text)
    .join('\n');

const number = oneof(double(), double({ noNaN: true, min: -100, max: 100 }), constant(0));
const maybe = oneof(constant(null), number);
const hostile = oneof(
  string({ unit: 'binary', maxLength: 130 }),
  constant('</svg><script>alert(1)</script>'),
);
const moments = integer({ min: 0, max: 40_000 }).map((minutes) => NOW - minutes * MINUTE);
const span = record({ from: moments, to: moments });
const counts = oneof(integer({ min: 0, max: 1e9 }), double({ noNaN: true, min: 0 }));
const point = record({ from: moments, good: counts, bad: counts, ratio: maybe }).map((each) => ({
  ...each,
  total: each.good + each.bad,
}));

/** Data that no engine should give, and some day one will. */
const strange: Arbitrary<ChartData> = record({
  id: hostile,
  workflow: hostile,
  objective: double({ min: 0.5, max: 0.99999, noNaN: true }),
  window: hostile,
  unit: constantFrom('executions' as const, 'slices' as const),
  now: constant(NOW),
  range: span,
  points: array(point, { maxLength: 40 }),
  burnDown: record({
    from: moments,
    to: moments,
    points: array(record({ at: moments, remaining: maybe }), { maxLength: 40 }),
    remainingRatio: oneof(constant(null), double({ noNaN: true, min: -1e6, max: 1 })),
    exhaustsAt: oneof(constant(null), number, integer({ min: NOW, max: NOW * 4 })),
  }),
  burnRates: array(
    record({
      tier: hostile,
      severity: constantFrom('page' as const, 'ticket' as const),
      factor: double({ min: 0.1, max: 1e6, noNaN: true }),
      long: hostile,
      short: hostile,
      points: array(record({ at: moments, long: maybe, short: maybe }), { maxLength: 30 }),
    }),
    { maxLength: 2 },
  ),
  causes: record({
    causes: array(
      record({
        step: oneof(constant(null), hostile),
        dependency: oneof(constant(null), hostile),
        error: oneof(constant(null), hostile),
      }),
      { maxLength: 9 },
    ),
    bars: array(record({ from: moments, to: moments, counts: array(counts, { maxLength: 10 }) }), {
      maxLength: 20,
    }),
  }),
  durations: array(
    record({
      step: oneof(constant(null), hostile),
      points: array(record({ from: moments, to: moments, p50Ms: maybe, p95Ms: maybe, p99Ms: maybe }), {
        maxLength: 20,
      }),
    }),
    { maxLength: 2 },
  ),
  queues: array(
    record({
      name: hostile,
      points: array(record({ at: moments, mean: maybe, highest: maybe }), { maxLength: 20 }),
    }),
    { maxLength: 2 },
  ),
  incidents: array(
    record({
      id: hostile,
      severity: constantFrom('page' as const, 'ticket' as const),
      from: moments,
      to: oneof(constant(null), moments),
    }),
    { maxLength: 60 },
  ),
  adjustments: array(record({ from: moments, to: moments, reason: hostile }), { maxLength: 5 }),
  annotations: array(record({ at: moments, text: hostile }), { maxLength: 60 }),
});

describe('every chart', () => {
  it('is well-formed XML of finite numbers that a strict page policy allows, whatever its data are', () => {
    const widths = constantFrom(200, 300, 760);
    const zones = constantFrom('UTC', 'Europe/Berlin', 'Pacific/Apia');
    assert(
      property(strange, widths, zones, (data, width, timeZone) => {
        for (const svg of charts(data, { ...SETTING, width, timeZone, alone: width === 760 })) readChart(svg);
      }),
      { numRuns: 150 },
    );
  });

  it('has a title and a description that it names as its own', () => {
    for (const svg of charts(chartData())) {
      const root = readChart(svg);
      const idOf = (name: string) =>
        allElements(root)
          .find((each) => each.name === name)
          ?.attributes.get('id');
      expect(root.attributes.get('role')).toBe('img');
      expect(idOf('title')).toBe(root.attributes.get('aria-labelledby'));
      expect(idOf('desc')).toBe(root.attributes.get('aria-describedby'));
    }
  });

  it('says so where there is nothing to draw', () => {
    const data = chartData();
    const points = data.points.map((each) => ({ ...each, good: 0, bad: 0, total: 0, ratio: null }));
    const burnDown = { ...data.burnDown, points: [], remainingRatio: null, exhaustsAt: null };
    const empty = { ...data, points, burnDown, causes: { causes: [], bars: [] } };
    expect(texts(budgetChart(SETTING, empty))).toContain('No outcomes in this window');
    expect(texts(sliChart(SETTING, empty))).toContain('No executions in this time');
    expect(texts(volumeChart(SETTING, empty))).toContain('No executions in this time');
    expect(texts(causeChart(SETTING, empty))).toContain('Nothing failed in this time');
  });

  it('keeps texts of producers as texts', () => {
    const name = `</svg><script>alert(1)</script>&'"`;
    const data = chartData();
    const causes = { ...data.causes, causes: [{ step: name, dependency: null, error: null }] };
    expect(texts(causeChart({ ...SETTING, width: 900 }, { ...data, causes }))).toContain(name);
  });

  it('leaves gaps where nothing was counted', () => {
    const data = chartData();
    expect(shapes(sliChart(SETTING, data), 'good').at(-1)!.match(/M/g)).toHaveLength(2);
    expect(shapes(budgetChart(SETTING, data), 'good').at(-1)!.match(/M/g)).toHaveLength(2);
  });

  it('shows a single point as a dot', () => {
    const data = chartData();
    const points = data.points.map((each, index) =>
      index === 50 ? each : { ...each, good: 0, bad: 0, total: 0, ratio: null },
    );
    const dots = allElements(readChart(sliChart(SETTING, { ...data, points }))).filter(
      ({ attributes }) => attributes.get('stroke-width') === '5' && attributes.get('class') === 's-good',
    );
    expect(dots).toHaveLength(1);
  });

  it('of 28 days by the minute keeps the worst minute, and is small', () => {
    const data = chartData({ step: MINUTE });
    const worst = 20_000;
    const points = data.points.map((each, index) =>
      index === worst ? { ...each, good: 0, bad: each.total, ratio: 0 } : each,
    );
    const whole = sliChart(SETTING, { ...data, points });
    const places = [...shapes(whole, 'good')[0]!.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
    const zero = SETTING.height - 32;
    expect(Math.max(...places)).toBe(zero);
    expect(points).toHaveLength((28 * DAY) / MINUTE);
    expect(Buffer.byteLength(whole)).toBeLessThan(30_000);
  });
});

describe('the chart of a budget', () => {
  const described = (svg: string): XmlElement =>
    allElements(readChart(svg)).find(({ name }) => name === 'desc')!;

  it('says what is left, when it is gone, and what is marked', () => {
    expect(described(budgetChart(SETTING, chartData())).text).toBe(
      '27% of the budget of 95% over 28d is left, gone in 3d. 28 Oct 14:00 to 28 Nov 09:12 UTC. ' +
        'adjustment, maintenance of the warehouse: 31 Oct 09:12 UTC to 1 Nov 18:48 UTC. ' +
        'ticket open, incident 01J7: 11 Nov 14:00 UTC to 13 Nov 06:19 UTC. ' +
        'page open, incident 01J9: 17 Nov 17:50 UTC to 19 Nov 03:26 UTC. ' +
        'deploy 7f3c: 17 Nov 11:07 UTC. deploy 7f3d: 17 Nov 12:27 UTC. deploy 81aa, rollback: 22 Nov 18:48 UTC.',
    );
  });

  it('hatches what is overspent, below a line at 0', () => {
    const data = chartData();
    const overspent = {
      ...data,
      burnDown: {
        ...data.burnDown,
        remainingRatio: -24,
        exhaustsAt: null,
        points: data.burnDown.points.map(({ at, remaining }) => ({
          at,
          remaining: remaining && remaining * 30 - 29,
        })),
      },
    };
    const svg = budgetChart(SETTING, overspent);
    expect(texts(svg)).toContain('overspent by 2,400%');
    expect(svg).toContain('clip-path="url(#budget-overspent)"');
    expect(budgetChart(SETTING, data)).not.toContain('bad-slashes');
  });

  it('of a calendar window goes on to its end, with the forecast up to where the budget ends', () => {
    const data = chartData();
    const to = NOW + 5 * DAY;
    const svg = budgetChart(SETTING, { ...data, burnDown: { ...data.burnDown, to, exhaustsAt: NOW + DAY } });
    expect(texts(svg)).toContain('28 Oct 14:00 to 30 Nov 14:00 UTC');
    expect(shapes(svg, 'warn').some((path) => path.endsWith(' 208'))).toBe(true);
  });
});

it('marks an incident that is open up to now, not into the future', () => {
  const data = chartData();
  const open = { id: 'a', severity: 'page', from: NOW - DAY, to: null } as const;
  const burnDown = { ...data.burnDown, to: NOW + 28 * DAY };
  const svg = budgetChart(SETTING, { ...data, burnDown, incidents: [open] });
  const [, left = '', right = ''] = /M([\d.]+) [\d.]+H([\d.]+)" stroke-width="4"/.exec(
    svg.slice(svg.indexOf('incident a</title>')),
  )!;
  expect(Number(right) - Number(left)).toBeLessThan(8);
});

describe('the chart of burn rates', () => {
  it('hatches only what is faster than the threshold', () => {
    const data = chartData();
    const [history] = data.burnRates;
    const calm = { ...history!, points: history!.points.map(({ at }) => ({ at, long: 1, short: 1 })) };
    expect(burnRateChart(SETTING, data, history!)).toContain('-missed');
    expect(burnRateChart(SETTING, data, calm)).not.toContain('-missed');
    expect(texts(burnRateChart(SETTING, data, calm))).toContain('fires at 13.44x');
  });
});

describe('the chart of causes', () => {
  it('tells five causes apart by pattern, and adds up the others', () => {
    const data = chartData();
    const causes = Array.from({ length: 8 }, (_, index) => ({
      step: `s${index}`,
      dependency: null,
      error: null,
    }));
    const bars = [{ from: NOW - HOUR, to: NOW, counts: [9, 8, 7, 6, 5, 4, 3, 2, 1] }];
    const svg = causeChart({ ...SETTING, explainsMarks: false }, { ...data, causes: { causes, bars } });
    expect(texts(svg)).toContain('others (10)');
    expect(texts(svg)).toContain('45 failed; most often s0.');
    const fills = allElements(readChart(svg))
      .filter(({ name, attributes }) => name === 'rect' && attributes.get('height') === '10')
      .map(({ attributes }) => attributes.get('fill')!.replace(/^url\(#budget-\w+-(\w+)\)$/, '$1'));
    expect(fills).toEqual(['#1d5fa8', 'slashes', 'dots', 'rows', 'backslashes', 'crosses']);
  });
});
