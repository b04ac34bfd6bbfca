import type {
  AttributeTest,
  Comparison,
  MeasurementSli,
  OutcomeSli,
  ScheduleSli,
  ComponentSli,
  SliceRule,
  SliceSli,
  Where,
} from '../../core/sli/sli.ts';
import { formatDuration, parseDuration } from '../../core/time/duration.ts';
import { readSchedule } from './schedule.ts';
import { parseShare } from './share.ts';
import type { NativeComparison, NativeSelection, NativeSli, NativeWhere } from './sli-schema.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../yaml/suggestion.ts';
import { readTimeZone } from './time-zone.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { isWhole, type Place, placeAt, quoted } from '../yaml/value-tree.ts';

/** What an SLI takes from around it. */
export interface SliContext {
  readonly steps: readonly string[];
  readonly source: SourceText;
  readonly report: ReportProblem;
}

/** A composite whose members have not been looked up yet. */
export interface CompositeDraft {
  readonly kind: 'draft';
  readonly method: 'weighted' | 'all-of';
  readonly members: readonly { readonly reference: string; readonly weight: number; readonly at: Place }[];
}

type Maps = Exclude<NativeSli, string>;
type Slices = Extract<Maps, { slices: string }>;
type MeasurementSlices = Extract<Slices, { measurement: string }>;
type OutcomeSlices = Exclude<Slices, MeasurementSlices>;

const NOTHING: OutcomeSli = {
  kind: 'outcomes',
  step: null,
  dependency: null,
  where: {},
  withinMs: null,
  good: 'succeeded',
};
const QUANTILES = { p50: '50%', p90: '90%', p95: '95%', p99: '99%' } as const;

/** Makes an SLI of what has the right shape and reports what its values get wrong; null when it cannot be used. */
export function readSli(
  native: Partly<NativeSli> | undefined,
  place: Place | undefined,
  context: SliContext,
): ComponentSli | CompositeDraft | null {
  if (native === undefined || !place) return null;
  if (native === 'succeeded') return NOTHING;
  if ('step' in native) checkStep(native.step, place, context);
  // Half a selection selects something else.
  if (!isWhole(native, place)) return null;
  const sli = native as Maps;
  if ('slices' in sli) return 'measurement' in sli ? measurementSlices(sli) : outcomeSlices(sli);
  if ('measurement' in sli) return measurementSli(sli.measurement, sli, sli.where, false);
  if ('succeededEvery' in sli) {
    return { kind: 'freshness', of: outcomeSli(sli), everyMs: parseDuration(sli.succeededEvery)! };
  }
  if ('schedule' in sli) return scheduleSli(sli, place, context);
  if ('weighted' in sli || 'allOf' in sli) return compositeDraft(sli, place);
  return outcomeSli(sli);
}

function checkStep(step: string | undefined, place: Place, { steps, source, report }: SliContext): void {
  const at = placeAt(place, ['step']);
  if (!at || step === undefined || steps.length === 0 || steps.includes(step)) return;
  report(
    problemAt(source, at.start, 'error', `${quoted(at)} is not a step of this workflow`, {
      expected: `one of ${steps.slice(0, 20).join(', ')}`,
      suggestion: nearest(step, steps),
    }),
  );
}

function outcomeSli({ step, dependency, where, within, good }: NativeSelection): OutcomeSli {
  return {
    kind: 'outcomes',
    step: step ?? null,
    dependency: dependency ?? null,
    where: readWhere(where),
    withinMs: within === undefined ? null : parseDuration(within),
    good: good ?? 'succeeded',
  };
}

export function readWhere(where: NativeWhere = {}): Where {
  return Object.fromEntries(
    Object.entries(where).map(([attribute, native]): [string, AttributeTest] => {
      if (typeof native === 'string' || Array.isArray(native)) return [attribute, test('in', native)];
      const { not, glob, notGlob } = native;
      if (not !== undefined) return [attribute, test('not-in', not)];
      if (glob !== undefined) return [attribute, test('glob', glob)];
      return [attribute, test('not-glob', notGlob!)];
    }),
  );
}

function test(op: AttributeTest['op'], values: string | string[]): AttributeTest {
  return { op, values: typeof values === 'string' ? [values] : [...new Set(values)] };
}

