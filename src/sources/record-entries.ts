import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { DeadLetterBox, NewDeadLetter } from '../core/ports/dead-letters.ts';
import type { Recorder, RecordResult } from '../core/ports/recorder.ts';
import type { Rejections } from '../core/ports/rejections.ts';
import type { ParseRecords } from '../core/ports/sources.ts';
import type { Caller } from '../core/ports/token.ts';
import type { SourceEntry, Unreadable } from './entry-records.ts';
import { readEntry } from './entry-records.ts';

export interface EntryRecorderOptions {
  /** Such as `stream:outcomes`. */
  readonly source: string;
  /** What may be reported through it. */
  readonly caller: Caller;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly deadLetters: DeadLetterBox;
  readonly parse: ParseRecords;
  /** The most records that wait for the store at a time. */
  readonly atOnce: number;
}

/** Records that are checked before others get a turn of the event loop: a rejection takes a while (G2). */
const SLICE = 250;
/** So many entries are read in a turn. */
const ENTRIES = 100;

interface RecordedSlice {
  readonly slice: readonly ReadRecord[];
  readonly result: RecordResult;
}

/** What became of the records of entries. */
export interface RecordedEntries {
  readonly accepted: number;
  readonly duplicates: number;
  /** Those that cannot be read among them. */
  readonly rejected: number;
}

interface Why {
  readonly code: string;
  readonly message: string;
}

interface ReadRecord {
  readonly entry: SourceEntry;
  readonly record: unknown;
}

/**
 * Makes what has the records of entries counted. It resolves once every record is stored (C2), or kept in a dead letter. Rejects
 * when that cannot be done now; doing it again counts nothing twice (C1).
 */
export function createEntryRecorder(
  options: EntryRecorderOptions,
): (entries: readonly SourceEntry[]) => Promise<RecordedEntries> {
  const { source, caller, recorder, rejections, deadLetters, parse, atOnce } = options;

  function letterOf(
    entry: SourceEntry,
    part: string,
    { code, message }: Why,
    holds: NewDeadLetter['holds'],
  ): NewDeadLetter {
    const { id, at, deliveries } = entry;
    return { source, entry: id, at, deliveries, part, code, message, holds };
  }

  /** Has them stored together, and leaves others their turn of the event loop meanwhile. */
  async function recordSlices(records: readonly ReadRecord[]): Promise<readonly RecordedSlice[]> {
    const recording: Promise<RecordedSlice>[] = [];
    for (let at = 0; at < records.length; at += SLICE) {
      await yieldToEventLoop();
      const slice = records.slice(at, at + SLICE);
      const result = recorder.record(
        slice.map(({ record }) => record),
        caller,
      );
      const recorded = result.then((found) => ({ slice, result: found }));
      // Whatever comes of it is awaited below, and may come before.
      recorded.catch(() => undefined);
      recording.push(recorded);
    }
    return Promise.all(recording);
  }

  return async (entries) => {
    const records: ReadRecord[] = [];
    const letters: NewDeadLetter[] = [];
    const unreadable: Unreadable[] = [];
    for (const [index, entry] of entries.entries()) {
      if (index % ENTRIES === 0) await yieldToEventLoop();
      const read = await readEntry(entry, parse);
      for (const record of read.records) records.push({ entry, record });
      if (!read.unreadable) continue;
      letters.push(letterOf(entry, 'text', read.unreadable, { text: read.unreadable.text }));
      unreadable.push(read.unreadable);
    }
    const totals = {
      accepted: 0,
      duplicates: 0,
      rejected: unreadable.reduce((sum, { count }) => sum + count, 0),
    };
    const rejected = new Map<SourceEntry, { readonly why: Why; readonly lines: string[] }>();
    for (let at = 0; at < records.length; at += atOnce) {
      for (const { slice, result } of await recordSlices(records.slice(at, at + atOnce))) {
        totals.accepted += result.accepted;
        totals.duplicates += result.duplicates;
        totals.rejected += result.rejected.length;
        for (const { index, code, message } of result.rejected) {
          const { entry, record } = slice[index]!;
          const letter = rejected.get(entry) ?? { why: { code, message }, lines: [] };
          letter.lines.push(JSON.stringify(record));
          rejected.set(entry, letter);
        }
      }
    }
    // However an entry was put together with others, its letter is the same.
    for (const [entry, { why, lines }] of rejected) letters.push(letterOf(entry, 'records', why, { lines }));
    if (letters.length > 0) await deadLetters.keep(letters);
    for (const { code, message } of unreadable) rejections.note({ workflow: null, code, message }, caller);
    return totals;
  };
}
