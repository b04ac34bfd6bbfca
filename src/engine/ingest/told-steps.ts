import type { EndSli, SliLanding } from '../../core/ports/store/counting.ts';
import { subjectKey } from '../../core/ports/store/counting.ts';
import type { Outcome } from '../../core/outcomes/outcome.ts';
import { MAX_ATTEMPT } from '../../core/outcomes/outcome.ts';
import { failurePlace } from '../../core/slo/workflow-map.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import { minuteOf } from '../../core/time/duration.ts';
import type { ImpliedGroup } from './hand-overs.ts';
import type { Selection } from './selection.ts';

/**
 * What the failure of a whole execution tells of the step that it failed in: that its call of a dependency failed. For the SLIs
 * of dependencies it is an end of that step, of an attempt before its first, so that any end that the step reports itself
 * decides in whatever order the two are reported. It counts for no SLI of the step and in no statistics of it: of executions
 * that succeed, nothing is told of their steps. `select` is how outcomes are counted without.
 */
export function toldBy(
  outcome: Outcome,
  select: (outcome: Outcome) => Selection,
  map: WorkflowMap,
): readonly ImpliedGroup[] {
  const { status, step, failedStep, dependency, attempt, willRetry, count } = outcome;
  if (step !== null || status !== 'failed' || failedStep === null || dependency === null) return [];
  const { at, execution, traceId, error } = outcome;
  const slis = callCounters(outcome, select).filter((counter) => counter.perAttempt || !willRetry);
  if (slis.length === 0) return [];
  const minute = minuteOf(at);
  const failure = { step: failurePlace(outcome, map), dependency, error };
  // Without a start of its own it counts at once; the deadline of a start that was reported holds for it all the same.
  const counting = slis.map(({ fingerprint, from }): EndSli => ({
    fingerprint,
    withinMs: null,
    from,
    startIn: null,
  }));
  return [
    {
      name: JSON.stringify(['told', failedStep, attempt, count, minute, failure, counting]),
      group: {
        kind: 'end',
        step: failedStep,
        // Later attempts of the execution tell more of it, and none is as late as the first of the step.
        attempt: (attempt - 1) / MAX_ATTEMPT,
        status,
        willRetry: false,
        count,
        slis: counting,
        landings: counting.map(({ fingerprint }): SliLanding => ({
          fingerprint,
          minute,
          good: false,
          value: null,
        })),
        own: [],
        failure,
        statistics: 'none',
        subjects: [{ subject: subjectKey(execution, failedStep), at, startedAt: null, execution, traceId }],
      },
    },
  ];
}

interface CallCounter extends Pick<EndSli, 'fingerprint' | 'from'> {
  /** Whether every attempt counts. */
  readonly perAttempt: boolean;
}

/** The SLIs that count an execution by the dependency it names, as they count one that called it itself. */
function callCounters(outcome: Outcome, select: (outcome: Outcome) => Selection): readonly CallCounter[] {
  const others = select({ ...outcome, failedStep: null, dependency: null });
  const known = new Set([...others.slis, ...others.attempts].map(({ fingerprint }) => fingerprint));
  const { slis, attempts } = select({ ...outcome, failedStep: null });
  return [
    ...slis.map(({ fingerprint, from }) => ({ fingerprint, from, perAttempt: false })),
    ...attempts
      // Whether the call of the step was its first try is nothing that its execution tells.
      .filter(({ verdict }) => verdict === null)
      .map(({ fingerprint }) => ({ fingerprint, from: 'started' as const, perAttempt: true })),
  ].filter(({ fingerprint }) => !known.has(fingerprint));
}
