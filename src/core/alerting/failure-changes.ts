import type { FailureCount } from './notification.ts';

/** What failures are told apart by. */
export type FailureSide = 'step' | 'dependency' | 'error' | 'attribute';

/** How many failures have something in common lately, against how many usually have. */
export interface FailureChange {
  readonly by: FailureSide;
  /** The name of the attribute; null by anything else. */
  readonly attribute: string | null;
  /** The step, the class of the error and so on; null where none was given. */
  readonly value: string | null;
  readonly failed: number;
  /** Of all failures lately, 0 to 1. */
  readonly share: number;
  /** How many there usually are in as long a time; null while that is not known. */
  readonly usual: number | null;
  /** Of what usually fails; null as above, and where nothing does. */
  readonly usualShare: number | null;
  /** How many times more failed than usual; null where none usually do. */
  readonly times: number | null;
  /** Far more than usual, by more than a few: see `FAR_MORE`. */
  readonly unusual: boolean;
}

/** How many times as many as usual are far more, and of how many at least. */
const FAR_MORE = 3;
const LEAST_FAILED = 5;

/** What failed by one side: how many with each value. */
export type FailedBy = ReadonlyMap<string | null, number>;

/** The sides that each failure has by itself. */
const OWN_SIDES = ['step', 'dependency', 'error'] as const;

/**
 * Compares what failed lately with what failed before, by step, dependency and error; most failures first within each. `scale` is how
 * long the time lately is in proportion to the time before; null: too little is known of that.
 */
export function failureChanges(
  lately: readonly FailureCount[],
  before: readonly FailureCount[],
  scale: number | null,
): readonly FailureChange[] {
  return OWN_SIDES.flatMap((by) => changesBy(by, null, failedBy(lately, by), failedBy(before, by), scale));
}

/** The same by one side, or by one attribute. */
export function changesBy(
  by: FailureSide,
  attribute: string | null,
  lately: FailedBy,
  before: FailedBy,
  scale: number | null,
): readonly FailureChange[] {
  const [all, allBefore] = [sumOf(lately), sumOf(before)];
  return [...lately]
    .filter(([, failed]) => failed > 0)
    .map(([value, failed]): FailureChange => {
      const usual = scale === null ? null : (before.get(value) ?? 0) * scale;
      return {
        by,
        attribute,
        value,
        failed,
        share: failed / all,
        usual,
        usualShare: scale === null || allBefore === 0 ? null : (before.get(value) ?? 0) / allBefore,
        times: usual === null || usual === 0 ? null : failed / usual,
        unusual: usual !== null && failed >= LEAST_FAILED && failed >= FAR_MORE * usual,
      };
    })
    .toSorted((one, other) => other.failed - one.failed);
}

function failedBy(counts: readonly FailureCount[], side: (typeof OWN_SIDES)[number]): FailedBy {
  const failed = new Map<string | null, number>();
  for (const one of counts) failed.set(one[side], (failed.get(one[side]) ?? 0) + one.count);
  return failed;
}

function sumOf(failed: FailedBy): number {
  let sum = 0;
  for (const count of failed.values()) sum += count;
  return sum;
}
