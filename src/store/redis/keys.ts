import type { Resolution } from '../../core/counters/cells.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { Collection } from '../../core/ports/store/records.ts';
import type { BlockId, PartitionId } from '../../core/ports/store/counting.ts';
import type { StatisticCell } from '../../core/statistics/statistic-cells.ts';

/**
 * Every key Burnwatch uses in Redis is built here. All begin with `bw:`. What belongs to one partition of a
 * workflow shares the hash tag `{workflow.partition}`, so that one script can touch all of it in a cluster
 * while a busy workflow spreads over several nodes. What belongs to the service as a whole shares `{bw}`,
 * so that an alert state and its outbox rows are written together.
 */
function counting({ workflow, partition }: PartitionId): string {
  return `bw:{${workflow}.${partition}}:`;
}

/** The hash tag of what belongs to the service as a whole. */
export const SERVICE_TAG = 'bw';

/** STRING: the store's identity, a space and a name of its own; where it is missing, data was lost. */
export function markKey(tag: string): string {
  return `bw:{${tag}}:mark`;
}

/** STRING with an expiry: a number that grows while its process runs. */
export function pulseKey(tag: string, owner: string): string {
  return `bw:{${tag}}:pulse:${owner}`;
}

/** HASH: the tags under which marks were made. */
export const marksKey = 'bw:{bw}:marks';

/** Keys of the service as a whole. */
export const serviceKeys = {
  /** STRING: the name made at the first start. */
  identity: 'bw:{bw}:identity',
  /** STRING: the format of all keys, see store/format.ts. */
  format: 'bw:{bw}:format',
  /** STRING: the number of partitions, fixed at the first start. */
  partitions: 'bw:{bw}:partitions',
  /** HASH `workflow fingerprint` -> since when it is counted. */
  slis: 'bw:{bw}:slis',
  /** STRING with an expiry: who leads. */
  leader: 'bw:{bw}:leader',
  /** HASH slo -> `revision` + JSON of the alert state. */
  states: 'bw:{bw}:states',
} as const;

/** Keys of the outbox and of what is kept of incidents, in the order in which `outbox.lua` names them. */
export const outboxKeys = [
  /** HASH row id -> JSON, of every undelivered row, and of those kept to be sent again. */
  'bw:{bw}:outbox:rows',
  /** ZSET row id by when it was made: rows still to be sent. */
  'bw:{bw}:outbox:pending',
  /** ZSET row id by when it was made: rows given up. */
  'bw:{bw}:outbox:undeliverable',
  /** ZSET row id by when it was delivered; remembered so that the same row is not sent again. */
  'bw:{bw}:outbox:delivered',
  /** HASH conversation -> JSON array of its row ids, kept and pending, oldest first. */
  'bw:{bw}:outbox:conversations',
  /** The beginning of keys, one a target. ZSET conversation by when it is next tried. */
  'bw:{bw}:outbox:due:',
  /** HASH conversation -> token of the claim that holds it. */
  'bw:{bw}:outbox:claims',
  /** ZSET id of an incident by when it opened. */
  'bw:{bw}:incidents',
  /** The beginning of keys. HASH number -> JSON: what happened to an incident. */
  'bw:{bw}:incident:',
  /** HASH conversation -> 1: those that have something urgent to be sent. */
  'bw:{bw}:outbox:urgent',
  /** The beginning of keys, one a target. ZSET conversation by when it is next tried, of those that have. */
  'bw:{bw}:outbox:due-urgent:',
  /** ZSET: targets that something waits for. */
  'bw:{bw}:outbox:targets',
] as const;

/** ZSET conversation by when it is next tried, as format 2 has it. */
export const formerDueKey = 'bw:{bw}:outbox:due';

/** Of those, the keys of what is kept of incidents, as the scripts of their own name them. */
export const incidentKeys = [outboxKeys[7], outboxKeys[8]] as const;

/**
 * What counting keeps of one partition, in the order in which `counting.lua` names it. Those that end in a
 * colon are beginnings of keys: of blocks, failures, last failed executions and sums.
 */
export function countingKeys(id: PartitionId): string[] {
  const prefix = counting(id);
  return [
    /** HASH subject -> record of what has started and not ended. */
    flightKey(id),
    /** HASH subject -> record of what has ended and waits for its start. */
    earlyKey(id),
    dueKey(id),
    overdueKey(id),
    revisionKey(id),
    /** ZSET `fingerprint:hour` by the revision that last changed it. */
    changedKey(id),
    blockPrefix(id, 'minute'),
    blockPrefix(id, 'hour'),
    `${prefix}failures:`,
    `${prefix}last:`,
    `${prefix}sums:`,
    /** HASH subject -> record of what has ended, where a receipt has no room for it. */
    settledKey(id),
    placesKey(id),
    formerOverdueKey(id),
  ];
}

