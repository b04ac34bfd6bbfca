import type {
  CompositeMember,
  AttributeTest,
  Comparison,
  FreshnessSli,
  MeasurementSli,
  OutcomeSli,
  ScheduleSli,
  SliceRule,
  SliceSli,
  TransitionSli,
  Where,
} from '../../core/sli/sli.ts';
import { START_EARLY } from '../../core/sli/counted-kinds.ts';
import { EVERY_EXECUTION } from '../../core/sli/sli.ts';
import { comesBefore } from '../../core/slo/workflow-map.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import { formatDuration, parseDuration } from '../../core/time/duration.ts';
import { readSchedule } from './schedule.ts';
import { parseShare } from './share.ts';
import type { NativeComparison, NativeSliOf, NativeSelection, NativeWhere } from './sli-schema.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { readTimeZone } from './time-zone.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';

/** What an SLI takes from around it. */
export interface SliContext {
  readonly map: WorkflowMap;
  readonly source: SourceText;
  readonly report: ReportProblem;
}

/** A composite whose members have not been looked up yet. */
/** A member of a composite, as its SLO is referred to. */
export interface DraftMember extends Pick<CompositeMember, 'weight' | 'budgetScale'> {
  readonly reference: string;
  readonly at: Place;
}

export interface CompositeDraft {
  readonly kind: 'draft';
  readonly method: 'weighted' | 'all-of';
  readonly members: readonly DraftMember[];
}

type MeasurementSlices = Extract<NativeSliOf<'slices'>, { measurement: string }>;
type OutcomeSlices = Exclude<NativeSliOf<'slices'>, MeasurementSlices>;

const QUANTILES = { p50: '50%', p90: '90%', p95: '95%', p99: '99%' } as const;

/** Makes an SLI of outcomes of the word `succeeded`, or of the keys of a selection. */
export function readOutcomes(native: NativeSliOf<'outcomes'>): OutcomeSli {
  return native === 'succeeded' ? EVERY_EXECUTION : outcomeSli(native);
}

function outcomeSli({ step, dependency, where, within, from, per, good }: NativeSelection): OutcomeSli {
  return {
    kind: 'outcomes',
    step: step ?? null,
    dependency: dependency ?? null,
    where: readWhere(where),
    withinMs: within === undefined ? null : parseDuration(within),
    from: from ?? 'started',
    // A retry rate is about attempts.
    per: good === 'first-try' ? 'attempt' : (per ?? 'execution'),
    good: good ?? 'succeeded',
  };
}

export function readTransition(
  { transition, within }: NativeSliOf<'transition'>,
  place: Place,
  context: SliContext,
): TransitionSli | null {
  const [from, to] = transition.split('->').map((step) => step.trim()) as [string, string];
  const at = placeAt(place, ['transition'])!;
  if (from === to) {
    const expected = 'two different steps';
    context.report(
      problemAt(context.source, at.start, 'error', `\`transition\` is ${quoted(at)}`, { expected }),
    );
    return null;
  }
  const { map, source, report } = context;
  const known = [from, to].filter((step) =>
    checkStepName(step, at, `\`${step}\` of the transition is not a step of this workflow`, context),
  );
  if (known.length === 2 && map.steps.length > 0 && !comesBefore(map, from, to)) {
    const expected = `a step that comes after \`${from}\` by the map of \`steps\``;
    report(problemAt(source, at.start, 'error', `\`${to}\` never comes after \`${from}\``, { expected }));
  }
  return { kind: 'transition', from, to, withinMs: parseDuration(within)! };
}

/** Reports a step that the map of the workflow does not have. */
export function checkStep(step: string | undefined, at: Place | undefined, context: SliContext): void {
  if (at && step !== undefined)
    checkStepName(step, at, `${quoted(at)} is not a step of this workflow`, context);
}

function checkStepName(
  step: string,
  at: Place,
  message: string,
  { map: { steps }, source, report }: SliContext,
): boolean {
  if (steps.length === 0 || steps.includes(step)) return true;
  const expected = `one of ${steps.slice(0, 20).join(', ')}`;
  report(problemAt(source, at.start, 'error', message, { expected, suggestion: nearest(step, steps) }));
  return false;
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

export function readMeasurement(native: NativeSliOf<'measurement'>): MeasurementSli {
  return comparedSli(native.measurement, native, native.where, false);
}

function comparedSli(
  name: string,
  comparison: NativeComparison,
  where: NativeWhere | undefined,
  sums: boolean,
): MeasurementSli {
  return { kind: 'measurement', name, where: readWhere(where), ...readComparison(comparison), sums };
}

export function readSlices(native: NativeSliOf<'slices'>): SliceSli {
  return 'measurement' in native ? measurementSlices(native) : outcomeSlices(native);
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
  const of = comparedSli(measurement, (max ?? min ?? mean)!, where, mean !== undefined);
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

export function readFreshness(native: NativeSliOf<'freshness'>): FreshnessSli {
  return { kind: 'freshness', of: outcomeSli(native), everyMs: parseDuration(native.succeededEvery)! };
}

export function readTicks(
  native: NativeSliOf<'schedule'>,
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
    startEarlyMs: native.startEarly === undefined ? START_EARLY : parseDuration(native.startEarly)!,
    startWithinMs,
    finishWithinMs,
  };
}

export function readComposite(native: NativeSliOf<'composite'>, place: Place): CompositeDraft {
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
