import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/core/ports/store/store.ts';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { openRedisStore } from '../../../src/store/redis/open.ts';
import type { ManualClock } from '../../support/clock.ts';
import { START, manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sketchRow } from '../../support/outbox-rows.ts';
import { recordingTarget } from '../../support/recording-target.ts';
import { flush, startRedis } from '../../support/redis.ts';
import type { Sent, Storm } from '../../support/storm.ts';
import { startStorm } from '../../support/storm.ts';

const PACE = { burst: 6, refill: 12 * SECOND };
const COUNT = 500;

/** Incidents that have nothing in common, the last ten each worse than the one before. */
const incidents = (
  target: string,
  fields: Parameters<typeof sketchRow>[2] = {},
  count = COUNT,
): readonly OutboxRow[] =>
  Array.from({ length: count }, (_, index) =>
    sketchRow(target, 1, {
      incident: `i${index}`,
      slo: `w${index}/done`,
      peakBurnRate: 1 + Math.max(0, 20 * (index - count + 10)),
      ...fields,
    }),
  );
const rowsIn = (sent: readonly Sent[]) => sent.flatMap(({ notification }) => notification.facts);
const firstMinute = (sent: readonly Sent[]) => sent.filter(({ at }) => at < START + MINUTE);

const redis = await startRedis();
afterAll(() => redis.stop());

