import type { Counts } from '../../core/counters/cells.ts';
import type { CallReport, HandOverReport, SloPart } from '../../core/ports/workflow-parts.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { PartUnavailable } from '../../core/ports/store/store.ts';
import type { OutcomeSli, Sli, TransitionSli } from '../../core/sli/sli.ts';
import { callSeries } from '../../core/slo/dependency.ts';
import type { Dependency } from '../../core/slo/dependency.ts';
import type { Slo, Workflow } from '../../core/slo/slo.ts';
import { HOUR, formatDuration } from '../../core/time/duration.ts';
import type { SeriesSums } from '../counters/series-sums.ts';

export interface PartsOptions {
  readonly store: Pick<CountStore, 'readFailures'>;
  readonly sums: SeriesSums;
}

/** Which part of the workflow each of its SLOs is about. */
export function partsOf({ slos }: Pick<Workflow, 'slos'>): readonly SloPart[] {
  return wholeSlos(slos).flatMap(({ id: slo, sli }): SloPart[] => {
    if (sli.kind === 'transition' || sli.kind === 'composite') return [];
    if (sli.kind === 'measurement') return [{ slo, part: 'measurement', name: sli.name }];
    if (sli.kind === 'slices' && sli.of.kind === 'measurement')
      return [{ slo, part: 'measurement', name: sli.of.name }];
    const outcomes = outcomesOf(sli);
    if (outcomes?.step != null) return [{ slo, part: 'step', name: outcomes.step }];
    if (outcomes?.dependency != null) return [{ slo, part: 'dependency', name: outcomes.dependency }];
    return [{ slo, part: 'execution', name: null }];
  });
}

/** The transitions that SLOs of the workflow count, with what they counted in the last hour. */
export async function readHandOvers(
  sums: SeriesSums,
  { slos }: Pick<Workflow, 'slos'>,
  now: number,
): Promise<readonly HandOverReport[]> {
  const transitions = wholeSlos(slos).filter(isOfTransition);
  const counts = await sums(transitions, [HOUR], now);
  return transitions.map(({ id: slo, sli }, index) => ({
    from: sli.from,
    to: sli.to,
    slo,
    within: formatDuration(sli.withinMs),
    lastHour: lastHourOf(counts[index]!),
  }));
}

/** What the workflow calls. */
export async function readCalls(
  { store, sums }: PartsOptions,
  { name: workflow, slos }: Pick<Workflow, 'name' | 'slos'>,
  dependencies: ReadonlyMap<string, Dependency>,
  now: number,
): Promise<readonly CallReport[]> {
  const declared = [...dependencies.keys()];
  const series = declared.map((dependency) => callSeries(workflow, dependency));
  const counts = await sums(series, [HOUR], now);
  const calls = new Map<string, CallReport>();
  await Promise.all(
    declared.map(async (dependency, index) => {
      const lastHour = lastHourOf(counts[index]!);
      if (lastHour === null || lastHour.good + lastHour.bad === 0) return;
      const steps = lastHour.bad === 0 ? [] : await failedSteps(store, series[index]!, now);
      calls.set(dependency, { dependency, declared: true, lastHour, steps });
    }),
  );
  for (const { sli } of wholeSlos(slos)) {
    const outcomes = outcomesOf(sli);
    if (outcomes?.dependency == null) continue;
    const { dependency, step } = outcomes;
    const isDeclared = dependencies.has(dependency);
    const known = calls.get(dependency) ?? { dependency, declared: isDeclared, lastHour: null, steps: [] };
    const isNew = step !== null && !known.steps.some((one) => one.step === step);
    calls.set(dependency, isNew ? { ...known, steps: [...known.steps, { step, failed: 0 }] } : known);
  }
  return [...calls.values()].toSorted((one, other) => (one.dependency < other.dependency ? -1 : 1));
}

/** The steps whose calls failed, most first; none while that cannot be read. */
async function failedSteps(
  store: Pick<CountStore, 'readFailures'>,
  series: ReturnType<typeof callSeries>,
  now: number,
): Promise<CallReport['steps']> {
  try {
    const failed = new Map<string, number>();
    for (const { step, count } of await store.readFailures(series, now - HOUR, now)) {
      if (step !== null) failed.set(step, (failed.get(step) ?? 0) + count);
    }
    return [...failed]
      .map(([step, count]) => ({ step, failed: count }))
      .toSorted((one, other) => other.failed - one.failed);
  } catch (error) {
    if (error instanceof PartUnavailable) return [];
    throw error;
  }
}

/** Without those of single values, which are about the same part as their whole. */
function wholeSlos(slos: readonly Slo[]): readonly Slo[] {
  return slos.filter(({ value }) => value === undefined);
}

function isOfTransition(slo: Slo): slo is Slo & { readonly sli: TransitionSli } {
  return slo.sli.kind === 'transition';
}

/** The outcomes an SLI is made of; null when it is made of something else, or of whole executions in another way. */
function outcomesOf(sli: Sli): OutcomeSli | null {
  if (sli.kind === 'outcomes') return sli;
  if (sli.kind === 'freshness') return sli.of;
  return sli.kind === 'slices' && sli.of.kind === 'outcomes' ? sli.of : null;
}

function lastHourOf(counts: Awaited<ReturnType<SeriesSums>>[number]): Counts | null {
  return counts && counts[0]!;
}
