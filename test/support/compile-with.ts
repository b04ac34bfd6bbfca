import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Compiles a copy of src in which some files are changed, each by a function of its text (of a new file: of nothing), and returns
 * the paths of the files with errors, sorted. Throws when a change changes nothing, or the compiler fails for another reason.
 */
export function compileWith(patches: Readonly<Record<string, (text: string) => string>>): string[] {
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
    const paths = [...stdout.matchAll(/^(src\/\S+)\(\d+,\d+\): error /gm)].map(([, path]) => path!);
    if ((status !== 0) !== paths.length > 0) throw new Error(`the compiler failed: ${stdout}${stderr}`);
    return [...new Set(paths)].toSorted();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
