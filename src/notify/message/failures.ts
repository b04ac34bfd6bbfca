import type { FailedExecution, FailureCount } from '../../core/alerting/notification.ts';
import type { Phrase, Piece } from './phrase.ts';
import { plainName, urlPart, webAddress } from './wording.ts';
import type { Times } from '../../core/words/times.ts';
import { formatWholeShare } from '../../core/words/figures.ts';

/** The step, dependency or error class that most failures have in common. */
export interface Cause {
  readonly label: 'Step' | 'Dependency' | 'Error';
  readonly name: string;
  /** Of all failures, 0 to 1. */
  readonly share: number;
  /** The share in words, `83% of failures`. */
  readonly words: string;
}

const ASPECTS = [
  ['Step', 'step'],
  ['Dependency', 'dependency'],
  ['Error', 'error'],
] as const;

const MAX_LISTED = 5;

/**
 * The most frequent step, dependency and error among the failures, each with its share of `failed` failures;
 * those known only. `failures` may be just the most frequent combinations.
 */
export function topCauses(failures: readonly FailureCount[], failed: number): Cause[] {
  // They are kept by the hour, so they can also be of slightly more than the failures of a window. That is why
  // only shares are shown: a count would contradict the one of the window.
  const total = Math.max(
    failed,
    failures.reduce((sum, { count }) => sum + count, 0),
  );
  if (total === 0) return [];
  return ASPECTS.flatMap(([label, aspect]) => {
    const counts = new Map<string, number>();
    for (const failure of failures) {
      const name = failure[aspect];
      if (name !== null) counts.set(name, (counts.get(name) ?? 0) + failure.count);
    }
    const [top] = [...counts].toSorted(([, a], [, b]) => b - a);
    if (!top) return [];
    const [name, count] = top;
    const share = count / total;
    return [{ label, name: plainName(name, 128), share, words: `${formatWholeShare(share)} of failures` }];
  });
}

/** The last failed executions, one line each, latest first: which, when, where, why, and its trace. */
export function lastFailedLines(
  executions: readonly FailedExecution[],
  times: Times,
  traceUrl: string | null,
): Phrase[] {
  return executions.slice(0, MAX_LISTED).map(({ execution, at, traceId, ...where }) => [
    { name: plainName(execution, 256) },
    ` ${times.ago(at)}`,
    ...ASPECTS.flatMap(([label, aspect]): Piece[] => {
      const name = where[aspect];
      return name === null ? [] : [`, ${label.toLowerCase()} `, { name: plainName(name, 128) }];
    }),
    ...traceOf(traceId, traceUrl),
  ]);
}

function traceOf(traceId: string | null, traceUrl: string | null): Piece[] {
  if (traceId === null) return [];
  const url = traceUrl === null ? null : webAddress(traceUrl.replaceAll('{traceId}', urlPart(traceId)));
  return [', ', url === null ? { name: plainName(`trace ${traceId}`, 64) } : { label: 'trace', url }];
}
