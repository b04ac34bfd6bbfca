import type { Clock } from '../core/ports/clock.ts';
import type { DeadLetterBox } from '../core/ports/dead-letters.ts';
import type { Log } from '../core/ports/log.ts';
import type { Source } from '../core/ports/sources.ts';
import { DEDUP_HORIZON } from '../core/outcomes/record-fields.ts';
import { HOUR, SECOND } from '../core/time/duration.ts';
import { MAX_ENTRY_BYTES, entryTime } from './entry-records.ts';
import type { SourceEntry } from './entry-records.ts';
import type { FinishLimits } from './finish-entries.ts';
import { createFinisher } from './finish-entries.ts';
import type { RecordedEntries } from './record-entries.ts';
import type { StreamScript } from './stream-scripts.ts';
import { streamScripts } from './stream-scripts.ts';

/** The Redis of a stream, connected. */
export interface StreamServer {
  /** Runs a script; all keys are in one hash slot. Rejects in time when there is no answer. */
  run(script: StreamScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface RedisStreamOptions {
  /** `stream:` and the name of the stream. */
  readonly name: string;
  readonly stream: string;
  readonly group: string;
  /** Made anew at each start of a process. */
  readonly consumer: string;
  /** Rejects when the Redis is away, and is then called again. */
  readonly connect: () => Promise<StreamServer>;
  /** Has the records of entries counted; see `createEntryRecorder`. */
  readonly record: (entries: readonly SourceEntry[]) => Promise<RecordedEntries>;
  readonly deadLetters: DeadLetterBox;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  readonly limits?: Partial<StreamLimits>;
}

/** Times in milliseconds. */
export interface StreamLimits extends FinishLimits {
  /** The most entries that are read at once, and the bytes after which no more are. */
  readonly entries: number;
  readonly bytes: number;
  /** An entry that was handed out and not acknowledged for so long is taken over. */
  readonly claimAfter: number;
  readonly claimEvery: number;
  /** A consumer that was not heard of for so long is removed, once it has nothing pending. */
  readonly consumerLife: number;
  readonly lookEvery: number;
}

const LIMITS: StreamLimits = {
  entries: 1000,
  bytes: MAX_ENTRY_BYTES,
  pause: 100,
  claimAfter: 15 * SECOND,
  claimEvery: 5 * SECOND,
  consumerLife: HOUR,
  lookEvery: 2 * SECOND,
  retry: 2 * SECOND,
  standsStill: 10 * SECOND,
};

/** Of an entry that is too long, so many bytes are kept of its first field and value each. */
const BEGINNING = 512;

type Reply = [made: number, missing: number, entries: readonly EntryReply[]];
type EntryReply = [
  id: string,
  deliveries: number,
  bytes: number,
  count: number,
  fields: readonly string[] | string,
];

/**
 * Makes a source that reads a Redis stream as one of a consumer group. An entry is acknowledged once all its records are stored or in a
 * dead letter, and nothing more is read while that cannot be done.
 */
export function createRedisStream(options: RedisStreamOptions): Omit<Source, 'feeds'> {
  const { name, stream, group, consumer, connect, record, deadLetters, clock, elapsed, log } = options;
  const limits = { ...LIMITS, ...options.limits };
  const stopping = new AbortController();
  const finisher = createFinisher<SourceEntry>({
    name,
    record,
    textOf: ({ fields }) => (fields instanceof Map ? JSON.stringify(Object.fromEntries(fields)) : ''),
    deadLetters,
    elapsed,
    log,
    limits,
    stopping: stopping.signal,
  });
  const entries = { read: 0, claimed: 0, lost: 0 };
  let known: { readonly pending: number; readonly lag: number | null } | null = null;
  let server: StreamServer | null = null;
  let hasRead = false;
  let claimedAt = -Infinity;
  let lookedAt = -Infinity;
  let running: Promise<void> | null = null;

  async function run(script: StreamScript, args: readonly (string | number)[]): Promise<unknown> {
    server ??= await connect();
    return server.run(script, [stream], [group, ...args]);
  }

  /** Entries that nobody else has at this moment. */
  async function take(): Promise<readonly SourceEntry[]> {
    const sizes = [limits.entries, limits.bytes, MAX_ENTRY_BYTES, BEGINNING];
    if (elapsed() - claimedAt >= limits.claimEvery) {
      const [, gone, claimed] = (await run(streamScripts.claim, [
        consumer,
        ...sizes,
        limits.claimAfter,
      ])) as Reply;
      noteLost(gone, 'entries were deleted from a stream before they were finished');
      entries.claimed += claimed.length;
      // There may be more of them.
      if (claimed.length > 0) return claimed.map(entryOf);
      claimedAt = elapsed();
    }
    // What is older would not count any more.
    const since = `${Math.max(0, clock.now() - DEDUP_HORIZON)}-0`;
    const [made, lost, found] = (await run(streamScripts.read, [consumer, ...sizes, since])) as Reply;
    if (made === 1 && hasRead)
      log.error(
        { stream, group },
        'the group of a stream was gone and was made again: it was wiped, or removed',
      );
    else if (made === 1) log.info({ stream, group }, 'the group of a stream was made');
    hasRead = true;
    noteLost(
      lost,
      'entries of a stream were trimmed or deleted before they were read: its MAXLEN is too small',
    );
    entries.read += found.length;
    return found.map(entryOf);
  }

  function noteLost(lost: number, message: string): void {
    entries.lost += lost;
    if (lost > 0) log.error({ stream, group, lost }, message);
  }

  function entryOf([id, deliveries, bytes, count, fields]: EntryReply): SourceEntry {
    const held = typeof fields === 'string' ? { beginning: fields, bytes, count } : fieldsOf(fields);
    return { id, at: entryTime(Number(id.split('-')[0]), clock.now()), deliveries, fields: held };
  }

  async function lookAfter(leaving: boolean): Promise<void> {
    const args = [consumer, limits.consumerLife, leaving ? 1 : 0];
    const [pending, lag, removed] = (await run(streamScripts.lookAfter, args)) as [number, number, number];
    known = { pending, lag: lag < 0 ? null : lag };
    lookedAt = elapsed();
    if (removed > 0 && !leaving)
      log.info({ stream, group, removed }, 'consumers that are no more were removed');
  }

  /** Has everything counted or kept and then acknowledged; gives false when it was stopped before. */
  async function finish(taken: readonly SourceEntry[]): Promise<boolean> {
    return (
      (await finisher.finish(taken)) &&
      finisher.insist(async () => {
        await run(
          streamScripts.acknowledge,
          taken.map(({ id }) => id),
        );
      })
    );
  }

  async function read(): Promise<void> {
    while (!stopping.signal.aborted) {
      let taken: readonly SourceEntry[] = [];
      await finisher.insist(async () => {
        if (elapsed() - lookedAt >= limits.lookEvery) await lookAfter(false);
        taken = await take();
      });
      if (taken.length > 0) await finish(taken);
      else await finisher.pause(limits.pause);
    }
    try {
      // Without connecting for it.
      if (server) await lookAfter(true);
    } catch (error) {
      log.warn({ stream, error: (error as Error).message }, 'a stream was left without saying so');
    }
    await server?.close();
  }

  return {
    start() {
      finisher.moved();
      running ??= read();
    },
    status: () => ({
      name,
      ...finisher.status(),
      entries: { ...entries },
      pending: known?.pending ?? null,
      lag: known?.lag ?? null,
    }),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function fieldsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(Array.from({ length: texts.length / 2 }, (_, at) => [texts[2 * at]!, texts[2 * at + 1]!]));
}
