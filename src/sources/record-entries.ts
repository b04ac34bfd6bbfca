import type { DeadLetterBox, NewDeadLetter } from '../core/ports/dead-letters.ts';
import type { Recorder } from '../core/ports/recorder.ts';
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
  /** The most records that are recorded in one call. */
  readonly atOnce: number;
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

  return async (entries) => {
    const records: ReadRecord[] = [];
    const letters: NewDeadLetter[] = [];
    const unreadable: Unreadable[] = [];
    for (const entry of entries) {
      const read = await readEntry(entry, parse);
      for (const record of read.records) records.push({ entry, record });
      for (const [index, each] of read.unreadable.entries())
        letters.push(letterOf(entry, `text ${index}`, each, { text: each.text }));
      unreadable.push(...read.unreadable);
    }
    const totals = { accepted: 0, duplicates: 0, rejected: unreadable.length };
    const rejected = new Map<SourceEntry, { readonly why: Why; readonly lines: string[] }>();
    for (let at = 0; at < records.length; at += atOnce) {
      const group = records.slice(at, at + atOnce);
      const result = await recorder.record(
        group.map(({ record }) => record),
        caller,
      );
      totals.accepted += result.accepted;
      totals.duplicates += result.duplicates;
      totals.rejected += result.rejected.length;
      for (const { index, code, message } of result.rejected) {
        const { entry, record } = group[index]!;
        const letter = rejected.get(entry) ?? { why: { code, message }, lines: [] };
        letter.lines.push(JSON.stringify(record));
        rejected.set(entry, letter);
      }
    }
    // However an entry was put together with others, its letter is the same.
    for (const [entry, { why, lines }] of rejected) letters.push(letterOf(entry, 'records', why, { lines }));
    if (letters.length > 0) await deadLetters.keep(letters);
    for (const { code, message } of unreadable) rejections.note({ workflow: null, code, message }, caller);
    return totals;
  };
}
