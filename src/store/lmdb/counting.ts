import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { MINUTE_RETENTION } from '../../core/counters/cells.ts';
import { CHANGE_RETENTION, FAILURE_RETENTION } from '../../core/ports/store/counting.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type {
  BlockId,
  Changes,
  CountStore,
  PartitionId,
  SweepResult,
} from '../../core/ports/store/counting.ts';
import type { SubjectCounts } from '../../core/ports/store/statistics.ts';
import type { FailureCount } from '../../core/alerting/notification.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { Databases } from './databases.ts';
import { blockKey, changesOf, failuresKey, hourOfChange, partitionKey, sliKey, sumsKey } from './keys.ts';
import { changedHours, setHours } from './hours.ts';
import { hasOldSeen, removeOldSeen } from './seen.ts';
import { packHour } from '../hour-blocks.ts';
import { addResult, cutIntoChunks, noResult, weightOf } from '../batch-chunks.ts';
import { addPlaces, slowestFirst } from '../flight-lists.ts';
import { countInFlight, placesIn, slowestIn } from './in-flight.ts';
import { knownOf } from '../subject-reports.ts';
import { WEIGHT_PER_TRANSACTION, knownIn, recordChunk } from './record.ts';
import { statisticsIn } from './statistics.ts';
import { isSweepDue, sweepPartition } from './sweep.ts';
import type { Writer } from './writer.ts';

/** How many entries are read before other work gets a turn. */
const READS_PER_TURN = 1000;
/** How many cells of statistics are read before other work gets a turn. */
const CELLS_PER_TURN = 8;
/** How many hours are set in one transaction. */
const HOURS_PER_TRANSACTION = 50;
/** How many old identities one sweep removes, and one of its transactions: a whole bucket takes many sweeps. */
const FORGOTTEN_PER_SWEEP = 8000;
const FORGOTTEN_PER_TRANSACTION = 500;

/**
 * Counters, in-flight executions and failures in LMDB; see `CountStore`. A large batch is counted in several
 * transactions, each whole: after a crash between them, sending the batch again counts the rest.
 */
