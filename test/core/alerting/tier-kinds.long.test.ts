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

it('J3: a kind of tier that lacks any of its parts does not compile, and the compiler names the files of the recipe', () => {
  expect(compileWith({ [UNION]: withSeventhKind })).toEqual(listedFiles('A tier kind'));
});

it('a tier that was read with the figures of another kind does not compile', () => {
  const read = (tier: string) => `
    import type { ${tier}, Tier } from '../slo/alert-policy.ts';
    import type { NoDataFigures, TierReading } from './tier-kind.ts';
    export const read = (tier: ${tier}, figures: NoDataFigures): TierReading<Tier['kind']> =>
      ({ tier, met: null, cleared: null, figures });`;
  const [misread, wellRead] = ['src/core/alerting/forecast.ts', 'src/core/alerting/outage-proof.ts'];
  const errors = compileWith({
    [misread]: (text) => text + read('BurnRateTier'),
    [wellRead]: (text) => text + read('NoDataTier'),
  });
  expect(errors).toEqual([misread]);
});
