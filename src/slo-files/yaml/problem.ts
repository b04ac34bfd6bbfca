import { displayWidth } from './display-width.ts';

/** Something wrong, or worth a second look, at one place of one SLO file. Never holds a filled-in secret. */
export interface FileProblem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** Both count from 1; columns count UTF-16 units, as editors do. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would be right there. */
  readonly expected?: string;
  /** The nearest legal word: "did you mean". */
  readonly suggestion?: string;
  /** The line it is on, with literal URL paths, values under secret-like keys and control characters masked; empty when there is none. */
  readonly sourceLine: string;
}

/**
 * Writes a problem for a terminal as `file:line:column: message`, then the source line, then a caret under the
 * place. Plain text; tabs and wide characters keep the caret where it belongs.
 */
export function formatProblem(problem: FileProblem): string {
  const { severity, file, line, column, message, expected, suggestion, sourceLine } = problem;
  const label = severity === 'warning' ? 'warning: ' : '';
  const wanted = expected === undefined ? '' : `; expected ${expected}`;
  const hint = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`;
  const head = `${file}:${line}:${column}: ${label}${message}${wanted}${hint}`;
  if (sourceLine === '') return head;
  if (column > sourceLine.length + 1) return `${head}\n  ${sourceLine}`;
  return `${head}\n  ${sourceLine}\n  ${caretLine(sourceLine, column)}`;
}

function caretLine(sourceLine: string, column: number): string {
  const before = sourceLine.slice(0, column - 1);
  // A tab is as wide as the terminal says, so the tabs themselves are repeated.
  const padding = before.split('\t').map((piece) => ' '.repeat(displayWidth(piece)));
  return `${padding.join('\t')}^`;
}

/** Files by name, then places from top to bottom, errors before warnings at the same place. */
export function compareProblems(a: FileProblem, b: FileProblem): number {
  return (
    (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
    a.line - b.line ||
    a.column - b.column ||
    (a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0)
  );
}