export function countingStore(db: Databases, writer: Writer, partitions: number): CountStore {
  async function readMany<T, R>(ids: readonly T[], read: (id: T) => R): Promise<R[]> {
    const found: R[] = [];
    for (let from = 0; from < ids.length; from += READS_PER_TURN) {
      if (from > 0) await yieldToEventLoop();
      for (const id of ids.slice(from, from + READS_PER_TURN)) found.push(read(id));
    }
    return found;
  }

  const partitionsOf = (workflow: string): PartitionId[] =>
    Array.from({ length: partitions }, (_, partition) => ({ workflow, partition }));

  /** At work for all sweeps that run at once, because identities of all partitions lie together. */
  let forgetting: Promise<void> | null = null;

  async function forgetIdentities(now: number): Promise<void> {
    for (let removed = 0; removed < FORGOTTEN_PER_SWEEP; removed += FORGOTTEN_PER_TRANSACTION) {
      if (!hasOldSeen(db, now)) return;
      await writer.write(() => removeOldSeen(db, now, FORGOTTEN_PER_TRANSACTION), FORGOTTEN_PER_TRANSACTION);
    }
  }

  async function sweepDue(partition: PartitionId, now: number, limit: number): Promise<SweepResult> {
    if (!isSweepDue(db, partition, now)) return { swept: 0, overdue: 0, unjudged: 0 };
    return writer.write(() => sweepPartition(db, partition, now, limit), limit);
  }

  return {
    async record(batch) {
      const results = batch.groups.map(noResult);
      await Promise.all(
        cutIntoChunks(batch.groups, WEIGHT_PER_TRANSACTION).map(async (chunk) => {
          const found = await writer.write(() => recordChunk(db, batch, batch.now, chunk), weightOf(chunk));
          chunk.forEach((part, i) => addResult(results[part.index]!, part, found[i]!));
        }),
      );
      return results;
    },

    async sweep(partition, now, limit) {
      forgetting ??= forgetIdentities(now).finally(() => (forgetting = null));
      const [result] = await Promise.all([sweepDue(partition, now, limit), forgetting]);
      return result;
    },

    readBlocks: (blocks: readonly BlockId[]) =>
      readMany(
        blocks,
        (id) => db.blocks.getBinary(blockKey(id.resolution, id.block, id, id.fingerprint)) ?? null,
      ),

    changes: (since) => readMany(since, ({ partition, revision }) => changesSince(db, partition, revision)),

    partitionsAway: () => Promise.resolve([]),

    async readFailures(sli, from, to) {
      const hours = hoursFrom(Math.max(from, to - FAILURE_RETENTION), to);
      return addUp(await readMany(hours, (hour) => db.failures.get(failuresKey(hour, sli)) ?? []));
    },

    async readLastFailed(sli, limit) {
      return (db.lastFailed.get(sliKey(sli)) ?? [])
        .slice(0, limit)
        .map(({ execution, at, step, dependency, error, traceId }) => ({
          execution,
          at,
          step,
          dependency,
          error,
          traceId,
        }));
    },

    inFlight: async (workflow) => countInFlight(db, partitionsOf(workflow)),

    places: async (workflow) =>
      addPlaces(partitionsOf(workflow).flatMap((partition) => placesIn(db, partition))),
    slowest: async (workflow, now, limit) =>
      slowestFirst(
        partitionsOf(workflow).flatMap((partition) => slowestIn(db, partition, now, limit)),
        limit,
      ),

    async known(partition, subject, now) {
      const record = knownIn(db, partition, subject, now);
      return record && knownOf(record);
    },

    async writeHours(series, hours, now) {
      const packed = hours.map(packHour);
      for (let from = 0; from < packed.length; from += HOURS_PER_TRANSACTION) {
        if (from > 0) await yieldToEventLoop();
        // Mostly nothing is new, which takes no transaction to see.
        const part = changedHours(db, series, packed.slice(from, from + HOURS_PER_TRANSACTION), now);
        if (part.length > 0) await writer.write(() => setHours(db, series, part, now), 2 * part.length);
      }
    },

    async readSums(sli, from, to) {
      const hours = hoursFrom(Math.max(from, to - MINUTE_RETENTION), to);
      return new Map((await readMany(hours, (hour) => db.sums.get(sumsKey(hour, sli)) ?? [])).flat());
    },

    async readStatistics(workflow, cells) {
      const found: SubjectCounts[][] = [];
      for (const [index, cell] of cells.entries()) {
        // A cell may hold fifty steps, each with hundreds of numbers.
        if (index % CELLS_PER_TURN === CELLS_PER_TURN - 1) await yieldToEventLoop();
        found.push(statisticsIn(db, workflow, partitions, cell));
      }
      return found;
    },

    async registerSlis(slis: readonly SliId[], now) {
      const known = await readMany(slis, (sli) => db.slis.get(sliKey(sli)));
      if (!known.includes(undefined)) return known.map(Number);
      return writer.write(
        () =>
          slis.map((sli) => {
            const since = db.slis.get(sliKey(sli));
            if (since === undefined) db.slis.putSync(sliKey(sli), now);
            return since ?? now;
          }),
        slis.length,
      );
    },
  };
}

function changesSince(db: Databases, partition: PartitionId, since: number): Changes {
  const revision = db.partitions.get(partitionKey(partition))?.revision ?? 0;
  if (since === 0 || since > revision || since < revision - CHANGE_RETENTION) {
    return { revision, complete: false, hours: [] };
  }
  if (since === revision) return { revision, complete: true, hours: [] };
  const hours = [...db.changes.getRange(changesOf(partition))]
    .filter(({ value }) => value > since)
    .map(({ key }) => hourOfChange(key));
  return { revision, complete: true, hours };
}

/** The hours (since the epoch) from one to another moment. */
function hoursFrom(from: number, to: number): number[] {
  const first = Math.floor(from / HOUR);
  return Array.from({ length: Math.max(0, Math.floor(to / HOUR) - first + 1) }, (_, i) => first + i);
}

function addUp(lists: readonly (readonly FailureCount[])[]): FailureCount[] {
  const totals = new Map<string, FailureCount>();
  for (const failure of lists.flat()) {
    const name = JSON.stringify([failure.step, failure.dependency, failure.error]);
    totals.set(name, { ...failure, count: failure.count + (totals.get(name)?.count ?? 0) });
  }
  return [...totals.values()].toSorted((a, b) => b.count - a.count);
}
