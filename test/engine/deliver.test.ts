import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Claim, Settlement } from '../../src/core/store.ts';
import { NotLeader, StoreUnavailable } from '../../src/core/store.ts';
import type { Delivery } from '../../src/core/target.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Deliverer } from '../../src/engine/deliver.ts';
import { createDeliverer } from '../../src/engine/deliver.ts';
import type { ManualClock } from '../support/clock.ts';
import { START, manualClock } from '../support/clock.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import { memoryLog } from '../support/memory-log.ts';
import { sketchRow } from '../support/outbox-rows.ts';
import type { RecordingTarget } from '../support/recording-target.ts';
import { recordingTarget } from '../support/recording-target.ts';
import type { WrappedStore } from '../support/store-wrapper.ts';
import { wrapStore } from '../support/store-wrapper.ts';
import { until } from '../support/until.ts';

const OWNER = 'this process';
const DELIVERED: Delivery = { result: 'delivered' };
const retryAfter = (after: number): Delivery => ({ result: 'retry', reason: 'slow down', after });

let wrapped: WrappedStore;
let clock: ManualClock;
let log: ReturnType<typeof memoryLog>;
let random: number;
let targets: Map<string, RecordingTarget>;
let tries: [ids: string[], result: string][];
let deliverer: Deliverer;

beforeEach(async () => {
  clock = manualClock();
  wrapped = wrapStore(await openEmbeddedStore(1, clock));
  log = memoryLog();
  random = 0;
  targets = new Map(['pager', 'inbox', 'mail'].map((name) => [name, recordingTarget(name)]));
  tries = [];
  deliverer = newDeliverer();
  await wrapped.store.lead(OWNER, 1000 * DAY);
});

afterEach(async () => {
  wrapped.bringUp();
  await deliverer.stop(0);
  await wrapped.store.close();
});

function newDeliverer(owner = OWNER): Deliverer {
  return createDeliverer({
    store: wrapped.store,
    definitions: () => define([defineSlo()]),
    targetOf: (name) => targets.get(name) ?? null,
    owner,
    clock,
    random: () => random,
    log,
    onDelivery: (rows, { result }) => tries.push([rows.map(({ id }) => id), result]),
  });
}

const target = (name: string) => targets.get(name)!;
const settlements = () => wrapped.calls('settle').map(([, settlement]) => settlement as Settlement);
const results = () => settlements().map(({ result }) => result);
const claimed = () => wrapped.answers('claim').flatMap((claims) => claims as Claim[]);

/** Runs once and waits until what was claimed is settled. */
async function runOnce(): Promise<void> {
  await deliverer.run();
  await until('every claim to be settled', () => wrapped.answers('settle').length === claimed().length);
  // The target is free again one turn after its claim was settled.
  await new Promise(setImmediate);
}

async function enqueue(...rows: Parameters<typeof sketchRow>[]): Promise<void> {
  await wrapped.store.enqueue(
    rows.map((row) => sketchRow(...row)),
    clock.now(),
  );
}

