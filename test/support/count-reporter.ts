import { appendFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';

/** What became of the tests of one run. A file that did not load and an error outside any test are failures. */
export interface RunCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts a finished run. A skipped file counts as the tests it would have run. */
export function countRun(modules: readonly TestModule[], unhandled: readonly SerializedError[]): RunCounts {
  const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed++;
      else if (state === 'skipped') counts.skipped++;
      else failedHere++;
    }
    if (failedHere === 0 && !module.ok()) failedHere = 1;
    counts.failed += failedHere;
  }
  return counts;
}

/**
 * Ends a run's output with its counts, and makes the run fail when a test was skipped or none was run, since
 * neither shows that anything works. Tests that `-t` leaves out do not count as skipped.
 * With `BURNWATCH_TEST_COUNTS` set to a file, the counts are appended to it as one line: passed, failed, skipped.
 */
export default class CountReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { passed, failed, skipped } = countRun(modules, unhandled);
    const narrowed = this.#vitest?.config.testNamePattern !== undefined;
    const file = process.env['BURNWATCH_TEST_COUNTS'];
    if (file) appendFileSync(file, `${passed} ${failed} ${skipped}\n`);
    if (skipped > 0 && !narrowed) fail(`${skipped} skipped: a test that does not run proves nothing`);
    if (passed + failed === 0) fail('no test was run');
    console.log(`${passed} passed, ${failed} failed`);
  }
}

function fail(why: string): void {
  console.error(why);
  process.exitCode = 1;
}
