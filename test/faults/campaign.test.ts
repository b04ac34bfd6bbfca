import { afterEach, expect, it } from 'vitest';
import { killServices } from '../support/service.ts';
import { runCampaign } from './campaign/campaign.ts';
import type { Findings } from './campaign/campaign.ts';
import { startClusterStage } from './campaign/cluster-stage.ts';
import { startEmbeddedStage } from './campaign/embedded-stage.ts';
import { CLUSTER_FAULTS, EMBEDDED_FAULTS } from './campaign/fault-kinds.ts';
import { planOf } from './campaign/plan.ts';

/** Another one: `npm run faults -- --seed 7 --minutes 0 --strength short`. */
const SEED = 1;
/** Each kind of fault once, with two outages each. */
const OUTAGES = 2 * Math.max(CLUSTER_FAULTS.length, EMBEDDED_FAULTS.length);
const SHORT = { seed: SEED, strength: 'short', goesOn: () => false } as const;

afterEach(killServices);

function expectNoProblem({ problems, figures }: Findings): void {
  expect(problems, figures.join('\n')).toEqual([]);
}

it('C1 C2 D1 J4: each fault once, on three replicas and a cluster with failovers: all counted once, every outage paged once, health never lies', async () => {
  const stage = await startClusterStage(OUTAGES);
  try {
    expectNoProblem(await runCampaign({ stage, kinds: CLUSTER_FAULTS, ...SHORT }));
  } finally {
    killServices();
    await stage.stop();
  }
}, 400_000);

it('C1 C2 D1 J4: each fault once, on the embedded store', async () => {
  const stage = await startEmbeddedStage(OUTAGES);
  try {
    expectNoProblem(await runCampaign({ stage, kinds: EMBEDDED_FAULTS, ...SHORT }));
  } finally {
    killServices();
    await stage.stop();
  }
}, 200_000);

it('the same seed makes the same plan, which has every kind in each round', () => {
  const planned = (seed: number) => {
    const plan = planOf(CLUSTER_FAULTS, seed, 'short');
    return Array.from({ length: 2 * CLUSTER_FAULTS.length }, () => plan.next().value);
  };
  expect(planned(3)).toEqual(planned(3));
  expect(planned(3)).not.toEqual(planned(4));
  const names = planned(3).map(({ faults }) => faults.map(({ name }) => name));
  const kinds = CLUSTER_FAULTS.map(({ name }) => name).toSorted();
  expect(names.slice(0, kinds.length).flat().toSorted()).toEqual(kinds);
  expect(new Set(names.slice(kinds.length).flat())).toEqual(new Set(kinds));
});
