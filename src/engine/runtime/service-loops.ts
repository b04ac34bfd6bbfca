import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Recorder } from '../../core/ports/recorder.ts';
import type { Source, SourceStatus } from '../../core/ports/sources.ts';
import type { Check, ServiceStatus } from '../../core/ports/service-status.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { iso } from '../../core/time/timestamp.ts';
import { HOUR, MINUTE, SECOND, formatDuration } from '../../core/time/duration.ts';
import type { FailingTarget } from '../../core/alerting/failing-target.ts';
import type { EvaluationWatch } from './evaluation-watch.ts';
import type { Intake } from './intake.ts';
import type { Leadership } from './leadership.ts';
import type { StoreWatch } from './store-health.ts';

/** What the service does again and again: it evaluates, delivers, watches its store and sends a heartbeat. */
export interface ServiceLoops {
  /** Begins. A second call changes nothing, nor does one after `stop`. */
  start(): void;
  /** Begins nothing more, and resolves once everything that runs has ended. A second call waits for the first. */
  stop(): Promise<void>;
  /** A notification was refused permanently: the heartbeat is withheld for an hour. */
  refused(): void;
  status(): ServiceStatus;
}

/** What an evaluation found, as far as it is counted. */
export interface EvaluationTotals {
  /** SLOs that could not be evaluated. */
  readonly failed: number;
  readonly overdue: number;
  /** Notifications that silences kept from being sent. */
  readonly suppressed: number;
  readonly unjudged: number;
}

/** Ends what was scheduled. */
export type Cancel = () => void | Promise<void>;

export interface ServiceLoopsOptions {
  /** When to evaluate: a cron expression with seconds. */
  readonly evaluateAt: string;
  /** The most milliseconds between two of those moments. */
  readonly evaluateEvery: number;
  /** Runs something at the times of a cron expression, even while it still runs from the time before. */
  readonly schedule: (expression: string, run: () => Promise<void>) => Cancel;
  /** Runs something every so many milliseconds, even while it still runs from the time before. */
  readonly every: (milliseconds: number, run: () => Promise<void>) => Cancel;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly leadership: Pick<Leadership, 'leading'>;
  readonly definitions: () => Definitions | null;
  /** Problems of the SLO files, formatted; empty when all of them load. */
  readonly sloProblems: () => readonly string[];
  readonly recorder: Pick<Recorder, 'queued'>;
  /** What is read besides requests. */
  readonly sources: readonly Pick<Source, 'status'>[];
  /** Evaluates every SLO at `now`, and calls `onCommitted` when there is something to deliver; see `Evaluator`. */
  readonly evaluator: { tick(now: number, onCommitted: () => void): Promise<EvaluationTotals> };
  /** Claims what is due and begins to send it; see `Deliverer`. */
  readonly deliverer: { run(): Promise<void> };
  /** Puts reports that are due into the outbox; see `ScheduledReports`. */
  readonly reports: { run(): Promise<void> };
  /** Puts word of overrides of the gate into the outbox; see `OverrideNotices`. */
  readonly overrideNotices: { run(): Promise<void> };
  /** Notes how definitions change; see `DefinitionHistories`. */
  readonly definitionHistories: { run(): Promise<void> };
  /** Sends a row that goes nowhere through the outbox, and says whether it came back in time. */
  readonly probe: (signal: AbortSignal) => Promise<boolean>;
  readonly storeWatch: StoreWatch;
  /** Learns what other replicas met, on every replica; see `BreakdownValues`. */
  readonly refresh: () => Promise<void>;
  /** Losses of data that nobody has acknowledged. */
  /** How many silences held at the last evaluation. */
  readonly silencesActive: () => number;
  readonly dataLosses: () => readonly { readonly at: number; readonly message: string }[];
  /** The targets that take no notifications; `refresh` reads them from the store. */
  readonly failingTargets: { refresh(): Promise<void>; current(): readonly FailingTarget[] };
  readonly evaluationWatch: EvaluationWatch;
  readonly intake: Pick<Intake, 'check'>;
  /** The calendars of who is on call that cannot be read for long, each in a sentence; absent: there are none. */
  readonly calendarProblems?: () => readonly string[];
  /**
   * Sends a heartbeat that names what is degraded, until the signal aborts, and never rejects; null when there is nowhere to send
   * it.
   */
  readonly beat: ((signal: AbortSignal, degraded: readonly string[]) => Promise<void>) | null;
  readonly metrics: {
    evaluation(durationMs: number, totals: EvaluationTotals): void;
    evaluationFailed(): void;
  };
  readonly log: Log;
}

