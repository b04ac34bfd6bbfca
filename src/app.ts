import { randomUUID } from 'node:crypto';
import { schedule } from 'node-cron';
import type { Config } from './config.ts';
import type { Log } from './core/log.ts';
import type { Definitions } from './core/slo.ts';
import { allSlos } from './core/slo.ts';
import type { Store } from './core/store.ts';
import { StoreUnavailable } from './core/store.ts';
import { createDeliverer } from './engine/deliver.ts';
import { createEvaluator } from './engine/evaluate.ts';
import { createHistory } from './engine/history.ts';
import { createLeadership } from './engine/lead.ts';
import { createRecorder } from './engine/record.ts';
import { createReport } from './engine/report.ts';
import { createSelfReport } from './engine/self-report.ts';
import { createServer } from './http/server.ts';
import type { ServerOptions } from './http/server.ts';
import { createTargets } from './notify/live-targets.ts';
import type { TargetOptions } from './notify/targets.ts';
import { formatProblem } from './slo-files/problem.ts';
import { loadDefinitions } from './slo-files/load.ts';
import type { Loaded } from './slo-files/load.ts';
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
const HEARTBEAT_INTERVAL = 60_000;
/** What is being sent at the end gets this long before it is given back. */
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
  let definitions: Definitions | null = null;
  let sloProblems: readonly string[] = [];
  let dataLoss: string | null = null;
  const evaluation = { lastAt: null as number | null, lastDurationMs: null as number | null, failures: 0 };
  const outbox = { pending: 0, undeliverable: 0 };
  let storeError: string | null = null;

  const store = await openStore(config, log);
  const identity = await store.identity();
  const targets = createTargets({
    traceUrl: config.traceUrl,
    publicUrl: config.publicUrl,
    smtpUrl: config.smtpUrl,
    mailFrom: config.mailFrom,
    log,
    ...overrides.targets,
  });
  const loadedOrFail = () => {
    if (!definitions) throw new StoreUnavailable('no SLO file has loaded yet, so nothing says what to count');
    return definitions;
  };
  const loadedOrEmpty = () => definitions ?? NOTHING;

  const history = createHistory(store);
  const recorder = createRecorder({ store, definitions: loadedOrFail, clock, queueLimit: config.queueLimit });
  const report = createReport({ store, history, definitions: loadedOrEmpty, clock });
  const leadership = createLeadership({ store, owner, lease: LEADER_LEASE, log });
  const evaluator = createEvaluator({
    store,
    history: createHistory(store),
    definitions: loadedOrEmpty,
    owner,
    log,
  });
  const selfReport = createSelfReport({ recorder, definitions: loadedOrEmpty, clock, log });
  const server = createServer({
    recorder,
    report,
    status,
    tokens: config.tokens,
    publicUrl: config.publicUrl,
    log,
    version,
    ...(overrides.extra && { extra: overrides.extra }),
  });
  const deliverer = createDeliverer({
    store,
    definitions: loadedOrEmpty,
    targetOf: targets.get,
    owner,
    clock,
    random: Math.random,
    log,
    onDelivery(rows, delivery) {
      server.metrics.notification(rows[0]!.target, delivery.result);
      selfReport(rows, delivery);
    },
  });

  function status() {
    return {
      ready: definitions !== null && storeError === null,
      checks: {
        store: { ok: storeError === null, message: storeError ?? 'answers' },
        slos: {
          ok: definitions !== null,
          message: definitions ? `${allSlos(definitions).length} loaded` : 'none has loaded yet',
        },
        counters: { ok: dataLoss === null, message: dataLoss ?? 'kept' },
      },
      sloProblems: [...sloProblems],
      leader: leadership.leading(),
      evaluation,
      outbox,
      queued: recorder.queued,
    };
  }

  async function onLoaded(loaded: Loaded): Promise<void> {
    sloProblems = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    server.metrics.sloFiles(loaded.definitions !== null);
    if (!loaded.definitions) {
      log.error(
        { problems: sloProblems },
        definitions
          ? 'the SLO files do not load; the last good ones stay in force'
          : 'the SLO files do not load',
      );
      return;
    }
    const next = overrides.adapt ? overrides.adapt(loaded.definitions) : loaded.definitions;
    await targets.replace(next.targets);
    const slos = allSlos(next);
    await store.registerSlis(slos, clock.now());
    definitions = next;
    log.info(
      { files: loaded.files.length, workflows: next.workflows.size, slos: slos.length },
      'the SLO files are in force',
    );
  }

  async function tick(): Promise<void> {
    if (!leadership.leading() || !definitions) return;
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
    }
    delivering = false;
  }

  async function watchStore(): Promise<void> {
    try {
      const current = await store.identity();
      if (current !== identity && dataLoss === null) {
        dataLoss = `the store was wiped or replaced, seen at ${new Date(clock.now()).toISOString()}; budgets begin anew`;
        log.error({}, dataLoss);
        if (definitions) await store.registerSlis(allSlos(definitions), clock.now());
      }
      const view = await store.outbox(1);
      outbox.pending = view.pendingCount;
      outbox.undeliverable = view.undeliverableCount;
      storeError = null;
    } catch (error) {
      storeError = (error as Error).message;
    }
  }

  async function heartbeat(): Promise<void> {
    const late = evaluation.lastAt === null || clock.now() - evaluation.lastAt > 3 * HEARTBEAT_INTERVAL;
    if (!config.heartbeatUrl || !leadership.leading() || late || outbox.undeliverable > 0 || storeError)
      return;
    try {
      const answer = await fetch(config.heartbeatUrl, {
        method: 'POST',
        signal: AbortSignal.timeout(10_000),
      });
      await answer.body?.cancel();
      if (!answer.ok) log.warn({ status: answer.status }, 'the heartbeat was not taken');
    } catch (error) {
      log.warn({ error: (error as Error).name }, 'the heartbeat could not be sent');
    }
  }

  const source = { paths: [config.slos], env: process.env, log };
  await onLoaded(await loadDefinitions(source.paths, source.env));
  await watchStore();
  const watcher = await watchDefinitions({ ...source, onLoaded: (loaded) => void onLoaded(loaded) });
  await leadership.start();
  const cron = schedule(config.evaluate, tick, { timezone: 'UTC', noOverlap: true });
  const timers = [
    setInterval(() => void deliver(), DELIVERY_INTERVAL),
    setInterval(() => void watchStore(), 1_000),
    setInterval(() => void heartbeat(), HEARTBEAT_INTERVAL),
  ];
  const { url } = await server.listen(config.port, config.host);

  let stopping: Promise<void> | null = null;
  async function stop(): Promise<void> {
    await cron.destroy();
    for (const timer of timers) clearInterval(timer);
    await server.close();
    await recorder.drain();
    await watcher.close();
    await deliverer.stop(DELIVERY_GRACE);
    await leadership.stop();
    await targets.close();
    await store.close();
  }
  return { url, store, definitions: () => definitions, stop: () => (stopping ??= stop()) };
}

const NOTHING: Definitions = { workflows: new Map(), teams: new Map(), targets: new Map() };

function openStore(config: Config, log: Log): Promise<Store> {
  const { store, partitions, waitReplicas } = config;
  return store.kind === 'redis'
    ? openRedisStore({ url: store.url, partitions, log, waitReplicas })
    : openLmdbStore({ folder: store.folder, partitions, clock, log });
}
