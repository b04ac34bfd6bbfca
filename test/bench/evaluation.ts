import { Redis } from 'ioredis';
import { CELL_BYTES, HOURS_PER_BLOCK, MINUTES_PER_BLOCK, cellOf } from '../../src/core/counters/cells.ts';
import type { Resolution } from '../../src/core/counters/cells.ts';
import { DEFAULT_POLICY_SETTINGS, defaultTiers } from '../../src/core/slo/alert-policy.ts';
import { parseObjective } from '../../src/core/budget/objective.ts';
import { seriesOf } from '../../src/core/slo/series.ts';
import { fingerprint } from '../../src/core/sli/fingerprint.ts';
import type { Recorder } from '../../src/core/ports/recorder.ts';
import type { Definitions, Slo, Workflow } from '../../src/core/slo/slo.ts';
import { NO_MAP } from '../../src/core/slo/workflow-map.ts';
import { allSlos } from '../../src/core/slo/slo.ts';
import { DAY, minuteOf } from '../../src/core/time/duration.ts';
import { createDeriver } from '../../src/engine/counters/derive.ts';
import type { TickResult } from '../../src/engine/evaluate/evaluate.ts';
import { createEvaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createCounterCache } from '../../src/engine/counters/counter-cache.ts';
import { createReader } from '../../src/engine/counters/evidence-reader.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import { blockKey } from '../../src/store/redis/keys.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { startRedis } from '../support/redis.ts';
import { outcomeSli } from '../support/slis.ts';
import type { Result } from './result.ts';

const WORKFLOWS = 2_500;
const SLOS_EACH = 4;
const SLOS = WORKFLOWS * SLOS_EACH;
/** How many of them open an incident in one tick. */
const OPENING = 1_000;
/** What 10,000 SLOs take Prometheus 2.42 with the usual recorded rules. */
const PROMETHEUS_SECONDS = 220;

const quiet = {
  debug() {},
  info() {},
  warn() {},
  error: (fields: object, message: string) => console.error(message, fields),
};

/** 10,000 SLOs busy every minute for 28 days: one evaluation from nothing, and one after everything changed a little. */
export async function benchEvaluation(): Promise<Result[]> {
  const redis = await startRedis(['--appendonly', 'no', '--save', '']);
  const now = Date.now();
  const definitions = manySlos();
  try {
    const client = new Redis(redis.url);
    const before = await memory(client);
    await fill(client, definitions, now);
    const perSlo = ((await memory(client)) - before) / SLOS;
    client.disconnect();

    const store = await openRedisStore({
      url: redis.url,
      partitions: 1,
      log: quiet,
      waitReplicas: 0,
      commandTimeoutMs: 60_000,
    });
    await store.lead('bench', 600_000);
    const options = { store, definitions: () => definitions, owner: 'bench', term: () => 1, log: quiet };
    const heapBefore = process.memoryUsage().rss;
    const counterCache = createCounterCache(store);
    const evaluator = createEvaluator({
      ...options,
      reader: createReader({ store, counterCache }),
      deriver: createDeriver({ store, counterCache, log: quiet }),
      elapsed: () => performance.now(),
    });
    // As definitions do when they come into force.
    await store.registerSlis(seriesOf(allSlos(definitions)), now);
    const cold = await timed(() => evaluator.tick(now));
    const recorder = createRecorder({
      store,
      definitions: () => definitions,
      clock: { now: () => now },
      queueLimit: 1e6,
    });
    const warm: number[] = [];
    for (let round = 0; round < 5; round++) {
      await recorder.record(
        [...definitions.workflows.keys()].map((workflow) => ({
          workflow,
          execution: `round-${round}`,
          status: 'succeeded',
          durationMs: 5,
        })),
      );
      warm.push(await timed(() => evaluator.tick(now + round * 5_000)));
    }
    const rss = process.memoryUsage().rss;
    const opening = await openAtOnce(recorder, definitions, (at) => evaluator.tick(at), now + 30_000);
    await store.close();
    const median = warm.toSorted((a, b) => a - b)[2]!;
    const speedup = (ms: number) => `${Math.round((PROMETHEUS_SECONDS * 1000) / ms).toLocaleString('en')}x`;
    return [
      {
        what: `evaluating ${SLOS.toLocaleString('en')} SLOs, all windows, warm (median of 5)`,
        value: `${Math.round(median)} ms`,
        goal: '300 ms',
      },
      { what: 'the same, cold', value: `${Math.round(cold)} ms`, goal: '2,000 ms' },
      {
        what: `the same, warm, with ${OPENING.toLocaleString('en')} SLOs that open an incident`,
        value: `${Math.round(opening)} ms`,
      },
      { what: 'faster than the usual recorded rules in Prometheus (220 s), warm', value: speedup(median) },
      {
        what: 'Redis memory, an SLO busy every minute for 28 days',
        value: `${Math.round(perSlo / 1024)} KB`,
        goal: '100 KB',
      },
      {
        what: 'process memory with all of them in it',
        value: `${Math.round(rss / 2 ** 20)} MB`,
        goal: '400 MB',
      },
      { what: '  of which before the first evaluation', value: `${Math.round(heapBefore / 2 ** 20)} MB` },
    ];
  } finally {
    await redis.stop();
  }
}

