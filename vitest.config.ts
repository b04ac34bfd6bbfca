import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real servers and killed processes share two cores: more workers than that only adds noise.
    maxWorkers: 2,
    reporters: ['default', './test/support/quiet-reporter.ts', './test/support/count-reporter.ts'],
  },
});
