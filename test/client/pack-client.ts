import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Packs the built client as a package of its own, `burnwatch-client`, into `dist` or the folder that is named; prints where. */
const ROOT = join(import.meta.dirname, '../..');
const destination = process.argv[2] ?? join(ROOT, 'dist');

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: object;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** `./client/bullmq` of Burnwatch's own package is `./bullmq` of this one. */
const exported = Object.entries(manifest.exports)
  .filter(([path]) => /^\.\/client\b/.test(path))
  .map(([path, places]) => [
    path.replace(/^\.\/client/, '.'),
    JSON.parse(JSON.stringify(places).replaceAll('./dist/client/', './')) as unknown,
  ]);

const folder = mkdtempSync(join(tmpdir(), 'burnwatch-client-'));
try {
  cpSync(join(ROOT, 'dist/client'), folder, { recursive: true });
  cpSync(join(ROOT, 'docs/client.md'), join(folder, 'README.md'));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const own = {
    name: 'burnwatch-client',
    version: manifest.version,
    description: 'Reports executions of workflows to Burnwatch',
    license: manifest.license,
    type: 'module',
    engines: manifest.engines,
    sideEffects: false,
    exports: { ...Object.fromEntries(exported), './package.json': './package.json' },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  const args = ['pack', '--silent', '--pack-destination', destination];
  const name = execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }).trim();
  console.log(join(destination, name));
} finally {
  rmSync(folder, { recursive: true });
}
