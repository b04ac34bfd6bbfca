import { LineCounter } from 'yaml';
import type { FileProblem } from './problem.ts';
import { secretSpans, type SecretSpan, starred } from './secret-keys.ts';

/** The text of one file and where its lines start. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
}

/** Takes problems as they are found. */
export type ReportProblem = (problem: FileProblem) => void;

/** What a problem may say beside its message. */
export interface Hints {
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
}

const MAX_SHOWN = 400;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
// Scheme and host are enough for people; what follows is where webhooks keep their secret.
const URL = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s"'`/?#]*@)?([^\s"'`/?#]*)([^\s"'`]*)/gi;

/** Wraps a text; its lines are counted once. */
export function sourceText(file: string, text: string): SourceText {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return { file, text, lines };
}

/** A problem at an offset of a file. */
export function problemAt(
  source: SourceText,
  offset: number,
  severity: FileProblem['severity'],
  message: string,
  hints: Hints = {},
): FileProblem {
  const within = Math.max(0, Math.min(offset, source.text.length));
  const { line, col } = source.lines.linePos(within);
  return {
    severity,
    file: source.file,
    line,
    column: col,
    message: printable(message),
    ...(hints.expected === undefined ? {} : { expected: hints.expected }),
    ...(hints.suggestion === undefined ? {} : { suggestion: printable(hints.suggestion) }),
    sourceLine: lineOf(source, line),
  };
}

/** A problem of a whole file that has no text to show. */
export function problemOfFile(
  file: string,
  severity: FileProblem['severity'],
  message: string,
  hints: Hints = {},
): FileProblem {
  return { ...problemAt(sourceText(file, ''), 0, severity, message, hints), sourceLine: '' };
}

/** The line, counted from 1, that an offset is on. */
export function lineAt(source: SourceText, offset: number): number {
  return source.lines.linePos(offset).line;
}

/** Found once for each text that has a problem. */
const spansOf = new WeakMap<SourceText, readonly SecretSpan[]>();

function secretsIn(source: SourceText): readonly SecretSpan[] {
  const known = spansOf.get(source) ?? secretSpans(source.text);
  spansOf.set(source, known);
  return known;
}

/** Whether an offset is in the value of a secret-like key. */
export function isSecretAt(source: SourceText, offset: number): boolean {
  return secretsIn(source).some(({ from, to }) => from <= offset && offset < to);
}

function withoutSecrets(source: SourceText, start: number, end: number): string {
  let shown = '';
  let at = start;
  for (const { from, to } of secretsIn(source)) {
    if (to <= at || from >= end) continue;
    const begin = Math.max(from, at);
    const stop = Math.min(to, end);
    shown += source.text.slice(at, begin) + starred(source.text.slice(begin, stop));
    at = stop;
  }
  return shown + source.text.slice(at, end);
}

function lineOf(source: SourceText, line: number): string {
  const { text, lines } = source;
  const start = lines.lineStarts[line - 1] ?? 0;
  const end = (lines.lineStarts[line] ?? text.length + 1) - 1;
  // Masking before cutting, so that no half of a URL slips through.
  const shown = printable(
    withoutSecrets(source, start, Math.min(end, start + 4 * MAX_SHOWN)).replace(/\r$/, ''),
  );
  return shown.length > MAX_SHOWN || end > start + 4 * MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}

/** Masks control characters and the paths of literal URLs, keeping the length: the rest may be shown and logged. */
export function printable(text: string): string {
  return text
    .replace(
      URL,
      (_url, scheme: string, user: string | undefined, host: string, rest: string) =>
        scheme + masked(user ?? '') + host + masked(rest),
    )
    .replace(CONTROL, '\u00b7');
}

function masked(text: string): string {
  return text.replace(/\$\{[^{}]*\}|[^/@]/g, (part) => (part.length > 1 ? part : '*'));
}
