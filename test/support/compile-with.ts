import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Compiles a copy of src in which some files are changed, each by a function of its text (of a new file: of nothing), and returns
 * the paths of the files with errors, sorted; of those alone whose errors name `named`, if that is given. Throws when a change
 * changes nothing, or the compiler fails for another reason. Takes several seconds, unless it is asked of the same changes again.
 */
export function compileWith(patches: Patches, named = ''): string[] {
  if (last?.patches !== patches) last = { patches, errors: errorsWith(patches) };
  const found = last.errors.filter(({ text }) => text.includes(named)).map(({ path }) => path);
  return [...new Set(found)].toSorted();
}

type Patches = Readonly<Record<string, (text: string) => string>>;

interface CompileError {
  readonly path: string;
  readonly text: string;
}

let last: { readonly patches: Patches; readonly errors: readonly CompileError[] } | null = null;

function errorsWith(patches: Patches): CompileError[] {
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-compile-'));
  try {
    cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const name of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, name), join(folder, name));
    for (const [path, patch] of Object.entries(patches)) {
      const file = join(folder, path);
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const changed = patch(text);
      if (changed === text) throw new Error(`the change of ${path} changes nothing`);
      writeFileSync(file, changed);
    }
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    // Several checkers at once are for machines with cores to spare: each of them looks at much that the others do too.
    const args = [compiler, '--project', 'src', '--noEmit', '--pretty', 'false', '--checkers', '1'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    // What belongs to an error and is on lines of its own is indented.
    const errors = [...stdout.matchAll(/^(src\/\S+)\(\d+,\d+\): error .*(?:\n .*)*/gm)].map(
      ([text, path]) => ({ path: path!, text }),
    );
    if ((status !== 0) !== errors.length > 0) throw new Error(`the compiler failed: ${stdout}${stderr}`);
    return errors;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
