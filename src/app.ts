import { randomUUID } from 'node:crypto';
import { schedule } from 'node-cron';
import type { Config } from './config.ts';
import type { Log } from './core/ports/log.ts';
import type { Definitions } from './core/slo/slo.ts';
import { allSlos } from './core/slo/slo.ts';
import type { Store } from './core/ports/store/store.ts';
import { createAdjustments } from './engine/adjustments/adjustments.ts';
import { createActiveDefinitions } from './engine/runtime/active-definitions.ts';
import { createDeliverer } from './engine/deliver/deliver.ts';
import { createDeriver } from './engine/counters/derive.ts';
import { createManageAdjustments } from './engine/adjustments/manage-adjustments.ts';
import { createManageIncidents } from './engine/incidents/open-incidents.ts';
import { createEvaluator } from './engine/evaluate/evaluate.ts';
import { createExcludedSeries } from './engine/adjustments/excluded-series.ts';
import { beat } from './engine/runtime/heartbeat.ts';
import { createCounterCache } from './engine/counters/counter-cache.ts';
import { createLeadership } from './engine/runtime/leadership.ts';
import { createReader } from './engine/counters/evidence-reader.ts';
import { createRecorder } from './engine/ingest/record.ts';
import { createQueries } from './engine/queries/slo-queries.ts';
import { createSelfReport } from './engine/deliver/self-report.ts';
import { createStoreWatch } from './engine/runtime/store-health.ts';
import { createServer } from './http/server.ts';
import type { ServerOptions } from './http/server.ts';
import type { ServiceStatus } from './core/ports/service-status.ts';
import { createTargets } from './notify/target-registry.ts';
import type { TargetOptions } from './notify/target-kinds.ts';
import { loadDefinitions } from './slo-files/load.ts';
import type { Loaded } from './slo-files/load.ts';
import { formatProblem } from './slo-files/yaml/problem.ts';
import { watchDefinitions } from './slo-files/watch.ts';
import { openLmdbStore } from './store/lmdb/open.ts';
import { openRedisStore } from './store/redis/open.ts';

/** The running service. */
export interface App {
  readonly url: string;
  /** What is loaded at this moment; null while no SLO file has loaded yet. */
  definitions(): Definitions | null;
  readonly store: Store;
  /** Finishes accepted requests and what is being sent, gives back the lease and closes. A second call waits for the first. */
  stop(): Promise<void>;
}

/** What the demo does differently. */
export interface AppOverrides {
  /** Applied to what the files say, every time they load. */
  readonly adapt?: (definitions: Definitions) => Definitions;
  readonly targets?: Partial<TargetOptions>;
  readonly extra?: ServerOptions['extra'];
}

/** A replica that has not renewed its lease for this long is replaced. */
const LEADER_LEASE = 10_000;
/** Between looks at the outbox; a transition wakes delivery at once. */
const DELIVERY_INTERVAL = 250;
const STORE_INTERVAL = 1_000;
const HEARTBEAT_INTERVAL = 60_000;
/** After a notification was refused for good, the heartbeat stays out this long: whoever watches it hears of it. */
const REFUSAL_TOLD_FOR = 3_600_000;
/** Requests that are being handled at the end, and after them notifications, get this long. */
const REQUEST_GRACE = 4_000;
const DELIVERY_GRACE = 3_000;

const clock = { now: () => Date.now() };

