import type { Outcome } from '../../core/outcomes/outcome.ts';
import { isStart } from '../../core/outcomes/outcome.ts';
import { DEAD_LETTER, handOverName } from '../../core/sli/hand-over.ts';
import type { TransitionSli } from '../../core/sli/sli.ts';
import type { EndGroup, EndSli, StartGroup, Watch } from '../../core/ports/store/counting.ts';
import { subjectKey } from '../../core/ports/store/counting.ts';

/** The SLIs of hand-overs between the same two steps. */
export interface HandOver extends Pick<TransitionSli, 'from' | 'to'> {
  readonly name: string;
  readonly slis: readonly EndSli[];
  readonly watches: readonly Watch[];
}

/** A group that holds what follows from a report, with the name under which groups like it are put together. */
export interface ImpliedGroup {
  readonly name: string;
  readonly group: StartGroup | EndGroup;
}

/** Puts SLIs of transitions together by the steps they are between. */
export function handOversOf(
  slis: readonly (readonly [fingerprint: string, sli: TransitionSli])[],
): readonly HandOver[] {
  const byName = new Map<string, [fingerprint: string, sli: TransitionSli][]>();
  for (const [fingerprint, sli] of slis) {
    const name = handOverName(sli);
    byName.set(name, [...(byName.get(name) ?? []), [fingerprint, sli]]);
  }
  return [...byName].map(([name, same]): HandOver => {
    const { from, to } = same[0]![1];
    const watches = same.map(([fingerprint, { withinMs }]): Watch => ({
      fingerprint,
      withinMs,
      from: 'started',
    }));
    return { name, from, to, slis: watches.map((watch) => ({ ...watch, startIn: null })), watches };
  });
}

/**
 * What an outcome says of hand-overs: the success of a step begins one, and the start of the step after it, however that
 * ends, is its success. The end of the whole execution ends those that are still open as cancelled: what is in time then
 * counts for nothing, what is late is lost. It is attempt 0, so that a start of the step after it decides in whatever
 * order they are reported. A dead letter of the step after it is its failure, at once and for good, since it is attempt 2. A record that stands for many says nothing of which of them was handed over.
 */
export function impliedBy(outcome: Outcome, handOvers: readonly HandOver[]): readonly ImpliedGroup[] {
  const { step, status, at } = outcome;
  if (outcome.count > 1) return [];
  if (step === null)
    return isStart(status) || outcome.willRetry
      ? []
      : handOvers.map((handOver) => endOf(handOver, outcome, 'cancelled', at));
  return handOvers.flatMap((handOver): ImpliedGroup[] => [
    ...(step === handOver.from && status === 'succeeded' ? [beginningOf(handOver, outcome)] : []),
    ...(step === handOver.to && status !== 'queued' ? [takenOrLost(handOver, outcome)] : []),
  ]);
}

function beginningOf(handOver: HandOver, outcome: Outcome): ImpliedGroup {
  const { name, watches } = handOver;
  const { at, execution, traceId } = outcome;
  return {
    name: `begun|${name}`,
    group: {
      kind: 'start',
      step: name,
      phase: 'started',
      attempt: 1,
      count: 1,
      watches,
      landings: [],
      statistics: 'none',
      subjects: [{ subject: subjectKey(execution, name), at, execution, traceId, parent: null }],
    },
  };
}

function takenOrLost(handOver: HandOver, outcome: Outcome): ImpliedGroup {
  const { status, error, startedAt, at } = outcome;
  return status === 'failed' && error === DEAD_LETTER
    ? endOf(handOver, outcome, 'failed', at)
    : endOf(handOver, outcome, 'succeeded', startedAt ?? at);
}

/** How a hand-over ends, and the attempt that this is: the higher one decides. */
const ATTEMPTS = { cancelled: 0, succeeded: 1, failed: 2 } as const;

function endOf(
  handOver: HandOver,
  outcome: Outcome,
  status: keyof typeof ATTEMPTS,
  at: number,
): ImpliedGroup {
  const { name, slis, to } = handOver;
  const { execution, traceId } = outcome;
  return {
    name: `${status}|${name}`,
    group: {
      kind: 'end',
      step: name,
      attempt: ATTEMPTS[status],
      status,
      willRetry: false,
      count: 1,
      // A hand-over that never began is not waited for: its execution ended without.
      slis: status === 'cancelled' ? [] : slis,
      landings: null,
      own: [],
      failure: { step: to, dependency: null, error: status === 'failed' ? DEAD_LETTER : null },
      statistics: 'none',
      subjects: [{ subject: subjectKey(execution, name), at, startedAt: null, execution, traceId }],
    },
  };
}