describe.each([
  ['LMDB', (clock: ManualClock) => openEmbeddedStore(1, clock)],
  [
    'Redis',
    async () => {
      await flush([redis]);
      return openRedisStore({ url: redis.url, partitions: 1, log: memoryLog(), waitReplicas: 0 });
    },
  ],
])('D3: a storm, with the outbox in %s,', (_, open) => {
  let clock: ManualClock;
  let store: Store;
  let storm: Storm;
  const chat = () => Object.assign(recordingTarget('chat'), { pace: PACE });

  const start = async (...targets: ReturnType<typeof recordingTarget>[]) => {
    storm = await startStorm(store, clock, targets);
  };

  beforeEach(async () => {
    clock = manualClock();
    store = await open(clock);
  });
  afterEach(async () => {
    await storm.stop();
    await store.close();
  });

  it('of 500 pages is told within seconds in a few messages, the worst first and the rest as a list', async () => {
    await start(chat());
    await storm.enqueue(incidents('chat'));
    await storm.run(MINUTE);
    const sent = storm.sentTo('chat');
    const sizes = sent.map(({ notification }) => notification.facts.length);
    expect(sizes).toEqual([1, 1, 1, 1, COUNT - 4]);
    expect(rowsIn(sent.slice(0, 4)).map(({ incident }) => incident)).toEqual([
      'i499',
      'i498',
      'i497',
      'i496',
    ]);
    expect(sent.at(-1)!.at - START).toBeLessThanOrEqual(5 * SECOND);
    expect(new Set(rowsIn(sent).map(({ incident }) => incident)).size).toBe(COUNT);
    expect(await store.outbox(1)).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('that goes on is at most 10 messages in the first minute, and 5 in each one after it', async () => {
    await start(chat());
    for (let second = 0; second < 150; second++) {
      const at = clock.now();
      await storm.enqueue(incidents('chat', { at }, 4).map((row) => ({ ...row, ...renamed(row, second) })));
      await storm.run(SECOND);
    }
    const sent = storm.sentTo('chat');
    expect(firstMinute(sent).length).toBeLessThanOrEqual(10);
    for (let from = START + MINUTE; from <= START + 2 * MINUTE; from += 10 * SECOND) {
      expect(sent.filter(({ at }) => at >= from && at < from + MINUTE).length).toBeLessThanOrEqual(6);
    }
    // What opened is told within the pause between two messages.
    const waits = sent.flatMap(({ at, notification }) => notification.facts.map((facts) => at - facts.at));
    expect(Math.max(...waits)).toBeLessThanOrEqual(PACE.refill + SECOND);
  });

  it('holds what is no incident, which is sent by itself and never in its list', async () => {
    await start(chat());
    const notices = (['report', 'gate-overridden'] as const).map((kind) =>
      sketchRow('chat', 1, { kind, incident: `${kind}/1`, severity: 'ticket' }),
    );
    await storm.enqueue([...incidents('chat', { severity: 'ticket' }, 30), ...notices]);
    await storm.run(2 * MINUTE);
    const sent = storm.sentTo('chat').map(({ notification }) => notification.facts.map(({ kind }) => kind));
    const apart = sent
      .filter((kinds) => kinds.some((kind) => kind !== 'opened'))
      .map((kinds) => kinds.join());
    expect(new Set(apart)).toEqual(new Set(['gate-overridden', 'report']));
    expect(apart).toHaveLength(2);
    expect(sent.flat()).toHaveLength(32);
  });

  it('of resolves is summed up as well', async () => {
    await start(chat());
    await storm.enqueue(incidents('chat', { kind: 'resolved' }));
    await storm.run(MINUTE);
    const sent = storm.sentTo('chat');
    expect(sent.length).toBeLessThanOrEqual(10);
    expect(rowsIn(sent)).toHaveLength(COUNT);
  });

  it('of tickets leaves a message for a page, which goes out within a second', async () => {
    await start(chat());
    await storm.enqueue(incidents('chat', { severity: 'ticket' }));
    for (let second = 0; second < 30; second++) {
      const at = clock.now();
      const [one] = incidents('chat', { severity: 'ticket', at }, 1);
      await storm.enqueue([{ ...one!, ...renamed(one!, second) }]);
      await storm.run(SECOND);
    }
    const before = storm.sentTo('chat').length;
    const at = clock.now();
    await storm.enqueue([sketchRow('chat', 1, { incident: 'page', at })]);
    await storm.run(SECOND + 250);
    const [page] = storm.sentTo('chat').slice(before);
    expect(page!.notification.facts[0]).toMatchObject({ incident: 'page' });
    expect(page!.at - at).toBeLessThanOrEqual(SECOND);
  });

  it('reaches a receiver that groups by itself one by one, the pages first', async () => {
    const pager = recordingTarget('pager');
    await start(pager);
    const tickets = incidents('pager', { severity: 'ticket' }, 100);
    await storm.enqueue(tickets);
    await storm.run(5 * SECOND);
    const at = clock.now();
    await storm.enqueue([sketchRow('pager', 1, { incident: 'page', at })]);
    await storm.run(55 * SECOND);
    const sent = storm.sentTo('pager');
    expect(sent).toHaveLength(60);
    expect(sent.every(({ notification }) => notification.facts.length === 1)).toBe(true);
    const page = sent.find(({ notification }) => notification.facts[0]!.incident === 'page')!;
    expect(page.at - at).toBeLessThanOrEqual(SECOND);
  });

  it('that a receiver asks to wait with is told once it may be, each incident once, in its history the message', async () => {
    const target = chat();
    let refusing = true;
    target.answer = () =>
      refusing ? { result: 'retry', reason: '429', after: 20 * SECOND } : { result: 'delivered' };
    await start(target);
    const rows = incidents('chat', {}, 50);
    const change = (row: OutboxRow) => ({
      slo: row.facts.slo,
      revision: 0,
      state: { firing: {}, incident: null, definition: null },
      rows: [row],
      history: { incident: row.incident, openedAt: START, events: [] },
    });
    await store.commit('this process', rows.map(change));
    await storm.run(30 * SECOND);
    refusing = false;
    const tried = storm.sentTo('chat').length;
    await storm.run(2 * MINUTE);
    const delivered = storm.sentTo('chat').slice(tried);
    const told = rowsIn(delivered).map(({ incident }) => incident);
    expect(told.toSorted()).toEqual(rows.map(({ incident }) => incident).toSorted());
    const history = await store.incident('i0');
    const { key, facts } = delivered.find(({ notification }) => notification.facts.length > 1)!.notification;
    expect(history!.events).toMatchObject([
      { kind: 'delivered', target: 'chat', message: { id: key, incidents: facts.length } },
    ]);
  });
});

function renamed(row: OutboxRow, second: number): Partial<OutboxRow> {
  const incident = `${row.incident}-${second}`;
  return { incident, id: `${row.id}-${second}`, facts: { ...row.facts, incident } };
}
