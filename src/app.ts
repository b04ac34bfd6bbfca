import { randomUUID } from 'node:crypto';
import { longestPause, startSchedule } from './schedule.ts';
import type { Config } from './config.ts';
import { accessRules } from './config/access-settings.ts';
import { followTokenFile } from './token-file.ts';
import { createAudit } from './engine/audit/audit.ts';
import type { Log } from './core/ports/log.ts';
import { allSlos, type Definitions } from './core/slo/slo.ts';
import type { Store } from './core/ports/store/store.ts';
import { createAnnotations } from './engine/annotations/annotations.ts';
import { createAdjustments } from './engine/adjustments/adjustments.ts';
import { createEachValue } from './core/slo/each-value.ts';
import { createActiveDefinitions } from './engine/runtime/active-definitions.ts';
import { createFailingTargets } from './engine/deliver/failing-targets.ts';
import { createDeliverer } from './engine/deliver/deliver.ts';
import { createDeriver } from './engine/counters/derive.ts';
import { createDataLosses } from './engine/incidents/data-losses.ts';
import { createManageIncidents } from './engine/incidents/open-incidents.ts';
import { createEvaluator } from './engine/evaluate/evaluate.ts';
import { createExcludedSeries } from './engine/adjustments/excluded-series.ts';
import { createEvaluationWatch } from './engine/runtime/evaluation-watch.ts';
import { beat } from './engine/runtime/heartbeat.ts';
import { createFeedingSources } from './engine/runtime/feeding-sources.ts';
import { createIntake } from './engine/runtime/intake.ts';
import { createCounterCache } from './engine/counters/counter-cache.ts';
import { createLeadership } from './engine/runtime/leadership.ts';
import { createReader } from './engine/counters/evidence-reader.ts';
import { createDeadLetters } from './engine/ingest/dead-letters.ts';
import { createBreakdownValues } from './engine/ingest/breakdown-values.ts';
import { createPings } from './engine/ingest/pings.ts';
import { createRejections } from './engine/ingest/rejections.ts';
import { createTelemetryRecorder } from './engine/ingest/telemetry.ts';
import { createSilences } from './engine/silences/silences.ts';
import { createPeriodReports } from './engine/reports/period-report.ts';
import { createPngRenderer } from './png/png-renderer.ts';
import { createQueries } from './engine/queries/slo-queries.ts';
import { createSelfReport } from './engine/deliver/self-report.ts';
import { createServiceLoops } from './engine/runtime/service-loops.ts';
import { createStoreWatch } from './engine/runtime/store-health.ts';
import { createServer, type ServerOptions } from './http/server.ts';
import { forbiddenTarget, type TargetOptions } from './notify/target-kinds.ts';
import { forbiddenBy, guardedFetch } from './outbound/guarded-fetch.ts';
import { createServiceTargets } from './service-targets.ts';
import { createLeaderWork } from './leader-work.ts';
import { createServiceCalendars } from './service-calendars.ts';
import { createOperator } from './service-operator.ts';
import { createServiceRecorder } from './service-recorder.ts';
import { openSources } from './open-sources.ts';
import { openStore } from './open-store.ts';
import { createDetections } from './slo-files/check/kept-detections.ts';
import { loadDefinitions, type Loaded } from './slo-files/load.ts';
import { sloYaml } from './slo-files/openslo/export.ts';
import { formatProblem } from './slo-files/yaml/problem.ts';
import { watchDefinitions } from './slo-files/watch.ts';

/** The running service. */
export interface App {
  readonly url: string;
  /** What is loaded at this moment; null while no SLO file has loaded yet. */
  definitions(): Definitions | null;
  readonly store: Store;
  /** Whether the store has been there; until then everything that needs it is answered with 503. */
  readonly hasStore: () => boolean;
  /** Resolves with the error when the service cannot go on: the store it waited for turned out to be of no use. */
  readonly failed: Promise<Error>;
  /** Finishes accepted requests and what is being sent, gives back the lease and closes. A second call waits for the first. */
  stop(): Promise<void>;
}

/** What the demo does differently. */
export interface AppOverrides {
  /** Applied to what the files say, every time they load. */
  readonly adapt?: (definitions: Definitions) => Definitions;
  readonly targets?: Partial<TargetOptions>;
  readonly routes?: ServerOptions['routes'];
}

/** A replica that has not renewed its lease for this long is replaced. */
const LEADER_LEASE = 10_000;
/** Requests that are being handled at the end, and after them notifications, get this long. */
const REQUEST_GRACE = 4_000;
const DELIVERY_GRACE = 3_000;

/** A token file is read again this often. */
const TOKENS_REREAD = 2_000;

const clock = { now: () => Date.now() };
const elapsed = () => performance.now();

