import type {
  BudgetChartData,
  BurnRateHistory,
  ChartData,
  DurationHistory,
  QueueHistory,
} from '../core/ports/chart-data.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/time/duration.ts';
import {
  formatCount,
  formatFactor,
  formatPercent,
  formatRate,
  formatShare,
  formatSpanAhead,
  formatWholeShare,
} from '../core/words/figures.ts';
import type { BarChart } from './bar-chart.ts';
import { MAX_STACKED, stackStyle } from './bar-chart.ts';
import type { TimedValue } from './downsample.ts';
import type { Figure } from './figure.ts';
import type { TimeMarks } from './time-marks.ts';
import { formatShareTick, formatTick, plottable, valueAxis } from './value-axis.ts';

/** Room for a forecast beside a rolling window, as a share of the window. */
const AHEAD = 0.1;

/** The budget of an SLO over its window: ideal line, forecast, incidents, adjustments and annotations. */
export function budgetFigure(data: BudgetChartData, title = 'Error budget'): Figure {
  const { burnDown, now } = data;
  const { from, to, exhaustsAt } = burnDown;
  const ahead = exhaustsAt === null || exhaustsAt <= now ? 0 : (to - from) * AHEAD;
  return {
    kind: 'burn-down',
    chart: {
      title,
      summary: budgetSummary(data),
      from,
      to: Math.max(to, now + ahead),
      idealEnd: to,
      now,
      points: burnDown.points.map(({ at, remaining }) => ({ at, value: remaining })),
      exhaustsAt,
      marks: marksOf(data),
    },
  };
}

/** What is left of a budget, in one sentence. */
export function budgetSummary({ burnDown, objective, window, now }: BudgetChartData): string {
  const { remainingRatio, exhaustsAt } = burnDown;
  const promise = `${formatPercent(objective, 9)} over ${window}`;
  if (remainingRatio === null) return `Nothing is known of the budget of ${promise} yet.`;
  if (remainingRatio < 0)
    return `The budget of ${promise} is overspent by ${formatWholeShare(-remainingRatio)}.`;
  const left = `${formatWholeShare(remainingRatio)} of the budget of ${promise} is left`;
  return exhaustsAt !== null && exhaustsAt > now
    ? `${left}, gone in ${formatSpanAhead(exhaustsAt - now)}.`
    : `${left}.`;
}

/** The share of good outcomes against the objective. */
export function sliFigure(data: ChartData): Figure {
  const { objective, points, range, unit } = data;
  const values = points.map(({ from, ratio }) => ({ at: from, value: ratio }));
  const counted = countedValues(values);
  const lowest = Math.min(objective, ...extremes(counted));
  const low = Math.max(0, lowest - (1 - lowest) * 0.1);
  const total = points.reduce((sum, point) => sum + point.total, 0);
  const good = points.reduce((sum, point) => sum + point.good, 0);
  return {
    kind: 'lines',
    chart: {
      title: 'Good share',
      summary:
        total === 0
          ? `No ${unit} in this time.`
          : `${formatShare(good / total)} of ${formatCount(total)} ${unit} were good; the objective is ${formatPercent(objective, 9)}.`,
      ...range,
      axis: valueAxis(low, 1, 4, { low: low === 0, high: true }),
      formatValue: formatShareTick,
      series: [{ name: 'good', color: 'good', dash: null, points: values }],
      threshold: { value: objective, label: `objective ${formatPercent(objective, 9)}`, bad: 'below' },
      marks: marksOf(data),
      nothing: counted.length === 0 ? `No ${unit} in this time` : null,
    },
  };
}

/** The share of bad outcomes against what the objective allows. */
export function failingFigure(data: BudgetChartData): Figure {
  const { points, range } = data;
  const values = points.map(({ from, ratio }) => ({ at: from, value: ratio === null ? null : 1 - ratio }));
  const counted = countedValues(values);
  const allowed = allowedShare(data);
  const highest = Math.min(1, Math.max(allowed * 1.15, ...extremes(counted)));
  return {
    kind: 'lines',
    chart: {
      title: 'Failing share',
      summary: failingSummary(data),
      ...range,
      axis: valueAxis(0, highest, 4, { low: true, high: highest === 1 }),
      formatValue: formatShareTick,
      series: [{ name: 'failing', color: 'first', dash: null, points: values }],
      threshold: { value: allowed, label: `allowed ${formatPercent(allowed, 9)}`, bad: 'above' },
      marks: marksOf(data),
      nothing: counted.length === 0 ? `No ${data.unit} in this time` : null,
    },
  };
}

