import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As the compiler makes it, without what a development server adds to every element.
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'h.Fragment', development: false } },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // On two cores: many tests wait for servers and processes much of the time; with more than this they only wait for each other.
    maxWorkers: 3,
    reporters: ['default', './test/support/quiet-reporter.ts', './test/support/count-reporter.ts'],
  },
});