/** Builds everything, starts it and returns once it listens. Rejects with an error for people when it cannot start. */
export async function startApp(
  config: Config,
  log: Log,
  version: string,
  overrides: AppOverrides = {},
): Promise<App> {
  const owner = randomUUID();
  const awaited = await openStore(config, clock, log);
  const { store } = awaited;
  const calendars = createServiceCalendars({ store, outbound: config.outbound, clock, log });
  const definitions = createActiveDefinitions({
    store,
    refine: calendars.fill,
    prepare(next) {
      for (const target of overrides.targets ? [] : next.targets.values()) {
        const reason = forbiddenTarget(target, config.outbound);
        if (reason) log.error({ target: target.name, reason }, 'notifications to a target will be refused');
      }
      return targets.replace(next.targets);
    },
    clock,
    log,
  });
  const counted = { store, definitions: definitions.currentOrEmpty, clock, log };
  // Shared by all readers: the store reports each change to a connection only once.
  const counterCache = createCounterCache(store);
  const adjustments = createAdjustments(store, log);
  const silences = createSilences({ store, recurrences: adjustments.recurrences, log });
  const annotations = createAnnotations({ ...counted });
  const values = createBreakdownValues({
    ...counted,
    elapsed,
    onFull: (workflow, attribute, full) => server.metrics.breakdownFull(workflow, attribute, full),
  });
  const withEachValue = createEachValue(values);
  const judged = () => withEachValue(definitions.currentOrEmpty());
  const common = { ...counted, definitions: judged };
  const asked = { ...counted, definitions: () => withEachValue(definitions.currentOrWaiting()) };
  const reader = createReader({ store, counterCache, excluded: adjustments.excluded, values });
  const deriver = createDeriver({ store, counterCache, log });
  const excludedSeries = createExcludedSeries({ store, adjustments, log });
  const losses = createDataLosses({
    store,
    definitions: definitions.current,
    leading: () => leadership.leading(),
    openIncidents: () => evaluator.openIncidents(),
    clock,
    log,
  });
  const storeWatch = createStoreWatch({
    store,
    onDataLoss() {
      counterCache.forget();
      deriver.forget();
      reader.forgetBeginnings();
      return definitions.register();
    },
    losses,
    log,
  });
  const evaluationWatch = createEvaluationWatch(store, elapsed);
  const intake = createIntake({ store, owner, clock, elapsed, log });
  const rejections = createRejections({
    workflows: () => definitions.currentOrEmpty().workflows.keys(),
    elapsed,
    log,
  });
  const recorder = createServiceRecorder({
    config,
    store,
    writing: intake.watching(store),
    definitions: definitions.currentOrThrow,
    values,
    clock,
    elapsed,
    log,
    onLargeCount: (workflow) => server.metrics.largeCount(workflow),
    onRejected: (rejection, caller) => rejections.note(rejection, caller),
    onStored: (workflow, stored) => server.metrics.outcomes(workflow, stored),
  });
  const leadership = createLeadership({ store, owner, lease: LEADER_LEASE, log });
  const evaluator = createEvaluator({
    ...common,
    annotations,
    reader,
    deriver: {
      // What is excluded is part of what was counted, derived counters included.
      async derive(slos, now, judging) {
        await deriver.derive(slos, now, judging);
        await excludedSeries.write(slos, now);
      },
    },
    refresh: () => values.refresh(),
    owner,
    term: leadership.term,
    elapsed,
    intake: intake.spans,
    sourceSpans: intake.sourceSpans,
    sourcesOf: (workflow) => sourcesOf(workflow),
    breakGrace: config.breakGrace,
    silences,
  });
  const tokenFile = config.tokensFile ? followTokenFile(config.tokensFile, config.tokens, log) : null;
  const deadLetters = createDeadLetters({ store, recorder, clock, elapsed, log });
  const telemetry = createTelemetryRecorder({
    recorder,
    definitions: definitions.currentOrThrow,
    onRejected: (rejection, caller) => rejections.note(rejection, caller),
  });
  const sources = await openSources(config, {
    owner,
    recorder,
    telemetry,
    rejections,
    deadLetters,
    clock,
    elapsed,
    log,
  });
  const sourcesOf = createFeedingSources(sources, definitions.currentOrEmpty);
  const incidents = createManageIncidents({ ...asked, annotations });
  const charts = createPngRenderer();
  const { targets, links } = createServiceTargets({
    config,
    store,
    clock,
    charts,
    log,
    asked: { ...asked, adjustments, annotations },
    overrides: overrides.targets,
  });
  const reports = createPeriodReports({ ...asked, adjustments, incidents, sums: reader.seriesSums });
  const server = createServer({
    recorder,
    rejections,
    pings: createPings({ recorder, rejections, store, clock, elapsed, log }),
    telemetry,
    queries: createQueries({
      ...asked,
      reader,
      adjustments,
      annotations,
      elapsed,
      evaluatedAt: evaluationWatch.lastAt,
      detections: createDetections(() => traffic),
      definitionText: sloYaml,
    }),
    ...createOperator({
      ...asked,
      adjustments,
      annotations,
      incidents,
      silences,
      losses,
      deadLetters,
      reports,
      targets: targets.all,
      targetOf: targets.get,
      elapsed,
      readLink: links.read,
    }),
    status: () => loops.status(),
    access: { tokens: () => tokenFile?.tokens() ?? config.tokens, ...accessRules(config) },
    audit: createAudit({ store, clock, log }),
    records: store,
    clock,
    elapsed,
    publicUrl: config.publicUrl,
    traceUrl: config.traceUrl,
    frameAncestors: config.frameAncestors,
    charts,
    log,
    version,
    timeouts: { close: REQUEST_GRACE },
    ...(overrides.routes && { routes: overrides.routes }),
  });
  const failingTargets = createFailingTargets({ ...counted, leading: () => leadership.leading(), elapsed });
  const selfReport = createSelfReport({ ...common, recorder });
  const deliverer = createDeliverer({
    ...common,
    targetOf: targets.get,
    owner,
    random: Math.random,
    onDelivery(rows, delivery) {
      server.metrics.notification(rows[0]!.target, delivery.result);
      if (delivery.result === 'refused') loops.refused();
      void failingTargets.note(rows, delivery);
      selfReport(rows, delivery);
    },
  });
  let sloProblems: readonly string[] = [];
  let traffic: Loaded['traffic'] = new Map();
  const { heartbeatUrl } = config;
  const fetch = guardedFetch(config.outbound);
  const forbidden = heartbeatUrl === null ? null : forbiddenBy(config.outbound, heartbeatUrl);
  if (forbidden !== null) log.error({ reason: forbidden }, 'the heartbeat cannot be sent');
  const loops = createServiceLoops({
    evaluateAt: config.evaluate,
    evaluateEvery: longestPause(config.evaluate),
    schedule: (expression, run) => startSchedule({ expression, run, clock, elapsed }).stop,
    every(milliseconds, run) {
      const timer = setInterval(() => void run(), milliseconds);
      return () => clearInterval(timer);
    },
    clock,
    elapsed,
    leadership,
    definitions: definitions.current,
    sloProblems: () => sloProblems,
    recorder,
    sources,
    evaluator,
    deliverer,
    ...createLeaderWork({ ...counted, definitions: definitions.current, reports, elapsed }),
    storeWatch,
    refresh: () => values.refresh(),
    silencesActive: silences.holding,
    dataLosses: losses.open,
    failingTargets,
    calendarProblems: calendars.problems,
    probe: (signal) => deliverer.probe(signal),
    evaluationWatch,
    intake,
    metrics: server.metrics,
    beat:
      heartbeatUrl === null
        ? null
        : (stopping, degraded) => beat(heartbeatUrl, fetch, log, stopping, degraded),
    log,
  });

  async function takeUp(loaded: Loaded): Promise<void> {
    sloProblems = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    server.metrics.sloFiles(loaded.definitions !== null);
    if (!loaded.definitions) {
      const kept = definitions.current() ? '; the last valid ones stay active' : '';
      log.error({ problems: sloProblems }, `the SLO files do not load${kept}`);
      return;
    }
    traffic = loaded.traffic;
    const next = overrides.adapt ? overrides.adapt(loaded.definitions) : loaded.definitions;
    await calendars.follow(next);
    await definitions.replace(next);
    await values.refresh();
    log.info({ files: loaded.files.length, slos: allSlos(next).length }, 'the SLO files are active');
  }

  const source = { paths: [config.slos], references: config.references, log };
  let watcher: Awaited<ReturnType<typeof watchDefinitions>> | null = null;

  async function stop(): Promise<void> {
    clearInterval(tokenTimer);
    // First all that begins work, side by side, and then what does it.
    const stopped = sources.map((source) => source.stop());
    await Promise.all([...stopped, intake.close(), loops.stop(), watcher?.close(), server.close()]);
    await Promise.all([evaluator.stop(), recorder.drain(), calendars.stop()]);
    await deliverer.stop(DELIVERY_GRACE);
    await charts.close();
    await leadership.stop();
    await targets.close();
    await store.close();
  }
  let stopping: Promise<void> | null = null;
  let tokenTimer: NodeJS.Timeout | undefined;

  try {
    const first = await loadDefinitions(source.paths, source.references);
    const active = takeUp(first);
    // While the store is waited for, so are they.
    if (awaited.isOpen()) await active;
    else
      active.catch((error: unknown) => log.error({ error: String(error) }, 'the SLO files cannot be used'));
    await storeWatch.check();
    await leadership.start();
    const { url } = await server.listen(config.port, config.host);
    intake.open();
    watcher = await watchDefinitions({
      ...source,
      since: first,
      onLoaded: (loaded) => {
        takeUp(loaded).catch((error: unknown) => log.error({ error: String(error) }, 'a reload failed'));
      },
    });
    loops.start();
    for (const source of sources) source.start();
    if (tokenFile) tokenTimer = setInterval(() => void tokenFile.check(), TOKENS_REREAD);
    return {
      url,
      store,
      hasStore: awaited.isOpen,
      failed: awaited.failed,
      definitions: definitions.current,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    // Such as a port that is taken: another replica need not wait for the lease to run out.
    await stop();
    throw error;
  }
}