/** Between looks at the outbox; a transition wakes delivery at once. */
const DELIVERY_INTERVAL = 250;
const STORE_INTERVAL = SECOND;
const HEARTBEAT_INTERVAL = MINUTE;
/** Between looks at which reports are due. */
const REPORTS_INTERVAL = MINUTE;
/** An evaluation is overdue once two in a row are missing, and this long after that; it may take a while itself. */
const EVALUATION_GRACE = 30 * SECOND;
/** Others see only what the leader stores, which up to version 0.1 it did once a minute. */
const STORED_GRACE = MINUTE;
/** After a permanent delivery failure, withhold the heartbeat this long so that the external watchdog alerts. */
const WITHHELD_AFTER_REFUSAL = HOUR;

/** For so long deadlines wait for a source that stands still; one that is never mended must not switch them off. */
const SOURCE_PATIENCE = HOUR;

/** Whether a source has stood still for so long that deadlines do not wait for it any more. */
function isGivenUp({ ok, still }: SourceStatus): boolean {
  return !ok && still > SOURCE_PATIENCE;
}

/** What the check of a source says. */
function sourceCheck(source: SourceStatus): Check {
  const { ok, message } = source;
  const waits = isGivenUp(source) ? '; deadlines do not wait for it any more' : '';
  return { ok, message: `${message}${waits}` };
}

