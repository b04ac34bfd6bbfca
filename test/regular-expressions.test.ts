import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Script, createContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../src');

/** A literal, where an expression may begin; comments and divisions do not come after these. */
const LITERAL =
  /(?<=(?:[=(,:[!&|?{;]|return|=>)\s*)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([a-z]*)(?!\w)/g;

interface Found {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression that is written down in the program, whoever's text it sees. */
function literals(): Found[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .flatMap((path) => {
      const text = readFileSync(join(SRC, path), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*\*).*$/gm, '');
      // What is no expression is none of the program, which compiles: a path in a text.
      return [...text.matchAll(LITERAL)]
        .map(([, source, flags]) => ({
          where: relative(SRC, join(SRC, path)),
          source: source!,
          flags: flags!,
        }))
        .filter(isExpression);
    });
}

function isExpression({ source, flags }: Found): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false;
  }
}

/** What patterns are made of, and what they are kept from matching by. */
const PIECES = [
  'a',
  'A',
  '0',
  ' ',
  '\t',
  '\n',
  '\r',
  '-',
  '_',
  '.',
  ',',
  ':',
  ';',
  '/',
  '\\',
  '@',
  '=',
  '*',
  '+',
  '%',
  '#',
  '"',
  "'",
  '`',
  '<',
  '>',
  '&',
  '|',
  '~',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '$',
  '!',
  '?',
  '\u0301',
  '\u200b',
  'é',
  'a ',
  'a.',
  'a-',
  'a/',
  '0.',
  '0-',
  ': ',
  '- ',
  '://',
  'https://',
  '${',
  '${a',
  '${file:',
  'x@',
  '%2',
  '\\"',
];
const ENDS = ['', '!', '\u0000', ' ', 'é\n'];

/** Texts that are long in one way each; after what an expression may ask for first. */
function texts(length: number): string[] {
  return PIECES.flatMap((piece) => {
    const long = piece.repeat(Math.ceil(length / piece.length));
    return ENDS.map((end) => long + end);
  });
}

const LONG = 16_000;
/**
 * The longest time in milliseconds for a text of that length: linear ones take far less than one, quadratic ones hundreds. Of
 * three tries the best one counts, so that a busy machine decides nothing.
 */
const MOST = 60;

const context = createContext({ expression: / /, texts: [''], now: () => performance.now() });
/** How long it takes, for each of the texts, to find all that an expression matches. */
const times = new Script(
  'texts.map((text) => { const began = now(); text.replace(expression, ""); return now() - began; })',
);

/** Whether each of the texts took no longer than that; they are cut off after ten times as long together. */
function areQuick({ source, flags }: Found, long: readonly string[]): boolean {
  context['expression'] = new RegExp(source, flags.includes('g') ? flags : `${flags}g`);
  context['texts'] = long;
  try {
    const all = times.runInContext(context, { timeout: 10 * MOST }) as number[];
    return all.every((time) => time <= MOST);
  } catch {
    return false;
  }
}

/** The first text that takes too long, whatever is tried; undefined when there is none. */
function slowText(found: Found, long: readonly string[]): string | undefined {
  // Mostly none does, which one call shows.
  if (areQuick(found, long)) return undefined;
  return long.find((text) => [1, 2, 3].every(() => !areQuick(found, [text])));
}

describe('regular expressions', () => {
  const all = literals();
  const long = texts(LONG);

  it('are found, those of messages and files among them', () => {
    const files = new Set(all.map(({ where }) => where));
    expect(all.length).toBeGreaterThan(60);
    for (const file of [
      'notify/message/redact.ts',
      'notify/message/wording.ts',
      'core/outcomes/record-fields.ts',
    ])
      expect(files).toContain(file);
  });

  it('G2: take no more than linear time for any long text, of whomever it is', () => {
    const slow = all.flatMap((found) => {
      const text = slowText(found, long);
      return text === undefined
        ? []
        : [`${found.where}: /${found.source}/ on ${JSON.stringify(text.slice(0, 12))}…`];
    });
    expect(slow).toEqual([]);
  }, 300_000);

  it('that are quadratic are told from linear ones', () => {
    const found = (source: string) => ({ where: '', source, flags: '' });
    const isSlow = (source: string) => slowText(found(source), long) !== undefined;
    expect(isSlow('\\s+$')).toBe(true);
    expect(isSlow('(a+)+!$')).toBe(true);
    expect(isSlow('^[a-z]+$')).toBe(false);
  }, 120_000);
});
