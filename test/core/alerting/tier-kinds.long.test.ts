import { expect, it } from 'vitest';
import { compileWith } from '../../support/compile-with.ts';
import { listedFiles } from '../../support/contributing.ts';

const UNION = 'src/core/slo/alert-policy.ts';

/** Adds a kind of tier to the union, and nothing else. */
function withSeventhKind(text: string): string {
  return text
    .replace('| NoDataTier;', '| NoDataTier | LatencyTier;')
    .concat(
      "export interface LatencyTier extends TierBase { readonly kind: 'latency'; readonly above: number }\n",
    );
}

/** A file that makes a reading of a tier of some kind with the figures of another. */
const reading = (tier: string) => () =>
  `
  import type { ${tier}, Tier } from '../slo/alert-policy.ts';
  import type { NoDataFigures, TierReading } from './tier-kind.ts';
  export const read = (tier: ${tier}, figures: NoDataFigures): TierReading<Tier['kind']> =>
    ({ tier, met: null, cleared: null, figures });`;
const MISREAD = 'src/core/alerting/misread.ts';
const WELL_READ = 'src/core/alerting/well-read.ts';

// Compiling takes long, so all of it is one run: each file has its own errors.
const failing = compileWith({
  [UNION]: withSeventhKind,
  [MISREAD]: reading('BurnRateTier'),
  [WELL_READ]: reading('NoDataTier'),
});

it('J3: a kind of tier that lacks any of its parts does not compile, and the compiler names the files of the recipe', () => {
  expect(failing.filter((path) => path !== MISREAD && path !== WELL_READ)).toEqual(
    listedFiles('A tier kind'),
  );
});

it('a tier that was read with the figures of another kind does not compile', () => {
  expect(failing).toContain(MISREAD);
  expect(failing).not.toContain(WELL_READ);
});
