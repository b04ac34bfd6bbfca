import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers';
import type { RecordProblemCode } from '../answers/problems.ts';
import { HttpProblem } from '../answers/problems.ts';

export type BodyFormat = 'json' | 'ndjson';

/** The records of a request body, as parsed from JSON. */
export interface IngestBody {
  readonly records: readonly unknown[];
  /** The position of each record in the body; null when that is its position in `records`. */
  readonly positions: readonly number[] | null;
  /** Records that cannot even be parsed. */
  readonly rejected: readonly RejectedRecord[];
}

interface RejectedRecord {
  readonly index: number;
  readonly code: RecordProblemCode;
  readonly message: string;
}

/** A record longer than this is rejected unread: the longest legal one is less than half of it. */
export const MAX_RECORD_BYTES = 65_536;

/** So is one with brackets nested deeper than this, in a long body: memory full of nested arrays is slow to clean. */
const MAX_DEPTH = 16;

/** Bodies up to this size are parsed at once: even the slowest JSON of this length takes a few milliseconds. */
const AT_ONCE = 16_384;
/** Of longer ones, this much is parsed before everybody else gets a turn of the event loop (G2) ... */
const SLICE_BYTES = MAX_RECORD_BYTES;
/** ... or this many records, since making an error for each of many short lines is slow. */
const SLICE_RECORDS = 500;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Yields wherever it may be interrupted. */
type Slices = Generator<undefined, void>;

/**
 * Parses a request body: one JSON object or an array of them, or NDJSON, where blank lines are skipped and
 * do not count in the positions. Throws the `HttpProblem` to answer with when it is not that format at all.
 * Long bodies are parsed in slices, one at a time for the whole process.
 */
export async function parseIngestBody(
  body: Buffer,
  format: BodyFormat,
  maxRecords: number,
): Promise<IngestBody> {
  if (!isUtf8(body)) throw new HttpProblem('invalid-utf8', 'The body must be UTF-8 text.');
  const collector = new Collector(maxRecords);
  if (format === 'json' && body.length <= AT_ONCE) {
    parseAtOnce(body, collector);
  } else {
    const slices = format === 'json' ? parseArray(body, collector) : parseLines(body, collector);
    if (body.length > AT_ONCE) await turn();
    while (!slices.next().done) await turn();
  }
  return collector;
}

let lastTurn: Promise<void> = Promise.resolve();

/** Milliseconds for which a body may be worked at before others get a turn. */
const SLICE_MS = 5;

/** Makes what is asked between two parts of a body: lets others have their turn when this one has had its time (G2). */
export function createTurns(): () => Promise<void> | null {
  let began = performance.now();
  return () => {
    if (performance.now() - began < SLICE_MS) return null;
    return turn().then(() => void (began = performance.now()));
  };
}

/** Resolves in a later turn of the event loop than every other waiter's, so that slices never add up in one. */
function turn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
  return lastTurn;
}

class Collector implements IngestBody {
  readonly records: unknown[] = [];
  readonly rejected: RejectedRecord[] = [];
  positions: number[] | null = null;
  private readonly maxRecords: number;

  constructor(maxRecords: number) {
    this.maxRecords = maxRecords;
  }

  get count(): number {
    return this.records.length + this.rejected.length;
  }

  add(record: unknown): void {
    this.checkRoom();
    this.positions?.push(this.count);
    this.records.push(record);
  }

  reject(code: RecordProblemCode, message: string): void {
    this.checkRoom();
    this.positions ??= this.records.map((_, index) => index);
    this.rejected.push({ index: this.count, code, message });
  }

  rejectUnread(): void {
    this.reject(
      'record-too-large',
      `A record may have at most ${MAX_RECORD_BYTES} bytes and ${MAX_DEPTH} levels of brackets.`,
    );
  }

  private checkRoom(): void {
    if (this.count < this.maxRecords) return;
    throw new HttpProblem(
      'too-many-records',
      `A request may hold at most ${this.maxRecords} records; send them in several requests.`,
    );
  }
}

function parseAtOnce(body: Buffer, collector: Collector): void {
  const value = parseJson(withoutMark(body).toString());
  if (Array.isArray(value)) for (const record of value) collector.add(record);
  else collector.add(value);
}

