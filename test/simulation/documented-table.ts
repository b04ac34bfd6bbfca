import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCS = fileURLToPath(new URL('../../docs/judgement.md', import.meta.url));

/** Writes a table into its section of docs/judgement.md, when the documents are to be brought up to date. */
export function documentRows(name: string, table: string): void {
  const before = readFileSync(DOCS, 'utf8');
  const [from, to] = sectionOf(before, name);
  if (process.env['UPDATE_DOCS'])
    writeFileSync(DOCS, `${before.slice(0, from)}\n\n${table}\n\n${before.slice(to)}`);
}

/** The cells of the table in a section of docs/judgement.md, or of another one, however its columns are aligned. */
export function documentedRows(name: string, table?: string): string[][] {
  const text = readFileSync(DOCS, 'utf8');
  return (table ?? text.slice(...sectionOf(text, name)))
    .trim()
    .split('\n')
    .filter((line) => !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Where the section of a name begins and ends; throws without one. */
function sectionOf(text: string, name: string): [from: number, to: number] {
  const opening = `<!-- ${name} -->`;
  const at = text.indexOf(opening);
  const from = at + opening.length;
  const to = text.indexOf(`<!-- /${name} -->`, from);
  if (at < 0 || to < from) throw new Error(`docs/judgement.md has no section between ${opening} and its end`);
  return [from, to];
}
