import { MINUTE } from '../../core/time/duration.ts';

/** Wrong tokens that an address may send in a minute before it is asked to wait. */
export const FAILURES_A_MINUTE = 20;
const MAX_ADDRESSES = 10_000;

/** Counts failures by address, in memory that does not grow with the addresses. */
export interface FailureLimit {
  /** Notes a failure. Gives the seconds to wait when there are too many, else null. */
  note(address: string): number | null;
}

export function createFailureLimit(elapsed: () => number): FailureLimit {
  const failures = new Map<string, { since: number; count: number }>();
  return {
    note(address) {
      const now = elapsed();
      let entry = failures.get(address);
      if (!entry || now - entry.since >= MINUTE) {
        failures.delete(address);
        if (failures.size >= MAX_ADDRESSES) failures.delete(failures.keys().next().value!);
        failures.set(address, (entry = { since: now, count: 0 }));
      }
      entry.count++;
      return entry.count <= FAILURES_A_MINUTE ? null : Math.ceil((entry.since + MINUTE - now) / 1000);
    },
  };
}
