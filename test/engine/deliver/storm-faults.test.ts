import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/core/ports/store/store.ts';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { ManualClock } from '../../support/clock.ts';
import { START, manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { sketchRow } from '../../support/outbox-rows.ts';
import type { RecordingTarget } from '../../support/recording-target.ts';
import { recordingTarget } from '../../support/recording-target.ts';
import type { Sent, Storm } from '../../support/storm.ts';
import { startStorm } from '../../support/storm.ts';
import { until } from '../../support/until.ts';

const PACE = { burst: 6, refill: 12 * SECOND };
const COUNT = 100;

let clock: ManualClock;
let store: Store;
let storm: Storm;
let chat: RecordingTarget;

beforeEach(async () => {
  clock = manualClock();
  store = await openEmbeddedStore(1, clock);
  chat = Object.assign(recordingTarget('pager'), { pace: PACE });
});
afterEach(async () => {
  await storm.stop();
  await store.close();
});

const pages = (target = 'pager') =>
  Array.from({ length: COUNT }, (_, index) =>
    sketchRow(target, 1, { incident: `i${index}`, slo: `w${index}/done`, peakBurnRate: index }),
  );
/** How often each incident is among what was sent, as `count × incidents`. */
function timesTold(sent: readonly Sent[]): Readonly<Record<number, number>> {
  const times = new Map<string, number>();
  for (const { incident } of sent.flatMap(({ notification }) => notification.facts))
    times.set(incident, (times.get(incident) ?? 0) + 1);
  const counts: Record<number, number> = {};
  for (const count of times.values()) counts[count] = (counts[count] ?? 0) + 1;
  return counts;
}

describe('D1: a list of incidents', () => {
  it('that a process sent and did not settle is sent again by its successor, which says so', async () => {
    // It dies with the list in its hands: the receiver has it, and no claim is settled.
    chat.answer = ({ facts }) => (facts.length > 1 ? new Promise(() => {}) : { result: 'delivered' });
    storm = await startStorm(store, clock, [chat]);
    await storm.enqueue(pages());
    await storm.run(4 * SECOND);
    await storm.deliverer.run();
    await until('the list to be sent', () => chat.sent.length === 5);
    const before = storm.sentTo('pager');
    expect(before.at(-1)!.notification.facts).toHaveLength(COUNT - 4);
    const fresh = Object.assign(recordingTarget('pager'), { pace: PACE });
    const successor = await startStorm(store, clock, [fresh]);
    await successor.run(MINUTE);
    const after = successor.sentTo('pager');
    expect(timesTold(after)).toEqual({ 1: COUNT - 4 });
    expect(after.every(({ notification }) => notification.mayRepeat === true)).toBe(true);
    expect(timesTold([...before, ...after])).toEqual({ 1: 4, 2: COUNT - 4 });
    expect(after.length).toBeLessThanOrEqual(10);
    expect(await store.outbox(1)).toMatchObject({ pendingCount: 0 });
    await successor.stop();
  });

  it('of which the process is replaced before it is sent is sent once, by its successor', async () => {
    storm = await startStorm(store, clock, [chat]);
    await storm.enqueue(pages());
    // Four go out; with the next look the process is paused after it claimed the rest, longer than claims are fresh.
    await storm.run(4 * SECOND);
    const claims = await store.claim('this process', clock.now(), 20 * SECOND, COUNT);
    expect(claims).toHaveLength(COUNT - 4);
    clock.advance(30 * SECOND);
    await storm.run(MINUTE);
    for (const claim of claims) {
      expect(await store.settle(claim, { result: 'released' }, clock.now())).toBe(false);
    }
    expect(timesTold(storm.sentTo('pager'))).toEqual({ 1: COUNT });
  });

  it('that cannot be delivered goes to the fallback as a list, each incident once', async () => {
    chat.answer = () => ({ result: 'refused', reason: '404 no such channel' });
    const mail = Object.assign(recordingTarget('mail'), { pace: PACE });
    storm = await startStorm(store, clock, [chat, mail]);
    await storm.enqueue(pages());
    await storm.run(20 * SECOND);
    expect(timesTold(storm.sentTo('mail'))).toEqual({ 1: COUNT });
    expect(storm.sentTo('mail').filter(({ at }) => at < START + MINUTE).length).toBeLessThanOrEqual(10);
    expect(await store.outbox(1)).toMatchObject({ pendingCount: 0, undeliverableCount: COUNT });
  });
});

it('D3: while all targets ask for time, nothing is lost, and every one of them gets its list afterwards', async () => {
  const names = ['pager', 'inbox', 'mail'];
  let busy = true;
  const targets = names.map((name) => {
    const target = Object.assign(recordingTarget(name), { pace: PACE });
    target.answer = () =>
      busy ? { result: 'retry', reason: '429', after: MINUTE } : { result: 'delivered' };
    return target;
  });
  storm = await startStorm(store, clock, targets);
  await storm.enqueue(names.flatMap((name) => pages(name)));
  await storm.run(2 * MINUTE);
  busy = false;
  const tries = names.map((name) => storm.sentTo(name).length);
  await storm.run(2 * MINUTE);
  for (const [index, name] of names.entries()) {
    expect(timesTold(storm.sentTo(name).slice(tries[index]))).toEqual({ 1: COUNT });
  }
});