describe('delivery', () => {
  it('sends what is due, once, and leaves nothing behind', async () => {
    await enqueue(['pager'], ['inbox']);
    await runOnce();
    await runOnce();
    for (const name of ['pager', 'inbox']) {
      expect(target(name).sent).toEqual([{ facts: [sketchRow(name).facts], key: `incident-1/1/${name}` }]);
    }
    expect(tries).toHaveLength(2);
    expect(tries).toContainEqual([['incident-1/1/pager'], 'delivered']);
    expect(tries).toContainEqual([['incident-1/1/inbox'], 'delivered']);
    expect(await wrapped.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('claims only while it leads, and says so', async () => {
    const follower = newDeliverer('another process');
    await enqueue(['pager']);
    await expect(follower.run()).rejects.toThrow(NotLeader);
    wrapped.takeDown('claim');
    await expect(deliverer.run()).rejects.toThrow(StoreUnavailable);
    wrapped.bringUp();
    expect(target('pager').sent).toHaveLength(0);
    await runOnce();
    expect(target('pager').sent).toHaveLength(1);
    await follower.stop(0);
  });

  it('D2: tells in order, and in one notification what could not be told before', async () => {
    target('pager').answer = () => retryAfter(0);
    await enqueue(['pager', 1, { kind: 'opened' }]);
    await runOnce();
    await enqueue(
      ['pager', 2, { kind: 'escalated', at: START + 1 }],
      ['pager', 3, { kind: 'resolved', at: START + 2 }],
    );
    target('pager').answer = () => DELIVERED;
    clock.advance(2 * SECOND);
    await runOnce();
    const [failed, told] = target('pager').sent;
    expect(failed!.facts.map(({ kind }) => kind)).toEqual(['opened']);
    expect(told!.facts.map(({ kind }) => kind)).toEqual(['opened', 'escalated', 'resolved']);
    expect(target('pager').sent).toHaveLength(2);
    expect((await wrapped.store.outbox(10)).pendingCount).toBe(0);
  });

  it('sends to one target one notification a second, and passes it over until then', async () => {
    await enqueue(
      ['pager', 1, { incident: 'a' }],
      ['pager', 1, { incident: 'b' }],
      ['pager', 1, { incident: 'c' }],
    );
    await runOnce();
    expect(target('pager').sent).toHaveLength(1);
    expect(results().filter((result) => result === 'released')).toHaveLength(2);
    clock.advance(SECOND - 1);
    await runOnce();
    expect(target('pager').sent).toHaveLength(1);
    clock.advance(1);
    await runOnce();
    clock.advance(SECOND);
    await runOnce();
    expect(new Set(target('pager').sent.map(({ key }) => key))).toEqual(
      new Set(['a/1/pager', 'b/1/pager', 'c/1/pager']),
    );
    expect(target('pager').sent).toHaveLength(3);
  });
});

describe('D3: retries', () => {
  it.each([
    ['shortest', 0, 0.5],
    ['longest', 0.999_999, 1],
  ])('back off twice as long each time up to 5 minutes, with the %s jitter', async (_, drawn, share) => {
    random = drawn;
    target('pager').answer = () => retryAfter(0);
    await enqueue(['pager']);
    const waits: number[] = [];
    for (let tried = 0; tried < 11; tried++) {
      await runOnce();
      const last = settlements().at(-1)!;
      if (last.result !== 'retry') throw new Error(`settled as ${last.result}`);
      waits.push(last.at - clock.now());
      expect((await wrapped.store.outbox(1)).pending[0]).toMatchObject({
        attempts: tried + 1,
        lastError: 'slow down',
      });
      // Not a millisecond early.
      clock.set(last.at - 1);
      await runOnce();
      expect(target('pager').sent).toHaveLength(tried + 1);
      clock.set(Math.max(last.at, clock.now() + SECOND));
    }
    const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    waits.forEach((wait, index) => expect(wait / SECOND).toBeCloseTo(seconds[index]! * share, 2));
    const keys = target('pager').sent.map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set(['incident-1/1/pager']));
  });

  it('wait as long as the other side asked, for every incident of that target', async () => {
    target('pager').answer = () => retryAfter(30 * SECOND);
    await enqueue(['pager', 1, { incident: 'a' }]);
    await runOnce();
    await enqueue(['pager', 1, { incident: 'b' }], ['inbox', 1, { incident: 'b' }]);
    clock.advance(30 * SECOND - 1);
    await runOnce();
    expect(target('pager').sent).toHaveLength(1);
    expect(target('inbox').sent).toHaveLength(1);
    target('pager').answer = () => DELIVERED;
    clock.advance(1);
    await runOnce();
    clock.advance(SECOND);
    await runOnce();
    expect(target('pager').sent).toHaveLength(3);
  });

  it('follow an adapter that throws, and never repeat what it said', async () => {
    target('pager').answer = () => {
      throw new TypeError('https://hooks.example.com/secret');
    };
    await enqueue(['pager']);
    await runOnce();
    expect(settlements()).toMatchObject([{ result: 'retry', reason: 'the log target threw: TypeError' }]);
    expect(JSON.stringify(log.entries)).not.toContain('secret');
  });

  it('end after a day: undeliverable, and the fallback is told and has a day of its own', async () => {
    target('pager').answer = () => retryAfter(0);
    target('mail').answer = () => retryAfter(0);
    await enqueue(['pager']);
    clock.set(START + DAY - 1);
    await runOnce();
    expect(results()).toEqual(['retry']);
    clock.set(START + DAY + HOUR);
    await runOnce();
    expect(results()).toEqual(['retry', 'undeliverable']);
    await runOnce();
    expect(results()).toEqual(['retry', 'undeliverable', 'retry']);
    clock.set(START + DAY + HOUR + DAY);
    await runOnce();
    expect(results().at(-1)).toBe('undeliverable');
    expect(await wrapped.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 2 });
  });
});

describe('D3: a refusal', () => {
  const refuse = (name: string) => {
    target(name).answer = () => ({ result: 'refused', reason: 'channel_is_archived' });
  };

  it('goes to the fallback at once, and is kept', async () => {
    refuse('pager');
    await enqueue(['pager']);
    await runOnce();
    await runOnce();
    expect(target('mail').sent).toEqual([
      {
        facts: [
          { ...sketchRow('pager').facts, insteadOf: { target: 'pager', reason: 'channel_is_archived' } },
        ],
        key: 'incident-1/1/pager/mail',
      },
    ]);
    const { undeliverable } = await wrapped.store.outbox(10);
    expect(undeliverable).toMatchObject([
      { id: 'incident-1/1/pager', attempts: 1, lastError: 'channel_is_archived' },
    ]);
  });

  it('takes every unsent notification of the incident along, in order', async () => {
    refuse('pager');
    await enqueue(['pager', 1, { kind: 'opened' }], ['pager', 2, { kind: 'resolved', at: START }]);
    await runOnce();
    await runOnce();
    expect(target('mail').sent.map(({ facts }) => facts.map(({ kind }) => kind))).toEqual([
      ['opened', 'resolved'],
    ]);
  });

  it('by the fallback too ends there, and so does one of a test notification', async () => {
    for (const name of ['pager', 'mail']) refuse(name);
    await enqueue(
      ['pager'],
      ['mail', 1, { incident: 'direct' }],
      ['pager', 1, { incident: 'try', kind: 'test' }],
    );
    for (let round = 0; round < 6; round++) {
      await runOnce();
      clock.advance(SECOND);
    }
    expect(new Set(target('mail').sent.map(({ key }) => key))).toEqual(
      new Set(['direct/1/mail', 'incident-1/1/pager/mail']),
    );
    expect(target('mail').sent).toHaveLength(2);
    expect(await wrapped.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 4 });
  });

  it('is what a target that no file defines any more amounts to', async () => {
    await enqueue(['gone']);
    await runOnce();
    await runOnce();
    expect(target('mail').sent[0]!.facts[0]!.insteadOf).toEqual({
      target: 'gone',
      reason: 'no SLO file defines the target gone any more',
    });
  });
});

