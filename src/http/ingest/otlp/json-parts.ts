import { HttpProblem } from '../../answers/problems.ts';

/** The value of a member of an object, or an element of an array, as places in the text. */
export interface JsonPart {
  /** The key of a member; '' of an element. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Bytes that are walked before others may have their turn. */
const SLICE_BYTES = 65_536;
/** Longer keys are those of no field. */
const MAX_KEY = 256;

/**
 * Cuts the object or array between two places of a text into its parts, without reading them: one `JSON.parse` of megabytes could
 * not be interrupted. Yields null now and then. Strings, brackets and what separates parts is all that is looked at; what a part
 * holds is checked when it is parsed. Throws the `HttpProblem` to answer with.
 */
export function* partsOf(
  text: Buffer,
  start: number,
  end: number,
  kind: 'object' | 'array',
): Generator<JsonPart | null, void> {
  const [open, close] = kind === 'object' ? [OPEN_BRACE, CLOSE_BRACE] : [OPEN_BRACKET, CLOSE_BRACKET];
  let at = skipSpace(text, start, end);
  if (text[at] !== open) throw invalidJson(`an ${kind} is missing at byte ${at}`);
  at = skipSpace(text, at + 1, end);
  if (text[at] === close) {
    checkRest(text, at, end);
    return;
  }
  for (;;) {
    let key = '';
    if (kind === 'object') {
      if (text[at] !== QUOTE) throw invalidJson(`a key is missing at byte ${at}`);
      const keyEnd = yield* valueEnd(text, at, end);
      key = keyEnd - at > MAX_KEY ? '' : String(parseJson(text, at, keyEnd));
      at = skipSpace(text, keyEnd, end);
      if (text[at] !== COLON) throw invalidJson(`a colon is missing at byte ${at}`);
      at = skipSpace(text, at + 1, end);
    }
    const valueStart = at;
    at = yield* valueEnd(text, at, end);
    yield { key, start: valueStart, end: at };
    at = skipSpace(text, at, end);
    if (text[at] === close) {
      checkRest(text, at, end);
      return;
    }
    if (text[at] !== COMMA) throw invalidJson(`a comma is missing at byte ${at}`);
    at = skipSpace(text, at + 1, end);
  }
}

/** Parses what lies between two places. */
export function parseJson(text: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(text.toString('utf8', start, end));
  } catch (error) {
    throw invalidJson((error as SyntaxError).message);
  }
}

/** Where the value that begins at a place ends. */
function* valueEnd(text: Buffer, start: number, end: number): Generator<null, number> {
  const first = text[start];
  const isText = first === QUOTE;
  let depth = 0;
  let inString = false;
  let sliceEnd = start + SLICE_BYTES;
  for (let at = start; at < end; at++) {
    if (at >= sliceEnd) {
      yield null;
      sliceEnd = at + SLICE_BYTES;
    }
    const byte = text[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) {
        inString = false;
        if (isText) return at + 1;
      }
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return checkedEnd(start, at);
      if (--depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) {
      return checkedEnd(start, at);
    }
  }
  throw invalidJson('it is not closed');
}

/** The end of a number or a word. */
function checkedEnd(start: number, at: number): number {
  if (at === start) throw invalidJson(`a value is missing at byte ${at}`);
  return at;
}

/** After what closes the text only white space may follow. */
function checkRest(text: Buffer, at: number, end: number): void {
  if (skipSpace(text, at + 1, end) < end) throw invalidJson(`it does not end at byte ${at}`);
}

function skipSpace(text: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (text[at] === 0x20 || (text[at]! >= 0x09 && text[at]! <= 0x0d))) at++;
  // It cannot be interrupted, and nothing that programs write has so much of it.
  if (at - start > SLICE_BYTES)
    throw invalidJson(`there are more than ${SLICE_BYTES} spaces at byte ${start}`);
  return at;
}

function invalidJson(what: string): HttpProblem {
  return new HttpProblem('invalid-json', `The body is not JSON: ${what}.`);
}