function readComparison({ atMost, below, atLeast, above }: NativeComparison): {
  readonly op: Comparison;
  readonly limit: number;
} {
  if (atMost !== undefined) return { op: '<=', limit: atMost };
  if (below !== undefined) return { op: '<', limit: below };
  if (atLeast !== undefined) return { op: '>=', limit: atLeast };
  return { op: '>', limit: above! };
}

function measurementSli(
  name: string,
  comparison: NativeComparison,
  where: NativeWhere | undefined,
  sums: boolean,
): MeasurementSli {
  return { kind: 'measurement', name, where: readWhere(where), ...readComparison(comparison), sums };
}

/** By the nearest-rank definition "p95 <= 2s" says exactly that at least 95% took at most 2s. */
function outcomeSlices(native: OutcomeSlices): SliceSli {
  const sliceMs = parseDuration(native.slices)!;
  for (const [quantile, share] of Object.entries(QUANTILES)) {
    const within = native[quantile as keyof typeof QUANTILES];
    if (within === undefined) continue;
    const rule: SliceRule = { kind: 'ratio', atLeast: parseShare(share)! };
    return { kind: 'slices', sliceMs, of: outcomeSli({ ...native, within }), rule };
  }
  const atLeast = parseShare(String(native.ratio))!;
  return { kind: 'slices', sliceMs, of: outcomeSli(native), rule: { kind: 'ratio', atLeast } };
}

/** The largest value is at most a limit when all values are, and at least a limit when any value is. */
function measurementSlices({ slices, measurement, max, min, mean, where }: MeasurementSlices): SliceSli {
  const of = measurementSli(measurement, (max ?? min ?? mean)!, where, mean !== undefined);
  const { op, limit } = of;
  const isUpper = op === '<=' || op === '<';
  const isAny = max === undefined ? isUpper : !isUpper;
  const rule: SliceRule =
    mean !== undefined
      ? { kind: 'mean', op, limit }
      : isAny
        ? { kind: 'any' }
        : { kind: 'ratio', atLeast: { numerator: 1, denominator: 1 } };
  return { kind: 'slices', sliceMs: parseDuration(slices)!, of, rule };
}

function scheduleSli(
  native: Extract<Maps, { schedule: string }>,
  place: Place,
  { source, report }: SliContext,
): ScheduleSli | null {
  const timeZone = readTimeZone(native.timeZone, placeAt(place, ['timeZone']), source, report);
  if (timeZone === null) return null;
  const read = readSchedule(native.schedule, timeZone);
  const fail = (key: string, message: string, expected: string): null => {
    report(problemAt(source, placeAt(place, [key])!.start, 'error', message, { expected }));
    return null;
  };
  if ('problem' in read) {
    const at = placeAt(place, ['schedule'])!;
    return fail('schedule', `\`schedule\` is ${quoted(at)}: ${read.problem}`, read.expected);
  }
  const finishWithinMs = parseDuration(native.finishWithin)!;
  const startWithinMs = native.startWithin === undefined ? null : parseDuration(native.startWithin)!;
  if (finishWithinMs > read.shortest) {
    const at = placeAt(place, ['finishWithin'])!;
    const shortest = formatDuration(read.shortest);
    const why = `longer than the shortest time between two ticks, ${shortest} (where clocks change, too)`;
    return fail('finishWithin', `\`finishWithin\` is ${quoted(at)}, ${why}`, `at most ${shortest}`);
  }
  if (startWithinMs !== null && startWithinMs > finishWithinMs) {
    const at = placeAt(place, ['startWithin'])!;
    const expected = `at most ${formatDuration(finishWithinMs)}`;
    return fail('startWithin', `\`startWithin\` is ${quoted(at)}, longer than \`finishWithin\``, expected);
  }
  return {
    kind: 'schedule',
    where: readWhere(native.where),
    schedule: read.schedule,
    startWithinMs,
    finishWithinMs,
  };
}

function compositeDraft(
  native: Extract<Maps, { weighted: unknown } | { allOf: unknown }>,
  place: Place,
): CompositeDraft {
  if ('weighted' in native) {
    const members = Object.entries(native.weighted).map(([reference, weight]) => ({
      reference,
      weight,
      at: placeAt(place, ['weighted', reference])!,
    }));
    return { kind: 'draft', method: 'weighted', members };
  }
  const members = native.allOf.map((reference, index) => ({
    reference,
    weight: 1,
    at: placeAt(place, ['allOf', index])!,
  }));
  return { kind: 'draft', method: 'all-of', members };
}
