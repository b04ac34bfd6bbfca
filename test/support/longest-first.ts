import { statSync } from 'node:fs';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Where the tests are that take longest: those of whole services, in the time that these take. */
const LONGEST = ['test/exec/', 'test/demo/', 'test/faults/', 'test/client/', 'test/e2e/'];

/**
 * Starts the longest files first, so that none of them is left for one worker when the others are done; and those that
 * share a process last, one after the other, since a worker that takes up another kind of file loads everything anew.
 */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranked = files.map((file) => ({ file, rank: rankOf(file), size: statSync(file.moduleId).size }));
    const sorted = ranked.toSorted((one, other) => one.rank - other.rank || other.size - one.size);
    return Promise.resolve(sorted.map(({ file }) => file));
  }
}

function rankOf({ project, moduleId }: TestSpecification): number {
  if (!project.config.isolate) return LONGEST.length + 1;
  const place = LONGEST.findIndex((folder) => moduleId.includes(`/${folder}`));
  return place < 0 ? LONGEST.length : place;
}
