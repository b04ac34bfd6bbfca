import { describe, expect, it } from 'vitest';
import { formatProblem, type FileProblem } from '../../../src/slo-files/yaml/problem.ts';
import { problemAt, sourceText } from '../../../src/slo-files/yaml/source-text.ts';

const problem: FileProblem = {
  severity: 'error',
  file: 'a.yaml',
  line: 3,
  column: 1,
  message: 'wrong',
  sourceLine: '',
};
const caretUnder = (sourceLine: string, word: string) =>
  formatProblem({ ...problem, sourceLine, column: sourceLine.indexOf(word) + 1 }).split('\n')[2];

describe('a problem in a terminal', () => {
  it('is its place and message, the line, and a caret', () => {
    expect(formatProblem({ ...problem, column: 5, sourceLine: 'a:  b' })).toBe(
      'a.yaml:3:5: wrong\n  a:  b\n      ^',
    );
    expect(formatProblem({ ...problem, severity: 'warning', expected: 'right', suggestion: 'rihgt' })).toBe(
      'a.yaml:3:1: warning: wrong; expected right (did you mean rihgt?)',
    );
  });

  it('keeps the caret in place behind tabs, wide, joined and combining characters', () => {
    expect(caretUnder('a\tb: here', 'here')).toBe('   \t   ^');
    expect(caretUnder('名前: here', 'here')).toBe('        ^');
    expect(caretUnder('한글🚀 here', 'here')).toBe('         ^');
    expect(caretUnder('e\u0301: here', 'here')).toBe('     ^');
  });

  it('shows no escape sequences, and of endless lines only the beginning', () => {
    const source = sourceText('a.yaml', `\u001b[31mred\u202e: ${'x'.repeat(10_000)}`);
    const near = problemAt(source, 5, 'error', 'a \u001b[2J b');
    expect(near).toMatchObject({ line: 1, column: 6, message: 'a ·[2J b' });
    expect(near.sourceLine).toMatch(/^·\[31mred·: x+…$/);
    const far = problemAt(source, 9_000, 'error', 'wrong');
    expect(far.column).toBe(9_001);
    expect(formatProblem(far).split('\n')).toHaveLength(2);
  });
});
