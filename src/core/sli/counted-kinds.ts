import type { CountedOf, CountedSli, EarlySli, ScheduledSli, ScheduleSli, Where } from './sli.ts';
import { MINUTE } from '../time/duration.ts';

/** How long before its tick an execution may start when nothing else is said. */
export const START_EARLY = 5 * MINUTE;

/** What is known of a kind of SLI that is counted as it is reported. */
interface CountedKind<K extends CountedSli['kind']> {
  /** What it selects, see `SliKind.meaning`. */
  readonly meaning: (sli: CountedOf<K>) => readonly unknown[];
  /** Whether some of what it counts may be bad. */
  readonly countsBad: boolean;
  /** Whether its outcomes lie in partitions by their execution, so that those of some partitions are a random sample of all. */
  readonly byExecution: boolean;
}

const COUNTED_KINDS: { readonly [K in CountedSli['kind']]: CountedKind<K> } = {
  outcomes: {
    meaning({ step, dependency, where, withinMs, from, per, good }) {
      const selected = [step, dependency, meaningOfWhere(where), withinMs];
      if (good !== 'succeeded') return [...selected, good];
      if (per === 'attempt') return [...selected, 'per attempt'];
      return from === 'started' ? selected : [...selected, 'from queued'];
    },
    countsBad: true,
    byExecution: true,
  },
  measurement: {
    meaning: ({ kind, name, where, op, limit, sums }) => [kind, name, meaningOfWhere(where), op, limit, sums],
    countsBad: true,
    // A queue that is measured lies in one partition.
    byExecution: false,
  },
  transition: {
    meaning: ({ kind, from, to, withinMs }) => [kind, from, to, withinMs],
    countsBad: true,
    byExecution: true,
  },
  starts: {
    meaning: ({ kind, where }) => [kind, meaningOfWhere(where)],
    countsBad: false,
    byExecution: true,
  },
  calls: {
    meaning: ({ kind, dependency }) => [kind, dependency],
    countsBad: true,
    byExecution: true,
  },
  scheduled: { meaning: meaningOfSchedule, countsBad: false, byExecution: true },
  early: { meaning: meaningOfSchedule, countsBad: false, byExecution: true },
};

/** What is counted selects, as plain values. */
export function meaningOfCounted<K extends CountedSli['kind']>(sli: CountedOf<K>): readonly unknown[] {
  return COUNTED_KINDS[sli.kind].meaning(sli);
}

/** Whether an SLI of any kind is one that is counted as it is reported. */
export function isCounted(sli: { readonly kind: string }): sli is CountedSli {
  return Object.hasOwn(COUNTED_KINDS, sli.kind);
}

/** Whether some of what is counted may be bad; of starts and of successes in time none is. */
export function countsBad({ kind }: CountedSli): boolean {
  return COUNTED_KINDS[kind].countsBad;
}

/** Whether some partitions hold a random sample of what is counted. */
export function isByExecution({ kind }: CountedSli): boolean {
  return COUNTED_KINDS[kind].byExecution;
}

/** What a schedule selects, and what is counted for it. */
export function meaningOfSchedule(sli: ScheduleSli | ScheduledSli | EarlySli): readonly unknown[] {
  const { cron, timeZone } = sli.schedule;
  const { startWithinMs, finishWithinMs, startEarlyMs } = sli;
  const meaning = [sli.kind, meaningOfWhere(sli.where), cron, timeZone, startWithinMs, finishWithinMs];
  return startEarlyMs === START_EARLY ? meaning : [...meaning, startEarlyMs];
}

function meaningOfWhere(where: Where): unknown[] {
  return Object.keys(where)
    .toSorted()
    .map((name) => {
      const { op, values } = where[name]!;
      const sorted = [...values].toSorted();
      return op === 'in' ? [name, sorted] : [name, sorted, op];
    });
}
