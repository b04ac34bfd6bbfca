import { execFileSync } from 'node:child_process';
import { benchClient } from './client.ts';
import { benchEvaluation } from './evaluation.ts';
import { benchInFlight } from './in-flight.ts';
import { benchIngest, benchOtlp } from './ingest.ts';
import { benchPaging } from './paging.ts';
import { benchReading } from './reading.ts';
import { benchSinglePost } from './single-post.ts';

/**
 * Prints the numbers of docs/performance.md, each beside a reference measured in the same run. Name parts to run only
 * those: `npm run bench -- ingest evaluation`.
 */
const PARTS = {
  ingest: benchIngest,
  otlp: benchOtlp,
  single: benchSinglePost,
  'in-flight': benchInFlight,
  evaluation: benchEvaluation,
  paging: benchPaging,
  reading: benchReading,
  client: benchClient,
} as const;

const asked = process.argv.slice(2);
for (const name of asked) {
  if (!(name in PARTS))
    throw new Error(`there is no part ${name}; there are ${Object.keys(PARTS).join(', ')}`);
}
for (const command of ['redis-server', 'wrk']) {
  try {
    execFileSync('which', [command]);
  } catch {
    throw new Error(`the benchmark needs ${command}; on Debian: apt-get install ${command}`);
  }
}
for (const [name, run] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n== ${name}`);
  for (const { what, value, goal } of await run()) {
    console.log(`${what.padEnd(66)} ${value.padStart(18)}${goal ? `   goal ${goal}` : ''}`);
  }
}