/** Which share of the outcomes of the range was bad, in one sentence. */
export function failingSummary(data: BudgetChartData): string {
  const total = data.points.reduce((sum, point) => sum + point.total, 0);
  const bad = data.points.reduce((sum, point) => sum + point.bad, 0);
  if (total === 0) return `No ${data.unit} in this time.`;
  return `${formatShare(bad / total)} of ${formatCount(total)} ${data.unit} were bad; the objective allows ${formatPercent(allowedShare(data), 9)}.`;
}

/** The difference of binary fractions is not quite the share that was written. */
function allowedShare({ objective }: BudgetChartData): number {
  return Number((1 - objective).toFixed(12));
}

/** How many outcomes were counted, good and bad. */
export function volumeFigure(data: ChartData): Figure {
  const { points, range, unit } = data;
  const bad = points.reduce((sum, point) => sum + point.bad, 0);
  const total = points.reduce((sum, point) => sum + point.total, 0);
  return {
    kind: 'bars',
    chart: {
      title: 'Volume',
      summary: `${formatCount(total)} ${unit}, ${formatCount(bad)} of them bad.`,
      ...range,
      series: [
        { name: 'bad', color: 'bad', fill: 'slashes' },
        { name: 'good', color: 'good', fill: 'solid' },
      ],
      bars: points.map(({ from, good, bad, total }, index) => ({
        from,
        to: points[index + 1]?.from ?? range.to,
        counts: total > 0 ? [bad, good] : null,
      })),
      marks: marksOf(data),
      nothing: `No ${unit} in this time`,
    },
  };
}

/** How fast the budget burned over the windows of a tier, against what fires it. */
export function burnRateFigure(data: ChartData, history: BurnRateHistory): Figure {
  const { tier, severity, factor, long, short, points } = history;
  const longValues = points.map(({ at, long: value }) => ({ at, value }));
  const shortValues = points.map(({ at, short: value }) => ({ at, value }));
  const counted = [...countedValues(longValues), ...countedValues(shortValues)];
  const last = points.at(-1);
  const rate = (value: number | null | undefined): string =>
    value == null ? 'no outcomes' : formatRate(value);
  return {
    kind: 'lines',
    chart: {
      title: `Burn rate, ${tier}`,
      summary: `A ${severity} at ${formatFactor(factor)} over ${long} and ${short}; at the end ${rate(last?.long)} and ${rate(last?.short)}.`,
      ...data.range,
      axis: valueAxis(0, Math.max(factor * 1.15, ...extremes(counted)), 4, { low: true }),
      formatValue: (value, step) => `${formatTick(value, step)}x`,
      series: [
        // Both must reach it, and the lower one is what decides.
        { name: `over ${long}`, color: 'first', dash: null, points: longValues },
        { name: `over ${short}`, color: 'second', dash: '3 3', points: shortValues },
      ],
      threshold: { value: factor, label: `fires at ${formatFactor(factor)}`, bad: 'above' },
      marks: marksOf(data),
      nothing: counted.length === 0 ? 'No outcomes in this time' : null,
    },
  };
}

/** What failed, by cause. */
export function causeFigure(data: ChartData): Figure {
  const { causes, bars } = data.causes;
  const sums = causes.map((_, index) => bars.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0));
  const others = bars.reduce((sum, { counts }) => sum + rest(counts, causes.length), 0);
  const shown = Math.min(causes.length, MAX_STACKED);
  const hidden = sums.slice(shown).reduce((sum, count) => sum + count, others);
  const total = sums.reduce((sum, count) => sum + count, others);
  const first = causes[0] ? `; most often ${causeName(causes[0])}` : '';
  const series: BarChart['series'] = [
    ...causes.slice(0, shown).map((cause, index) => ({
      name: causeName(cause),
      total: sums[index]!,
      ...stackStyle(index),
    })),
    ...(hidden > 0 ? [{ name: 'others', total: hidden, ...stackStyle(MAX_STACKED) }] : []),
  ];
  return {
    kind: 'bars',
    chart: {
      title: 'Failures by cause',
      summary: total === 0 ? 'Nothing failed in this time.' : `${formatCount(total)} failed${first}.`,
      ...data.range,
      series,
      bars: bars.map(({ from, to, counts }) => ({
        from,
        to,
        counts: [...counts.slice(0, shown), rest(counts, shown)],
      })),
      marks: marksOf(data),
      nothing: 'Nothing failed in this time',
    },
  };
}

function rest(counts: readonly number[], from: number): number {
  return counts.slice(from).reduce((sum, count) => sum + count, 0);
}

