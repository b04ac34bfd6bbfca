import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { readCloudEvent } from '../core/mapping/cloud-event.ts';
import { isRejection } from '../core/outcomes/record-fields.ts';
import type { DeadLetterBox, NewDeadLetter } from '../core/ports/dead-letters.ts';
import type { Recorder, RecordResult } from '../core/ports/recorder.ts';
import type { Rejections } from '../core/ports/rejections.ts';
import type { TelemetryRecorder } from '../core/ports/telemetry-recorder.ts';
import type { Caller, Grant } from '../core/ports/token.ts';
import type { EntryIdentity, EntryRecords, Unreadable } from './entry-records.ts';

export interface EntryRecorderOptions<Entry extends EntryIdentity> {
  /** Such as `stream:outcomes`. */
  readonly source: string;
  /** What may be reported through it. */
  readonly caller: Caller;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly deadLetters: DeadLetterBox;
  /** What an entry holds. */
  readonly read: (entry: Entry) => Promise<EntryRecords>;
  /** What takes the CloudEvents of entries; null where there are none. */
  readonly telemetry: Pick<TelemetryRecorder, 'events'> | null;
  /** The most records that wait for the store at a time. */
  readonly atOnce: number;
}

/** Records that are checked before others get a turn of the event loop: a rejection takes a while (G2). */
const SLICE = 250;
/** So many entries are read in a turn. */
const ENTRIES = 100;

interface RecordedSlice<Entry> {
  readonly slice: readonly ReadRecord<Entry>[];
  readonly result: Pick<RecordResult, 'accepted' | 'duplicates' | 'rejected'>;
}

/** What became of the records of entries. */
export interface RecordedEntries {
  readonly accepted: number;
  readonly duplicates: number;
  /** Those that cannot be read among them. */
  readonly rejected: number;
}

/** What of each entry was rejected, and why the first of it was. */
type Rejected<Entry> = Map<Entry, { readonly why: Why; readonly lines: string[] }>;

function noneRejected<Entry>(): Rejected<Entry> {
  return new Map();
}

interface Why {
  readonly code: string;
  readonly message: string;
}

interface ReadRecord<Entry> {
  readonly entry: Entry;
  readonly record: unknown;
}

/**
 * Makes what has the records of entries counted. It resolves once every record is stored (C2), or kept in a dead letter. Rejects
 * when that cannot be done now; doing it again counts nothing twice (C1).
 */
export function createEntryRecorder<Entry extends EntryIdentity>(
  options: EntryRecorderOptions<Entry>,
): (entries: readonly Entry[]) => Promise<RecordedEntries> {
  const { source, caller, recorder, rejections, deadLetters, read, telemetry, atOnce } = options;

  function letterOf(
    entry: Entry,
    part: string,
    { code, message }: Why,
    holds: NewDeadLetter['holds'],
  ): NewDeadLetter {
    const { id, at, deliveries } = entry;
    return { source, entry: id, at, deliveries, part, code, message, holds };
  }

  /** Has them stored together, and leaves others their turn of the event loop meanwhile. */
  async function recordSlices(
    records: readonly ReadRecord<Entry>[],
  ): Promise<readonly RecordedSlice<Entry>[]> {
    const recording: Promise<RecordedSlice<Entry>>[] = [];
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

  /** Events of which a workflow is made; of others nothing becomes, as over HTTP. */
  async function recordEvents(slice: readonly ReadRecord<Entry>[]): Promise<RecordedSlice<Entry>> {
    await yieldToEventLoop();
    const batch = telemetry!.events(caller);
    for (const { record } of slice) {
      const event = readCloudEvent(record);
      if (isRejection(event)) batch.reject(event);
      else batch.add(event);
    }
    return { slice, result: await batch.record() };
  }

  return async (entries) => {
    const records: ReadRecord<Entry>[] = [];
    const events: ReadRecord<Entry>[] = [];
    const letters: NewDeadLetter[] = [];
    const unreadable: Unreadable[] = [];
    for (const [index, entry] of entries.entries()) {
      if (index % ENTRIES === 0) await yieldToEventLoop();
      const held = await read(entry);
      for (const record of held.records) records.push({ entry, record });
      for (const record of held.events ?? []) events.push({ entry, record });
      if (!held.unreadable) continue;
      letters.push(letterOf(entry, 'text', held.unreadable, { text: held.unreadable.text }));
      unreadable.push(held.unreadable);
    }
    const totals = {
      accepted: 0,
      duplicates: 0,
      rejected: unreadable.reduce((sum, { count }) => sum + count, 0),
    };
    const rejected = { records: noneRejected<Entry>(), events: noneRejected<Entry>() };
    function add({ slice, result }: RecordedSlice<Entry>, to: Rejected<Entry>): void {
      totals.accepted += result.accepted;
      totals.duplicates += result.duplicates;
      totals.rejected += result.rejected.length;
      for (const { index, code, message } of result.rejected) {
        const { entry, record } = slice[index]!;
        const letter = to.get(entry) ?? { why: { code, message }, lines: [] };
        letter.lines.push(JSON.stringify(record));
        to.set(entry, letter);
      }
    }
    for (let at = 0; at < records.length; at += atOnce)
      for (const recorded of await recordSlices(records.slice(at, at + atOnce)))
        add(recorded, rejected.records);
    for (let at = 0; at < events.length; at += SLICE)
      add(await recordEvents(events.slice(at, at + SLICE)), rejected.events);
    // However an entry was put together with others, its letter is the same.
    for (const [entry, { why, lines }] of rejected.records)
      letters.push(letterOf(entry, 'records', why, { lines }));
    // Only records can be replayed.
    for (const [entry, { why, lines }] of rejected.events)
      letters.push(letterOf(entry, 'events', why, { text: lines.join('\n') }));
    if (letters.length > 0) await deadLetters.keep(letters);
    for (const { code, message } of unreadable) rejections.note({ workflow: null, code, message }, caller);
    return totals;
  };
}

/** The most records of a source that wait for the store at a time. */
const AT_ONCE = 2000;
/** A source takes no more of the queue than this, so that requests have room, too. */
const SHARE = 0.25;

/** How many records of a source may wait for the store, of all that may. */
export function atOnceOf(queueLimit: number): number {
  return Math.max(1, Math.min(AT_ONCE, Math.floor(queueLimit * SHARE)));
}

const READS_ALL: Grant = { scope: 'read', only: null };

/** Who reports through a source. Why something was rejected is read by those who may read everything, so it may name any workflow. */
export function sourceCaller(name: string, address: string, grants: readonly Grant[]): Caller {
  return { name, address, grants: [...grants, READS_ALL] };
}