function* parseLines(body: Buffer, collector: Collector): Slices {
  let sliceRecords = 0;
  const text = withoutMark(body);
  for (let start = 0; start < text.length;) {
    let end = text.length;
    if (end - start > SLICE_BYTES) {
      end = text.lastIndexOf(NEWLINE, start + SLICE_BYTES);
      if (end < start) {
        collector.rejectUnread();
        const next = text.indexOf(NEWLINE, start);
        start = next === -1 ? text.length : next + 1;
        continue;
      }
    }
    for (const line of text.toString('utf8', start, end).split('\n')) {
      if (line === '') continue;
      parseLine(line, collector);
      if (++sliceRecords % SLICE_RECORDS === 0) yield;
    }
    start = end + 1;
    if (start < text.length) yield;
  }
  if (collector.count === 0) throw new HttpProblem('empty-body', 'The body has no line with a record.');
  if (collector.rejected.length === collector.count && collector.rejected[0]!.code === 'invalid-json') {
    throw new HttpProblem('invalid-json', `The body is not NDJSON: ${collector.rejected[0]!.message}`);
  }
}

function parseLine(line: string, collector: Collector): void {
  if (line.length > MAX_RECORD_BYTES || isDeep(line)) {
    collector.rejectUnread();
    return;
  }
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    if (line.trim() !== '') collector.reject('invalid-json', (error as SyntaxError).message);
    return;
  }
  collector.add(record);
}

/** Whether brackets are nested deeper than they may be. */
function isDeep(line: string): boolean {
  // Few brackets cannot be nested deeply, and a record has one pair or two.
  let brackets = 0;
  for (let at = line.indexOf('['); at !== -1 && brackets <= MAX_DEPTH; at = line.indexOf('[', at + 1))
    brackets++;
  for (let at = line.indexOf('{'); at !== -1 && brackets <= MAX_DEPTH; at = line.indexOf('{', at + 1))
    brackets++;
  if (brackets <= MAX_DEPTH) return false;
  let depth = 0;
  for (const [token] of line.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/**
 * Cuts an array into its elements and parses each, because one `JSON.parse` of megabytes cannot be
 * interrupted. Strings and brackets are all it needs to know; what lies between them JSON.parse checks.
 */
function* parseArray(body: Buffer, collector: Collector): Slices {
  const text = withoutMark(body);
  const opening = /\S/.exec(text.toString('latin1', 0, SLICE_BYTES))?.index ?? 0;
  if (text[opening] !== OPEN_BRACKET) {
    if (text.length > MAX_RECORD_BYTES) {
      throw new HttpProblem('body-too-large', `A single record may have at most ${MAX_RECORD_BYTES} bytes.`);
    }
    collector.add(parseJson(text.toString()));
    return;
  }
  let depth = 1;
  let deepest = 1;
  let inString = false;
  let start = opening + 1;
  let sliceEnd = start + SLICE_BYTES;
  let sliceRecords = 0;
  for (let at = start; at < text.length; at++) {
    if (at >= sliceEnd) {
      yield;
      sliceEnd = at + SLICE_BYTES;
    }
    const byte = text[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      if (--depth > 0) continue;
      checkEnd(text, at);
      if (collector.count > 0 || text.toString('latin1', start, at).trim() !== '') {
        parseElement(text, start, at, deepest, collector);
      }
      return;
    } else if (byte === COMMA && depth === 1) {
      parseElement(text, start, at, deepest, collector);
      start = at + 1;
      deepest = 1;
      if (++sliceRecords % SLICE_RECORDS === 0) yield;
    }
  }
  throw new HttpProblem('invalid-json', 'The body is not JSON: the array is not closed.');
}

function parseElement(text: Buffer, start: number, end: number, deepest: number, collector: Collector): void {
  // The outermost bracket is not the element's own.
  if (end - start > MAX_RECORD_BYTES || deepest - 1 > MAX_DEPTH) collector.rejectUnread();
  else collector.add(parseJson(text.toString('utf8', start, end)));
}

/** The outermost bracket closes at `at`: it must be the right one, and only white space may follow. */
function checkEnd(text: Buffer, at: number): void {
  if (text[at] !== CLOSE_BRACKET || text.toString('latin1', at + 1).trim() !== '') {
    throw new HttpProblem('invalid-json', `The body is not JSON: the array does not end at byte ${at}.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpProblem('invalid-json', `The body is not JSON: ${(error as SyntaxError).message}`);
  }
}

/** Some editors and shells put a byte order mark in front of UTF-8. */
function withoutMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}
