// The last step of a build: copies what is no TypeScript beside the compiled files, and puts those that the program loads together.
// Node takes longer to find, read and link five hundred small files than to run what is in them: a third of every start.
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const CHUNK = /^chunk-.*\.js$/;

cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => !/(\.tsx?|\.mjs|tsconfig\.json)$/.test(path),
});

const { outputFiles } = await build({
  entryPoints: ['dist/main.js'],
  outdir: 'dist',
  // What a verb imports when it runs stays apart, so that it is loaded then.
  splitting: true,
  chunkNames: 'chunk-[hash]',
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
  plugins: [
    {
      name: 'files that modules read, found as from where these were',
      setup(bundling) {
        bundling.onLoad({ filter: /\.js$/ }, ({ path }) => {
          const place = JSON.stringify(`./${relative('dist', path)}`);
          const text = readFileSync(path, 'utf8');
          return { contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`) };
        });
      },
    },
  ],
});

for (const name of readdirSync('dist')) if (CHUNK.test(name)) rmSync(join('dist', name));
for (const { path, contents } of outputFiles) writeFileSync(path, contents);
