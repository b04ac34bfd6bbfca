import { type Objective, parseObjective } from '../../core/budget/objective.ts';
import type { Comparison, OutcomeSli, Share, ComponentSli, SliceRule } from '../../core/sli/sli.ts';
import { formatDuration, HOUR, MINUTE, SECOND } from '../../core/time/duration.ts';
import type { CompositeDraft } from '../native/sli.ts';
import { parseShare } from '../native/share.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';
import type { Indicator } from './indicator.ts';
import type { ObjectiveSpec, SloSpec } from './kinds.ts';
import { parseShorthand } from './shorthand.ts';

/** One objective of an SLO document: what it says, where, and who hears of problems. */
export interface ObjectiveContext {
  readonly spec: ObjectiveSpec;
  readonly place: Place;
  readonly source: SourceText;
  readonly report: ReportProblem;
  readonly method: SloSpec['budgetingMethod'];
  /** Milliseconds of the SLO's window. */
  readonly window: number;
}

const OPERATORS = { lte: '<=', lt: '<', gte: '>=', gt: '>' } as const satisfies Record<string, Comparison>;

type SliceKey = 'timeSliceTarget' | 'timeSliceWindow';
const USED: Readonly<Record<SloSpec['budgetingMethod'], readonly SliceKey[]>> = {
  Occurrences: [],
  Timeslices: ['timeSliceTarget', 'timeSliceWindow'],
  RatioTimeslices: ['timeSliceWindow'],
};

/** The share an objective promises; null when it is none that can be kept and broken, which is reported. */
export function readTarget({ spec, place, source, report }: ObjectiveContext): Objective | null {
  const key = spec.target === undefined ? 'targetPercent' : 'target';
  const at = placeAt(place, [key])!;
  const text = decimals(spec[key]!, at);
  const target = parseObjective(key === 'target' ? text : `${text}%`);
  if (target) return target;
  const expected =
    key === 'target'
      ? 'a share above 0 and below 1, such as 0.999, with at most 9 decimals'
      : 'a percentage above 0 and below 100, such as 99.9, with at most 9 decimals';
  if (Number(text) === (key === 'target' ? 1 : 100)) {
    const message = `\`${key}\` is ${quoted(at)}: without any budget one bad outcome breaks it for good`;
    report(problemAt(source, at.start, 'error', message, { expected }));
    return null;
  }
  const isPercent = key === 'target' && parseObjective(`${text}%`) !== null;
  const suggestion = isPercent ? `targetPercent: ${text}` : undefined;
  report(problemAt(source, at.start, 'error', `\`${key}\` is ${quoted(at)}`, { expected, suggestion }));
  return null;
}

/** What an objective counts of an indicator by its budgeting method; null when that is not possible, which is reported. */
export function budgetedSli(
  indicator: Indicator,
  context: ObjectiveContext,
): ComponentSli | CompositeDraft | null {
  const slice = readSlice(context);
  const of = countedBy(indicator, context);
  if (!of || slice === 'wrong') return null;
  if (of.kind !== 'outcomes' && of.kind !== 'measurement') {
    if (slice === null) return of;
    const { method, place, source, report } = context;
    const message = `budgetingMethod ${method} is for outcomes and measurements; this SLI says itself what is counted`;
    report(problemAt(source, place.start, 'error', message, { expected: 'budgetingMethod: Occurrences' }));
    return null;
  }
  if (of.kind === 'outcomes' && of.withinMs !== null && of.withinMs > context.window) {
    const message = `outcomes have ${formatDuration(of.withinMs)} to succeed, longer than the window`;
    context.report(problemAt(indicator.source, indicator.place.start, 'error', message));
    return null;
  }
  return slice === null ? of : { kind: 'slices', ...slice, of };
}

function countedBy(indicator: Indicator, context: ObjectiveContext): ComponentSli | CompositeDraft | null {
  const { spec, place, source, report } = context;
  if (indicator.kind === 'counted' || indicator.kind === 'native') {
    for (const key of ['op', 'value'] as const) {
      const at = placeAt(place, [key]);
      const message = `\`${key}\` has no meaning here: it is for an SLI with a thresholdMetric, this one is a ratio`;
      if (at) report(problemAt(source, at.key, 'warning', message));
    }
    return indicator.sli;
  }
  const { op, value } = spec;
  if (op === undefined || value === undefined) {
    const missing = op === undefined ? 'op' : 'value';
    const message = `\`${missing}\` is missing: a thresholdMetric is compared with a value`;
    report(
      problemAt(source, place.start, 'error', message, {
        expected: 'op and value, such as op: lte and value: 100',
      }),
    );
    return null;
  }
  if (indicator.kind === 'measurements') return { ...indicator.sli, op: OPERATORS[op], limit: Number(value) };
  return durationSli(indicator.sli, op, Number(value), context);
}

