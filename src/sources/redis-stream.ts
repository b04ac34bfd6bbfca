import type { Clock } from '../core/ports/clock.ts';
import type { DeadLetterBox, NewDeadLetter } from '../core/ports/dead-letters.ts';
import type { Log } from '../core/ports/log.ts';
import { OverShare, QueueFull } from '../core/ports/recorder.ts';
import type { Source } from '../core/ports/sources.ts';
import { StoreUnavailable } from '../core/ports/store/store.ts';
import { DEDUP_HORIZON, FUTURE_LIMIT } from '../core/outcomes/record-fields.ts';
import { HOUR, SECOND, formatDuration } from '../core/time/duration.ts';
import { MAX_ENTRY_BYTES } from './entry-records.ts';
import type { SourceEntry } from './entry-records.ts';
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
export interface StreamLimits {
  /** The most entries that are read at once, and the bytes after which no more are. */
  readonly entries: number;
  readonly bytes: number;
  /** Between two looks at a stream without new entries. */
  readonly pause: number;
  /** An entry that was handed out and not acknowledged for so long is taken over. */
  readonly claimAfter: number;
  readonly claimEvery: number;
  /** A consumer that was not heard of for so long is removed, once it has nothing pending. */
  readonly consumerLife: number;
  readonly lookEvery: number;
  /** The most between two tries when something is away. */
  readonly retry: number;
  /** When it has not got on for so long, it stands still. */
  readonly standsStill: number;
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
/** An entry that Burnwatch fails at, other than for want of its store, is given up after so many tries. */
const TRIES = 5;
/** Ids that are not times, as producers may make them, are smaller. */
const FIRST_TIME = Date.UTC(2020, 0);

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
export function createRedisStream(options: RedisStreamOptions): Source {
  const { name, stream, group, consumer, connect, record, deadLetters, clock, elapsed, log } = options;
  const limits = { ...LIMITS, ...options.limits };
  const stopping = new AbortController();
  const entries = { read: 0, claimed: 0, lost: 0 };
  const records = { accepted: 0, duplicates: 0, rejected: 0 };
  let known: { readonly pending: number; readonly lag: number | null } | null = null;
  let server: StreamServer | null = null;
  let movedAt = elapsed();
  let failure: string | null = null;
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
    return { id, at: timeOf(id), deliveries, fields: held };
  }

  function timeOf(id: string): number {
    const now = clock.now();
    const time = Number(id.split('-')[0]);
    return time >= FIRST_TIME && time <= now + FUTURE_LIMIT ? time : now;
  }

  async function lookAfter(leaving: boolean): Promise<void> {
    const args = [consumer, limits.consumerLife, leaving ? 1 : 0];
    const [pending, lag, removed] = (await run(streamScripts.lookAfter, args)) as [number, number, number];
    known = { pending, lag: lag < 0 ? null : lag };
    lookedAt = elapsed();
    if (removed > 0 && !leaving)
      log.info({ stream, group, removed }, 'consumers that are no more were removed');
  }

  /** Has everything counted or kept; gives false when it was stopped before. */
  async function finish(taken: readonly SourceEntry[]): Promise<boolean> {
    let tries = 0;
    const done = await insist(async () => {
      try {
        add(await record(taken));
      } catch (error) {
        if (isPassing(error) || ++tries < TRIES) throw error;
        log.error(
          { stream, err: error },
          'entries of a stream cannot be recorded together; they are one by one',
        );
        for (const entry of taken) await finishAlone(entry);
      }
    });
    return (
      done &&
      insist(async () => {
        await run(
          streamScripts.acknowledge,
          taken.map(({ id }) => id),
        );
      })
    );
  }

  /** An entry that fails in a way that will not pass must not keep those behind it. */
  async function finishAlone(entry: SourceEntry): Promise<void> {
    try {
      add(await record([entry]));
    } catch (error) {
      if (isPassing(error)) throw error;
      log.error({ stream, entry: entry.id, err: error }, 'an entry of a stream cannot be recorded');
      await deadLetters.keep([internalError(entry)]);
      add({ accepted: 0, duplicates: 0, rejected: 1 });
    }
  }

  function internalError({ id, at, deliveries, fields }: SourceEntry): NewDeadLetter {
    const text = fields instanceof Map ? JSON.stringify(Object.fromEntries(fields)) : '';
    return {
      source: name,
      entry: id,
      at,
      deliveries,
      part: 'failure',
      code: 'internal-error',
      message: 'Burnwatch failed; its log says how.',
      holds: { text },
    };
  }

  function add(recorded: RecordedEntries): void {
    records.accepted += recorded.accepted;
    records.duplicates += recorded.duplicates;
    records.rejected += recorded.rejected;
  }

  /** Tries until it works; gives false when it was stopped before. */
  async function insist(work: () => Promise<void>): Promise<boolean> {
    for (let wait = limits.pause; ; wait = Math.min(2 * wait, limits.retry)) {
      try {
        await work();
        if (failure !== null) log.info({ stream }, 'a stream is read again');
        failure = null;
        movedAt = elapsed();
        return true;
      } catch (error) {
        const reason = (error as Error).message;
        if (failure === null)
          log.warn({ stream, error: reason }, 'a stream cannot be read on; it is tried again');
        failure = reason;
      }
      if (stopping.signal.aborted) return false;
      await pause(wait);
      if (stopping.signal.aborted) return false;
    }
  }

  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      stopping.signal.addEventListener('abort', end);
    });
  }

  async function read(): Promise<void> {
    while (!stopping.signal.aborted) {
      let taken: readonly SourceEntry[] = [];
      await insist(async () => {
        if (elapsed() - lookedAt >= limits.lookEvery) await lookAfter(false);
        taken = await take();
      });
      if (taken.length > 0) await finish(taken);
      else await pause(limits.pause);
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
      movedAt = elapsed();
      running ??= read();
    },
    status() {
      const still = elapsed() - movedAt;
      const ok = still < limits.standsStill;
      const since = formatDuration(Math.floor(still / SECOND) * SECOND);
      return {
        name,
        ok,
        still,
        message: ok ? 'is read' : `stands still for ${since}: ${failure ?? 'what was read is not finished'}`,
        entries: { ...entries },
        records: { ...records },
        pending: known?.pending ?? null,
        lag: known?.lag ?? null,
      };
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Whether an error says that it will work later. */
function isPassing(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof QueueFull || error instanceof OverShare;
}

function fieldsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(Array.from({ length: texts.length / 2 }, (_, at) => [texts[2 * at]!, texts[2 * at + 1]!]));
}
