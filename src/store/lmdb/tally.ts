import {
  blockExpiry,
  CELL_BYTES,
  CELL_LIMIT,
  cellOf,
  HOURS_PER_BLOCK,
  MINUTES_PER_BLOCK,
} from '../../core/counters/cells.ts';
import type { Counts, Resolution } from '../../core/counters/cells.ts';
import type { FailureCount } from '../../core/alerting/notification.ts';
import {
  CHANGE_RETENTION,
  FAILURE_RETENTION,
  MAX_FAILURE_KEYS,
  MAX_LAST_FAILED,
  TAKEN_BACK,
} from '../../core/ports/store/counting.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { FailureKey, PartitionId } from '../../core/ports/store/counting.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';
import type { Databases, Sample } from './databases.ts';
import { blockKey, changeKey, changesOf, failuresKey, partitionKey, sliKey, sumsKey } from './keys.ts';
import { addToSum } from '../sums.ts';

/** What one transaction changes in the counters of a partition, collected so that each is written once. */
export interface Tally {
  /** Counts so many, or takes them back where that is negative. */
  count(fingerprint: string, minute: number, good: boolean, count: number): void;
  /** Files so many bad ones under a failure, or takes them from there. */
  file(fingerprint: string, minute: number, failure: FailureKey, count: number): void;
  addSample(fingerprint: string, sample: Sample): void;
  removeSample(fingerprint: string, sample: SampleName): void;
  /** Adds to the sum of a minute. */
  value(fingerprint: string, minute: number, value: number): void;
  /** Writes everything and gives the partition a new revision if a counter changed. */
  write(): void;
}

interface SliTally {
  /** By minute; negative where more was taken back than added. */
  readonly cells: Map<number, { good: number; bad: number }>;
  /** By hour, then by what they are filed under. */
  readonly failures: Map<number, Map<string, FailureCount>>;
  /** By minute. */
  readonly sums: Map<number, number>;
  /** By name; null for what is to be removed. */
  readonly samples: Map<string, Sample | null>;
}

/** Starts a tally. `write` belongs into a write transaction. */
export function createTally(db: Databases, partition: PartitionId, now: number): Tally {
  const slis = new Map<string, SliTally>();

  const tallyOf = (fingerprint: string): SliTally => {
    let sli = slis.get(fingerprint);
    if (!sli) {
      sli = { cells: new Map(), failures: new Map(), sums: new Map(), samples: new Map() };
      slis.set(fingerprint, sli);
    }
    return sli;
  };
  const cellIn = (sli: SliTally, minute: number): { good: number; bad: number } => {
    let cell = sli.cells.get(minute);
    if (!cell) sli.cells.set(minute, (cell = { good: 0, bad: 0 }));
    return cell;
  };
  const file = (sli: SliTally, minute: number, failure: FailureKey, count: number): void => {
    const hour = Math.floor(minute / 60);
    let filed = sli.failures.get(hour);
    if (!filed) sli.failures.set(hour, (filed = new Map()));
    const name = nameOf(failure);
    filed.set(name, { ...failure, count: count + (filed.get(name)?.count ?? 0) });
  };

  return {
    count(fingerprint, minute, good, count) {
      cellIn(tallyOf(fingerprint), minute)[good ? 'good' : 'bad'] += count;
    },
    file: (fingerprint, minute, failure, count) => file(tallyOf(fingerprint), minute, failure, count),
    addSample(fingerprint, sample) {
      tallyOf(fingerprint).samples.set(sampleName(sample), sample);
    },
    removeSample(fingerprint, sample) {
      tallyOf(fingerprint).samples.set(sampleName(sample), null);
    },
    value(fingerprint, minute, value) {
      const { sums } = tallyOf(fingerprint);
      sums.set(minute, addToSum(sums.get(minute) ?? 0, value));
    },
    write() {
      const changed: { fingerprint: string; hour: number }[] = [];
      for (const [fingerprint, sli] of slis) {
        writeCells(db, partition, fingerprint, sli, now);
        const id = { workflow: partition.workflow, fingerprint };
        for (const [hour, filed] of sli.failures) {
          if ((hour + 1) * HOUR + FAILURE_RETENTION <= now) continue;
          const key = failuresKey(hour, id);
          db.failures.putSync(key, mergeFailures(db.failures.get(key) ?? [], filed));
        }
        if (sli.samples.size > 0) {
          db.lastFailed.putSync(sliKey(id), mergeSamples(db.lastFailed.get(sliKey(id)) ?? [], sli.samples));
        }
        writeSums(db, id, sli.sums, now);
        const back = takenBack(sli.cells.values());
        if (back) {
          writeTakenBack(db, partition, fingerprint + TAKEN_BACK, back, now);
          changed.push({ fingerprint: fingerprint + TAKEN_BACK, hour: Math.floor(now / HOUR) });
        }
        const hours = new Set([...sli.cells.keys()].map((minute) => Math.floor(minute / 60)));
        for (const hour of hours) changed.push({ fingerprint, hour });
      }
      if (changed.length > 0) noteChanges(db, partition, changed, now);
    },
  };
}