/** Durations are whole milliseconds, so that "below 600 s" is "at most 599.999 s". */
function durationSli(
  sli: OutcomeSli,
  op: NonNullable<ObjectiveSpec['op']>,
  seconds: number,
  { place, source, report }: ObjectiveContext,
): OutcomeSli | null {
  const opAt = placeAt(place, ['op'])!;
  const valueAt = placeAt(place, ['value'])!;
  if (op === 'gte' || op === 'gt') {
    const message = `\`op\` is ${quoted(opAt)}: an outcome would be good by taking long`;
    report(problemAt(source, opAt.start, 'error', message, { expected: 'lte or lt' }));
    return null;
  }
  const limit = Math.round(seconds * SECOND);
  const withinMs = op === 'lt' ? limit - 1 : limit;
  if (withinMs >= 1 && Number.isSafeInteger(withinMs) && Math.abs(limit - seconds * SECOND) < 1e-6 * limit) {
    return { ...sli, withinMs };
  }
  const message = `\`value\` is ${quoted(valueAt)}`;
  report(
    problemAt(source, valueAt.start, 'error', message, {
      expected: 'seconds, in whole milliseconds, such as 600 or 2.5',
    }),
  );
  return null;
}

/** The slices of time that are counted; null for the method that counts outcomes. */
function readSlice(
  context: ObjectiveContext,
): { readonly sliceMs: number; readonly rule: SliceRule } | null | 'wrong' {
  const { method, place, source, report } = context;
  for (const key of ['timeSliceTarget', 'timeSliceWindow'] as const) {
    const at = placeAt(place, [key]);
    if (USED[method].includes(key) === (at !== undefined)) continue;
    const message = at
      ? `\`${key}\` has no meaning with budgetingMethod ${method}`
      : `\`${key}\` is missing: budgetingMethod ${method} needs it`;
    report(problemAt(source, at ? at.key : place.start, at ? 'warning' : 'error', message));
    if (!at) return 'wrong';
  }
  if (method === 'Occurrences') return null;
  const sliceMs = readSliceLength(context);
  const atLeast = method === 'Timeslices' ? readShare(context) : null;
  if (sliceMs === null || (method === 'Timeslices' && !atLeast)) return 'wrong';
  return { sliceMs, rule: atLeast ? { kind: 'ratio', atLeast } : { kind: 'mean-ratio' } };
}

function readSliceLength({ spec, place, source, report }: ObjectiveContext): number | null {
  const at = placeAt(place, ['timeSliceWindow'])!;
  const { timeSliceWindow } = spec;
  const length =
    typeof timeSliceWindow === 'number'
      ? timeSliceWindow * MINUTE
      : parseShorthand(timeSliceWindow!)!.duration;
  if (length > 0 && length <= HOUR && HOUR % length === 0) return length;
  const message = `\`timeSliceWindow\` is ${quoted(at)}`;
  report(
    problemAt(source, at.start, 'error', message, {
      expected: 'whole minutes that divide an hour: 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m or 1h',
    }),
  );
  return null;
}

function readShare({ spec, place, source, report }: ObjectiveContext): Share | null {
  const at = placeAt(place, ['timeSliceTarget'])!;
  const share = parseShare(decimals(spec.timeSliceTarget!, at));
  if (share && share.numerator > 0) return share;
  const message = `\`timeSliceTarget\` is ${quoted(at)}`;
  report(
    problemAt(source, at.start, 'error', message, { expected: 'a share above 0 and up to 1, such as 0.95' }),
  );
  return null;
}

/** A number as its decimals were written, because 0.9990 must not go through floating point; never in scientific notation. */
function decimals(value: number | string, { written }: Place): string {
  if (typeof value === 'string') return value;
  return /^\d+(\.\d+)?$/.test(written) ? written : formatDecimals(value);
}

/** Writes a number with up to `most` decimals, none of them a superfluous zero, never in scientific notation. */
export function formatDecimals(value: number, most = 12): string {
  return value.toFixed(most).replace(/\.?(?<!0)0+$/, '');
}
