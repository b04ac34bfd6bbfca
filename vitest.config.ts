import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Tests that change nothing around them: their files share a process, so that what they import is loaded once. */
const SHARED = [
  'charts',
  'cli',
  'contract',
  'core',
  'engine',
  'http',
  'notify',
  'simulation',
  'slo-files',
].map((folder) => `test/${folder}/**/*.test.{ts,tsx}`);

export default defineConfig({
  // As the compiler makes it, without what a development server adds to every element.
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'h.Fragment', development: false } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // On two cores: many tests wait for servers and processes much of the time; with more than this they only wait for each other.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/quiet-reporter.ts', './test/support/count-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...configDefaults.exclude, ...SHARED],
        },
      },
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false } },
    ],
  },
});