describe('D3: one broken target never delays another', () => {
  it('that hangs', async () => {
    target('pager').answer = () => new Promise(() => {});
    await enqueue(['pager'], ['inbox']);
    await deliverer.run();
    await until('the inbox to be told', () => results().length === 1);
    for (let incident = 0; incident < 5; incident++) {
      clock.advance(SECOND);
      await enqueue(['pager', 1, { incident: `${incident}` }], ['inbox', 1, { incident: `${incident}` }]);
      await deliverer.run();
      await until('the inbox to be told', () => target('inbox').sent.length === incident + 2);
      await until('that to be settled', () => results().length === incident + 2);
    }
    expect(target('pager').sent).toHaveLength(1);
  });

  it('that fails: three times in a row, then it is left alone until it had time to recover', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date'], shouldAdvanceTime: true });
    try {
      target('pager').answer = () => ({ result: 'retry', reason: 'connection refused', after: null });
      await enqueue(['pager']);
      for (let minute = 0; minute < 6; minute++) {
        await runOnce();
        clock.advance(10 * MINUTE);
        await enqueue(['inbox', 1, { incident: `${minute}` }]);
      }
      expect(target('pager').sent).toHaveLength(3);
      expect(target('inbox').sent).toHaveLength(5);
      expect(
        log.entries.filter(({ level, message }) => level === 'warn' && message.includes('left alone')),
      ).toHaveLength(1);
      target('pager').answer = () => DELIVERED;
      vi.advanceTimersByTime(15 * SECOND);
      await runOnce();
      expect(target('pager').sent).toHaveLength(4);
      expect((await wrapped.store.outbox(1)).pendingCount).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a target that refuses or asks for time is working, and is not left alone', async () => {
    target('pager').answer = () => retryAfter(1);
    await enqueue(['pager']);
    for (let tried = 0; tried < 8; tried++) {
      await runOnce();
      clock.advance(10 * MINUTE);
    }
    expect(target('pager').sent).toHaveLength(8);
  });
});

