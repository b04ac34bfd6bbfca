import { iso } from '../../core/time/timestamp.ts';
import CircuitBreaker from 'opossum';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { NotificationSettled } from '../../core/alerting/incident-event.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { isOfService } from '../../core/alerting/notification.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { PROBE_TARGET, probeRow } from './probe.ts';
import type { Claim, OutboxStore, Settlement } from '../../core/ports/store/outbox.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Delivery, Refusal, Retry, Target } from '../../core/ports/target.ts';
import { DAY, MINUTE, SECOND } from '../../core/time/duration.ts';

export interface Deliverer {
  /**
   * Claims what is due and sends it, one notification at a time per target and all targets side by side.
   * Resolves once claims are made; sending goes on. Rejects with `NotLeader` or `StoreUnavailable`.
   */
  run(): Promise<void>;
  /**
   * Writes a row that goes nowhere into the outbox, and says whether it was claimed and settled in time, as others are: false
   * after 30 s, or when the signal aborts. Never rejects.
   */
  probe(signal: AbortSignal): Promise<boolean>;
  /** Claims nothing more, waits for what is being sent up to `grace` milliseconds, and gives the rest back. */
  stop(grace: number): Promise<void>;
}

export interface DelivererOptions {
  readonly store: OutboxStore;
  readonly definitions: () => Definitions;
  /** The target of a name, or null when no file defines it any more. */
  readonly targetOf: (name: string) => Target | null;
  readonly owner: string;
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly log: Log;
  /** Called after every try. */
  readonly onDelivery: (rows: readonly OutboxRow[], delivery: Delivery) => void;
}

/** A claim outlives its try, so that only a dead or paused process loses one; its successor sends after this long. */
const CLAIM_LEASE = 20 * SECOND;
/** A try that has not begun this long after its claim is not begun: the process was paused and may have been replaced. */
const CLAIM_FRESH = 5 * SECOND;
const CLAIMS_AT_ONCE = 20;
const SEND_TIMEOUT = 10 * SECOND;
const FIRST_BACKOFF = SECOND;
const LONGEST_BACKOFF = 5 * MINUTE;
/** Undeliverable after this long; it stays in the outbox and can be sent again by hand. */
const GIVE_UP_AFTER = DAY;
const PROBE_WITHIN = 30 * SECOND;
/** What waits for a target that is not defined any more is given up at this pace. */
const INTERVAL_OF_NONE = SECOND;
/** After this many failures in a row a target is left alone for `BREAK_FOR`. */
const BREAK_AFTER = 3;
const BREAK_FOR = 15 * SECOND;