function writeCells(
  db: Databases,
  partition: PartitionId,
  fingerprint: string,
  { cells }: SliTally,
  now: number,
): void {
  for (const [resolution, size] of [
    ['minute', MINUTES_PER_BLOCK],
    ['hour', HOURS_PER_BLOCK],
  ] as const satisfies [Resolution, number][]) {
    const views = new Map<number, DataView<ArrayBuffer>>();
    for (const [minute, { good, bad }] of cells) {
      const { block, cell } = cellOf(resolution, minute);
      if (blockExpiry(resolution, block) <= now) continue;
      let view = views.get(block);
      if (!view) {
        const bytes = new Uint8Array(size * CELL_BYTES);
        bytes.set(db.blocks.getBinary(blockKey(resolution, block, partition, fingerprint)) ?? []);
        views.set(block, (view = new DataView(bytes.buffer)));
      }
      addTo(view, cell * CELL_BYTES, good);
      addTo(view, cell * CELL_BYTES + 4, bad);
    }
    for (const [block, view] of views) {
      db.blocks.putSync(blockKey(resolution, block, partition, fingerprint), new Uint8Array(view.buffer));
    }
  }
}

/** What was taken back beyond what was added; null for nothing, as nearly always. */
function takenBack(cells: Iterable<Counts>): Counts | null {
  let [good, bad] = [0, 0];
  for (const cell of cells) {
    good += cell.good;
    bad += cell.bad;
  }
  return good < 0 || bad < 0 ? { good: Math.max(0, -good), bad: Math.max(0, -bad) } : null;
}

function writeTakenBack(
  db: Databases,
  partition: PartitionId,
  fingerprint: string,
  { good, bad }: Counts,
  now: number,
): void {
  const { block, cell } = cellOf('hour', Math.floor(now / MINUTE));
  const key = blockKey('hour', block, partition, fingerprint);
  const bytes = new Uint8Array(HOURS_PER_BLOCK * CELL_BYTES);
  bytes.set(db.blocks.getBinary(key) ?? []);
  const view = new DataView(bytes.buffer);
  addTo(view, cell * CELL_BYTES, good);
  addTo(view, cell * CELL_BYTES + 4, bad);
  db.blocks.putSync(key, bytes);
}

function addTo(view: DataView, offset: number, count: number): void {
  view.setUint32(offset, Math.min(CELL_LIMIT, Math.max(0, view.getUint32(offset) + count)));
}

function writeSums(db: Databases, sli: SliId, sums: ReadonlyMap<number, number>, now: number): void {
  for (const [minute, value] of sums) {
    const hour = Math.floor(minute / 60);
    if (blockExpiry('minute', hour) <= now) continue;
    const key = sumsKey(hour, sli);
    const merged = new Map(db.sums.get(key) ?? []);
    merged.set(minute, addToSum(merged.get(minute) ?? 0, value));
    db.sums.putSync(key, [...merged]);
  }
}

/** Adds counts to a breakdown. Past its limit new combinations, and what cannot be found, go to no names. */
function mergeFailures(
  stored: readonly FailureCount[],
  changes: ReadonlyMap<string, FailureCount>,
): FailureCount[] {
  const merged = new Map(stored.map((failure) => [nameOf(failure), failure]));
  for (const [name, change] of changes) {
    const fits = merged.has(name) || (change.count > 0 && merged.size < MAX_FAILURE_KEYS);
    const { count, ...failure } = fits
      ? change
      : { step: null, dependency: null, error: null, count: change.count };
    const key = nameOf(failure);
    const total = count + (merged.get(key)?.count ?? 0);
    if (total > 0) merged.set(key, { ...failure, count: total });
    else merged.delete(key);
  }
  return [...merged.values()];
}

function nameOf({ step, dependency, error }: FailureKey): string {
  return JSON.stringify([step, dependency, error]);
}

/** The last failed, latest first, after removals and additions. */
function mergeSamples(stored: readonly Sample[], changes: ReadonlyMap<string, Sample | null>): Sample[] {
  const samples = new Map(stored.map((sample) => [sampleName(sample), sample]));
  for (const [name, sample] of changes) {
    if (sample) samples.set(name, sample);
    else samples.delete(name);
  }
  return [...samples.values()].toSorted((a, b) => b.at - a.at).slice(0, MAX_LAST_FAILED);
}

/** What makes a failed execution one however often it is counted. */
type SampleName = FailureKey & Pick<Sample, 'unit' | 'at'>;

function sampleName({ unit, at, ...failure }: SampleName): string {
  return JSON.stringify([unit, at, nameOf(failure)]);
}

/** Gives the partition a new revision with the hours it changed. Call it in a write transaction. */
export function noteChanges(
  db: Databases,
  partition: PartitionId,
  changed: readonly { readonly fingerprint: string; readonly hour: number }[],
  now: number,
): void {
  const before = db.partitions.get(partitionKey(partition)) ?? { revision: 0, running: 0, overdue: 0 };
  const revision = Math.max(before.revision + 1, now);
  db.partitions.putSync(partitionKey(partition), { ...before, revision });
  let grown = false;
  for (const { fingerprint, hour } of changed) {
    const key = changeKey(partition, fingerprint, hour);
    grown ||= !db.changes.doesExist(key);
    db.changes.putSync(key, revision);
  }
  // Only a new hour makes the list longer, so that is the time to shorten it.
  if (!grown) return;
  const old = [...db.changes.getRange(changesOf(partition))].filter(
    ({ value }) => value < revision - CHANGE_RETENTION,
  );
  for (const { key } of old) db.changes.removeSync(key);
}
