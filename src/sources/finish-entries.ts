import type { DeadLetterBox, NewDeadLetter } from '../core/ports/dead-letters.ts';
import type { Log } from '../core/ports/log.ts';
import { OverShare, QueueFull } from '../core/ports/recorder.ts';
import type { SourceStatus } from '../core/ports/sources.ts';
import { StoreUnavailable } from '../core/ports/store/store.ts';
import { SECOND, formatDuration } from '../core/time/duration.ts';
import type { EntryIdentity } from './entry-records.ts';
import type { RecordedEntries } from './record-entries.ts';

export interface FinishOptions<Entry extends EntryIdentity> {
  /** Such as `stream:outcomes`. */
  readonly name: string;
  /** Has the records of entries counted; see `createEntryRecorder`. */
  readonly record: (entries: readonly Entry[]) => Promise<RecordedEntries>;
  /** An entry as text, for a dead letter of one that Burnwatch fails at. */
  readonly textOf: (entry: Entry) => string;
  readonly deadLetters: DeadLetterBox;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  readonly limits: FinishLimits;
  readonly stopping: AbortSignal;
}

/** Times in milliseconds. */
export interface FinishLimits {
  /** The first pause between two tries when something is away, and the most. */
  readonly pause: number;
  readonly retry: number;
  /** A source that has not got on for so long stands still. */
  readonly standsStill: number;
}

/** What keeps at the entries of a source until they are finished, and knows how long that takes. */
export interface Finisher<Entry> {
  /**
   * Has all records counted or kept in a dead letter; gives false when the source was stopped before. What is done between two
   * tries may end it by rejecting.
   */
  finish(entries: readonly Entry[], between?: () => Promise<void>): Promise<boolean>;
  /** Tries until it works; gives false when the source was stopped before. */
  insist(work: () => Promise<void>, between?: () => Promise<void>): Promise<boolean>;
  pause(milliseconds: number): Promise<void>;
  /** Notes that the source has got on, or why it has not. */
  moved(): void;
  failed(error: unknown): void;
  status(): Pick<SourceStatus, 'ok' | 'message' | 'still' | 'records'>;
}

/** An entry that Burnwatch fails at, other than for want of its store, is given up after so many tries. */
const TRIES = 5;

/** Makes what finishes the entries of a source. */
export function createFinisher<Entry extends EntryIdentity>(options: FinishOptions<Entry>): Finisher<Entry> {
  const { name, record, textOf, deadLetters, elapsed, log, limits, stopping } = options;
  const records = { accepted: 0, duplicates: 0, rejected: 0 };
  let movedAt = elapsed();
  let failure: string | null = null;

  async function finish(entries: readonly Entry[], between?: () => Promise<void>): Promise<boolean> {
    let tries = 0;
    return insist(async () => {
      try {
        add(await record(entries));
      } catch (error) {
        if (isPassing(error) || ++tries < TRIES) throw error;
        log.error(
          { source: name, err: error },
          'entries of a source cannot be recorded together; they are one by one',
        );
        for (const entry of entries) await finishAlone(entry);
      }
    }, between);
  }

  /** An entry that fails in a way that will not pass must not keep those behind it. */
  async function finishAlone(entry: Entry): Promise<void> {
    try {
      add(await record([entry]));
    } catch (error) {
      if (isPassing(error)) throw error;
      log.error({ source: name, entry: entry.id, err: error }, 'an entry of a source cannot be recorded');
      await deadLetters.keep([internalError(entry)]);
      add({ accepted: 0, duplicates: 0, rejected: 1 });
    }
  }

  function internalError(entry: Entry): NewDeadLetter {
    const { id, at, deliveries } = entry;
    return {
      source: name,
      entry: id,
      at,
      deliveries,
      part: 'failure',
      code: 'internal-error',
      message: 'Burnwatch failed; its log says how.',
      holds: { text: textOf(entry) },
    };
  }

  function add(recorded: RecordedEntries): void {
    records.accepted += recorded.accepted;
    records.duplicates += recorded.duplicates;
    records.rejected += recorded.rejected;
  }

  async function insist(work: () => Promise<void>, between?: () => Promise<void>): Promise<boolean> {
    for (let wait = limits.pause; ; wait = Math.min(2 * wait, limits.retry)) {
      try {
        await work();
        moved();
        return true;
      } catch (error) {
        failed(error);
      }
      if (stopping.aborted) return false;
      await pause(wait);
      if (stopping.aborted) return false;
      await between?.();
    }
  }

  function moved(): void {
    if (failure !== null) log.info({ source: name }, 'a source is read again');
    failure = null;
    movedAt = elapsed();
  }

  function failed(error: unknown): void {
    const reason = (error as Error).message;
    if (failure === null)
      log.warn({ source: name, error: reason }, 'a source cannot be read on; it is tried again');
    failure = reason;
  }

  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stopping.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      stopping.addEventListener('abort', end);
      if (stopping.aborted) end();
    });
  }

  return {
    finish,
    insist,
    pause,
    moved,
    failed,
    status() {
      const still = elapsed() - movedAt;
      const ok = still < limits.standsStill;
      const since = formatDuration(Math.floor(still / SECOND) * SECOND);
      const message = ok
        ? 'is read'
        : `stands still for ${since}: ${failure ?? 'what was read is not finished'}`;
      return { ok, still, message, records: { ...records } };
    },
  };
}

/** Whether an error says that it will work later. */
function isPassing(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof QueueFull || error instanceof OverShare;
}
