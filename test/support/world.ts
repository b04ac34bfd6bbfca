import type { Counts } from '../../src/core/counters/cells.ts';
import type { Log } from '../../src/core/ports/log.ts';
import type { AlertState } from '../../src/core/alerting/incident.ts';
import type { OutboxRow } from '../../src/core/alerting/notification.ts';
import type { Recorder } from '../../src/core/ports/recorder.ts';
import { seriesOf } from '../../src/core/slo/series.ts';
import type { Dependency } from '../../src/core/slo/dependency.ts';
import type { OnCallSchedule } from '../../src/core/slo/on-call.ts';
import { createEachValue } from '../../src/core/slo/each-value.ts';
import type { Slo, TargetDefinition, Team } from '../../src/core/slo/slo.ts';
import { allSlos } from '../../src/core/slo/slo.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type { TimeSpan } from '../../src/core/time/breaks.ts';
import { DAY, MINUTE } from '../../src/core/time/duration.ts';
import type { Evaluator, TickResult } from '../../src/engine/evaluate/evaluate.ts';
import type { Annotations } from '../../src/engine/annotations/annotations.ts';
import { createAnnotations } from '../../src/engine/annotations/annotations.ts';
import { createDeriver } from '../../src/engine/counters/derive.ts';
import { createEvaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createCounterCache } from '../../src/engine/counters/counter-cache.ts';
import type { Reader, ReaderOptions } from '../../src/engine/counters/evidence-reader.ts';
import { createReader } from '../../src/engine/counters/evidence-reader.ts';
import { createBreakdownValues } from '../../src/engine/ingest/breakdown-values.ts';
import { createRecurrences } from '../../src/engine/adjustments/recurrence.ts';
import { createSilences } from '../../src/engine/silences/silences.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import type { ManualClock } from './clock.ts';
import { manualClock } from './clock.ts';
import { define, defineSlo } from './definitions.ts';
import { openEmbeddedStore } from './embedded-store.ts';
import type { LogEntry } from './memory-log.ts';
import { memoryLog } from './memory-log.ts';
import type { WrappedStore } from './store-wrapper.ts';
import { wrapStore } from './store-wrapper.ts';

/** One service on a manual clock and an embedded store: what it counts, judges and would send. */
export interface World {
  readonly clock: ManualClock;
  readonly wrapped: WrappedStore;
  readonly store: Store;
  readonly log: Log & { readonly entries: readonly LogEntry[] };
  readonly recorder: Recorder;
  readonly annotations: Annotations;
  /** That of another replica. */
  newRecorder(): Recorder;
  /**
   * Another evaluator of the same store; of the process that leads, in its first term, and that can take outcomes from now
   * on, unless told otherwise.
   */
  newEvaluator(
    owner?: string,
    term?: () => number,
    elapsed?: () => number,
    intake?: () => readonly TimeSpan[],
  ): Evaluator;
  /** Evaluates at this moment. */
  tick(evaluator?: Evaluator): Promise<TickResult>;
  /** Reports that many successes and failures of `orders` at this moment. */
  report(good: number, bad: number, fields?: object): Promise<void>;
  /** Another reader of the same store. */
  newReader(options?: Partial<ReaderOptions>): Reader;
  /** What a fresh reader sums up for an SLO. */
  counted(slo: Slo, window?: number): Promise<Counts>;
  /** The notifications so far, oldest first. */
  told(): Promise<readonly OutboxRow[]>;
  state(slo: Slo): Promise<AlertState | null | undefined>;
  /** Those in force. */
  slos(): readonly Slo[];
  /** Puts other SLOs in force; targets are logs unless they are given. */
  redefine(
    slos: readonly Slo[],
    teams?: readonly Team[],
    onCall?: readonly OnCallSchedule[],
    targets?: readonly TargetDefinition[],
  ): void;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly slos?: readonly Slo[];
  /** The declared ones. */
  readonly dependencies?: readonly Dependency[];
  /** Attributes that the outcomes of every workflow are broken down by. */
  readonly breakdown?: readonly string[];
  readonly partitions?: number;
  readonly queueLimit?: number;
  /** Where the outcomes are counted that an SLI is to do without, see `ReaderOptions`. */
  readonly excluded?: ReaderOptions['excluded'];
  /** Since how many milliseconds what the SLOs are judged by has been counted, in vain; not yet, by default. */
  readonly counted?: number;
}

