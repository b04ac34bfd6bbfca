import { afterEach, describe, expect, it } from 'vitest';
import { storedIntake } from '../../../src/core/alerting/stored-intake.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import type { TimeSpan } from '../../../src/core/time/breaks.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { createDeriver } from '../../../src/engine/counters/derive.ts';
import { createEvaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const SILENT = { kind: 'noData', name: 'silent', severity: 'page', after: 10 * MINUTE } as const;
const [FED, OTHER] = ['fed', 'orders'].map((workflow) =>
  defineSlo({ workflow, sli: { withinMs: 5 * MINUTE }, alerts: { tiers: [SILENT] } }),
) as [ReturnType<typeof defineSlo>, ReturnType<typeof defineSlo>];

/** Of a replica whose source `stream:fed` got on in these times only. */
async function open(flowed: () => readonly TimeSpan[]): Promise<Evaluator> {
  world = await startWorld({ slos: [FED, OTHER] });
  const { store, clock, log } = world;
  const counterCache = createCounterCache(store);
  const since = clock.now();
  return createEvaluator({
    store,
    reader: world.newReader({}),
    deriver: createDeriver({ store, counterCache, log }),
    definitions: () => define([FED, OTHER]),
    owner: 'this process',
    term: () => 1,
    elapsed: () => clock.now(),
    patience: () => new Promise(() => {}),
    intake: () => [[since, clock.now()]],
    sourceSpans: () => new Map([['stream:fed', flowed()]]),
    sourcesOf: (workflow) => (workflow === 'fed' ? ['stream:fed'] : []),
    log,
  });
}

const started = (workflow: string) => ({ workflow, execution: 'e', status: 'started' });
const counted = () => Promise.all([FED, OTHER].map((slo) => world.counted(slo)));
async function pass(evaluator: Evaluator, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    world.clock.advance(MINUTE);
    await evaluator.tick(world.clock.now());
  }
}

describe('a source that stands still', () => {
  it('C3: makes the deadlines of what it can feed wait, and no others', async () => {
    let until: number | null = null;
    let since = 0;
    const evaluator = await open(() => [[since, until ?? world.clock.now()]]);
    since = world.clock.now();
    await world.recorder.record([started('fed'), started('orders')]);
    await pass(evaluator, 1);
    until = world.clock.now();
    await pass(evaluator, 9);
    expect(await counted()).toEqual([
      { good: 0, bad: 0 },
      { good: 0, bad: 1 },
    ]);
    // And its silence is not theirs.
    await pass(evaluator, 10);
    expect((await world.told()).map(({ facts }) => facts.slo)).toEqual(['orders/done']);
  });

  it('gets on where another replica reads it', async () => {
    let since = 0;
    const evaluator = await open(() => [[since, since + MINUTE]]);
    const { store, clock } = world;
    since = clock.now();
    await world.recorder.record([started('fed')]);
    for (let minute = 0; minute < 10; minute++) {
      const spans: TimeSpan[] = [[since, clock.now() + MINUTE]];
      await store.putRecord(
        'evaluation',
        'intake-other',
        minute,
        storedIntake({ spans, sources: { 'stream:fed': spans } }),
      );
      await pass(evaluator, 1);
    }
    expect((await counted())[0]).toEqual({ good: 0, bad: 1 });
  });
});