/** What failed, in the words of its step, dependency and error. */
export function causeName({ step, dependency, error }: ChartData['causes']['causes'][number]): string {
  const place = [step, dependency].filter((name) => name !== null).join(' → ');
  if (place === '') return error ?? 'unnamed';
  return error === null ? place : `${place}: ${error}`;
}

/** How long executions or a step took. */
export function durationFigure(data: ChartData, { step, points }: DurationHistory): Figure {
  const valuesOf = (key: 'p50Ms' | 'p95Ms' | 'p99Ms'): readonly TimedValue[] =>
    points.map((point) => ({ at: (point.from + point.to) / 2, value: point[key] }));
  const [p50, p95, p99] = [valuesOf('p50Ms'), valuesOf('p95Ms'), valuesOf('p99Ms')];
  const counted = [...countedValues(p50), ...countedValues(p95), ...countedValues(p99)];
  const last = points.findLast((point) => point.p99Ms !== null);
  const written = (value: number | null | undefined): string => formatLength(value ?? 0, 0.1);
  const [unit] = unitOfLength(Math.max(1, ...extremes(counted)));
  const axis = valueAxis(0, Math.max(1, ...extremes(counted)) / unit, 4, { low: true });
  return {
    kind: 'lines',
    chart: {
      title: step === null ? 'Duration, end to end' : `Duration of ${step}`,
      summary: last
        ? `At the end half took up to ${written(last.p50Ms)}, 95% up to ${written(last.p95Ms)}, 99% up to ${written(last.p99Ms)}.`
        : 'No duration is known in this time.',
      ...data.range,
      axis: {
        low: 0,
        high: axis.high * unit,
        step: axis.step * unit,
        ticks: axis.ticks.map((tick) => tick * unit),
      },
      formatValue: formatLength,
      series: [
        { name: 'p50', color: 'first', dash: null, points: p50 },
        { name: 'p95', color: 'second', dash: '6 3', points: p95 },
        { name: 'p99', color: 'fourth', dash: '2 3', points: p99 },
      ],
      threshold: null,
      marks: marksOf(data),
      nothing: counted.length === 0 ? 'No duration is known in this time' : null,
    },
  };
}

const LENGTHS = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'm'],
  [SECOND, 's'],
] as const;

function unitOfLength(length: number): readonly [size: number, suffix: string] {
  return LENGTHS.find(([size]) => length >= size) ?? [1, 'ms'];
}

/** A length of time in the largest unit that it has one of, `1.5m`. */
function formatLength(length: number, step: number): string {
  if (length === 0) return '0';
  const [size, suffix] = unitOfLength(length);
  return `${formatTick(Number((length / size).toPrecision(3)), Math.min(0.1, step / size))}${suffix}`;
}

/** How much waited in a queue. */
export function queueFigure(data: Pick<ChartData, 'range'>, { name, points }: QueueHistory): Figure {
  const means = points.map(({ at, mean }) => ({ at, value: mean }));
  const peaks = points.map(({ at, highest }) => ({ at, value: highest }));
  const counted = countedValues(peaks);
  const last = means.findLast(({ value }) => value !== null)?.value;
  return {
    kind: 'lines',
    chart: {
      title: `Queue ${name}`,
      summary: last == null ? 'No reading in this time.' : `At the end ${formatCount(last)} deep.`,
      ...data.range,
      axis: valueAxis(0, Math.max(1, ...extremes(counted)), 4, { low: true }),
      formatValue: formatTick,
      series: [
        { name: 'mean', color: 'first', dash: null, points: means },
        { name: 'highest', color: 'second', dash: '3 3', points: peaks },
      ],
      threshold: null,
      marks: { spans: [], moments: [] },
      nothing: counted.length === 0 ? 'No reading in this time' : null,
    },
  };
}

function marksOf({ incidents, adjustments, annotations }: BudgetChartData): TimeMarks {
  return {
    spans: [
      ...adjustments.map(({ from, to, reason }) => ({
        kind: 'adjustment' as const,
        from,
        to,
        label: reason,
      })),
      ...incidents.map(({ id, severity, from, to }) => ({
        kind: severity,
        from,
        to,
        label: `incident ${id}`,
      })),
    ],
    moments: annotations.map(({ at, text }) => ({ at, label: text })),
  };
}

function countedValues(points: readonly TimedValue[]): readonly number[] {
  return points.flatMap(({ value }) => plottable(value) ?? []);
}

/** The lowest and the highest; none of nothing. */
function extremes(values: readonly number[]): readonly number[] {
  if (values.length === 0) return [];
  let [low, high] = [values[0]!, values[0]!];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