/** The beginnings of the keys of what was seen, in the order in which `seen.lua` names them. */
export function seenKeys(id: PartitionId): string[] {
  return SEEN.map((name) => `${counting(id)}${name}:`);
}

/** What is kept of the identities that arrived during one dedup bucket. */
const SEEN = [
  /** SET: starts. */
  'starts',
  /** HASH end -> receipt. */
  'ends',
  /** HASH name -> JSON: what receipts share. */
  'templates',
  /** SET: what version 0.1 saw. */
  'seen',
] as const;

/** The beginning of the keys of statistics. */
export function statisticsPrefix(id: PartitionId): string {
  return `${counting(id)}statistics:`;
}

/** HASH name -> MessagePack {slot: how many}, of one minute, hour or day; see statistics.lua. */
export function statisticsKey(id: PartitionId, { span, index }: StatisticCell): string {
  return `${statisticsPrefix(id)}${span}:${index}`;
}

/** HASH end -> receipt, of those that arrived during one dedup bucket. */
export function endReceiptsKey(id: PartitionId, bucket: number): string {
  return `${counting(id)}ends:${bucket}`;
}

/** HASH name -> JSON: what those receipts share. */
export function endTemplatesKey(id: PartitionId, bucket: number): string {
  return `${counting(id)}templates:${bucket}`;
}

/** HASH: what has ended, where a receipt has no room for it. */
export function settledKey(id: PartitionId): string {
  return `${counting(id)}settled`;
}

/** ZSET: subjects that started, or wait for their start, by when the sweep must look at them. */
export function dueKey(id: PartitionId): string {
  return `${counting(id)}due`;
}

/** HASH: what has started and not ended in a partition. */
export function flightKey(id: PartitionId): string {
  return `${counting(id)}flight`;
}

/** ZSET: the subjects in flight that are overdue, by when they began. */
export function overdueKey(id: PartitionId): string {
  return `${counting(id)}overdue-since`;
}

/** SET: the overdue as version 0.1 kept them. */
export function formerOverdueKey(id: PartitionId): string {
  return `${counting(id)}overdue`;
}

/** HASH place (see subject.lua) -> how many are in flight there. */
export function placesKey(id: PartitionId): string {
  return `${counting(id)}places`;
}

/** STRING: the partition's revision. */
export function revisionKey(id: PartitionId): string {
  return `${counting(id)}revision`;
}

/** ZSET: which hours of which SLIs changed, by revision. */
export function changedKey(id: PartitionId): string {
  return `${counting(id)}changed`;
}

/** HASH: what has ended and waits for its start. */
export function earlyKey(id: PartitionId): string {
  return `${counting(id)}early`;
}

/** STRING: a packed block. */
export function blockKey(id: BlockId): string {
  return `${blockPrefix(id, id.resolution)}${id.fingerprint}:${id.block}`;
}

function blockPrefix(id: PartitionId, resolution: Resolution): string {
  return `${counting(id)}${resolution}:`;
}

/** HASH: JSON `[step, dependency, error]` -> bad outcomes of an SLI in one hour. */
export function failuresKey(sli: SliId, partition: number, hour: number): string {
  return `${counting({ workflow: sli.workflow, partition })}failures:${sli.fingerprint}:${hour}`;
}

/** ZSET: the last failed executions of an SLI as JSON, by when they failed. */
export function lastFailedKey(sli: SliId, partition: number): string {
  return `${counting({ workflow: sli.workflow, partition })}last:${sli.fingerprint}`;
}

/** HASH: minute -> sum of the values that landed in it with an outcome of an SLI, for one hour. */
export function sumsKey(sli: SliId, partition: number, hour: number): string {
  return `${counting({ workflow: sli.workflow, partition })}sums:${sli.fingerprint}:${hour}`;
}

/** HASH id -> `revision` + JSON, of the records of a collection. */
export function recordsKey(collection: Collection): string {
  return `bw:{bw}:records:${collection}`;
}

/** Keys of the dead letters, in the order in which the scripts name them. */
export const deadLetterKeys = [
  /** HASH id -> JSON: what is known of a letter. */
  'bw:{bw}:dead-letters:about',
  /** HASH id -> what a letter holds. */
  'bw:{bw}:dead-letters:data',
  /** ZSET: ids, which sort by themselves. */
  'bw:{bw}:dead-letters:order',
] as const;

/** The field of an SLI in the registry; a space is in no workflow's name. */
export function sliField({ workflow, fingerprint }: SliId): string {
  return `${workflow} ${fingerprint}`;
}
