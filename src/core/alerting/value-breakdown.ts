import type { Counts } from '../counters/cells.ts';
import { standsOut } from './stands-out.ts';

/** A value of an attribute that most failures have, far more than outcomes in general. Shares from 0 to 1. */
export interface StandingValue {
  readonly attribute: string;
  readonly value: string;
  /** Of the failures. */
  readonly failures: number;
  /** Of all outcomes. */
  readonly outcomes: number;
}

/** What was counted with a value of an attribute; null for all others together. */
export interface ValueBreakdown extends Counts {
  readonly value: string | null;
  /** Its share of the failures, 0 to 1, and of all outcomes; null while there are none. */
  readonly failures: number | null;
  readonly outcomes: number | null;
  /** Whether it fails far more than the rest, see `standsOut`. */
  readonly standsOut: boolean;
}

/**
 * What was counted by value, those with most failures first, and then what has no value that is told apart, if there is any.
 * Counters of all and of values are read one after another, so that values may hold a little more.
 */
export function valueBreakdown(
  all: Counts,
  values: readonly (Counts & { readonly value: string })[],
): readonly ValueBreakdown[] {
  const told = values.filter(({ good, bad }) => good + bad > 0);
  const other = {
    value: null,
    good: Math.max(0, all.good - told.reduce((sum, { good }) => sum + good, 0)),
    bad: Math.max(0, all.bad - told.reduce((sum, { bad }) => sum + bad, 0)),
  };
  const total = all.good + all.bad;
  const rows = other.good + other.bad > 0 ? [...told, other] : told;
  return rows
    .map(({ value, good, bad }): ValueBreakdown => {
      const outcomes = total === 0 ? null : Math.min(1, (good + bad) / total);
      const common = { failed: bad, allFailed: all.bad, share: outcomes ?? 0 };
      return {
        value,
        good,
        bad,
        failures: all.bad === 0 ? null : Math.min(1, bad / all.bad),
        outcomes,
        standsOut: value !== null && standsOut(common),
      };
    })
    .toSorted(
      (one, other) => Number(one.value === null) - Number(other.value === null) || other.bad - one.bad,
    );
}

/** The value that stands out most of all attributes: that of most failures, then that of fewest outcomes; null without one. */
export function standingValue(
  attributes: readonly {
    readonly attribute: string;
    readonly all: Counts;
    readonly values: readonly (Counts & { readonly value: string })[];
  }[],
): StandingValue | null {
  const found = attributes.flatMap(({ attribute, all, values }) =>
    valueBreakdown(all, values).flatMap(({ value, failures, outcomes, standsOut: stands }): StandingValue[] =>
      stands && value !== null ? [{ attribute, value, failures: failures!, outcomes: outcomes! }] : [],
    ),
  );
  const [most] = found.toSorted(
    (one, other) => other.failures - one.failures || one.outcomes - other.outcomes,
  );
  return most ?? null;
}
