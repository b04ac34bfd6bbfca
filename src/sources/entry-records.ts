import { FUTURE_LIMIT } from '../core/outcomes/record-fields.ts';
import type { ParseRecords } from '../core/ports/sources.ts';

/** What is known of an entry that is too large: the beginning of it, and how large it is. */
export interface TooLarge {
  readonly beginning: string;
  readonly bytes: number;
  readonly count: number;
}

/** What identifies an entry of a source. */
export interface EntryIdentity {
  readonly id: string;
  /** When it was made, in milliseconds since the epoch: the default of `at` in its records. */
  readonly at: number;
  /** How often it was handed out, this time included. */
  readonly deliveries: number;
}

/** One entry of a stream. */
export interface SourceEntry extends EntryIdentity {
  /** Its fields; for one that is too long only the beginning of what it holds. */
  readonly fields: ReadonlyMap<string, string> | TooLarge;
}

/** What of an entry cannot be read as records, and why; of several, why the first cannot. */
export interface Unreadable {
  readonly code: string;
  readonly message: string;
  /** How many records they would be. */
  readonly count: number;
  readonly text: string;
}

/** What an entry holds. */
export interface EntryRecords {
  readonly records: readonly unknown[];
  /** CloudEvents, as objects of the JSON format. */
  readonly events?: readonly unknown[];
  /** Null when all of it can be read. */
  readonly unreadable: Unreadable | null;
}

/** An entry with more bytes is not even read. */
export const MAX_ENTRY_BYTES = 1024 * 1024;

/** So is one with more fields, which are twice as many as an outcome may have. As in `entries.lua`. */
const MAX_FIELDS = 64;

/** Times before are none: Redis lets producers make ids of their own, and Kafka has messages without a time. */
const FIRST_TIME = Date.UTC(2020, 0);

/** When an entry was made, by what it says itself if that can be. */
export function entryTime(said: number, now: number): number {
  return said >= FIRST_TIME && said <= now + FUTURE_LIMIT ? said : now;
}

/** The fields of which one alone holds JSON. */
const JSON_FIELDS = ['outcome', 'data'];
/** How a text of several lines fails that is no JSON as a whole. */
const NOT_ONE = new Set(['invalid-json', 'body-too-large']);
const NUMBERS = new Set(['attempt', 'count', 'durationMs']);
const TIMES = new Set(['at', 'startedAt']);
const ATTRIBUTE = 'attributes.';

/**
 * Reads the records of an entry: a field `outcome` or `data` with one as JSON, an array of them, or one a line; or the fields
 * of one record, each a text. A record that does not say when it happened gets the time of the entry, which is the same
 * however late and often the entry is read.
 */
export async function readEntry({ at, fields }: SourceEntry, parse: ParseRecords): Promise<EntryRecords> {
  if (!(fields instanceof Map)) return tooLarge(fields as TooLarge);
  const name = JSON_FIELDS.find((field) => fields.has(field));
  const text = name === undefined ? textOf(fields) : fields.get(name)!;
  // What is not UTF-8 has come with this in its place.
  if (text.includes('\ufffd')) return unreadable('invalid-utf8', 'The entry is not UTF-8 text.', text);
  if (name !== undefined && fields.size === 1) return readText(text, parse, (record) => dated(record, at));
  if (name === undefined && fields.has('workflow'))
    return { records: [dated(flatRecord(fields), at)], unreadable: null };
  const names = [...fields.keys()].slice(0, 8).join(', ').slice(0, 200);
  return unreadable(
    'invalid-entry',
    `An entry holds one field outcome or data with JSON, or the fields of an outcome, such as workflow; this one has ${names}.`,
    textOf(fields),
  );
}

function tooLarge({ beginning, bytes, count }: TooLarge): EntryRecords {
  const message = `The entry has ${bytes} bytes and ${count} fields; at most ${MAX_ENTRY_BYTES} bytes and ${MAX_FIELDS} fields are read.`;
  return unreadable('entry-too-large', message, beginning);
}

/** What says that an entry cannot be read. */
export function unreadable(code: string, message: string, text: string): EntryRecords {
  return { records: [], unreadable: { code, message, count: 1, text } };
}

/** Reads the records in a text: one as JSON, an array of them, or one a line. Each is completed with what its entry says. */
export async function readText(
  text: string,
  parse: ParseRecords,
  complete: (record: unknown) => unknown,
): Promise<EntryRecords> {
  try {
    return await readFormat(text, 'json', parse, complete);
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (typeof code !== 'string') throw error;
    // Several lines may be one record each, which only the lines can say.
    if (NOT_ONE.has(code) && text.trim().includes('\n')) {
      try {
        return await readFormat(text, 'ndjson', parse, complete);
      } catch {
        // What is wrong with the whole says more.
      }
    }
    return unreadable(code, message, text);
  }
}

async function readFormat(
  text: string,
  format: 'json' | 'ndjson',
  parse: ParseRecords,
  complete: (record: unknown) => unknown,
): Promise<EntryRecords> {
  const { records, rejected } = await parse(text, format);
  const [first] = rejected;
  return {
    records: records.map(complete),
    unreadable: first
      ? {
          code: first.code,
          message: first.message,
          count: rejected.length,
          text: format === 'ndjson' ? linesOf(text, rejected) : '',
        }
      : null,
  };
}

/** Those lines of a text that were rejected; their places do not count empty ones. */
function linesOf(text: string, rejected: readonly { readonly index: number }[]): string {
  const lines: string[] = [];
  let place = 0;
  // Not by splitting it, since a megabyte may be a million lines.
  for (const [line] of text.matchAll(/[^\n]+/g)) {
    if (place++ === rejected[lines.length]!.index) lines.push(line);
    if (lines.length === rejected.length) break;
  }
  return lines.join('\n');
}

/** A record whose fields are texts, with those of them parsed that are not. */
function flatRecord(fields: ReadonlyMap<string, string>): object {
  const record: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const attributes: [string, string][] = [];
  for (const [name, value] of fields) {
    // Shells and templates leave empty what they have no value for.
    if (value === '') continue;
    if (name.startsWith(ATTRIBUTE)) attributes.push([name.slice(ATTRIBUTE.length), value]);
    else record[name] = parsed(name, value);
  }
  if (attributes.length === 0) return { ...record };
  const given = record['attributes'];
  const others = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  return { ...record, attributes: { ...others, ...Object.fromEntries(attributes) } };
}

function parsed(name: string, value: string): unknown {
  if (NUMBERS.has(name) || TIMES.has(name))
    return /^\d{1,16}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  if (name === 'willRetry') return { true: true, false: false }[value] ?? value;
  if (name !== 'attributes') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A record that does not say when it happened, with the time of its entry. */
export function dated(record: unknown, at: number): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
  return (record as { readonly at?: unknown }).at == null ? { ...record, at } : record;
}

function textOf(fields: ReadonlyMap<string, string>): string {
  return [...fields].map(([name, value]) => `${name}=${value}`).join('\n');
}
