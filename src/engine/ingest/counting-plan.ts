import type { Measurement } from '../../core/outcomes/measurement.ts';
import type { Outcome } from '../../core/outcomes/outcome.ts';
import { countedByWorkflow } from '../../core/slo/series.ts';
import { earlyStart, scheduledStart } from '../../core/sli/schedule.ts';
import { calledBy, isCall, passes, selects } from '../../core/sli/selection.ts';
import type {
  CountedOf,
  CountedSli,
  EarlySli,
  MeasurementSli,
  ScheduledSli,
  StartSli,
} from '../../core/sli/sli.ts';
import { attributesOf } from '../../core/slo/each-value.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import { NO_MAP } from '../../core/slo/workflow-map.ts';
import type { EndSli } from '../../core/ports/store/counting.ts';
import type { StatisticsOf } from '../../core/ports/store/statistics.ts';
import type { ImpliedGroup } from './hand-overs.ts';
import { handOversOf, impliedBy } from './hand-overs.ts';
import { toldBy } from './told-steps.ts';
import type { ValueAdmission } from './breakdown-values.ts';
import type { AttemptSli, Selection } from './selection.ts';
import type { Breakdown } from './value-selections.ts';
import { withValues } from './value-selections.ts';

/** How the outcomes of one workflow are counted: its distinct SLIs, prepared for many look-ups a second. */
export interface CountingPlan {
  /** The SLIs that count an outcome, whatever its status. */
  select(outcome: Outcome): Selection;
  /** The SLIs that count a measurement; null when none counts any of its name. */
  measured(measurement: Measurement): readonly MeasuredBy[] | null;
  /** What follows from an outcome beside what it is of. */
  implied(outcome: Outcome): readonly ImpliedGroup[];
  readonly map: WorkflowMap;
  /** How an outcome is counted in statistics of its step. */
  statisticsOf(outcome: Pick<Outcome, 'step'>): StatisticsOf;
  /** The names of measurements that some SLI counts. */
  readonly measurements: readonly string[];
}

export interface MeasuredBy {
  readonly fingerprint: string;
  readonly sli: MeasurementSli;
}

/** Steps, and dependencies of one, whose selections are remembered. */
const MAX_NAMES = 100;

const NOTHING: readonly ImpliedGroup[] = [];

/** Makes a function that gives the counting plans of definitions, kept until the definitions change. */
export function countingPlans(
  values: ValueAdmission | null,
): (definitions: Definitions) => ReadonlyMap<string, CountingPlan> {
  let known: Definitions | null = null;
  let plans: ReadonlyMap<string, CountingPlan> = new Map();
  return (definitions) => {
    if (definitions !== known) {
      const { workflows } = definitions;
      plans = new Map(
        [...countedByWorkflow(definitions)].map(([workflow, slis]) => {
          const defined = workflows.get(workflow);
          const each = attributesOf(defined?.slos ?? []);
          const attributes = defined?.breakdown ?? [];
          const breakdown = values && { values, workflow, attributes, each };
          return [workflow, countingPlan(slis, defined ?? NO_MAP, breakdown)];
        }),
      );
      known = definitions;
    }
    return plans;
  };
}

/** SLIs of one kind by fingerprint. */
type OfKind<Kind extends CountedSli['kind']> = readonly (readonly [
  fingerprint: string,
  sli: CountedOf<Kind>,
])[];

/** SLIs of every kind that is counted as it is reported; each is counted by what a plan does with its list. */
type ByKind = { readonly [Kind in CountedSli['kind']]: OfKind<Kind> };

function byKind(slis: ReadonlyMap<string, CountedSli>): ByKind {
  const ofKind = <Kind extends CountedSli['kind']>(kind: Kind) =>
    [...slis].filter(([, sli]) => sli.kind === kind) as unknown as OfKind<Kind>;
  return {
    outcomes: ofKind('outcomes'),
    measurement: ofKind('measurement'),
    scheduled: ofKind('scheduled'),
    early: ofKind('early'),
    starts: ofKind('starts'),
    transition: ofKind('transition'),
    calls: ofKind('calls'),
  };
}

