import { iso } from '../../core/time/timestamp.ts';
import CircuitBreaker from 'opossum';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { PROBE_TARGET, probeRow } from './probe.ts';
import type { Claim, OutboxStore, Settlement } from '../../core/ports/store/outbox.ts';
import type { IncidentStore } from '../../core/ports/store/incidents.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Delivery, Refusal, Retry, Target } from '../../core/ports/target.ts';
import { DAY, MINUTE, SECOND } from '../../core/time/duration.ts';
import {
  afterTry,
  byIncident,
  fatesOf,
  holdsNotice,
  messageKey,
  openRow,
  pendingOf,
  recipientsOf,
} from './claimed-rows.ts';
import { copiesForFallback, createFallback } from './fallback.ts';
import { whatIsNews } from './news.ts';
import { createMessagePaces } from './message-pace.ts';

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
  readonly store: OutboxStore & Pick<StateStore, 'loadStates'> & Pick<IncidentStore, 'incident'>;
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
/** A list is of so many conversations at most, claimed in parts that do not hold up the event loop. */
const LISTED_AT_ONCE = 1000;
const CLAIMS_AT_ONCE = 100;
/** With fewer messages left than these, what is due is sent as a list; and of the last one, only when something of it pages. */
const LIST_BELOW = 3;
const PAGES_ONLY_BELOW = 2;
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
  const breakers = new Map<string, CircuitBreaker<[Target, readonly Claim[]], Delivery>>();
  const paces = createMessagePaces();
  const withFallback = createFallback(options);
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
    for (const target of paces.below(1, now)) busy.add(target);
    return [...busy];
  }

  async function run(): Promise<void> {
    if (stopped) return;
    const now = clock.now();
    const urgentOnly = paces.below(PAGES_ONLY_BELOW, now);
    const claims = await store.claim(owner, now, CLAIM_LEASE, 1, { busy: busyTargets(now), urgentOnly });
    for (const claim of claims.filter(canBeRead)) {
      sending.add(claim.target);
      void track(deliver(claim, now).finally(() => sending.delete(claim.target)));
    }
  }

  function canBeRead({ target, newerRows }: Claim): boolean {
    if (newerRows.length === 0) return true;
    log.error(
      { target, rows: newerRows },
      'a newer version of Burnwatch made a notification; it waits until that version leads again',
    );
    return false;
  }

  async function deliver(first: Claim, claimedAt: number): Promise<void> {
    if (first.target === PROBE_TARGET) {
      if (await settle(first, { result: 'delivered' })) for (const { id } of first.rows) probes.get(id)?.();
      return;
    }
    const target = targetOf(first.target);
    // An open incident of which nothing is new, at a target that is not there any more or wants nothing twice.
    if (pendingOf(first).length === 0 && target?.resendEvery === undefined) {
      await settle(first, { result: 'delivered' });
      return;
    }
    const listed = target?.pace && !holdsNotice(first);
    const claimed = listed ? [first, ...(await dueBeside(first, claimedAt))] : [first];
    const settleAll = (settlementOfClaim: (index: number) => Settlement | Promise<Settlement>) =>
      Promise.all(claimed.map(async (claim, index) => settle(claim, await settlementOfClaim(index))));
    const claims = await whatIsNews(claimed, store).catch(() => null);
    if (!claims) return void (await settleAll(() => ({ result: 'released' })));
    const sent = claims.flatMap(pendingOf);
    // Of what waited for the end of quiet hours, or was acknowledged, nothing is left to be said.
    if (pendingOf(first).length > 0 && sent.length === 0)
      return void (await settleAll(() => ({ result: 'delivered' })));
    const delivery = await attempt(target, claims, claimedAt);
    if (!delivery) return void (await settleAll(() => ({ result: 'released' })));
    // Who asks for time gets it from every incident, not only from this one.
    const asked = delivery.result === 'retry' ? (delivery.after ?? 0) : 0;
    const set = clock.now();
    notBefore.set(first.target, { set, until: set + Math.max(target?.interval ?? INTERVAL_OF_NONE, asked) });
    // Also one that failed: what a target refuses should reach the fallback as a list, not one by one.
    if (target?.pace) paces.sent(first.target, target.pace, set);
    if (sent.length > 0) onDelivery(sent, delivery);
    await settleAll((index) => {
      const claim = claims[index]!;
      if (claim.rows.length === 0) return { result: 'delivered' };
      return withFallback(claim, settlementOf(claim, sent, delivery, target?.resendEvery ?? null));
    });
  }

  /** In a storm, everything else that is due at the target of a claim, to be sent with it as a list. */
  async function dueBeside({ target }: Claim, now: number): Promise<readonly Claim[]> {
    const claims: Claim[] = [];
    if (paces.left(target, now) >= LIST_BELOW) return claims;
    try {
      while (claims.length < LISTED_AT_ONCE) {
        const more = await store.claim(owner, now, CLAIM_LEASE, CLAIMS_AT_ONCE, { only: target });
        claims.push(...more.filter(canBeRead));
        if (more.length < CLAIMS_AT_ONCE) break;
      }
    } catch (error) {
      // What is claimed is sent; the rest goes with the next message.
      log.warn({ target, error: String(error) }, 'not all that is due could be claimed');
    }
    // A list would only name it.
    const notices = claims.filter(holdsNotice);
    await Promise.all(notices.map((claim) => settle(claim, { result: 'released' })));
    return claims.filter((claim) => !notices.includes(claim));
  }

  /** One try; null when it was not made. */
  async function attempt(
    target: Target | null,
    claims: readonly Claim[],
    claimedAt: number,
  ): Promise<Delivery | null> {
    const name = claims[0]!.target;
    if (!target) return { result: 'refused', reason: `no SLO file defines the target ${name} any more` };
    if (stopped || clock.now() - claimedAt > CLAIM_FRESH) return null;
    try {
      return await breakerOf(name).fire(target, claims);
    } catch (error) {
      if (error instanceof Failed) return error.delivery;
      // The breaker opened between the claim and here.
      return null;
    }
  }

  function breakerOf(name: string): CircuitBreaker<[Target, readonly Claim[]], Delivery> {
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

  async function send(target: Target, claims: readonly Claim[]): Promise<Delivery> {
    const signal = AbortSignal.any([AbortSignal.timeout(SEND_TIMEOUT), stopping.signal]);
    const pending = claims.flatMap(pendingOf);
    const rows = pending.length > 0 ? pending : claims.flatMap((claim) => claim.rows);
    const unsettled = claims.some((claim) => claim.mayRepeat) || rows.some((row) => row.mayRepeat);
    const mayRepeat = pending.length > 0 && unsettled;
    let delivery: Delivery = { result: 'delivered' };
    try {
      // One that groups by itself has several incidents in a conversation only where its kind was another one before.
      for (const part of target.pace ? [rows] : byIncident(rows)) {
        const recipients = recipientsOf(part);
        const notification = {
          facts: part.map(({ facts }) => facts),
          key: messageKey(part),
          ...(recipients && { recipients }),
          ...(mayRepeat && { mayRepeat }),
        };
        // A target that does not listen to its signal is left behind, so that it cannot stay busy for ever.
        delivery = await Promise.race([target.send(notification, signal), aborted(signal)]);
        if (delivery.result !== 'delivered') break;
      }
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

  /** `sent` is all that the message held, of this claim and of others. */
  function settlementOf(
    claim: Claim,
    sent: readonly OutboxRow[],
    delivery: Delivery,
    resendEvery: number | null,
  ): Settlement {
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
        const events = fatesOf(rows, sent, target, now, null);
        const open = resendEvery === null ? null : openRow(claim.rows);
        if (!open || resendEvery === null) return { result: 'delivered', events };
        return { result: 'kept', at: now + resendEvery, row: { ...open, deliveredAt: now }, events };
      }
      case 'refused':
        return undeliverable(rows, sent, target, delivery);
      case 'retry': {
        const { attempts, createdAt } = rows[0]!;
        if (now - createdAt >= GIVE_UP_AFTER) return undeliverable(rows, sent, target, delivery);
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

  function undeliverable(
    rows: readonly OutboxRow[],
    sent: readonly OutboxRow[],
    target: string,
    delivery: Retry | Refusal,
  ): Settlement {
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
      events: fatesOf(rows, sent, whom, clock.now(), reason),
      instead: copiesForFallback(rows, { target, whom, reason }, definitions(), clock.now()),
    };
  }

  /** What was sent must be written down even if the store is away for a while: otherwise it would be sent again. */
  async function settle(claim: Claim, settlement: Settlement): Promise<boolean> {
    for (;;) {
      try {
        const settled = await store.settle(claim, settlement, clock.now());
        if (!settled)
          log.warn(
            { target: claim.target, conversation: claim.conversation },
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