/** Builds everything, starts it and returns once it listens. Rejects with an error for people when it cannot start. */
export async function startApp(
  config: Config,
  log: Log,
  version: string,
  overrides: AppOverrides = {},
): Promise<App> {
  const owner = randomUUID();
  const store = await openStore(config, log);
  const targets = createTargets({ ...config, log, ...overrides.targets });
  const definitions = createActiveDefinitions({
    store,
    prepare: (next) => targets.replace(next.targets),
    clock,
    log,
  });
  const storeWatch = createStoreWatch({
    store,
    identity: await store.identity(),
    onDataLoss() {
      counterCache.forget();
      deriver.forget();
      reader.forgetBeginnings();
      return definitions.register();
    },
    clock,
    log,
  });
  const recorder = createRecorder({
    store,
    definitions: definitions.currentOrThrow,
    clock,
    queueLimit: config.queueLimit,
    onStored: (workflow, accepted, duplicates) => server.metrics.outcomes(workflow, accepted, duplicates),
  });
  // One for all that read: the store tells each change only once to whoever holds a connection.
  const counterCache = createCounterCache(store);
  const adjustments = createAdjustments(store, log);
  const reader = createReader({ store, counterCache, excluded: adjustments.excluded });
  const queries = createQueries({
    store,
    reader,
    adjustments,
    definitions: definitions.currentOrEmpty,
    clock,
  });
  const leadership = createLeadership({ store, owner, lease: LEADER_LEASE, log });
  const deriver = createDeriver({ store, counterCache, log });
  const excludedSeries = createExcludedSeries({ store, adjustments, log });
  const evaluator = createEvaluator({
    store,
    reader,
    deriver: {
      // What is excluded is part of what was counted, derived counters included.
      async derive(slos, now) {
        await deriver.derive(slos, now);
        await excludedSeries.write(slos, now);
      },
    },
    definitions: definitions.currentOrEmpty,
    owner,
    term: leadership.term,
    elapsed: () => performance.now(),
    log,
  });
  const server = createServer({
    recorder,
    queries,
    operator: {
      ...createManageAdjustments({ store, adjustments, definitions: definitions.currentOrEmpty, clock, log }),
      ...createManageIncidents({ store, definitions: definitions.currentOrEmpty, clock, log }),
    },
    status,
    tokens: config.tokens,
    publicUrl: config.publicUrl,
    log,
    version,
    timeouts: { close: REQUEST_GRACE },
    ...(overrides.extra && { extra: overrides.extra }),
  });
  const selfReport = createSelfReport({ recorder, definitions: definitions.currentOrEmpty, clock, log });
  const deliverer = createDeliverer({
    store,
    definitions: definitions.currentOrEmpty,
    targetOf: targets.get,
    owner,
    clock,
    random: Math.random,
    log,
    onDelivery(rows, delivery) {
      server.metrics.notification(rows[0]!.target, delivery.result);
      if (delivery.result === 'refused') refusedAt = clock.now();
      selfReport(rows, delivery);
    },
  });

  let sloProblems: readonly string[] = [];
  let refusedAt = -Infinity;
  const evaluation = { lastAt: null as number | null, lastDurationMs: null as number | null, failures: 0 };

  function status(): ServiceStatus {
    const { error, dataLoss, outbox } = storeWatch.health();
    const current = definitions.current();
    return {
      ready: current !== null && error === null,
      checks: {
        store: { ok: error === null, message: error ?? 'answers' },
        slos: {
          ok: current !== null,
          message: current ? `${allSlos(current).length} in force` : 'none has loaded yet',
        },
        counters: { ok: dataLoss === null, message: dataLoss ?? 'kept' },
      },
      sloProblems,
      leader: leadership.leading(),
      evaluation,
      outbox,
      queued: recorder.queued,
    };
  }

  async function takeUp(loaded: Loaded): Promise<void> {
    sloProblems = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    server.metrics.sloFiles(loaded.definitions !== null);
    if (!loaded.definitions) {
      const kept = definitions.current() ? '; the last good ones stay in force' : '';
      log.error({ problems: sloProblems }, `the SLO files do not load${kept}`);
      return;
    }
    const next = overrides.adapt ? overrides.adapt(loaded.definitions) : loaded.definitions;
    await definitions.replace(next);
    log.info({ files: loaded.files.length, slos: allSlos(next).length }, 'the SLO files are in force');
  }

  async function tick(): Promise<void> {
    if (!leadership.leading() || !definitions.current()) return;
    const started = clock.now();
    try {
      const result = await evaluator.tick(started);
      evaluation.lastAt = started;
      evaluation.lastDurationMs = clock.now() - started;
      evaluation.failures += result.failed;
      server.metrics.evaluation(evaluation.lastDurationMs, result);
      if (result.notifications > 0) void deliver();
    } catch (error) {
      evaluation.failures++;
      server.metrics.evaluationFailed();
      log.error({ error: String(error) }, 'a tick failed; the next one catches up');
    }
  }

  let delivering = false;
  async function deliver(): Promise<void> {
    if (delivering || !leadership.leading()) return;
    delivering = true;
    try {
      await deliverer.run();
    } catch (error) {
      log.warn({ error: String(error) }, 'the outbox could not be read');
    } finally {
      delivering = false;
    }
  }

  /** Only the replica that works can say that the work is done. */
  async function heartbeat(): Promise<void> {
    if (!config.heartbeatUrl || !leadership.leading()) return;
    const { error } = storeWatch.health();
    const delivers = clock.now() - refusedAt >= REFUSAL_TOLD_FOR;
    const evaluates = evaluation.lastAt !== null && clock.now() - evaluation.lastAt < 3 * HEARTBEAT_INTERVAL;
    if (evaluates && delivers && error === null) await beat(config.heartbeatUrl, log);
  }

  const source = { paths: [config.slos], env: process.env, log };
  const first = await loadDefinitions(source.paths, source.env);
  await takeUp(first);
  await storeWatch.check();
  await leadership.start();
  const { url } = await server.listen(config.port, config.host);
  const watcher = await watchDefinitions({
    ...source,
    since: first,
    onLoaded: (loaded) => {
      takeUp(loaded).catch((error: unknown) => log.error({ error: String(error) }, 'a reload failed'));
    },
  });
  const cron = schedule(config.evaluate, tick, { timezone: 'UTC', noOverlap: true });
  const timers = [
    setInterval(() => void deliver(), DELIVERY_INTERVAL),
    setInterval(() => void storeWatch.check(), STORE_INTERVAL),
    setInterval(() => void heartbeat(), HEARTBEAT_INTERVAL),
  ];

  async function stop(): Promise<void> {
    for (const timer of timers) clearInterval(timer);
    await cron.destroy();
    await watcher.close();
    await server.close();
    await recorder.drain();
    await deliverer.stop(DELIVERY_GRACE);
    await leadership.stop();
    await targets.close();
    await store.close();
  }
  let stopping: Promise<void> | null = null;
  return { url, store, definitions: definitions.current, stop: () => (stopping ??= stop()) };
}

function openStore(config: Config, log: Log): Promise<Store> {
  const { store, partitions, waitReplicas } = config;
  return store.kind === 'redis'
    ? openRedisStore({ url: store.url, partitions, log, waitReplicas })
    : openLmdbStore({ folder: store.folder, partitions, clock, log });
}
