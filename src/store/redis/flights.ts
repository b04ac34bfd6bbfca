import type { FlightReport, PartitionId, FlightPlace } from '../../core/ports/store/counting.ts';
import { IDENTITY_LIFE } from '../dedup-buckets.ts';
import { addPlaces, slowestFirst } from '../flight-lists.ts';
import type { Connection } from './connection.ts';
import { dueKey, flightKey, overdueKey, placesKey } from './keys.ts';

/** A record of something in flight, as far as it is read here; `subject.lua` says what its fields are. */
interface StoredRecord {
  readonly x?: string;
  readonly t?: string | null;
  readonly s?: number;
  readonly f?: number;
  readonly r?: number;
  readonly q?: number;
  readonly p?: string | null;
  readonly a?: number;
  /** Lua writes an empty list as an object. */
  readonly w?: readonly StoredWatch[] | Readonly<Record<string, never>>;
  readonly k?: number;
}

type StoredWatch = readonly [
  fingerprint: string,
  withinMs: number,
  counted?: number,
  step?: string | null,
  fromQueued?: number,
];

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
  const late = new Set(overdue);
  const subjects = [...new Set([...overdue, ...next, ...last])];
  if (subjects.length === 0) return [];
  const texts = await connection.call((client) => client.hmget(flightKey(partition), ...subjects), tag);
  return texts.flatMap((text, index) =>
    text === null ? [] : [flightOf(JSON.parse(text) as StoredRecord, late.has(subjects[index]!))],
  );
}

function flightOf(record: StoredRecord, overdue: boolean): FlightReport {
  const startedAt = least([record.f ?? record.s, record.r]);
  const queuedAt = record.q ?? null;
  const step = record.p ?? null;
  const stepSince = record.a ?? null;
  const watches = Array.isArray(record.w) ? (record.w as readonly StoredWatch[]) : [];
  const deadlines = watches.map(([, withinMs, , , fromQueued]) => {
    const base = fromQueued === 1 ? least([queuedAt ?? undefined, startedAt ?? undefined]) : startedAt;
    return base === null ? undefined : base + withinMs;
  });
  return {
    of: step !== null && stepSince === null ? 'step' : 'execution',
    execution: record.x ?? '',
    step,
    stepSince,
    startedAt,
    queuedAt,
    attempt: (record.k ?? 0) + 1,
    deadline: least(deadlines),
    overdue,
    traceId: record.t ?? null,
  };
}

function least(moments: readonly (number | undefined)[]): number | null {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}

function tagOf({ workflow, partition }: PartitionId): string {
  return `${workflow}.${partition}`;
}