/** Makes the sending side. Targets never wait for each other (D3). */
export function createDeliverer(options: DelivererOptions): Deliverer {
  const { store, definitions, targetOf, owner, clock, random, log, onDelivery } = options;
  /** Targets that something is being sent to. */
  const sending = new Set<string>();
  const unfinished = new Set<Promise<unknown>>();
  const notBefore = new Map<string, { readonly set: number; readonly until: number }>();
  const breakers = new Map<string, CircuitBreaker<[Target, Claim], Delivery>>();
  const stopping = new AbortController();
  /** What waits for a probe to come back, by the id of its row. */
  const probes = new Map<string, () => void>();
  let stopped = false;

  /** Has `stop` wait for a piece of work. */
  function track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => unfinished.delete(tracked));
    unfinished.add(tracked);
    return tracked;
  }

  function busyTargets(now: number): string[] {
    const busy = new Set(sending);
    // A clock that was set back must not silence a target.
    for (const [target, { set, until }] of notBefore) if (set <= now && now < until) busy.add(target);
    for (const [target, breaker] of breakers) if (breaker.opened && !breaker.pendingClose) busy.add(target);
    return [...busy];
  }

  async function run(): Promise<void> {
    if (stopped) return;
    const now = clock.now();
    const claims = await store.claim(owner, now, CLAIM_LEASE, CLAIMS_AT_ONCE, busyTargets(now));
    for (const claim of claims) {
      if (claim.newerRows.length > 0) {
        log.error(
          { target: claim.target, rows: claim.newerRows },
          'a newer version of Burnwatch made a notification; it waits until that version leads again',
        );
        continue;
      }
      if (sending.has(claim.target)) {
        // Two incidents of one target: the second one waits for its turn.
        void track(settle(claim, { result: 'released' }));
        continue;
      }
      sending.add(claim.target);
      void track(deliver(claim, now).finally(() => sending.delete(claim.target)));
    }
  }

  async function deliver(claim: Claim, claimedAt: number): Promise<void> {
    if (claim.target === PROBE_TARGET) {
      if (await settle(claim, { result: 'delivered' })) for (const { id } of claim.rows) probes.get(id)?.();
      return;
    }
    const target = targetOf(claim.target);
    const pending = pendingOf(claim);
    // An open incident of which nothing is new, at a target that is not there any more or wants nothing twice.
    if (pending.length === 0 && target?.resendEvery === undefined) {
      await settle(claim, { result: 'delivered' });
      return;
    }
    const delivery = await attempt(target, claim, claimedAt);
    if (!delivery) {
      await settle(claim, { result: 'released' });
      return;
    }
    // Who asks for time gets it from every incident, not only from this one.
    const asked = delivery.result === 'retry' ? (delivery.after ?? 0) : 0;
    const set = clock.now();
    notBefore.set(claim.target, { set, until: set + Math.max(target?.interval ?? INTERVAL_OF_NONE, asked) });
    if (pending.length > 0) onDelivery(pending, delivery);
    await settle(claim, settlementOf(claim, delivery, target?.resendEvery ?? null));
  }

  /** One try; null when it was not made. */
  async function attempt(target: Target | null, claim: Claim, claimedAt: number): Promise<Delivery | null> {
    if (!target)
      return { result: 'refused', reason: `no SLO file defines the target ${claim.target} any more` };
    if (stopped || clock.now() - claimedAt > CLAIM_FRESH) return null;
    try {
      return await breakerOf(claim.target).fire(target, claim);
    } catch (error) {
      if (error instanceof Failed) return error.delivery;
      // The breaker opened between the claim and here.
      return null;
    }
  }

  function breakerOf(name: string): CircuitBreaker<[Target, Claim], Delivery> {
    let breaker = breakers.get(name);
    if (!breaker) {
      breaker = new CircuitBreaker(send, {
        name,
        timeout: false,
        volumeThreshold: BREAK_AFTER,
        errorThresholdPercentage: 60,
        resetTimeout: BREAK_FOR,
        rollingCountTimeout: MINUTE,
      });
      breaker.on('open', () =>
        log.warn(
          { target: name, pause: BREAK_FOR },
          'a target fails again and again; it is left alone for a while',
        ),
      );
      breakers.set(name, breaker);
    }
    return breaker;
  }

  async function send(target: Target, claim: Claim): Promise<Delivery> {
    const signal = AbortSignal.any([AbortSignal.timeout(SEND_TIMEOUT), stopping.signal]);
    const pending = pendingOf(claim);
    const rows = pending.length > 0 ? pending : claim.rows;
    const recipients = recipientsOf(rows);
    const mayRepeat = pending.length > 0 && (claim.mayRepeat || rows.some((row) => row.mayRepeat));
    let delivery: Delivery;
    try {
      const notification = {
        facts: rows.map(({ facts }) => facts),
        key: rows.map(({ id }) => id).join('+'),
        ...(recipients && { recipients }),
        ...(mayRepeat && { mayRepeat }),
      };
      // A target that does not listen to its signal is left behind, so that it cannot stay busy for ever.
      delivery = await Promise.race([target.send(notification, signal), aborted(signal)]);
    } catch (error) {
      delivery = {
        result: 'retry',
        reason: `the ${target.kind} target threw: ${(error as Error).name}`,
        after: null,
        mayHaveArrived: true,
      };
    }
    // Only a target that does not work opens the breaker; one that asks for time or refuses is working.
    if (delivery.result === 'retry' && delivery.after === null) throw new Failed(delivery);
    return delivery;
  }

  function settlementOf(claim: Claim, delivery: Delivery, resendEvery: number | null): Settlement {
    const { target } = claim;
    const rows = pendingOf(claim);
    const now = clock.now();
    if (rows.length === 0 && resendEvery !== null) {
      const after = delivery.result === 'retry' ? (delivery.after ?? 0) : 0;
      if (delivery.result !== 'delivered')
        log.warn({ target, reason: delivery.reason }, 'an open incident could not be sent again; it will be');
      return { result: 'kept', at: now + Math.max(resendEvery, after), row: claim.rows.at(-1)! };
    }
    switch (delivery.result) {
      case 'delivered': {
        log.info({ target, rows: rows.map(({ id }) => id) }, 'a notification was delivered');
        const event = fateOf(rows, target, now, null);
        const open = resendEvery === null ? null : openRow(claim.rows);
        if (!open || resendEvery === null) return { result: 'delivered', event };
        return { result: 'kept', at: now + resendEvery, row: { ...open, deliveredAt: now }, event };
      }
      case 'refused':
        return undeliverable(rows, target, delivery);
      case 'retry': {
        const { attempts, createdAt } = rows[0]!;
        if (now - createdAt >= GIVE_UP_AFTER) return undeliverable(rows, target, delivery);
        const backoff =
          Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(attempts, 20)) * (0.5 + random() / 2);
        const at = Math.ceil(now + Math.max(backoff, delivery.after ?? 0));
        log.warn(
          { target, reason: delivery.reason, attempts: attempts + 1, next: iso(at) },
          'a notification was not delivered; it will be tried again',
        );
        return { result: 'retry', at, rows: rows.map((row) => afterTry(row, delivery)) };
      }
      default:
        return delivery satisfies never;
    }
  }

  function undeliverable(rows: readonly OutboxRow[], target: string, delivery: Retry | Refusal): Settlement {
    const { reason } = delivery;
    const kept = rows.map((row) => afterTry(row, delivery));
    const refused = recipientsOf(kept);
    log.error(
      { target, reason, ...(refused && { recipients: refused }), rows: rows.map(({ id }) => id) },
      'a notification cannot be delivered; it is kept in the outbox',
    );
    const whom = refused === null ? target : `${target} (${refused.join(', ')})`;
    return {
      result: 'undeliverable',
      rows: kept,
      event: fateOf(rows, whom, clock.now(), reason),
      instead: rows.flatMap((row) => copiesForFallback(row, target, whom, reason)),
    };
  }

  function copiesForFallback(row: OutboxRow, target: string, whom: string, reason: string): OutboxRow[] {
    // A copy that is refused as well does not go round in circles.
    if (row.facts.insteadOf || isOfService(row.facts.kind)) return [];
    const team = definitions().teams.get(row.facts.owner);
    if (!team) return [];
    // A target that has the page already does not get it twice.
    const { notified } = row.facts;
    return team.fallback
      .filter((fallback) => fallback !== target && !notified.includes(fallback))
      .map((fallback) => ({
        ...row,
        id: `${row.id}/${fallback}`,
        target: fallback,
        // The fallback has its own time to be reached in.
        createdAt: clock.now(),
        facts: { ...row.facts, insteadOf: { target: whom, reason } },
        attempts: 0,
        lastError: null,
        recipients: null,
        mayRepeat: false,
      }));
  }

  /** What was sent must be written down even if the store is away for a while: otherwise it would be sent again. */
  async function settle(claim: Claim, settlement: Settlement): Promise<boolean> {
    for (;;) {
      try {
        const settled = await store.settle(claim, settlement, clock.now());
        if (!settled)
          log.warn(
            { target: claim.target, incident: claim.incident },
            'a claim had run out before it was settled',
          );
        return settled;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || stopping.signal.aborted) {
          log.error(
            { target: claim.target, error: String(error) },
            'what became of a notification could not be stored',
          );
          return false;
        }
        await new Promise((resolve) => setTimeout(resolve, SECOND));
      }
    }
  }

  async function probe(signal: AbortSignal): Promise<boolean> {
    const row = probeRow(owner, clock.now());
    const within = AbortSignal.any([signal, stopping.signal, AbortSignal.timeout(PROBE_WITHIN)]);
    if (within.aborted) return false;
    try {
      const settled = new Promise<true>((resolve) => probes.set(row.id, () => resolve(true)));
      await store.enqueue([row], row.createdAt);
      return await Promise.race([settled, aborted(within)]);
    } catch {
      return false;
    } finally {
      probes.delete(row.id);
    }
  }

  return {
    run: () => track(run()),
    probe,
    async stop(grace) {
      stopped = true;
      const timer = setTimeout(() => stopping.abort(), grace);
      // What is unfinished may begin something: a run that still claims ends with giving its claims back.
      while (unfinished.size > 0) await Promise.allSettled(unfinished);
      clearTimeout(timer);
      for (const breaker of breakers.values()) breaker.shutdown();
    },
  };
}

