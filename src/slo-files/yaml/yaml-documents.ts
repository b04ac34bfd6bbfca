import { Composer, type Document, Lexer, Parser } from 'yaml';
import type { TimeSlice } from './time-slice.ts';
import { isSecretAt, problemAt, type ReportProblem, type SourceText } from './source-text.ts';

/** Composing recurses, so a deeper document could overflow the stack; no SLO file needs a tenth of it. */
const MAX_DEPTH = 64;
/** A document is composed in one go, so it must not be long; this is about 2,000 SLOs in one document. */
const MAX_TOKENS = 100_000;
const MAX_CHARACTERS = 262_144;
const MAX_SCALAR = 65_536;
const MAX_DOCUMENTS = 10_000;
/** How much of a line is looked at for what may be behind a fault. */
const MAX_LINE = 400;
/** One slip in YAML causes many errors; the first ones are enough. */
const MAX_SYNTAX_ERRORS = 5;

/** One YAML document; `broken` when it had syntax errors, and then only part of what was meant is in it. */
export interface YamlDocument {
  readonly document: Document.Parsed;
  readonly broken: boolean;
}

/**
 * Parses the documents of a file as YAML 1.2 (core schema, whatever a `%YAML` line says) and reports syntax errors
 * where they are. Hostile nesting and sizes end in a problem, and whatever comes after them in the file is left out.
 */
export async function parseDocuments(
  source: SourceText,
  report: ReportProblem,
  timeSlice: TimeSlice,
): Promise<{ readonly documents: readonly YamlDocument[]; readonly complete: boolean }> {
  const parser = new Parser();
  const composer = new Composer({
    schema: 'core',
    resolveKnownTags: false,
    stringKeys: true,
    // Compares every pair of keys; our own check is linear and says where the other one is.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: YamlDocument[] = [];
  const take = (compose: () => Document.Parsed[]) => {
    for (const document of composeQuietly(compose)) documents.push(checked(source, document, report));
  };
  const stop = (offset: number, message: string) => {
    report(problemAt(source, offset, 'error', message));
    return { documents, complete: false };
  };

  let tokens = 0;
  let characters = 0;
  let strayTokens = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    const offset = parser.offset;
    if (lexeme.length > MAX_SCALAR)
      return stop(offset, `a single text of more than ${MAX_SCALAR} characters`);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error' && ++strayTokens > MAX_SYNTAX_ERRORS)
        return stop(offset, 'this is not YAML');
      if (token.type === 'document') {
        tokens = 0;
        characters = 0;
      }
      take(() => [...composer.next(token)]);
    }
    if (parser.stack.length > MAX_DEPTH)
      return stop(offset, `nested too deeply: more than ${MAX_DEPTH} levels`);
    characters += lexeme.length;
    if (++tokens > MAX_TOKENS || characters > MAX_CHARACTERS)
      return stop(offset, 'this document is too large; split it with ---');
    if (documents.length > MAX_DOCUMENTS)
      return stop(offset, `more than ${MAX_DOCUMENTS} documents in one file`);
    if (timeSlice.due()) await timeSlice.rest();
  }
  for (const token of parser.end()) take(() => [...composer.next(token)]);
  take(() => [...composer.end(true, source.text.length)]);
  return { documents, complete: true };
}

function checked(source: SourceText, document: Document.Parsed, report: ReportProblem): YamlDocument {
  // A tag we do not know is only a warning to the parser, yet the value would not be what its author meant.
  const faults = [...document.errors, ...document.warnings];
  for (const fault of faults.slice(0, MAX_SYNTAX_ERRORS)) {
    const star = bareStar(source, fault.pos[0]);
    const message = isSecretAt(source, fault.pos[0]) ? 'not valid YAML' : sentence(fault.code, fault.message);
    if (star === null) report(problemAt(source, fault.pos[0], 'error', message));
    else report(problemAt(source, star, 'error', BARE_STAR, { expected: "quotes, as in '*/5 * * * *'" }));
  }
  return { document, broken: faults.length > 0 };
}

const BARE_STAR = 'not valid YAML: a text that begins with * must be in quotes';

/** Where the line of a fault has a value that begins with a star and is no alias, as cron expressions do; else null. */
function bareStar({ text, lines }: SourceText, offset: number): number | null {
  const start = lines.lineStarts[lines.linePos(Math.min(offset, text.length)).line - 1] ?? 0;
  const line = text.slice(start, start + MAX_LINE).split('\n', 1)[0]!;
  const found = /^[^#'"]*?[:{[,-][ \t]+\*(?=[ \t/])/.exec(line);
  return found ? start + found[0].length - 1 : null;
}

function sentence(code: string, message: string): string {
  if (code === 'NON_STRING_KEY') return 'a key must be a plain text';
  // What follows is a piece of the file, whatever it holds.
  const [said = ''] = code === 'UNEXPECTED_TOKEN' ? message.split(': ', 1) : [message];
  return `not valid YAML: ${said.length > 160 ? `${said.slice(0, 157)}...` : said}`;
}

/** A stack trace for each of 50,000 syntax errors would take ten times as long as the rest. */
function composeQuietly(compose: () => Document.Parsed[]): Document.Parsed[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return compose();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
