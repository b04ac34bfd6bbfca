import type {
  FlightReport,
  FlightPlace,
  KnownSubject,
  PartitionId,
} from '../../core/ports/store/counting.ts';
import { BUCKETS_BEFORE, bucketOf, IDENTITY_LIFE } from '../dedup-buckets.ts';
import { addPlaces, slowestFirst } from '../flight-lists.ts';
import { flightOf, knownOf } from '../subject-reports.ts';
import type { Connection } from './connection.ts';
import {
  dueKey,
  earlyKey,
  endReceiptsKey,
  endTemplatesKey,
  flightKey,
  overdueKey,
  placesKey,
  settledKey,
} from './keys.ts';
import { shortSubject } from './record-call.ts';
import { readReceipt, readStored, templateName } from './stored-record.ts';

/** How many are in flight in each place of some partitions, which are all of one workflow. */
export async function readPlaces(
  connection: Connection,
  partitions: readonly PartitionId[],
): Promise<readonly FlightPlace[]> {
  const found = await Promise.all(
    partitions.map((partition) =>
      connection.call((client) => client.hgetall(placesKey(partition)), tagOf(partition)),
    ),
  );
  return addPlaces(
    found.flatMap(Object.entries<string>).map(([name, count]): FlightPlace => {
      const letter = name[0]!;
      return {
        of: letter.toLowerCase() === 's' ? 'step' : 'execution',
        step: name.length > 1 ? name.slice(1) : null,
        running: Number(count),
        overdue: letter === letter.toUpperCase() ? Number(count) : 0,
      };
    }),
  );
}

/** What has been in flight longest in some partitions. */
export async function readSlowest(
  connection: Connection,
  partitions: readonly PartitionId[],
  now: number,
  limit: number,
): Promise<readonly FlightReport[]> {
  const found = await Promise.all(
    partitions.map((partition) => readCandidates(connection, partition, now, limit)),
  );
  return slowestFirst(found.flat(), limit);
}

/**
 * Those of a partition that may be among the slowest: what is overdue, what is due next, and what has been there longest
 * of what is due only when it is forgotten, which comes after all that has ended and is still kept.
 */
async function readCandidates(
  connection: Connection,
  partition: PartitionId,
  now: number,
  limit: number,
): Promise<FlightReport[]> {
  const tag = tagOf(partition);
  const [overdue, next, last] = await Promise.all([
    connection.call((client) => client.zrange(overdueKey(partition), '0', String(limit - 1)), tag),
    connection.call((client) => client.zrange(dueKey(partition), '0', String(limit - 1)), tag),
    connection.call(
      (client) => client.zrangebyscore(dueKey(partition), now + IDENTITY_LIFE, '+inf', 'LIMIT', 0, limit),
      tag,
    ),
  ]);
  const subjects = [...new Set([...overdue, ...next, ...last])];
  if (subjects.length === 0) return [];
  const texts = await connection.call((client) => client.hmget(flightKey(partition), ...subjects), tag);
  return texts.flatMap((text) => (text === null ? [] : [flightOf(readStored(text, null))]));
}

/** What is known of a subject of a partition. */
export async function readKnown(
  connection: Connection,
  partition: PartitionId,
  subject: string,
  now: number,
): Promise<KnownSubject | null> {
  const name = shortSubject(subject);
  const tag = tagOf(partition);
  const read = (key: string) => connection.call((client) => client.hget(key, name), tag);
  const [flying, early, settled] = await Promise.all(
    [flightKey, earlyKey, settledKey].map((key) => read(key(partition))),
  );
  if (flying ?? early) return knownOf(readStored((flying ?? early)!, null));
  if (settled) return knownOf(readStored(settled, now));
  const bucket = bucketOf(now);
  for (const number of [bucket, bucket + 1, bucket - 1, bucket - BUCKETS_BEFORE]) {
    const receipt = await read(endReceiptsKey(partition, number));
    if (receipt === null) continue;
    const template = await connection.call(
      (client) => client.hget(endTemplatesKey(partition, number), templateName(receipt)),
      tag,
    );
    const record = template === null ? null : readReceipt(receipt, template);
    return record && knownOf(record);
  }
  return null;
}

function tagOf({ workflow, partition }: PartitionId): string {
  return `${workflow}.${partition}`;
}
