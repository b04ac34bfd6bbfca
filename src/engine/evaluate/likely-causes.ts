import type { Counts } from '../../core/counters/cells.ts';
import type { FailureCount } from '../../core/alerting/notification.ts';
import type { CallCounts, LikelyCause } from '../../core/alerting/likely-cause.ts';
import { likelyCause } from '../../core/alerting/likely-cause.ts';
import { startOfToday } from '../../core/time/calendar.ts';
import type { Dependency } from '../../core/slo/dependency.ts';
import { callsOf } from '../../core/slo/dependency.ts';
import { componentsOf } from '../../core/slo/series.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../core/time/duration.ts';
import { isStoreAway } from '../../core/ports/store/store.ts';
import type { Log } from '../../core/ports/log.ts';
import type { SeriesSums } from '../counters/series-sums.ts';

/** Finds the dependency that most likely makes an SLO fail. */
export interface LikelyCauses {
  /** A tick begins: what was read for another one no longer holds. */
  begin(): void;
  /**
   * Null when none stands out, when none is declared, and when it cannot be read: the page is worth more than its details.
   * Rejects with `StoreUnavailable`. `timeZone` is that of those who are notified, null for UTC.
   */
  find(
    slo: Slo,
    failures: readonly FailureCount[],
    timeZone: string | null,
    now: number,
  ): Promise<LikelyCause | null>;
}

export interface LikelyCausesOptions {
  readonly sums: SeriesSums;
  readonly definitions: () => Definitions;
  readonly log: Log;
}

/** What is usual is that of so long. */
const USUALLY = 28 * DAY;
const NONE: Counts = { good: 0, bad: 0 };
const NO_CALLS: CallCounts = { lastHour: NONE, today: NONE, usually: NONE };

/** Calls of one dependency by workflow; those that could not be read are missing. */
type CallsByWorkflow = ReadonlyMap<string, CallCounts>;

export function createLikelyCauses({ sums, definitions, log }: LikelyCausesOptions): LikelyCauses {
  /** An outage of one dependency makes many SLOs fail, and its calls are read once for all of them. */
  const read = new Map<string, Promise<CallsByWorkflow>>();

  function callsNow(name: string, timeZone: string, now: number): Promise<CallsByWorkflow> {
    const key = `${name} ${timeZone}`;
    let calls = read.get(key);
    if (!calls) read.set(key, (calls = readCalls(name, timeZone, now)));
    return calls;
  }

  async function readCalls(name: string, timeZone: string, now: number): Promise<CallsByWorkflow> {
    const calls = fingerprint(callsOf(name));
    const workflows = [...definitions().workflows.keys()];
    const today = (minuteOf(now) + 1) * MINUTE - startOfToday(timeZone, now);
    const found = await sums(
      workflows.map((workflow) => ({ workflow, fingerprint: calls })),
      [HOUR, today, USUALLY],
      now,
    );
    return new Map(
      found.flatMap((counts, index): [string, CallCounts][] =>
        counts === null
          ? []
          : [[workflows[index]!, { lastHour: counts[0]!, today: counts[1]!, usually: counts[2]! }]],
      ),
    );
  }

  /** What an SLO counted in the last hour, where that can be compared with calls: of what each end is one. */
  async function outcomesOf(slo: Slo, now: number): Promise<number | null> {
    if (slo.sli.kind !== 'outcomes') return null;
    const [counts] = await sums([slo], [HOUR], now);
    return counts ? counts[0]!.good + counts[0]!.bad : null;
  }

  async function find(
    slo: Slo,
    dependency: Dependency,
    counted: { readonly failed: number; readonly allFailed: number },
    timeZone: string,
    now: number,
  ): Promise<LikelyCause | null> {
    const [calls, outcomes] = await Promise.all([
      callsNow(dependency.name, timeZone, now),
      outcomesOf(slo, now),
    ]);
    const workflows = new Set(componentsOf(slo).map(({ workflow }) => workflow));
    const own = [...calls].flatMap(([workflow, counts]) => (workflows.has(workflow) ? [counts] : []));
    return likelyCause({
      dependency,
      ...counted,
      own: own.reduce(added, NO_CALLS),
      all: [...calls.values()].reduce(added, NO_CALLS),
      outcomes,
    });
  }

  return {
    begin: () => read.clear(),
    async find(slo, failures, timeZone, now) {
      const [most] = mostCalled(failures);
      const dependency = most && definitions().dependencies.get(most.name);
      if (!dependency) return null;
      const allFailed = failures.reduce((sum, { count }) => sum + count, 0);
      try {
        return await find(slo, dependency, { failed: most.failed, allFailed }, timeZone ?? 'UTC', now);
      } catch (error) {
        if (isStoreAway(error)) throw error;
        log.error({ slo: slo.id, error: String(error) }, 'calls could not be read; no likely cause is named');
        return null;
      }
    },
  };
}

/** The dependencies that failures name, that of most of them first. */
function mostCalled(
  failures: readonly FailureCount[],
): readonly { readonly name: string; readonly failed: number }[] {
  const counts = new Map<string, number>();
  for (const { dependency, count } of failures) {
    if (dependency !== null) counts.set(dependency, (counts.get(dependency) ?? 0) + count);
  }
  return [...counts]
    .map(([name, failed]) => ({ name, failed }))
    .toSorted((one, other) => other.failed - one.failed);
}

function added(one: CallCounts, other: CallCounts): CallCounts {
  return {
    lastHour: addCounts(one.lastHour, other.lastHour),
    today: addCounts(one.today, other.today),
    usually: addCounts(one.usually, other.usually),
  };
}

function addCounts(one: Counts, other: Counts): Counts {
  return { good: one.good + other.good, bad: one.bad + other.bad };
}
