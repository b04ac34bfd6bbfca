import type { ConnectionOptions } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import type { Admin, Batch, Consumer, EachBatchPayload, IHeaders, SASLOptions } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { TopicHandlers, TopicMember } from './kafka-topic.ts';
import type { KafkaMessage } from './message-records.ts';

/** Where a topic is, and how its brokers are spoken to. */
export interface KafkaLocation {
  /** Each `host:port`. */
  readonly brokers: readonly string[];
  readonly tls: ConnectionOptions | null;
  readonly sasl: SASLOptions | null;
}

export interface MemberOptions extends KafkaLocation {
  readonly topic: string;
  readonly group: string;
  readonly limits?: Partial<MemberLimits>;
}

/** Times in milliseconds. */
export interface MemberLimits {
  /** A member that was not heard of for so long has its partitions given to others. */
  readonly session: number;
  readonly heartbeat: number;
  /** The longest that a broker waits for messages. */
  readonly wait: number;
  /** The longest that leaving may take. */
  readonly leaving: number;
}

const LIMITS: MemberLimits = { session: 15_000, heartbeat: 3_000, wait: 500, leaving: 3_000 };
const CONNECT_TIMEOUT = 3_000;
const REQUEST_TIMEOUT = 10_000;
const MAX_BYTES_OF_PARTITION = 1024 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;

/** Makes a member of a topic's group, which is not connected yet. */
export function createKafkaMember(options: MemberOptions): TopicMember {
  const { brokers, tls, sasl, topic, group } = options;
  const limits = { ...LIMITS, ...options.limits };
  const kafka = new Kafka({
    clientId: 'burnwatch',
    brokers: [...brokers],
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl }),
    connectionTimeout: CONNECT_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    // The source tries again, and says why in the log.
    retry: { retries: 2, initialRetryTime: 200, maxRetryTime: 1000 },
    logLevel: logLevel.NOTHING,
  });
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: limits.session,
    heartbeatInterval: limits.heartbeat,
    maxWaitTimeInMs: limits.wait,
    maxBytesPerPartition: MAX_BYTES_OF_PARTITION,
    maxBytes: MAX_BYTES,
    allowAutoTopicCreation: false,
    retry: { retries: 2, initialRetryTime: 200, restartOnFailure: () => Promise.resolve(false) },
  });
  let admin: Promise<Admin> | null = null;

  async function run({ batch, alive }: TopicHandlers): Promise<never> {
    const failed = failureOf(consumer);
    // It may fail while this one waits for something else.
    failed.catch(() => undefined);
    consumer.on(consumer.events.FETCH, alive);
    consumer.on(consumer.events.HEARTBEAT, alive);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) =>
        batch({
          messages: payload.batch.messages.map((message) => messageOf(payload.batch, message)),
          heartbeat: () => payload.heartbeat(),
          commit: (count) => commit(payload, count),
        }),
    });
    return failed;
  }

  return {
    run,
    async lag() {
      admin ??= connected(kafka.admin());
      const client = await admin.catch((error: unknown) => {
        admin = null;
        throw error;
      });
      const [ends, committed] = await Promise.all([
        client.fetchTopicOffsets(topic),
        client.fetchOffsets({ groupId: group, topics: [topic] }),
      ]);
      const reached = new Map(
        committed.flatMap(({ partitions }) =>
          partitions.map(({ partition, offset }) => [partition, Number(offset)] as const),
        ),
      );
      // An offset of -1 is none: the group begins with the oldest message that is there.
      return ends.reduce((sum, { partition, high, low }) => {
        const from = Math.max(reached.get(partition) ?? -1, Number(low));
        return sum + Math.max(0, Number(high) - from);
      }, 0);
    },
    async leave() {
      const admins = admin ? [admin.then((client) => client.disconnect())] : [];
      const leaving = [consumer.disconnect(), ...admins];
      await Promise.race([Promise.allSettled(leaving), wait(limits.leaving, undefined, { ref: false })]);
    },
  };
}

/** Rejects once a consumer cannot go on. */
function failureOf(consumer: Consumer): Promise<never> {
  return new Promise((_, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  });
}

async function connected(admin: Admin): Promise<Admin> {
  await admin.connect();
  return admin;
}

function messageOf({ partition }: Batch, message: Batch['messages'][number]): KafkaMessage {
  const { offset, timestamp, value, headers } = message;
  const id = `${partition}-${offset}`;
  return { id, at: Number(timestamp), deliveries: 1, value, headers: headersOf(headers ?? {}) };
}

function headersOf(headers: IHeaders): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first.toString()]];
    }),
  );
}

async function commit(payload: EachBatchPayload, count: number): Promise<void> {
  const { batch } = payload;
  const last = batch.messages[count - 1]!.offset;
  // After the last message there may be marks of transactions.
  const reached = count === batch.messages.length ? batch.lastOffset() : last;
  const offset = String(BigInt(reached) + 1n);
  await payload.commitOffsetsIfNecessary({
    topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }],
  });
  payload.resolveOffset(last);
}
