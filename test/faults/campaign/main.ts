import { parseArgs } from 'node:util';
import { killServices } from '../../support/service.ts';
import { runCampaign } from './campaign.ts';
import { startClusterStage } from './cluster-stage.ts';
import { startEmbeddedStage } from './embedded-stage.ts';
import type { Stage } from './stage.ts';
import { CLUSTER_FAULTS, EMBEDDED_FAULTS } from './fault-kinds.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '30' },
    stage: { type: 'string', default: 'both' },
    strength: { type: 'string', default: 'long' },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const strength = values.strength === 'short' ? 'short' : 'long';
if (!Number.isInteger(seed) || !(minutes >= 0)) {
  console.error(
    'npm run faults -- [--seed <integer>] [--minutes <number>] [--stage cluster|embedded|both] [--strength short|long]',
  );
  process.exit(2);
}
const wanted = (stage: string): boolean => values.stage === stage || values.stage === 'both';
// A step begins two outages and takes some seconds.
const outages = Math.ceil(minutes * 30) + 60;
let failed = false;

console.log(`faults with seed ${seed} for ${minutes} minutes; again with: npm run faults -- --seed ${seed}`);
if (wanted('cluster')) {
  const stage = await startClusterStage(outages);
  await campaignOn('a cluster', stage, (common) => runCampaign({ ...common, stage, kinds: CLUSTER_FAULTS }));
}
if (wanted('embedded')) {
  const stage = await startEmbeddedStage(outages);
  await campaignOn('the embedded store', stage, (common) =>
    runCampaign({ ...common, stage, kinds: EMBEDDED_FAULTS }),
  );
}
process.exitCode = failed ? 1 : 0;

type Common = Pick<Parameters<typeof runCampaign>[0], 'seed' | 'strength' | 'goesOn' | 'note'>;

async function campaignOn(
  name: string,
  stage: Stage,
  run: (common: Common) => ReturnType<typeof runCampaign>,
): Promise<void> {
  const share = minutes / (values.stage === 'both' ? 2 : 1);
  const end = performance.now() + share * 60_000;
  try {
    console.log(`\n${name}:`);
    const { problems, figures } = await run({
      seed,
      strength,
      goesOn: () => performance.now() < end,
      note: (line) => console.log(`- ${line}`),
    });
    failed ||= problems.length > 0;
    console.log(figures.join('\n'));
  } finally {
    killServices();
    await stage.stop();
  }
}