function countingPlan(
  slis: ReadonlyMap<string, CountedSli>,
  map: WorkflowMap,
  breakdown: Breakdown | null,
): CountingPlan {
  const {
    outcomes: outcomeSlis,
    measurement: measured,
    scheduled,
    early,
    starts,
    transition,
    calls,
  } = byKind(slis);
  const select = withCalls(withValues(selectionsOf(outcomeSlis), outcomeSlis, breakdown), calls);
  const named = new Set<string | null>([
    ...map.steps,
    ...outcomeSlis.map(([, { step }]) => step),
    ...transition.flatMap(([, { from, to }]) => [from, to]),
  ]);
  const handOvers = handOversOf(transition);
  const countsCalls = calls.length > 0 || outcomeSlis.some(([, { dependency }]) => dependency !== null);
  const hasPunctual = scheduled.length > 0 || starts.length > 0;

  const byName = new Map<string, MeasuredBy[]>();
  for (const [fingerprint, sli] of measured) {
    byName.set(sli.name, [...(byName.get(sli.name) ?? []), { fingerprint, sli }]);
  }

  return {
    select(outcome) {
      const selection = select(outcome);
      return hasPunctual && outcome.step === null
        ? withPunctual(selection, outcome, scheduled, early, starts)
        : selection;
    },
    measured({ name, attributes }) {
      return byName.get(name)?.filter(({ sli }) => passes(sli.where, attributes)) ?? null;
    },
    implied(outcome) {
      const told = countsCalls ? toldBy(outcome, select, map) : NOTHING;
      if (handOvers.length === 0) return told;
      return [...impliedBy(outcome, handOvers), ...told];
    },
    map,
    statisticsOf: ({ step }) => (step === null || named.has(step) ? 'named' : 'bounded'),
    measurements: [...byName.keys()],
  };
}

/** Selects among outcome SLIs; what was selected once is remembered by as little as decides it. */
function selectionsOf(slis: OfKind<'outcomes'>): (outcome: Outcome) => Selection {
  const selections = new Map<string, Selection>();
  const countsTries = slis.some(([, { good }]) => good === 'first-try');
  // Where no SLI looks at attributes, what is selected depends on two names only.
  const byNames = slis.some(([, { where }]) => Object.keys(where).length > 0)
    ? null
    : { first: createNames(), retry: createNames() };

  function find(outcome: Outcome): Selection {
    const chosen = slis.filter(([, sli]) => selects(sli, outcome));
    const isRetry = countsTries && outcome.attempt > 1;
    const key = `${isRetry ? 'r' : ''}${chosen.map(([fingerprint]) => fingerprint).join(',')}`;
    let selection = selections.get(key);
    if (!selection) selections.set(key, (selection = selectionOf(chosen, isRetry, key)));
    return selection;
  }

  return (outcome) => {
    if (!byNames) return find(outcome);
    const names = countsTries && outcome.attempt > 1 ? byNames.retry : byNames.first;
    const selection = names.get(outcome.step)?.get(calledBy(outcome));
    if (selection) return selection;
    const found = find(outcome);
    // Names come from producers: what is remembered of them must not grow without end.
    if (names.size >= MAX_NAMES) names.clear();
    let ofStep = names.get(outcome.step);
    if (!ofStep || ofStep.size >= MAX_NAMES) names.set(outcome.step, (ofStep = new Map()));
    ofStep.set(calledBy(outcome), found);
    return found;
  };
}

