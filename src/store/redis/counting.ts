import { MINUTE_RETENTION } from '../../core/counters/cells.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';
import { CHANGE_RETENTION, FAILURE_RETENTION } from '../../core/ports/store/counting.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type {
  AwayPartition,
  BlockId,
  Changes,
  CountStore,
  PartitionId,
} from '../../core/ports/store/counting.ts';
import type { FailedExecution, FailureCount } from '../../core/alerting/notification.ts';
import type { Connection } from './connection.ts';
import {
  blockKey,
  changedKey,
  countingKeys,
  earlyKey,
  failuresKey,
  flightKey,
  formerOverdueKey,
  lastFailedKey,
  overdueKey,
  revisionKey,
  seenKeys,
  statisticsPrefix,
  serviceKeys,
  sliField,
  sumsKey,
  dueKey,
} from './keys.ts';
import { BUCKETS_BEFORE, bucketOf, DEDUP_BUCKET } from '../dedup-buckets.ts';
import { readKnown, readPlaces, readSlowest } from './flights.ts';
import { packHour } from '../hour-blocks.ts';
import { addResult, cutIntoChunks, noResult } from '../batch-chunks.ts';
import { MAX_WEIGHT_PER_CALL, readResult, recordArguments } from './record-call.ts';
import type { RecordReply } from './record-call.ts';
import { scripts } from './scripts.ts';
import { readStatistics } from './statistics.ts';
import { addToSum } from '../sums.ts';

/** SLIs registered before others get a turn of the event loop: each is a command. */
const REGISTERED_AT_ONCE = 500;
/** How far the clocks of two replicas may be apart without one missing what the other remembered. */
const CLOCK_SKEW = 5 * MINUTE;
/** How long a set of identities stays when no sweep removes it. */
const SEEN_SPARE = 6 * HOUR;

/** How many due records a sweep looks at in one call. */
const SWEEP_PER_CALL = 500;
/** How many keys are read in one command. */
const READ_PER_CALL = 500;
/** How many hours are set in one call. */
const HOURS_PER_CALL = 50;