export function createServiceLoops(options: ServiceLoopsOptions): ServiceLoops {
  const { clock, elapsed, leadership, definitions, evaluator, deliverer, storeWatch, metrics, log } = options;
  const { evaluationWatch } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let cancels: readonly Cancel[] | null = null;
  let stopped: Promise<void> | null = null;

  const evaluation = { lastDurationMs: null as number | null, failures: 0 };
  // By elapsed time: a clock that is set must neither withhold a heartbeat nor excuse one.
  let refusedAt = -Infinity;
  let woken = false;

  /** Makes work that `stop` waits for; while it runs, it is not begun again. */
  function oneAtATime(work: () => Promise<void>): () => Promise<void> {
    let current: Promise<void> | null = null;
    return async () => {
      if (current || stopping.signal.aborted) return;
      current = work().finally(() => {
        running.delete(current!);
        current = null;
      });
      running.add(current);
      await current;
    };
  }

  const evaluate = oneAtATime(async () => {
    if (!leadership.leading() || !definitions()) return;
    const now = clock.now();
    const began = elapsed();
    try {
      const totals = await evaluator.tick(now, wakeDelivery);
      evaluationWatch.evaluated(now);
      evaluation.lastDurationMs = Math.round(elapsed() - began);
      evaluation.failures += totals.failed;
      metrics.evaluation(evaluation.lastDurationMs, totals);
    } catch (error) {
      evaluation.failures++;
      metrics.evaluationFailed();
      log.error({ error: String(error) }, 'a tick failed; the next one catches up');
    }
  });

  const deliver = oneAtATime(async () => {
    try {
      do {
        woken = false;
        if (leadership.leading()) await deliverer.run();
        // What was committed while claims were made may not be among them.
      } while (woken && !stopping.signal.aborted);
    } catch (error) {
      log.warn({ error: String(error) }, 'the outbox could not be read');
    }
  });

  function wakeDelivery(): void {
    woken = true;
    void deliver();
  }

  const sendReports = oneAtATime(async () => {
    try {
      if (leadership.leading() && definitions()) await options.reports.run();
    } catch (error) {
      log.warn({ error: String(error) }, 'which reports are due could not be read; it is tried again');
    }
  });

  function isOverdue(): boolean {
    const grace = EVALUATION_GRACE + (leadership.leading() ? 0 : STORED_GRACE);
    return evaluationWatch.age() > 2 * options.evaluateEvery + grace;
  }

  function evaluationCheck(): Check {
    const age = formatDuration(Math.floor(evaluationWatch.age() / SECOND) * SECOND);
    if (!isOverdue()) return { ok: true, message: evaluationWatch.lastAt() === null ? 'begins' : 'goes on' };
    const by = leadership.leading() ? 'this replica, which leads' : 'any replica';
    return { ok: false, message: `nothing was evaluated for ${age} by ${by}` };
  }

  /** The sources that have stood still beyond all patience: the service works, without what waits in them. */
  function givenUp(): readonly string[] {
    const statuses = options.sources.map((source) => source.status());
    return statuses.filter(isGivenUp).map(({ name }) => name);
  }

  /** Targets that fail without anyone having been notified of it. */
  function unreported(): readonly FailingTarget[] {
    return options.failingTargets.current().filter(({ reported }) => !reported);
  }

  function calendarProblems(): readonly string[] {
    return options.calendarProblems?.() ?? [];
  }

  function degraded(): readonly string[] {
    return [
      ...givenUp(),
      ...(options.failingTargets.current().length > 0 ? ['notifications'] : []),
      ...(calendarProblems().length > 0 ? ['on-call'] : []),
    ];
  }

  function notificationsCheck(): Check {
    const failing = options.failingTargets.current();
    if (failing.length === 0) return { ok: true, message: 'are delivered' };
    const which = failing.map(({ target, since, reason }) => `to ${target} since ${iso(since)}: ${reason}`);
    return { ok: false, message: `notifications fail ${which.join('; ')}` };
  }

  /** Only the replica that works can say that the work is done. */
  const heartbeat = oneAtATime(async () => {
    if (!options.beat || !leadership.leading()) return;
    const evaluates = evaluationWatch.lastAt() !== null && !isOverdue();
    const delivers = elapsed() - refusedAt >= WITHHELD_AFTER_REFUSAL && unreported().length === 0;
    const { error, away } = storeWatch.health();
    // What lies on a shard that is away is judged by nobody.
    if (!evaluates || !delivers || error !== null || away.length > 0) return;
    // What says that delivery works must have gone through it.
    if (await options.probe(stopping.signal)) await options.beat(stopping.signal, degraded());
    else log.error({}, 'the outbox does not work, so that no heartbeat is sent');
  });

  const watchStore = oneAtATime(async () => {
    await storeWatch.check();
    const able = storeWatch.health().error === null && definitions() !== null;
    // What a source that stands still has waiting is not late.
    const statuses = options.sources.map((source) => source.status());
    const flowing = statuses.filter((status) => status.ok || isGivenUp(status)).map(({ name }) => name);
    const failing = options.failingTargets.refresh().catch((error: unknown) => {
      if (able) log.warn({ error: String(error) }, 'which targets fail could not be read');
    });
    const onLeader = async (work: { run(): Promise<void> }, failure: string) => {
      try {
        if (leadership.leading()) await work.run();
      } catch (error) {
        if (able) log.warn({ error: String(error) }, failure);
      }
    };
    await Promise.all([
      onLeader(options.overrideNotices, 'overrides of the gate could not be read'),
      onLeader(options.definitionHistories, 'changes of definitions could not be noted'),
      options.intake.check(able, flowing),
      evaluationWatch.check(),
      options.refresh(),
      failing,
    ]);
  });

  async function end(): Promise<void> {
    stopping.abort();
    for (const cancel of cancels ?? []) await cancel();
    await Promise.allSettled(running);
  }

  return {
    start() {
      if (stopped) return;
      cancels ??= [
        options.schedule(options.evaluateAt, evaluate),
        options.every(DELIVERY_INTERVAL, deliver),
        options.every(STORE_INTERVAL, watchStore),
        options.every(HEARTBEAT_INTERVAL, heartbeat),
        options.every(REPORTS_INTERVAL, sendReports),
      ];
    },
    stop: () => (stopped ??= end()),
    refused: () => void (refusedAt = elapsed()),
    status() {
      const { error, away, outbox, deadLetters } = storeWatch.health();
      const sources = options.sources.map((source) => source.status());
      const losses = options.dataLosses();
      const lost = losses.map(({ at, message }) => `${message} (found at ${iso(at)})`).join('; ');
      const shards = away.map(({ part, reason }): [string, Check] => [
        `shard ${part}`,
        { ok: false, message: reason },
      ]);
      const current = definitions();
      const evaluates = evaluationCheck();
      return {
        ready: current !== null && error === null && evaluates.ok,
        degraded: degraded(),
        checks: {
          store: { ok: error === null, message: error ?? 'answers' },
          slos: {
            ok: current !== null,
            message: current ? `${allSlos(current).length} active` : 'none has loaded yet',
          },
          counters: { ok: losses.length === 0, message: lost || 'kept' },
          ...Object.fromEntries(shards),
          ...Object.fromEntries(sources.map((source) => [source.name, sourceCheck(source)])),
          notifications: notificationsCheck(),
          ...(calendarProblems().length > 0 && {
            'on-call': { ok: false, message: calendarProblems().join('; ') },
          }),
          evaluation: evaluates,
        },
        sloProblems: options.sloProblems(),
        leader: leadership.leading(),
        evaluation: { lastAt: evaluationWatch.lastAt(), age: evaluationWatch.age(), ...evaluation },
        partsAway: away.map(({ part }) => part),
        silencesActive: options.silencesActive(),
        dataLosses: losses.length,
        outbox,
        failingTargets: options.failingTargets.current(),
        sources,
        deadLetters,
        queued: options.recorder.queued,
      };
    },
  };
}