const OWNER = 'this process';
/** Tickets are over as soon as pages are, so that no test has to wait for two hours. */
const SOON_OVER = defineSlo({ alerts: { resolveAfter: 5 * MINUTE } });

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const {
    slos = [SOON_OVER],
    dependencies = [],
    breakdown = [],
    partitions = 1,
    queueLimit = 10_000,
    excluded = () => null,
    counted = 0,
  } = options;
  const clock = manualClock();
  const wrapped = wrapStore(await openEmbeddedStore(partitions, clock));
  const { store } = wrapped;
  if (counted > 0) await store.registerSlis(seriesOf(slos), clock.now() - counted);
  const log = memoryLog();
  let current = define(slos, undefined, dependencies, breakdown);
  const definitions = () => current;
  const newValues = () =>
    createBreakdownValues({ store, definitions, clock, elapsed: () => clock.now(), log });
  const newRecorder = () => createRecorder({ store, definitions, clock, queueLimit, values: newValues() });
  const recorder = newRecorder();
  const newReader = (options: Partial<ReaderOptions> = {}) =>
    createReader({ store, counterCache: createCounterCache(store), values: newValues(), ...options });
  const annotations = createAnnotations({ store, definitions, clock, log });
  const newEvaluator: World['newEvaluator'] = (
    owner = OWNER,
    term = () => 1,
    elapsed = () => clock.now(),
    intake,
  ) => {
    const counterCache = createCounterCache(store);
    const values = newValues();
    const withEachValue = createEachValue(values);
    const reader = createReader({ store, counterCache, excluded, values });
    const deriver = createDeriver({ store, counterCache, log });
    const since = clock.now();
    const always = (): readonly TimeSpan[] => [[Math.min(since, clock.now()), clock.now()]];
    return createEvaluator({
      annotations,
      store,
      reader,
      deriver,
      definitions: () => withEachValue(current),
      refresh: () => values.refresh(),
      owner,
      term,
      elapsed,
      // A test sweeps all it has, however slow the machine is.
      patience: () => new Promise(() => {}),
      intake: intake ?? always,
      silences: createSilences({ store, recurrences: createRecurrences(log), log }),
      log,
    });
  };
  const evaluator = newEvaluator();
  await store.lead(OWNER, 1000 * DAY);
  let batches = 0;
  return {
    clock,
    wrapped,
    store,
    annotations,
    log,
    recorder,
    newRecorder,
    newEvaluator,
    tick: (who = evaluator) => who.tick(clock.now()),
    async report(good, bad, fields = {}) {
      batches++;
      const common = { workflow: 'orders', ...fields };
      const records = [
        { ...common, execution: `good-${batches}`, status: 'succeeded', count: good },
        { ...common, execution: `bad-${batches}`, status: 'failed', count: bad },
      ].filter(({ count }) => count > 0);
      const { accepted } = await recorder.record(records);
      if (accepted !== records.length) throw new Error('a report was not accepted');
    },
    newReader,
    async counted(slo, window = DAY) {
      const reader = newReader();
      const text = 'what a test counts';
      const asked: Slo = { ...slo, otherWindows: [{ kind: 'rolling', duration: window, text }] };
      await reader.prepare([asked], clock.now());
      return reader.evidence(asked, clock.now()).sum(window);
    },
    told: async () => (await store.outbox(1000)).pending,
    state: async (slo) => (await store.loadStates()).get(slo.id)?.state,
    slos: () => allSlos(current),
    redefine(next, teams, onCall, targets = []) {
      const defined = define(next, teams, dependencies, breakdown, onCall);
      const kinds = targets.map((target) => [target.name, target] as const);
      current = { ...defined, targets: new Map([...defined.targets, ...kinds]) };
    },
    async close() {
      wrapped.bringUp();
      await recorder.drain();
      await store.close();
    },
  };
}
