import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import type { FailingTarget } from '../../../src/core/alerting/failing-target.ts';
import type { SourceStatus } from '../../../src/core/ports/sources.ts';
import { iso } from '../../../src/core/time/timestamp.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { EvaluationTotals, ServiceLoopsOptions } from '../../../src/engine/runtime/service-loops.ts';
import { EVALUATION_RECORD, storedEvaluation } from '../../../src/core/alerting/stored-evaluation.ts';
import { createEvaluationWatch } from '../../../src/engine/runtime/evaluation-watch.ts';
import { createServiceLoops } from '../../../src/engine/runtime/service-loops.ts';
import type { StoreHealth } from '../../../src/engine/runtime/store-health.ts';
import { START, manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';

const DEFINITIONS = define([defineSlo(), defineSlo({ name: 'other' })]);
const FOUND: EvaluationTotals = { failed: 0, overdue: 0, suppressed: 0, unjudged: 0 };
const HEALTHY: StoreHealth = {
  error: null,
  away: [],
  outbox: { pending: 2, undeliverable: 1 },
  deadLetters: 3,
};
/** The only thing that is ever scheduled by an expression runs this often in these tests. */
const EVALUATE_EVERY = 5 * SECOND;
const EXPRESSION = '*/5 * * * * *';

/** Loops whose parts a test replaces, on a clock and timers that move only when it says so. */
function startLoops(overrides: Partial<ServiceLoopsOptions> = {}, { start = true } = {}) {
  const clock = manualClock();
  let elapsed = 0;
  const timers = new Set<{ readonly interval: number; next: number; readonly run: () => Promise<void> }>();
  const state = {
    leading: true,
    definitions: true,
    health: HEALTHY,
    totals: FOUND,
    losses: [] as { at: number; message: string }[],
    failing: [] as readonly FailingTarget[],
    delivers: true,
  };
  const calls: string[] = [];
  const evaluations: (number | 'failed')[] = [];
  const log = memoryLog();

  function every(interval: number, run: () => Promise<void>): () => void {
    const timer = { interval, next: elapsed + interval, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  }
  const stored = { revision: 0, lastAt: 0 };
  const records = {
    async records() {
      const { revision, lastAt } = stored;
      return [
        { id: EVALUATION_RECORD, revision, value: storedEvaluation({ lastAt, gaps: [], jumps: [] }) },
      ].slice(revision === 0 ? 1 : 0);
    },
    putRecord: async () => true,
  };
  const evaluationWatch = createEvaluationWatch(records, () => elapsed);
  const loops = createServiceLoops({
    evaluateAt: EXPRESSION,
    silencesActive: () => 0,
    evaluateEvery: EVALUATE_EVERY,
    evaluationWatch,
    dataLosses: () => state.losses,
    refresh: async () => void calls.push('refresh'),
    intake: {
      async check(able, flowing = []) {
        calls.push(['intake', able, ...flowing].join(' '));
      },
    },
    schedule(expression, run) {
      expect(expression).toBe(EXPRESSION);
      return every(EVALUATE_EVERY, run);
    },
    every,
    clock,
    elapsed: () => elapsed,
    leadership: { leading: () => state.leading },
    definitions: () => (state.definitions ? DEFINITIONS : null),
    sloProblems: () => ['a.yaml:1:1: a problem'],
    recorder: { queued: 7 },
    sources: [],
    evaluator: {
      tick(now) {
        calls.push(`evaluate ${now - START}`);
        return Promise.resolve(state.totals);
      },
    },
    deliverer: {
      run() {
        calls.push('deliver');
        return Promise.resolve();
      },
    },
    reports: {
      run() {
        calls.push('reports');
        return Promise.resolve();
      },
    },
    overrideNotices: {
      run() {
        calls.push('notices');
        return Promise.resolve();
      },
    },
    definitionHistories: {
      run() {
        calls.push('definitions');
        return Promise.resolve();
      },
    },
    probe() {
      calls.push('probe');
      return Promise.resolve(state.delivers);
    },
    failingTargets: { refresh: () => Promise.resolve(), current: () => state.failing },
    storeWatch: {
      check() {
        calls.push('check');
        return Promise.resolve();
      },
      health: () => state.health,
    },
    beat(_signal, degraded) {
      calls.push(['beat', ...degraded].join(' '));
      return Promise.resolve();
    },
    metrics: {
      evaluation: (duration) => void evaluations.push(duration),
      evaluationFailed: () => void evaluations.push('failed'),
    },
    log,
    ...overrides,
  });
  if (start) loops.start();
  return {
    loops,
    state,
    /** The leader, another replica, has stored that it evaluated. */
    evaluatedElsewhere: () => Object.assign(stored, { revision: stored.revision + 1, lastAt: clock.now() }),
    clock,
    log,
    evaluations,
    calls: (name: string) => calls.filter((call) => call.startsWith(name)),
    forget: () => void (calls.length = 0),
    timers: () => timers.size,
    /** Lets time pass, without what is scheduled. */
    take: (duration: number) => void (elapsed += duration),
    /** Lets time pass by the clock and in truth, and runs what is due, in order. */
    async pass(duration: number): Promise<void> {
      const end = elapsed + duration;
      for (;;) {
        const [due] = [...timers].filter(({ next }) => next <= end).toSorted((a, b) => a.next - b.next);
        if (!due) break;
        const wait = Math.max(0, due.next - elapsed);
        elapsed += wait;
        clock.advance(wait);
        due.next += due.interval;
        void due.run();
        await yieldToEventLoop();
      }
      clock.advance(end - elapsed);
      elapsed = end;
    },
  };
}

/** A piece of work that lasts until a test ends it. */
function work() {
  let begun = 0;
  let current: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  const of = (end: 'resolve' | 'reject', error = new Error()) => {
    const ending = current!;
    current = null;
    if (end === 'resolve') ending.resolve();
    else ending.reject(error);
    return yieldToEventLoop();
  };
  return {
    begun: () => begun,
    running: () => current !== null,
    run: () =>
      new Promise<void>((resolve, reject) => {
        begun++;
        current = { resolve, reject };
      }),
    end: () => of('resolve'),
    fail: (error: Error) => of('reject', error),
  };
}

let service: ReturnType<typeof startLoops>;

describe('evaluation', () => {
  it('runs on schedule, with the time of the clock', async () => {
    service = startLoops();
    await service.pass(15 * SECOND);
    expect(service.calls('evaluate')).toEqual(['evaluate 5000', 'evaluate 10000', 'evaluate 15000']);
    expect(service.evaluations).toEqual([0, 0, 0]);
    expect(service.loops.status().evaluation).toEqual({
      lastAt: START + 15_000,
      age: 0,
      lastDurationMs: 0,
      failures: 0,
    });
  });

  it.each([
    ['leads', 'leading'],
    ['knows any SLOs', 'definitions'],
  ] as const)('waits until this replica %s', async (_, condition) => {
    service = startLoops();
    service.state[condition] = false;
    await service.pass(MINUTE);
    expect(service.calls('evaluate')).toEqual([]);
    expect(service.loops.status().evaluation.lastAt).toBeNull();
    service.state[condition] = true;
    await service.pass(EVALUATE_EVERY);
    expect(service.calls('evaluate')).toHaveLength(1);
  });

  it('J4: that throws is counted and logged, and the next one goes on', async () => {
    let broken = true;
    service = startLoops({
      evaluator: {
        tick: () =>
          broken ? Promise.reject(new StoreUnavailable('gone')) : Promise.resolve({ ...FOUND, failed: 2 }),
      },
    });
    await service.pass(EVALUATE_EVERY);
    expect(service.evaluations).toEqual(['failed']);
    expect(service.log.entries).toMatchObject([
      { level: 'error', fields: { error: 'StoreUnavailable: gone' } },
    ]);
    expect(service.loops.status().evaluation).toMatchObject({
      lastAt: null,
      lastDurationMs: null,
      failures: 1,
    });
    broken = false;
    await service.pass(EVALUATE_EVERY);
    expect(service.evaluations).toEqual(['failed', 0]);
    expect(service.loops.status().evaluation).toMatchObject({ lastAt: START + 10_000, failures: 3 });
  });

  it('never overlaps itself, and lasted as long as time passed, whatever the clock was set to', async () => {
    const slow = work();
    service = startLoops({ evaluator: { tick: () => slow.run().then(() => FOUND) } });
    await service.pass(EVALUATE_EVERY);
    service.take(1_234.5);
    service.clock.advance(-HOUR);
    await service.pass(3 * EVALUATE_EVERY);
    expect(slow.begun()).toBe(1);
    await slow.end();
    expect(service.evaluations).toEqual([Math.round(1_234.5 + 3 * EVALUATE_EVERY)]);
    await service.pass(EVALUATE_EVERY);
    expect(slow.begun()).toBe(2);
    await slow.end();
  });
});

describe('delivery', () => {
  it('looks at the outbox four times a second, while this replica leads', async () => {
    service = startLoops();
    await service.pass(SECOND);
    expect(service.calls('deliver')).toHaveLength(4);
    service.state.leading = false;
    await service.pass(SECOND);
    expect(service.calls('deliver')).toHaveLength(4);
  });

  it('begins as soon as notifications are committed, before the evaluation has ended', async () => {
    const slow = work();
    let commit = () => {};
    service = startLoops({
      evaluator: {
        tick(_, onCommitted) {
          commit = onCommitted;
          return slow.run().then(() => FOUND);
        },
      },
    });
    await service.pass(EVALUATE_EVERY);
    service.forget();
    commit();
    expect(service.calls('deliver')).toHaveLength(1);
    await yieldToEventLoop();
    commit();
    expect(service.calls('deliver')).toHaveLength(2);
    await slow.end();
    expect(service.calls('deliver'), 'nothing more was committed').toHaveLength(2);
  });

  it('never overlaps itself; what was committed meanwhile is claimed right after', async () => {
    const slow = work();
    let commit = () => {};
    service = startLoops({
      deliverer: { run: slow.run },
      evaluator: {
        tick(_, onCommitted) {
          commit = onCommitted;
          return Promise.resolve(FOUND);
        },
      },
    });
    await service.pass(EVALUATE_EVERY);
    expect(slow.begun()).toBe(1);
    commit();
    commit();
    expect(slow.begun()).toBe(1);
    await slow.end();
    expect(slow.begun()).toBe(2);
    await slow.end();
    expect(slow.begun(), 'intervals alone wait for the next one').toBe(2);
    await service.pass(250);
    expect(slow.begun()).toBe(3);
    await slow.end();
  });

  it('that fails is logged and goes on at the next interval', async () => {
    const slow = work();
    service = startLoops({ deliverer: { run: slow.run } });
    await service.pass(250);
    await slow.fail(new StoreUnavailable('gone'));
    expect(service.log.entries).toMatchObject([
      { level: 'warn', fields: { error: 'StoreUnavailable: gone' } },
    ]);
    await service.pass(250);
    expect(slow.begun()).toBe(2);
    await slow.end();
  });
});

describe('the store watch', () => {
  it('asks the store every second, whoever leads, and never twice at once', async () => {
    const slow = work();
    service = startLoops({ storeWatch: { check: slow.run, health: () => HEALTHY } });
    service.state.leading = false;
    await service.pass(SECOND);
    expect(slow.begun()).toBe(1);
    await service.pass(10 * SECOND);
    expect(slow.begun()).toBe(1);
    await slow.end();
    await service.pass(SECOND);
    expect(slow.begun()).toBe(2);
    await slow.end();
  });
});

describe('J4: evaluation that is overdue', () => {
  const check = () => service.loops.status().checks['evaluation']!;
  const ready = () => service.loops.status().ready;

  it('is seen whatever the clock says: it hangs', async () => {
    const hanging = work();
    service = startLoops({ evaluator: { tick: () => hanging.run().then(() => FOUND) } });
    await service.pass(40 * SECOND);
    expect([ready(), check().message]).toEqual([true, 'begins']);
    service.clock.advance(-HOUR);
    await service.pass(SECOND);
    expect(ready()).toBe(false);
    expect(check()).toEqual({
      ok: false,
      message: 'nothing was evaluated for 41s by this replica, which leads',
    });
    expect(service.loops.status().evaluation.age).toBe(41_000);
    await hanging.end();
    expect([ready(), check().message]).toEqual([true, 'goes on']);
  });

  it.each([
    ['it throws each time', { evaluator: { tick: () => Promise.reject(new Error('broken')) } }],
    ['its schedule never fires', { schedule: () => () => {} }],
  ])('is seen when %s', async (_, broken) => {
    service = startLoops(broken);
    await service.pass(40 * SECOND);
    expect(ready()).toBe(true);
    await service.pass(SECOND);
    expect(ready()).toBe(false);
  });

  it('is seen when the lease is lost and no other replica leads', async () => {
    service = startLoops();
    await service.pass(MINUTE);
    expect(ready()).toBe(true);
    service.state.leading = false;
    await service.pass(100 * SECOND);
    expect(ready(), 'a leader of version 0.1 says so once a minute only').toBe(true);
    await service.pass(2 * SECOND);
    expect(ready()).toBe(false);
    expect(check().message).toBe('nothing was evaluated for 1m42s by any replica');
  });

  it('is not where another replica evaluates, as the store says', async () => {
    service = startLoops();
    service.state.leading = false;
    for (let round = 0; round < 5; round++) {
      service.evaluatedElsewhere();
      await service.pass(MINUTE);
      expect(ready()).toBe(true);
      expect(service.loops.status().evaluation.lastAt).toBe(service.clock.now() - MINUTE);
    }
    expect(service.loops.status().evaluation.age).toBe(60_000);
    await service.pass(MINUTE);
    expect(ready()).toBe(false);
    service.evaluatedElsewhere();
    await service.pass(SECOND);
    expect(ready()).toBe(true);
  });

  it('is not taken for going on by what was stored before this replica started', async () => {
    service = startLoops({}, { start: false });
    service.evaluatedElsewhere();
    service.loops.start();
    service.state.leading = false;
    await service.pass(101 * SECOND);
    expect(ready()).toBe(false);
  });
});

describe('the heartbeat', () => {
  it('is sent once a minute while all is well', async () => {
    service = startLoops();
    await service.pass(3 * MINUTE);
    expect(service.calls('beat')).toHaveLength(3);
  });

  it('is sent nowhere without an address', async () => {
    service = startLoops({ beat: null });
    await service.pass(3 * MINUTE);
    expect(service.calls('beat')).toEqual([]);
  });

  describe('is withheld', () => {
    beforeEach(async () => {
      service = startLoops();
      await service.pass(MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
      service.forget();
    });

    it('D3: while a row that goes nowhere does not come back from the outbox', async () => {
      service.state.delivers = false;
      await service.pass(2 * MINUTE);
      expect(service.calls('probe')).toHaveLength(2);
      expect(service.calls('beat')).toEqual([]);
      service.state.delivers = true;
      await service.pass(MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
    });

    it('D3: while a target fails and no one could be notified of it; else it is degraded, not down', async () => {
      const failing = {
        target: 'pager',
        since: START,
        reason: 'answered 404',
        severity: 'page',
        owner: 'payments',
        notified: ['mail'],
        reported: false,
      } as const;
      service.state.failing = [failing];
      await service.pass(MINUTE);
      expect(service.calls('beat')).toEqual([]);
      service.state.failing = [{ ...failing, reported: true }];
      await service.pass(MINUTE);
      expect(service.calls('beat')).toEqual(['beat notifications']);
      expect(service.loops.status()).toMatchObject({
        ready: true,
        degraded: ['notifications'],
        checks: {
          notifications: {
            ok: false,
            message: `notifications fail to pager since ${iso(START)}: answered 404`,
          },
        },
        failingTargets: [{ target: 'pager' }],
      });
    });

    it('while another replica leads', async () => {
      service.state.leading = false;
      await service.pass(MINUTE);
      expect(service.calls('beat')).toEqual([]);
    });

    it('while the store does not answer', async () => {
      service.state.health = { ...HEALTHY, error: 'gone' };
      await service.pass(MINUTE);
      expect(service.calls('beat')).toEqual([]);
      service.state.health = HEALTHY;
      await service.pass(MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
    });

    it('for an hour after a notification was refused for good', async () => {
      service.loops.refused();
      await service.pass(HOUR - 1);
      expect(service.calls('beat')).toEqual([]);
      await service.pass(MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
    });

    it('once evaluation is overdue', async () => {
      service.state.definitions = false;
      await service.pass(5 * MINUTE);
      expect(service.calls('beat')).toEqual([]);
      service.state.definitions = true;
      await service.pass(MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
    });

    it.each([HOUR, -HOUR])('by time that passed: a clock set by %i ms changes nothing', async (by) => {
      service.loops.refused();
      service.clock.advance(by);
      await service.pass(MINUTE);
      expect(service.calls('beat')).toEqual([]);
      await service.pass(HOUR);
      service.forget();
      service.clock.advance(by);
      await service.pass(MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
      service.state.definitions = false;
      service.clock.advance(by);
      await service.pass(2 * MINUTE);
      expect(service.calls('beat')).toHaveLength(1);
    });
  });

  it('is sent as well where evaluation is rare by intention', async () => {
    service = startLoops({ evaluateEvery: 10 * MINUTE });
    await service.pass(MINUTE);
    service.state.definitions = false;
    await service.pass(19 * MINUTE);
    expect(service.calls('beat')).toHaveLength(20);
    await service.pass(5 * MINUTE);
    expect(service.calls('beat')).toHaveLength(21);
  });

  it('is withheld before the first evaluation', async () => {
    service = startLoops();
    service.state.definitions = false;
    await service.pass(MINUTE);
    expect(service.calls('beat')).toEqual([]);
  });
});

describe('the status', () => {
  it('says what works', () => {
    service = startLoops();
    expect(service.loops.status()).toEqual({
      ready: true,
      degraded: [],
      checks: {
        store: { ok: true, message: 'answers' },
        slos: { ok: true, message: '2 active' },
        counters: { ok: true, message: 'kept' },
        notifications: { ok: true, message: 'are delivered' },
        evaluation: { ok: true, message: 'begins' },
      },
      sloProblems: ['a.yaml:1:1: a problem'],
      leader: true,
      evaluation: { lastAt: null, age: 0, lastDurationMs: null, failures: 0 },
      partsAway: [],
      silencesActive: 0,
      dataLosses: 0,
      outbox: { pending: 2, undeliverable: 1 },
      failingTargets: [],
      sources: [],
      deadLetters: 3,
      queued: 7,
    });
  });

  it('J2: says what does not', () => {
    service = startLoops();
    Object.assign(service.state, { leading: false, definitions: false });
    service.state.health = {
      ...HEALTHY,
      error: 'gone',
      away: [{ part: '10.0.0.1:6379', reason: 'no answer' }],
    };
    service.state.losses = [{ at: START, message: 'wiped' }];
    expect(service.loops.status()).toMatchObject({
      ready: false,
      checks: {
        store: { ok: false, message: 'gone' },
        slos: { ok: false, message: 'none has loaded yet' },
        counters: { ok: false, message: `wiped (found at ${iso(START)})` },
        'shard 10.0.0.1:6379': { ok: false, message: 'no answer' },
      },
      partsAway: ['10.0.0.1:6379'],
      dataLosses: 1,
      leader: false,
    });
  });

  it.each(['store', 'definitions'] as const)('is not ready without %s', (missing) => {
    service = startLoops();
    if (missing === 'store') service.state.health = { ...HEALTHY, error: 'gone' };
    else service.state.definitions = false;
    expect(service.loops.status().ready).toBe(false);
  });
});

describe('starting and stopping', () => {
  it('twice changes nothing', async () => {
    service = startLoops();
    service.loops.start();
    expect(service.timers()).toBe(5);
    await service.pass(EVALUATE_EVERY);
    expect(service.calls('evaluate')).toHaveLength(1);
    const first = service.loops.stop();
    expect(service.loops.stop()).toBe(first);
    await first;
  });

  it('is over for good: what was stopped does not start, even for the first time', async () => {
    service = startLoops({}, { start: false });
    expect(service.timers()).toBe(0);
    await service.loops.stop();
    service.loops.start();
    expect(service.timers()).toBe(0);
  });

  it('resolves when all that runs has ended, and nothing begins after it', async () => {
    const [evaluation, delivery, check, beat] = [work(), work(), work(), work()];
    const begun = () => [evaluation, delivery, check, beat].map((one) => one.begun());
    let commit = () => {};
    let sending: AbortSignal | null = null;
    let ticks = 0;
    service = startLoops({
      evaluator: {
        tick(_, onCommitted) {
          commit = onCommitted;
          // The first lets heartbeats be sent.
          return ++ticks === 1 ? Promise.resolve(FOUND) : evaluation.run().then(() => FOUND);
        },
      },
      deliverer: { run: delivery.run },
      storeWatch: { check: check.run, health: () => HEALTHY },
      beat(signal) {
        sending = signal;
        return beat.run();
      },
      evaluateEvery: MINUTE,
    });
    await service.pass(MINUTE);
    expect(begun()).toEqual([1, 1, 1, 1]);
    let over = false;
    const stopped = service.loops.stop().then(() => (over = true));
    await yieldToEventLoop();
    expect(service.timers()).toBe(0);
    expect(sending!.aborted, 'a heartbeat does not hold up the end').toBe(true);
    commit();
    for (const one of [beat, check, delivery, evaluation]) {
      expect(over).toBe(false);
      await one.end();
    }
    await stopped;
    commit();
    await service.pass(2 * MINUTE);
    expect(begun()).toEqual([1, 1, 1, 1]);
  });

  it('runs nothing that a timer brings late', async () => {
    const late: (() => Promise<void>)[] = [];
    const keep = (_: unknown, run: () => Promise<void>) => {
      late.push(run);
      return () => Promise.resolve();
    };
    service = startLoops({ schedule: keep, every: keep });
    await service.loops.stop();
    for (const run of late) await run();
    expect(late).toHaveLength(5);
    expect(service.calls('')).toEqual([]);
  });
});

describe('a source that is read besides requests', () => {
  const STREAM: SourceStatus = {
    name: 'stream:outcomes',
    ok: true,
    message: 'is read',
    still: 100,
    entries: { read: 1, claimed: 0, lost: 0 },
    records: { accepted: 1, duplicates: 0, rejected: 0 },
    pending: 0,
    lag: 0,
  };

  it('is a check, and while it stands still does not flow, which is not to say that nothing can be taken', async () => {
    let source = STREAM;
    service = startLoops({ sources: [{ status: () => source }] });
    await service.pass(SECOND);
    expect(service.loops.status()).toMatchObject({ ready: true, sources: [STREAM], deadLetters: 3 });
    expect(service.loops.status().checks['stream:outcomes']).toEqual({ ok: true, message: 'is read' });
    expect(service.calls('intake')).toEqual(['intake true stream:outcomes']);
    source = { ...STREAM, ok: false, message: 'stands still for 10s', still: 10 * SECOND };
    await service.pass(SECOND);
    expect(service.calls('intake')).toEqual(['intake true stream:outcomes', 'intake true']);
    const { ready, checks } = service.loops.status();
    expect(checks['stream:outcomes']).toEqual({ ok: false, message: 'stands still for 10s' });
    // Requests are still answered.
    expect(ready).toBe(true);
  });

  it('C3: does not switch off deadlines when it is never mended', async () => {
    const still = { ...STREAM, ok: false, message: 'stands still' };
    let source: SourceStatus = { ...still, still: HOUR };
    service = startLoops({ sources: [{ status: () => source }] });
    await service.pass(SECOND);
    source = { ...still, still: HOUR + SECOND };
    await service.pass(SECOND);
    expect(service.calls('intake')).toEqual(['intake true', 'intake true stream:outcomes']);
  });

  it('is degraded beyond all patience, not down: a check and the heartbeat name it', async () => {
    const still = { ...STREAM, ok: false, message: 'stands still for 1h' };
    let source: SourceStatus = { ...still, still: HOUR };
    service = startLoops({ sources: [{ status: () => source }] });
    await service.pass(MINUTE);
    expect(service.loops.status().degraded).toEqual([]);
    source = { ...still, still: HOUR + SECOND };
    await service.pass(MINUTE);
    const { ready, degraded, checks } = service.loops.status();
    expect([ready, degraded]).toEqual([true, ['stream:outcomes']]);
    expect(checks['stream:outcomes']!.message).toBe(
      'stands still for 1h; deadlines do not wait for it any more',
    );
    expect(service.calls('beat')).toEqual(['beat', 'beat stream:outcomes']);
  });
});