/** Counters, in-flight executions and failures in Redis; see `CountStore`. */
export function countingStore(connection: Connection, partitions: number): CountStore {
  /** Partition -> how often a server had come back when its changes were last reported. */
  const returnsTold = new Map<string, number>();

  /** Partition -> the dedup bucket of its last sweep. */
  const tidied = new Map<string, number>();

  const partitionsOf = (workflow: string): PartitionId[] =>
    Array.from({ length: partitions }, (_, partition) => ({ workflow, partition }));

  const isThere = (partition: PartitionId): boolean => connection.awayPart(slotName(partition)) === null;

  async function readMany(
    keys: readonly string[],
    slotOf: (index: number) => string,
  ): Promise<(Buffer | null)[]> {
    const values = Array.from<Buffer | null>({ length: keys.length }).fill(null);
    await Promise.all(
      readCalls(keys.length, (index) => (connection.cluster ? slotOf(index) : '')).map(async (indexes) => {
        const found = await connection.call(
          (client) => client.mgetBuffer(...indexes.map((i) => keys[i]!)),
          slotOf(indexes[0]!),
        );
        indexes.forEach((index, i) => (values[index] = found[i] ?? null));
      }),
    );
    return values;
  }

  /** Removes the identities that no replica looks at any more, once in each bucket. */
  async function tidy(partition: PartitionId, now: number): Promise<void> {
    const bucket = bucketOf(now - CLOCK_SKEW);
    if (tidied.get(slotName(partition)) === bucket) return;
    // Redis frees it in the background, whereas one of millions that expires stops everything for a second.
    const old = seenKeys(partition).map((prefix) => `${prefix}${bucket - BUCKETS_BEFORE - 1}`);
    await connection.call((client) => client.unlink(...old), slotName(partition));
    tidied.set(slotName(partition), bucket);
  }

  /** Whether the overdue of a partition are still as version 0.1 kept them, which a sweep mends. */
  async function keepsFormerOverdue(partition: PartitionId): Promise<boolean> {
    return (
      (await connection.call((client) => client.exists(formerOverdueKey(partition)), slotName(partition))) > 0
    );
  }

  /** The hashes that are kept for each hour of an SLI, of the hours from one to another moment and some partitions. */
  async function readHourly(
    of: readonly PartitionId[],
    keyOf: (partition: number, hour: number) => string,
    from: number,
    to: number,
  ): Promise<Record<string, string>[]> {
    const reads: Promise<Record<string, string>>[] = [];
    for (let hour = Math.floor(from / HOUR); hour <= Math.floor(to / HOUR); hour++) {
      for (const id of of) {
        const key = keyOf(id.partition, hour);
        reads.push(connection.call((client) => client.hgetall(key), slotName(id)));
      }
    }
    return Promise.all(reads);
  }

  async function changesSince(partition: PartitionId, revision: number): Promise<Changes> {
    const keys = [revisionKey(partition), changedKey(partition)];
    const reply = await connection.run(scripts.changes, keys, [revision, CHANGE_RETENTION]);
    const [current, complete, hours] = reply as [number, number, string[]];
    return { revision: current, complete: complete === 1, hours: hours.map(readHour) };
  }

  return {
    async record(batch) {
      const bucket = bucketOf(batch.now);
      const buckets = [bucket, bucket + 1, bucket - 1, bucket - BUCKETS_BEFORE];
      const keys = [...countingKeys(batch), ...seenKeys(batch), statisticsPrefix(batch)];
      const seenLife = (bucket + 1 + BUCKETS_BEFORE) * DEDUP_BUCKET + SEEN_SPARE - batch.now;
      const results = batch.groups.map(noResult);
      for (const chunk of cutIntoChunks(batch.groups, MAX_WEIGHT_PER_CALL)) {
        const args = recordArguments({ now: batch.now, buckets, seenLife }, chunk);
        const replies = await connection.write(scripts.record, keys, args);
        chunk.forEach((part, i) =>
          addResult(results[part.index]!, part, readResult((replies as RecordReply[])[i]!)),
        );
      }
      return results;
    },

    async sweep(partition, now, limit) {
      const isFirst = !tidied.has(slotName(partition));
      await tidy(partition, now);
      const total = { swept: 0, overdue: 0, unjudged: 0 };
      // Nothing is due in most partitions at most ticks, and asking costs far less than the script.
      if (
        (await connection.call(
          (client) => client.zcount(dueKey(partition), '-inf', now),
          slotName(partition),
        )) === 0 &&
        !(isFirst && (await keepsFormerOverdue(partition)))
      )
        return total;
      while (total.swept < limit) {
        const most = Math.min(SWEEP_PER_CALL, limit - total.swept);
        const reply = await connection.run(scripts.sweep, countingKeys(partition), [now, most]);
        const [swept, overdue, unjudged] = reply as [number, number, number];
        total.swept += swept;
        total.overdue += overdue;
        total.unjudged += unjudged;
        if (swept < most) break;
      }
      return total;
    },

    async readBlocks(blocks: readonly BlockId[]) {
      return readMany(blocks.map(blockKey), (index) => slotName(blocks[index]!));
    },

    async changes(since) {
      const returns = connection.returns();
      // Most partitions have not changed since the last look, which their revisions alone show.
      const revisions = await readMany(
        since.map(({ partition }) => revisionKey(partition)),
        (index) => slotName(since[index]!.partition),
      );
      const answers = await Promise.all(
        since.map(async ({ partition, revision }, index): Promise<Changes> => {
          // A server that came back may have lost writes that it had reported, and be past their revision again.
          const asked = (returnsTold.get(slotName(partition)) ?? 0) === returns ? revision : 0;
          return asked > 0 && Number(revisions[index]) === asked
            ? { revision, complete: true, hours: [] }
            : changesSince(partition, asked);
        }),
      );
      // Only now: when one partition fails, the caller learns nothing of the others either.
      for (const { partition } of since) returnsTold.set(slotName(partition), returns);
      return answers;
    },

    async partitionsAway(workflows) {
      if (!connection.isAnyAway()) return [];
      return workflows.flatMap(partitionsOf).flatMap((partition): AwayPartition[] => {
        const part = connection.awayPart(slotName(partition));
        return part === null ? [] : [{ ...partition, part }];
      });
    },

    async readFailures(sli, from, to) {
      const found = await readHourly(
        partitionsOf(sli.workflow).filter(isThere),
        (partition, hour) => failuresKey(sli, partition, hour),
        Math.max(from, to - FAILURE_RETENTION),
        to,
      );
      const totals = new Map<string, number>();
      for (const fields of found) {
        for (const [field, count] of Object.entries(fields))
          totals.set(field, (totals.get(field) ?? 0) + Number(count));
      }
      return [...totals].map(([field, count]): FailureCount => {
        const [step, dependency, error] = JSON.parse(field) as (string | null)[];
        return { step: step ?? null, dependency: dependency ?? null, error: error ?? null, count };
      });
    },

    async readLastFailed(sli, limit) {
      const lists = await Promise.all(
        partitionsOf(sli.workflow)
          .filter(isThere)
          .map((id) =>
            connection.call(
              (client) => client.zrevrange(lastFailedKey(sli, id.partition), 0, limit - 1, 'WITHSCORES'),
              slotName(id),
            ),
          ),
      );
      return lists
        .flatMap(readFailed)
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit);
    },

    async inFlight(workflow) {
      const counts = await Promise.all(
        partitionsOf(workflow)
          .filter(isThere)
          .map((partition) =>
            Promise.all([
              connection.call((client) => client.hlen(flightKey(partition)), slotName(partition)),
              connection.call((client) => client.zcard(overdueKey(partition)), slotName(partition)),
              connection.call((client) => client.hlen(earlyKey(partition)), slotName(partition)),
            ]),
          ),
      );
      return {
        running: counts.reduce((sum, [running]) => sum + running, 0),
        overdue: counts.reduce((sum, [, overdue]) => sum + overdue, 0),
        waiting: counts.reduce((sum, [, , waiting]) => sum + waiting, 0),
      };
    },

    places: (workflow) => readPlaces(connection, partitionsOf(workflow).filter(isThere)),
    slowest: (workflow, now, limit) =>
      readSlowest(connection, partitionsOf(workflow).filter(isThere), now, limit),

    known: (partition, subject, now) => readKnown(connection, partition, subject, now),

    async writeHours({ workflow, fingerprint }, hours, now) {
      const keys = countingKeys({ workflow, partition: 0 });
      const packed = hours.map(packHour);
      for (let from = 0; from < packed.length; from += HOURS_PER_CALL) {
        const part = packed.slice(from, from + HOURS_PER_CALL);
        const args = part.flatMap(({ hour, minutes, total }) => [hour, minutes, total]);
        await connection.write(scripts.hours, keys, [now, fingerprint, ...args]);
      }
    },

    async readSums(sli, from, to) {
      const found = await readHourly(
        partitionsOf(sli.workflow),
        (partition, hour) => sumsKey(sli, partition, hour),
        Math.max(from, to - MINUTE_RETENTION),
        to,
      );
      const sums = new Map<number, number>();
      for (const [minute, sum] of found.flatMap(Object.entries<string>)) {
        sums.set(Number(minute), addToSum(sums.get(Number(minute)) ?? 0, Number(sum)));
      }
      return sums;
    },

    readStatistics: (workflow, cells) =>
      readStatistics(connection, partitionsOf(workflow).filter(isThere), cells),

    async registerSlis(slis: readonly SliId[], now) {
      const key = serviceKeys.slis;
      if (slis.length === 0) return [];
      const fields = slis.map(sliField);
      const known = await connection.call((client) => client.hmget(key, ...fields));
      const missing = fields.filter((_, index) => known[index] === null);
      if (missing.length === 0) return known.map(Number);
      for (let from = 0; from < missing.length; from += REGISTERED_AT_ONCE) {
        const fields = missing.slice(from, from + REGISTERED_AT_ONCE);
        await Promise.all(fields.map((field) => connection.call((client) => client.hsetnx(key, field, now))));
      }
      return (await connection.call((client) => client.hmget(key, ...fields))).map(Number);
    },
  };
}

