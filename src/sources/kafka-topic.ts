import type { Clock } from '../core/ports/clock.ts';
import type { DeadLetterBox } from '../core/ports/dead-letters.ts';
import { createLineLimit } from '../core/ports/limited-log.ts';
import type { Log } from '../core/ports/log.ts';
import type { Source } from '../core/ports/sources.ts';
import { DEDUP_HORIZON } from '../core/outcomes/record-fields.ts';
import { SECOND } from '../core/time/duration.ts';
import { MAX_ENTRY_BYTES, entryTime } from './entry-records.ts';
import type { FinishLimits } from './finish-entries.ts';
import { createFinisher } from './finish-entries.ts';
import type { KafkaMessage } from './message-records.ts';
import type { RecordedEntries } from './record-entries.ts';

/** Messages of one partition, in their order. */
export interface TopicBatch {
  /** `at` is as the message says, which may be no time at all. */
  readonly messages: readonly KafkaMessage[];
  /** Keeps this member in the group. Rejects when the partition is not its own any more. */
  readonly heartbeat: () => Promise<void>;
  /** Has the group go on after so many of the messages. Rejects likewise. */
  readonly commit: (count: number) => Promise<void>;
}

export interface TopicHandlers {
  /** Called with one batch at a time. What it does not commit is handed out again, to this member or another one. */
  readonly batch: (batch: TopicBatch) => Promise<void>;
  /** Called whenever the brokers have answered. */
  readonly alive: () => void;
}

/** A member of the consumer group of a topic. */
export interface TopicMember {
  /** Joins and reads. Rejects when it cannot go on, which is when another one is made; never resolves. */
  run(handlers: TopicHandlers): Promise<never>;
  /** Messages that the group has not committed. */
  lag(): Promise<number>;
  /** Leaves the group after the current batch, within a few seconds. Never rejects. */
  leave(): Promise<void>;
}

export interface KafkaTopicOptions {
  /** `kafka:` and the name of the topic. */
  readonly name: string;
  readonly join: () => TopicMember;
  /** Has the records of messages counted; see `createEntryRecorder`. */
  readonly record: (messages: readonly KafkaMessage[]) => Promise<RecordedEntries>;
  readonly deadLetters: DeadLetterBox;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  readonly limits?: Partial<TopicLimits>;
}

/** Times in milliseconds. */
export interface TopicLimits extends FinishLimits {
  /** The most messages that are recorded together, and the bytes after which no more are. */
  readonly messages: number;
  readonly bytes: number;
  readonly lookEvery: number;
}

const LIMITS: TopicLimits = {
  messages: 1000,
  bytes: MAX_ENTRY_BYTES,
  pause: 100,
  lookEvery: 5 * SECOND,
  retry: 2 * SECOND,
  standsStill: 10 * SECOND,
};

/**
 * Makes a source that reads a Kafka topic as one of a consumer group. Offsets are committed once all records before them are stored or
 * in a dead letter, and nothing more is read while that cannot be done.
 */
export function createKafkaTopic(options: KafkaTopicOptions): Omit<Source, 'feeds'> {
  const { name, join, record, deadLetters, clock, elapsed, log } = options;
  const limits = { ...LIMITS, ...options.limits };
  const stopping = new AbortController();
  const finisher = createFinisher<KafkaMessage>({
    name,
    record,
    textOf: ({ value }) => value?.toString() ?? '',
    deadLetters,
    elapsed,
    log,
    limits,
    stopping: stopping.signal,
  });
  const entries = { read: 0, claimed: 0, lost: 0 };
  const lostLine = createLineLimit(elapsed);
  let pending = 0;
  let lag: number | null = null;
  let running: Promise<void> | null = null;

  async function finish({ messages, heartbeat, commit }: TopicBatch): Promise<void> {
    pending = messages.length;
    try {
      for (let done = 0; done < messages.length;) {
        const chunk = chunkOf(messages, done);
        const now = clock.now();
        const timed = chunk.map((message) => ({ ...message, at: entryTime(message.at, now) }));
        // What is older would not count any more, and a topic may hold weeks.
        const counting = timed.filter(({ at }) => at >= now - DEDUP_HORIZON);
        noteLost(chunk.length - counting.length);
        if (counting.length > 0 && !(await finisher.finish(counting, heartbeat))) return;
        done += chunk.length;
        await heartbeat();
        await commit(done);
        // What was not committed is handed out again, and counted as read then.
        entries.read += chunk.length;
        pending = messages.length - done;
        finisher.moved();
      }
    } finally {
      pending = 0;
    }
  }

  function chunkOf(messages: readonly KafkaMessage[], from: number): readonly KafkaMessage[] {
    let bytes = 0;
    let to = from;
    while (to < messages.length && to - from < limits.messages && bytes < limits.bytes)
      bytes += messages[to++]!.value?.length ?? 0;
    return messages.slice(from, to);
  }

  function noteLost(lost: number): void {
    if (lost === 0) return;
    entries.lost += lost;
    const omitted = lostLine(name);
    if (omitted !== null)
      log.error({ source: name, lost, omitted }, 'messages older than 24 hours were left out of a topic');
  }

  /** Asks how far behind the group is, until the member is over. A broker that does not answer must not keep anything else. */
  async function look(member: TopicMember, isOver: () => boolean): Promise<void> {
    while (!isOver() && !stopping.signal.aborted) {
      const found = await member.lag().catch(() => null);
      if (!isOver()) lag = found;
      await finisher.pause(limits.lookEvery);
    }
  }

  async function readAsMember(): Promise<void> {
    const member = join();
    let over = false;
    void look(member, () => over);
    const stopped = new Promise<void>((resolve) => {
      if (stopping.signal.aborted) resolve();
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const alive = () => {
      // While a batch waits for the store, an answer of the broker is no progress.
      if (pending === 0) finisher.moved();
    };
    try {
      await Promise.race([member.run({ batch: finish, alive }), stopped]);
    } catch (error) {
      finisher.failed(error);
    }
    over = true;
    await member.leave();
    lag = null;
  }

  async function read(): Promise<void> {
    while (!stopping.signal.aborted) {
      await readAsMember();
      await finisher.pause(limits.retry);
    }
  }

  return {
    start() {
      finisher.moved();
      running ??= read();
    },
    status: () => ({ name, ...finisher.status(), entries: { ...entries }, pending, lag }),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
