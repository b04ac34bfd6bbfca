import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../../support/random.ts';
import { until } from '../../support/until.ts';
import { readCounts, startProducer } from '../producer.ts';
import type { Producer } from '../producer.ts';
import type { FaultKind, Injected, Strength } from './fault-kinds.ts';
import { shown } from './fault-kinds.ts';
import { troubleOf, watchHealth } from './health.ts';
import type { Outages } from './outages.ts';
import { FAILURES, followOutages } from './outages.ts';
import { planOf } from './plan.ts';
import type { PlannedStep } from './plan.ts';
import { STEADY } from './stage.ts';
import type { Stage } from './stage.ts';

export interface CampaignOptions<On extends Stage> {
  readonly stage: On;
  readonly kinds: readonly FaultKind<On>[];
  readonly seed: number;
  readonly strength: Strength;
  /** Asked before each step but those of the first round, in which every kind comes once. */
  readonly goesOn: () => boolean;
  /** Is told of each step as it begins and ends. */
  readonly note?: (line: string) => void;
}

/** What a campaign found. */
export interface Findings {
  /** What must not be; empty when all held. */
  readonly problems: readonly string[];
  /** What happened, in lines for people. */
  readonly figures: readonly string[];
}

/** All is well again this long after the last fault was healed. */
const RECOVERY_BOUND = 60_000;
/** And then producers are rid of what they still have, and it is counted. */
const COUNTS_BOUND = 60_000;
const SLOW_PRODUCER = { batch: 20, parallel: 2, pause: 40, patience: 4000 };

/** Does one fault after the other to a stage that is up, and checks what must hold throughout. */
export async function runCampaign<On extends Stage>(options: CampaignOptions<On>): Promise<Findings> {
  const { stage, kinds, seed, strength, goesOn, note = () => undefined } = options;
  const problems: string[] = [];
  const happened = new Map<string, number>();
  const outages = followOutages(stage);
  for (const replica of stage.replicas) await replica.start();
  await until('all to be well', async () => (await troubleOf(stage)) === null, RECOVERY_BOUND);
  const producer = startProducer(stage.replicas, SLOW_PRODUCER);
  const health = watchHealth(stage);
  const recoveries: number[] = [];
  const began = performance.now();
  let farthest = 0;

  try {
    let steps = 0;
    for (const step of planOf(kinds, seed, strength)) {
      if (steps++ >= kinds.length && !goesOn()) break;
      // Each step begins two outages.
      if (outages.all.length + 2 > stage.workflows.length) break;
      const names = step.faults.map(({ name }) => name);
      for (const name of names) happened.set(name, (happened.get(name) ?? 0) + 1);
      const found = await runStep(options, step, outages);
      recoveries.push(found.recovered);
      farthest = Math.max(farthest, ...stage.replicas.map(() => found.clockAhead));
      note(`${names.join(' and ')} (${found.victims.join('; ')}): well ${inSeconds(found.recovered)} later`);
    }
  } catch (error) {
    problems.push(`${(error as Error).message} (${(await troubleOf(stage)) ?? 'all else is well'})`);
  } finally {
    await health.stop();
  }
  const lasted = performance.now() - began;
  problems.push(...health.problems, ...(await recount(stage, producer, outages, farthest)));
  for (const replica of stage.replicas) {
    const words = replica.ended();
    if (words !== null) problems.push(`${replica.name} ended by itself: ${words}`);
  }
  const pages = outages.check();
  problems.push(...pages.problems);
  const sorted = outages.lateness.toSorted((a, b) => a - b);
  return {
    problems,
    figures: [
      `seed ${seed}: ${[...happened.values()].reduce((a, b) => a + b, 0)} faults in ${inSeconds(lasted)}`,
      ...[...happened].map(([name, times]) => `  ${times} x ${name}`),
      `outcomes: ${producer.sent()} made and counted once, ${[...producer.refusals()].map(([status, times]) => `${times} requests answered ${status}`).join(', ') || 'no request refused'}`,
      `outages: ${outages.all.length}, each paged once; ${pages.repeats} marked repeats; pages after ${inSeconds(sorted[sorted.length >> 1] ?? 0)} (median), ${inSeconds(sorted.at(-1) ?? 0)} (longest)`,
      `recovery: ${inSeconds(Math.max(...recoveries, 0))} at most; longest time without an evaluation: ${inSeconds(health.longestStandstill())}`,
      `health: ${health.counts.answers} answers, ${health.counts.notReady} of them not ready`,
      ...problems.map((problem) => `PROBLEM ${problem}`),
    ],
  };
}

/** Faults, and an outage that they meet while it is paged, and one that begins while they last. */
async function runStep<On extends Stage>(
  { stage, strength }: CampaignOptions<On>,
  { faults, seed, lasts }: PlannedStep<On>,
  outages: Outages,
): Promise<{ victims: readonly string[]; recovered: number; clockAhead: number }> {
  const random = seededRandom(seed);
  const early = outages.begin();
  await early.reported;
  const injected: Injected[] = [];
  let clockAhead = 0;
  let late;
  try {
    for (const fault of faults) injected.push(await fault.inject(stage, random, strength));
    clockAhead = Math.max(...stage.replicas.map(({ clock }) => clock.ahead()));
    late = outages.begin();
    if (injected.some(({ mustShow }) => mustShow)) await shown(stage);
    for (const fault of injected) await fault.effect?.();
    await wait(lasts);
  } finally {
    for (const fault of injected.toReversed()) await fault.heal();
  }
  const healed = performance.now();
  await until('all to be well again', async () => (await troubleOf(stage)) === null, RECOVERY_BOUND);
  const recovered = performance.now() - healed;
  const delays = injected.reduce((sum, { delays = 0 }) => sum + delays, 0);
  await outages.paged(early, delays);
  await outages.paged(late, delays);
  return { victims: injected.map(({ victim }) => victim), recovered, clockAhead };
}

/** Compares what every replica counts with what was made, each once. */
async function recount(
  stage: Stage,
  producer: Producer,
  outages: Outages,
  farthest: number,
): Promise<readonly string[]> {
  let made: number | undefined;
  const finished = producer.finish().then((count) => (made = count));
  await Promise.race([finished, wait(COUNTS_BOUND)]);
  if (made === undefined) return ['producers could not report all that they had, with all faults healed'];
  const expected = new Map([[STEADY, { good: made - made / 10, bad: made / 10 }]]);
  for (const { workflow } of outages.all) expected.set(`${workflow}/works`, { good: 0, bad: FAILURES });
  // What was counted ahead of the right time is there for a clock that has come to it.
  for (const { clock } of stage.replicas) clock.set(farthest);
  const problems: string[] = [];
  for (const replica of stage.replicas) {
    for (const [id, { good, bad }] of expected) {
      let read = 'nothing';
      await until(
        `counts of ${id}`,
        async () => {
          const counts = await readCounts(replica, id);
          read = `${counts.good} good, ${counts.bad} bad`;
          return counts.good === good && counts.bad === bad;
        },
        COUNTS_BOUND,
      ).catch(() =>
        problems.push(`${replica.name} counts ${read} of ${id}, of which there were ${good} and ${bad}`),
      );
    }
  }
  return problems;
}

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