/** Adds the calls of declared dependencies to what else counts an outcome. */
function withCalls(
  select: (outcome: Outcome) => Selection,
  calls: OfKind<'calls'>,
): (outcome: Outcome) => Selection {
  if (calls.length === 0) return select;
  const fingerprints = new Map(calls.map(([fingerprint, { dependency }]) => [dependency, fingerprint]));
  const known = new WeakMap<Selection, Map<string, Selection>>();
  return (outcome) => {
    const selection = select(outcome);
    const fingerprint = outcome.dependency === null ? undefined : fingerprints.get(outcome.dependency);
    if (fingerprint === undefined || !isCall(outcome)) return selection;
    let extended = known.get(selection);
    if (!extended) known.set(selection, (extended = new Map()));
    let found = extended.get(fingerprint);
    if (!found) {
      const attempts = [...selection.attempts, { fingerprint, verdict: null }];
      extended.set(fingerprint, (found = { ...selection, attempts, key: `${selection.key},${fingerprint}` }));
    }
    return found;
  };
}

/** Selections by step and dependency. */
function createNames(): Map<string | null, Map<string | null, Selection>> {
  return new Map();
}

function selectionOf(chosen: OfKind<'outcomes'>, isRetry: boolean, key: string): Selection {
  const slis: EndSli[] = [];
  const attempts: AttemptSli[] = [];
  for (const [fingerprint, { withinMs, from, per, good }] of chosen) {
    if (good === 'first-try') attempts.push({ fingerprint, verdict: !isRetry });
    else if (per === 'attempt') attempts.push({ fingerprint, verdict: null });
    else slis.push({ fingerprint, withinMs, from, startIn: null });
  }
  const watches = slis.flatMap(({ fingerprint, withinMs, from }) =>
    withinMs === null ? [] : [{ fingerprint, withinMs, from }],
  );
  const timed = watches.length > 0;
  const strict = timed || attempts.some(({ verdict }) => verdict === false);
  return { slis, attempts, watches, starts: [], key, timed, needsStart: timed, strict };
}

/** Adds the SLIs of schedules to what else counts an execution; which ones do depends on the moment it ended. */
function withPunctual(
  selection: Selection,
  outcome: Outcome,
  scheduled: OfKind<'scheduled'>,
  early: OfKind<'early'>,
  starts: OfKind<'starts'>,
): Selection {
  const inTime = [
    ...scheduled.flatMap(([fingerprint, sli]) => scheduledEnd(fingerprint, sli, outcome)),
    ...early.flatMap(([fingerprint, sli]) => earlyEnd(fingerprint, sli, outcome)),
  ];
  const started = starts.filter(([, sli]) => startsFor(sli, outcome)).map(([fingerprint]) => fingerprint);
  if (inTime.length === 0 && started.length === 0) return selection;
  const added = inTime.map(
    ({ fingerprint, startIn, withinMs }) => `${fingerprint}@${startIn?.join('-') ?? withinMs}`,
  );
  return {
    ...selection,
    slis: [...selection.slis, ...inTime],
    starts: started,
    key: [selection.key, ...added, ...started].join(';'),
    needsStart: selection.timed || inTime.length > 0,
  };
}

/** How an end counts for the latest tick before it: only as a success in time. */
function scheduledEnd(fingerprint: string, sli: ScheduledSli, outcome: Outcome): readonly EndSli[] {
  if (!isSuccessOf(sli, outcome)) return [];
  const startIn = scheduledStart(sli, outcome.at);
  return startIn ? [{ fingerprint, withinMs: null, from: 'started', startIn }] : [];
}

/** How an end counts for the tick that is next after it. */
function earlyEnd(fingerprint: string, sli: EarlySli, outcome: Outcome): readonly EndSli[] {
  if (!isSuccessOf(sli, outcome)) return [];
  const early = earlyStart(sli, outcome.at);
  if (!early) return [];
  const { startIn, isOpen } = early;
  // One that may be of the tick before counts here only once its start is known; a deadline is what waits for that.
  return isOpen && outcome.startedAt === null
    ? [{ fingerprint, withinMs: outcome.at - startIn[0], from: 'started', startIn: null }]
    : [{ fingerprint, withinMs: null, from: 'started', startIn }];
}

function isSuccessOf({ where }: ScheduledSli | EarlySli, { status, attributes }: Outcome): boolean {
  return status === 'succeeded' && passes(where, attributes);
}

function startsFor({ where }: StartSli, { attributes }: Outcome): boolean {
  return passes(where, attributes);
}
