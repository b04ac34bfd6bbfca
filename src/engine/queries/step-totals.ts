import type { CountedSubject } from '../../core/ports/store/statistics.ts';
import type { StepScrape } from '../../core/ports/scrape.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { addCounts } from '../../core/statistics/outcome-counts.ts';
import type { StepTotals } from '../../core/statistics/step-totals.ts';
import { NO_STEPS, grownBy, totalsOf } from '../../core/statistics/step-totals.ts';
import { DAY } from '../../core/time/duration.ts';

/** What steps that are not told apart are counted as; no step has this name. */
const OTHERS = '(others)';

/** How the steps of a workflow, and its executions as a whole (null), have ended since the first time it was asked. */
export type ReadStepTotals = (workflow: string, now: number) => Promise<readonly StepScrape[]>;

type ByStep = Map<string | null, StepTotals>;

interface Known {
  /** As they were read last, by the day (UTC, since the epoch) that they are of. */
  days: ReadonlyMap<number, ByStep>;
  readonly totals: ByStep;
}

/**
 * Counters of what the store counts by day. They begin at zero with the process, and from then on each grows by what its day grows by:
 * what is corrected counts as what it became, too, and a day that is forgotten takes nothing away.
 */
export function createStepTotals(store: Pick<Store, 'readStatistics' | 'partitionsAway'>): ReadStepTotals {
  const known = new Map<string, Known>();

  async function readDays(workflow: string, days: readonly number[]): Promise<ReadonlyMap<number, ByStep>> {
    const found = await store.readStatistics(
      workflow,
      days.map((index) => ({ span: 'day' as const, index })),
    );
    return new Map(
      days.map((day, index) => {
        const counts = new Map<string | null, Map<number, number>>();
        for (const subject of found[index]!) {
          const step = stepOf(subject.of);
          const sum = counts.get(step) ?? new Map<number, number>();
          addCounts(sum, subject.counts);
          counts.set(step, sum);
        }
        return [day, new Map([...counts].map(([step, slots]) => [step, totalsOf(slots)]))] as const;
      }),
    );
  }

  return async (workflow, now) => {
    const today = Math.floor(now / DAY);
    // What is reported late, or just ahead of time, lands on the days beside it.
    const days = [today - 1, today, today + 1];
    const [away, read] = await Promise.all([store.partitionsAway([workflow]), readDays(workflow, days)]);
    const before = known.get(workflow);
    // Of some of the partitions there is less than before, and would be more than before with all of them.
    if (away.length > 0) return scrapes(before?.totals ?? new Map());
    if (!before) {
      const steps = [...read.values()].flatMap((of) => [...of.keys()]);
      known.set(workflow, { days: read, totals: new Map(steps.map((step) => [step, NO_STEPS])) });
      return scrapes(known.get(workflow)!.totals);
    }
    for (const [day, steps] of read) {
      // A day between that nobody asked in is not known to have grown.
      const last = before.days.get(day) ?? (day > Math.max(...before.days.keys()) ? new Map() : steps);
      for (const [step, totals] of steps) {
        const sum = before.totals.get(step) ?? NO_STEPS;
        before.totals.set(step, grownBy(sum, last.get(step) ?? NO_STEPS, totals));
      }
    }
    before.days = read;
    return scrapes(before.totals);
  };
}

function stepOf(of: CountedSubject): string | null {
  if (of.kind === 'execution') return null;
  return of.kind === 'step' ? of.step : OTHERS;
}

function scrapes(totals: ByStep): readonly StepScrape[] {
  return [...totals].map(([step, of]) => ({ step, totals: of }));
}