/** Has so many SLOs fail that all of them open in one tick, and times that tick. */
async function openAtOnce(
  recorder: Recorder,
  { workflows }: Definitions,
  tick: (now: number) => Promise<TickResult>,
  at: number,
): Promise<number> {
  const failing = [...workflows.keys()].slice(0, OPENING / SLOS_EACH);
  await recorder.record(
    failing.map((workflow) => ({
      workflow,
      execution: 'failures',
      status: 'failed',
      count: 100_000,
      durationMs: 5,
      error: 'down',
    })),
  );
  let opened = 0;
  const took = await timed(async () => {
    opened = (await tick(at)).transitions;
  });
  if (opened !== OPENING) throw new Error(`${opened} SLOs opened an incident, not ${OPENING}`);
  return took;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function manySlos(): Definitions {
  const objective = parseObjective('99.9%')!;
  const policy = { ...DEFAULT_POLICY_SETTINGS, tiers: defaultTiers(objective, 28 * DAY) };
  const workflows = new Map<string, Workflow>();
  for (let index = 0; index < WORKFLOWS; index++) {
    const name = `workflow-${index}`;
    const slos = Array.from({ length: SLOS_EACH }, (_, which): Slo => {
      const sli = outcomeSli({ withinMs: (which + 1) * 60_000 });
      return {
        id: `${name}/slo-${which}`,
        workflow: name,
        name: `slo-${which}`,
        description: null,
        owner: 'team',
        runbook: null,
        objective,
        window: { kind: 'rolling', duration: 28 * DAY, text: '28d' },
        otherWindows: [],
        sli,
        fingerprint: fingerprint(sli),
        alerts: policy,
        budgetPolicy: null,
        source: 'bench',
      };
    });
    workflows.set(name, { ...NO_MAP, name, owner: 'team', runbook: null, breakdown: [], slos });
  }
  return { workflows, teams: new Map(), targets: new Map(), onCall: new Map(), dependencies: new Map() };
}

async function memory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
}

/** Writes the blocks as 28 days of traffic would have left them, with the expiry they would have. */
async function fill(client: Redis, definitions: Definitions, now: number): Promise<void> {
  const lastMinute = minuteOf(now);
  const blocks: { resolution: Resolution; block: number; bytes: Buffer }[] = [
    ...range('minute', lastMinute - 4 * 1440, lastMinute, MINUTES_PER_BLOCK),
    ...range('hour', lastMinute - 28 * 1440, lastMinute, HOURS_PER_BLOCK),
  ];
  for (const { name, slos } of definitions.workflows.values()) {
    const pipeline = client.pipeline();
    for (const { fingerprint } of slos) {
      for (const { resolution, block, bytes } of blocks) {
        pipeline.set(
          blockKey({ workflow: name, partition: 0, fingerprint, resolution, block }),
          bytes,
          'PX',
          30 * DAY,
        );
      }
    }
    await pipeline.exec();
  }
}

function range(resolution: Resolution, firstMinute: number, lastMinute: number, size: number) {
  const blocks = [];
  for (
    let block = cellOf(resolution, firstMinute).block;
    block <= cellOf(resolution, lastMinute).block;
    block++
  ) {
    const bytes = Buffer.alloc(size * CELL_BYTES);
    for (let cell = 0; cell < size; cell++)
      bytes.writeUInt32BE(resolution === 'minute' ? 60 : 3600, cell * CELL_BYTES);
    blocks.push({ resolution, block, bytes });
  }
  return blocks;
}
