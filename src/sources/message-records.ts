import { isUtf8 } from 'node:buffer';
import type { ParseRecords } from '../core/ports/sources.ts';
import type { EntryIdentity, EntryRecords } from './entry-records.ts';
import { MAX_ENTRY_BYTES, dated, readText, unreadable } from './entry-records.ts';

/** One message of a Kafka topic. Its id is its partition and offset. */
export interface KafkaMessage extends EntryIdentity {
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  /** By name, as UTF-8 text. */
  readonly headers: ReadonlyMap<string, string>;
}

/** In binary mode, what a header is called that holds a context attribute (CloudEvents Kafka protocol binding 1.0.2, section 3.2). */
const PREFIX = 'ce_';
const STRUCTURED = /^\s*application\/cloudevents(-batch)?\s*(\+json)?\s*(;|$)/i;
const OTHER_STRUCTURED = /^\s*application\/cloudevents/i;
const JSON_TYPE = /^\s*[a-z0-9.+-]+\/([a-z0-9.-]+\+)?json\s*(;|$)/i;
/** Of a value that is too long, so many bytes are kept. */
const BEGINNING = 1024;

/**
 * Reads what a message holds: outcomes as JSON, an array of them or one a line; CloudEvents as JSON, one or an array, told by
 * the content type or by their `specversion`; or one CloudEvent with its attributes in headers. What does not say when it
 * happened gets the time of the message.
 */
export async function readMessage(message: KafkaMessage, parse: ParseRecords): Promise<EntryRecords> {
  const { value, headers } = message;
  const at = message.at;
  const isBinary = headers.has(`${PREFIX}specversion`);
  if (value === null && !isBinary) return { records: [], unreadable: null };
  const bytes = value ?? Buffer.alloc(0);
  if (bytes.length > MAX_ENTRY_BYTES) {
    const says = `The message has ${bytes.length} bytes; at most ${MAX_ENTRY_BYTES} are read.`;
    return unreadable('entry-too-large', says, bytes.toString('utf8', 0, BEGINNING));
  }
  const type = headers.get('content-type') ?? '';
  if (isBinary) return binaryEvent(bytes, type, headers, at);
  if (!isUtf8(bytes)) return unreadable('invalid-utf8', 'The message is not UTF-8 text.', bytes.toString());
  const isStructured = STRUCTURED.test(type);
  if (!isStructured && OTHER_STRUCTURED.test(type))
    return unreadable(
      'invalid-entry',
      `A CloudEvent in structured mode must be JSON; this one is ${type.slice(0, 100)}.`,
      bytes.toString(),
    );
  const read = await readText(bytes.toString(), parse, (record) => record);
  const isEvent = (record: unknown) => isStructured || hasVersion(record);
  return {
    records: read.records.filter((record) => !isEvent(record)).map((record) => dated(record, at)),
    events: read.records.filter(isEvent).map((event) => timed(event, at)),
    unreadable: read.unreadable,
  };
}

function binaryEvent(
  bytes: Buffer,
  type: string,
  headers: ReadonlyMap<string, string>,
  at: number,
): EntryRecords {
  const attributes = [...headers].flatMap(([name, value]): [string, string][] =>
    name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value]] : [],
  );
  let data: unknown;
  if (bytes.length > 0 && JSON_TYPE.test(type)) {
    try {
      data = JSON.parse(bytes.toString());
    } catch (error) {
      const says = `The data of the event is not JSON: ${(error as SyntaxError).message}.`;
      return unreadable('invalid-json', says, bytes.toString());
    }
  }
  // Data comes last: no header may pass for it.
  const event = { ...Object.fromEntries(attributes), data, data_base64: undefined };
  return { records: [], events: [timed(event, at)], unreadable: null };
}

function hasVersion(record: unknown): boolean {
  return typeof record === 'object' && record !== null && Object.hasOwn(record, 'specversion');
}

/** An event that does not say when it happened, with the time of its message. */
function timed(event: unknown, at: number): unknown {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event;
  const { time } = event as { readonly time?: unknown };
  return time == null || time === '' ? { ...event, time: new Date(at).toISOString() } : event;
}