/** Those that are to be delivered; the others of it were, and are kept to be sent again. */
function pendingOf({ rows }: Claim): readonly OutboxRow[] {
  return rows.filter(({ deliveredAt }) => deliveredAt === undefined);
}

/** The row that says how an open incident stands; null when it is over, or it is about no incident. */
function openRow(rows: readonly OutboxRow[]): OutboxRow | null {
  const last = rows.findLast(({ facts }) => !isOfService(facts.kind));
  return last && last.facts.kind !== 'resolved' ? last : null;
}

/**
 * Who is left to be reached by rows that are sent as one; null: all recipients. One that was added later is for all of
 * them, so that those that have the earlier ones get those again: rather that than that they never hear the later ones.
 */
function recipientsOf(rows: readonly OutboxRow[]): readonly string[] | null {
  const left = rows.map(({ recipients }) => recipients);
  return left.includes(null) ? null : [...new Set(left.flatMap((recipients) => recipients ?? []))];
}

/** What became of rows that were sent as one, for the history of their incident; `reason`: why they cannot be delivered. */
function fateOf(
  rows: readonly OutboxRow[],
  target: string,
  at: number,
  reason: string | null,
): NotificationSettled {
  const kind = reason === null ? 'delivered' : 'undeliverable';
  const tries = 1 + Math.max(...rows.map(({ attempts }) => attempts));
  return { kind, at, target, of: rows.map(({ facts }) => facts.kind), tries, reason };
}

/** The row with a try that failed counted. */
function afterTry(row: OutboxRow, delivery: Retry | Refusal): OutboxRow {
  return {
    ...row,
    attempts: row.attempts + 1,
    lastError: delivery.reason,
    recipients: delivery.recipients ?? row.recipients,
    mayRepeat: row.mayRepeat || (delivery.result === 'retry' && delivery.mayHaveArrived === true),
  };
}

/** Rejects when the signal aborts, with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Reports a failed try to the target's circuit breaker. */
class Failed extends Error {
  readonly delivery: Delivery;
  constructor(delivery: Delivery) {
    super('not delivered');
    this.delivery = delivery;
  }
}
