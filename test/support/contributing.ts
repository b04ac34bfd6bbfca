import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The files of src that CONTRIBUTING.md lists in a section (`An SLI kind`), sorted. Throws when there is no such section. */
export function listedFiles(section: string): string[] {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const [, body] = text.split(`\n## ${section}\n`);
  if (body === undefined) throw new Error(`CONTRIBUTING.md has no section ${section}`);
  const [own = ''] = body.split('\n## ');
  return [...own.matchAll(/^- `(src\/[^`]+)`/gm)].map(([, path]) => path!).toSorted();
}

/** Those of some files in which a kind has no entry, that is no key of its name. */
export function filesWithout(kind: string, paths: readonly string[]): string[] {
  const entry = new RegExp(`^ +${kind}(:|\\()`, 'm');
  return paths.filter((path) => !entry.test(readFileSync(join(ROOT, path), 'utf8')));
}
