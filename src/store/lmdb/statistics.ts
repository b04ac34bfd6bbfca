import type { EndGroup, PartitionId } from '../../core/ports/store/counting.ts';
import { MAX_COUNTED_STEPS } from '../../core/ports/store/statistics.ts';
import type { SubjectCounts } from '../../core/ports/store/statistics.ts';
import { addCounts } from '../../core/statistics/outcome-counts.ts';
import { SPANS, cellsAt, statisticExpiry } from '../../core/statistics/statistic-cells.ts';
import type { StatisticCell } from '../../core/statistics/statistic-cells.ts';
import { MINUTE, minuteOf } from '../../core/time/duration.ts';
import { OTHERS_NAME, statisticName, subjectOfName } from '../statistic-names.ts';
import type { Databases } from './databases.ts';
import { statisticKey, statisticsBefore, statisticsOfCell, subjectOfStatistic } from './keys.ts';
import type { Range } from './keys.ts';

/** What one transaction changes in the statistics of a partition, collected so that each cell is written once. */
export interface Statistics {
  /** Counts so many of a subject in a slot, at a moment, or takes them back where that is negative. */
  count(of: Pick<EndGroup, 'step' | 'statistics'>, at: number, slot: number, count: number): void;
  write(): void;
}

/** Of one step or of executions: by minute, then by slot. */
interface Changed {
  readonly isNamed: boolean;
  readonly minutes: Map<number, Map<number, number>>;
}

/** Starts to collect. `write` belongs into a write transaction. */
export function collectStatistics(db: Databases, partition: PartitionId, now: number): Statistics {
  const subjects = new Map<string, Changed>();
  return {
    count({ step, statistics }, at, slot, count) {
      if (statistics === 'none') return;
      const name = statisticName(step);
      let changed = subjects.get(name);
      if (!changed) subjects.set(name, (changed = { isNamed: statistics === 'named', minutes: new Map() }));
      let slots = changed.minutes.get(minuteOf(at));
      if (!slots) changed.minutes.set(minuteOf(at), (slots = new Map()));
      slots.set(slot, (slots.get(slot) ?? 0) + count);
    },
    write() {
      for (const [name, { isNamed, minutes }] of subjects) {
        for (const { cell, counts } of cellsOf(minutes)) {
          if (statisticExpiry(cell) > now) addTo(db, partition, cell, name, isNamed, counts);
        }
      }
    },
  };
}

/** What minutes add to the cells they are in. */
function cellsOf(
  minutes: Changed['minutes'],
): Iterable<{ readonly cell: StatisticCell; readonly counts: Map<number, number> }> {
  const cells = new Map<string, { readonly cell: StatisticCell; readonly counts: Map<number, number> }>();
  for (const [minute, slots] of minutes) {
    for (const cell of cellsAt(minute * MINUTE)) {
      const key = `${cell.span}${cell.index}`;
      let found = cells.get(key);
      if (!found) cells.set(key, (found = { cell, counts: new Map() }));
      addCounts(found.counts, slots);
    }
  }
  return cells.values();
}

function addTo(
  db: Databases,
  partition: PartitionId,
  cell: StatisticCell,
  name: string,
  isNamed: boolean,
  changes: ReadonlyMap<number, number>,
): void {
  let key = statisticKey(cell, partition, name);
  let stored = db.statistics.get(key);
  if (!stored && !isNamed && isFull(db, partition, cell)) {
    key = statisticKey(cell, partition, OTHERS_NAME);
    stored = db.statistics.get(key);
  }
  const counts = countsOf(stored ?? []);
  addCounts(counts, changes);
  const left = [...counts].filter(([, count]) => count > 0);
  if (left.length > 0) db.statistics.putSync(key, left.flat());
  else if (stored) db.statistics.removeSync(key);
}

function isFull(db: Databases, { workflow, partition }: PartitionId, cell: StatisticCell): boolean {
  const names = db.statistics.getKeys({
    ...statisticsOfCell(cell, workflow, partition, partition + 1),
    limit: MAX_COUNTED_STEPS,
  });
  return [...names].length >= MAX_COUNTED_STEPS;
}

/** Reads slots and how many are in each, in turn. */
function countsOf(stored: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i + 1 < stored.length; i += 2) counts.set(stored[i]!, stored[i + 1]!);
  return counts;
}

/** What was counted in a cell, in all partitions. */
export function statisticsIn(
  db: Databases,
  workflow: string,
  partitions: number,
  cell: StatisticCell,
): SubjectCounts[] {
  const found = [...db.statistics.getRange(statisticsOfCell(cell, workflow, 0, partitions))];
  return found.map(({ key, value }) => ({
    of: subjectOfName(subjectOfStatistic(key)),
    counts: countsOf(value),
  }));
}

/** What nothing reads any more. */
export function expiredStatistics(now: number): Range[] {
  return SPANS.map(({ span, length, serves }) =>
    statisticsBefore(span, Math.floor((now - serves) / length) - 1),
  );
}
