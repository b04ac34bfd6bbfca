import { fileURLToPath } from 'node:url';
import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { SloReport } from '../../src/core/ports/queries.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type { Definitions } from '../../src/core/slo/slo.ts';
import { SECOND } from '../../src/core/time/duration.ts';
import { HISTORY_LENGTH, writeHistory } from '../../src/demo/history.ts';
import { createLiveReports } from '../../src/demo/live-reports.ts';
import { withDemoTargets } from '../../src/demo/demo-targets.ts';
import { createAdjustments } from '../../src/engine/adjustments/adjustments.ts';
import { createCounterCache } from '../../src/engine/counters/counter-cache.ts';
import { createDeriver } from '../../src/engine/counters/derive.ts';
import { createReader } from '../../src/engine/counters/evidence-reader.ts';
import { createEvaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import { createQueries } from '../../src/engine/queries/slo-queries.ts';
import { readReferences } from '../../src/config.ts';
import { loadDefinitions } from '../../src/slo-files/load.ts';
import { manualClock } from '../support/clock.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import { memoryLog } from '../support/memory-log.ts';
import { openPost } from './stage-post.ts';

const SLO_FILES = fileURLToPath(new URL('../../slos', import.meta.url));
const loaded = loadDefinitions([SLO_FILES], readReferences({}));

/** A notification of the demo, and how long after the start of the live traffic it was due. */
export interface Notified {
  readonly after: number;
  readonly facts: NotificationFacts;
}

/**
 * The demo on a manual clock: the examples with the targets of the demo, on an embedded store that holds the history up to the
 * start.
 */
export interface Stage {
  readonly store: Store;
  readonly definitions: () => Definitions;
  /** What every SLO reads by now. */
  slos(): Promise<readonly SloReport[]>;
  /** The error classes of what failed in the last hour for an SLO. */
  errors(slo: string): Promise<readonly (string | null)[]>;
  /**
   * Plays live traffic with ticks at the multiples of 5 seconds, as the service has them, or of other milliseconds, and
   * gives what is sent meanwhile.
   */
  play(length: number, tickEvery?: number): Promise<readonly Notified[]>;
  /**
   * Acknowledges what pages, as the one who is on call in the demo does, and delivers what is to be sent from now on to the
   * inbox; gives the articles of its page, oldest first.
   */
  openInbox(): () => Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Sets the stage for a demo that starts at `now`, with a history of `length` milliseconds. */
export async function stageAt(now: number, length = HISTORY_LENGTH): Promise<Stage> {
  const { definitions: examples } = await loaded;
  if (!examples) throw new Error('the examples do not load');
  const definitions = withDemoTargets(examples);
  const clock = manualClock(now);
  const store = await openEmbeddedStore(1, clock);
  await writeHistory({ store, definitions, now, length, log: memoryLog() });
  const counterCache = createCounterCache(store);
  const reader = createReader({ store, counterCache });
  const queries = createQueries({
    store,
    reader,
    adjustments: createAdjustments(store, memoryLog()),
    definitions: () => definitions,
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
  const evaluator = createEvaluator({
    store,
    reader,
    deriver: createDeriver({ store, counterCache, log: memoryLog() }),
    elapsed: () => clock.now(),
    definitions: () => definitions,
    owner: 'test',
    term: () => 1,
    log: memoryLog(),
  });
  const recorder = createRecorder({ store, definitions: () => definitions, clock, queueLimit: 100_000 });
  const liveReports = createLiveReports({ since: now, historyEnd: now });
  const known = new Set<string>();
  let afterTick = async (): Promise<void> => {};
  const closing: (() => Promise<void>)[] = [];
  return {
    store,
    definitions: () => definitions,
    slos: () => queries.slos(),
    errors: async (slo) => (await queries.slo(slo))!.failures.map(({ error }) => error),
    async play(length, tickEvery = 5 * SECOND) {
      const notified: Notified[] = [];
      await store.lead('test', length + tickEvery);
      for (const end = clock.now() + length; clock.now() < end;) {
        clock.set(Math.floor(clock.now() / tickEvery + 1) * tickEvery);
        const { outcomes, measurements } = liveReports(clock.now());
        const answers = [await recorder.record(outcomes), await recorder.recordMeasurements(measurements)];
        const rejected = answers.flatMap((answer) => answer.rejected);
        if (rejected[0]) throw new Error(`the live traffic is rejected: ${rejected[0].message}`);
        await evaluator.tick(clock.now());
        for (const { facts } of (await store.outbox(100)).pending) {
          // Every target has a row of its own.
          const id = [facts.incident, facts.kind, facts.at].join();
          if (!known.has(id)) notified.push({ after: clock.now() - now, facts });
          known.add(id);
        }
        await afterTick();
      }
      return notified;
    },
    openInbox() {
      const post = openPost({ store, definitions, clock });
      closing.push(post.close);
      afterTick = post.afterTick;
      return post.articles;
    },
    async close() {
      for (const end of closing) await end();
      await store.close();
    },
  };
}
