import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The files that pages load, and where they lie; those of packages are built by their authors. */
const ASSETS = {
  'dashboard.css': new URL('./browser/dashboard.css', import.meta.url),
  'dashboard.js': new URL('./browser/dashboard.js', import.meta.url),
  'uplot.js': createRequire(import.meta.url).resolve('uplot/dist/uPlot.esm.js'),
  'uplot.css': createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'),
  'idiomorph.js': createRequire(import.meta.url).resolve('idiomorph/dist/idiomorph.min.js'),
};

export type AssetName = keyof typeof ASSETS;

const contents = new Map(Object.entries(ASSETS).map(([name, file]) => [name, readFileSync(file)]));

export function pageAsset(name: AssetName): Buffer {
  return contents.get(name)!;
}