/** What decides where in a cluster a partition's keys are. */
function slotName({ workflow, partition }: PartitionId): string {
  return `${workflow}.${partition}`;
}

/** Indexes of keys to read together: as many as go into one command, all of one slot. */
function readCalls(count: number, slotOf: (index: number) => string): number[][] {
  const open = new Map<string, number[]>();
  const calls: number[][] = [];
  for (let index = 0; index < count; index++) {
    const slot = slotOf(index);
    let indexes = open.get(slot);
    if (!indexes || indexes.length === READ_PER_CALL) {
      indexes = [];
      open.set(slot, indexes);
      calls.push(indexes);
    }
    indexes.push(index);
  }
  return calls;
}

function readHour(member: string): Changes['hours'][number] {
  const colon = member.lastIndexOf(':');
  return { fingerprint: member.slice(0, colon), hour: Number(member.slice(colon + 1)) };
}

/** Reads members (JSON of subject, execution, trace, step, dependency, error) that alternate with their scores. */
function readFailed(membersAndScores: readonly string[]): FailedExecution[] {
  const failed: FailedExecution[] = [];
  for (let i = 0; i + 1 < membersAndScores.length; i += 2) {
    const [, execution, traceId, step, dependency, error] = JSON.parse(membersAndScores[i]!) as [
      string,
      string,
      ...(string | null)[],
    ];
    failed.push({
      execution,
      at: Number(membersAndScores[i + 1]),
      step: step ?? null,
      dependency: dependency ?? null,
      error: error ?? null,
      traceId: traceId ?? null,
    });
  }
  return failed;
}