describe('D1: claims', () => {
  it('are given back unsent by a process that was paused since it claimed', async () => {
    await enqueue(['pager']);
    wrapped.before('claim', () => clock.advance(31 * SECOND));
    await runOnce();
    expect(target('pager').sent).toHaveLength(0);
    expect(results()).toEqual(['released']);
    wrapped.before('claim', () => {});
    await runOnce();
    expect(target('pager').sent).toHaveLength(1);
  });

  it('that ran out while sending are taken over, and the late answer changes nothing', async () => {
    let answer: (delivery: Delivery) => void = () => {};
    target('pager').answer = () => new Promise((resolve) => (answer = resolve));
    await enqueue(['pager']);
    await deliverer.run();
    clock.advance(MINUTE + 1);
    const successor = newDeliverer();
    target('pager').answer = () => retryAfter(HOUR);
    await successor.run();
    await until('the successor to settle', () => results().length === 1);
    answer(DELIVERED);
    await until('the late answer', () => wrapped.answers('settle').length === 2);
    expect(wrapped.answers('settle')).toEqual([true, false]);
    expect((await wrapped.store.outbox(1)).pending).toMatchObject([{ attempts: 1 }]);
    await successor.stop(0);
  });

  it('of what was sent are settled when the store is back, and it is not sent again', async () => {
    wrapped.takeDown('settle');
    await enqueue(['pager']);
    await deliverer.run();
    await until('the first try to settle', () => wrapped.calls('settle').length === 1);
    wrapped.bringUp();
    await until('it to be settled', () => wrapped.answers('settle').length === 1);
    clock.advance(2 * MINUTE);
    await deliverer.run();
    expect(target('pager').sent).toHaveLength(1);
    expect((await wrapped.store.outbox(1)).pendingCount).toBe(0);
  });
});

describe('stop', () => {
  it('waits for what is being sent', async () => {
    let answer: (delivery: Delivery) => void = () => {};
    target('pager').answer = () => new Promise((resolve) => (answer = resolve));
    await enqueue(['pager']);
    await deliverer.run();
    await until('the target to be called', () => target('pager').sent.length === 1);
    const stopped = deliverer.stop(MINUTE);
    answer(DELIVERED);
    await stopped;
    expect(results()).toEqual(['delivered']);
  });

  it('tells a target that takes too long, leaves one behind that does not listen, and gives both back', async () => {
    target('pager').answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    target('inbox').answer = () => new Promise(() => {});
    await enqueue(['pager'], ['inbox']);
    await deliverer.run();
    await until('both to be called', () => target('inbox').sent.length + target('pager').sent.length === 2);
    await deliverer.stop(20);
    expect(results()).toEqual(['retry', 'retry']);
    clock.advance(MINUTE);
    for (const name of ['pager', 'inbox']) target(name).answer = () => DELIVERED;
    const successor = newDeliverer();
    await successor.run();
    await until('the successor to deliver', () => results().length === 4);
    expect((await wrapped.store.outbox(1)).pendingCount).toBe(0);
    await successor.stop(0);
  });

  it('gives back what a run had not begun to send', async () => {
    await enqueue(['pager']);
    let open: () => void = () => {};
    wrapped.before('claim', () => new Promise<void>((resolve) => (open = resolve)));
    const run = deliverer.run();
    const stopped = deliverer.stop(MINUTE);
    open();
    await stopped;
    await run;
    expect(target('pager').sent).toHaveLength(0);
    expect(wrapped.answers('settle')).toEqual([true]);
    expect(results()).toEqual(['released']);
  });

  it('does not wait for a store that is away longer than its grace', async () => {
    wrapped.takeDown('settle');
    await enqueue(['pager']);
    await deliverer.run();
    await until('the first try to settle', () => wrapped.calls('settle').length === 1);
    await deliverer.stop(0);
    expect(log.entries.at(-1)).toMatchObject({
      level: 'error',
      message: 'what became of a notification could not be stored',
    });
  });

  it('may be called twice, and nothing is claimed after it', async () => {
    await deliverer.stop(0);
    await deliverer.stop(0);
    await enqueue(['pager']);
    await deliverer.run();
    expect(wrapped.calls('claim')).toHaveLength(0);
  });
});
