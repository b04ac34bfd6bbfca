import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BudgetChartData } from '../../../src/core/ports/chart-data.ts';
import { PICTURE_WITHIN } from '../../../src/core/ports/message-pictures.ts';
import { createMessagePictures } from '../../../src/notify/message/message-pictures.ts';
import { chartData } from '../../charts/chart-data.ts';
import { readChart } from '../../charts/read-xml.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { ESCALATED, OPENED, TEST, notificationOf } from '../example-facts.ts';

const NEVER = new AbortController().signal;
const PNG = new Uint8Array([1, 2, 3]);
const drawn: string[] = [];
const png = async (svg: string): Promise<Uint8Array> => {
  drawn.push(svg);
  return PNG;
};
const read = async (): Promise<BudgetChartData> => chartData();
const pending = new Promise<never>(() => {});

let log: ReturnType<typeof memoryLog>;
beforeEach(() => {
  drawn.length = 0;
  log = memoryLog();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const reasons = () =>
  log.entries.map(({ level, fields, message }) => {
    expect([level, message]).toEqual(['warn', 'a message goes without its picture']);
    expect(fields).toMatchObject({ slo: OPENED.slo, incident: OPENED.incident });
    return (fields as { reason: string }).reason;
  });

describe('the picture of a message', () => {
  it('is the budget above the share that fails, and says both in words', async () => {
    const pictures = createMessagePictures({ read, charts: { png }, log });
    const picture = await pictures.make(notificationOf(OPENED), NEVER);
    expect(picture).toMatchObject({ png: PNG, width: 600, height: 430 });
    expect(picture!.alt).toMatch(
      /^Error budget: \d+% of the budget of 95% over 28d is left, gone in 3d\. Failing share: [\d.]+% of [\d,]+ executions were bad; the objective allows 5%\.$/,
    );
    const svg = drawn[0]!;
    expect(readChart(svg).attributes.get('height')).toBe('430');
    expect([svg.indexOf('Error budget'), svg.indexOf('Failing share')].every((at) => at > 0)).toBe(true);
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(log.entries).toEqual([]);
  });

  it('is none of several incidents or of a test, and none where there is nothing to show', async () => {
    const pictures = createMessagePictures({ read, charts: { png }, log });
    const other = { ...OPENED, incident: 'another' };
    expect(await pictures.make(notificationOf(OPENED, other), NEVER)).toBeNull();
    expect(await pictures.make(notificationOf(TEST), NEVER)).toBeNull();
    const empty = createMessagePictures({ read: async () => null, charts: { png }, log });
    expect(await empty.make(notificationOf(OPENED), NEVER)).toBeNull();
    expect([drawn, log.entries]).toEqual([[], []]);
  });

  it('is drawn once for all targets that are sent the same at the same time, and anew for another try', async () => {
    const pictures = createMessagePictures({ read, charts: { png }, log });
    const same = () => pictures.make(notificationOf(OPENED), NEVER);
    await Promise.all([same(), same(), pictures.make(notificationOf(ESCALATED), NEVER)]);
    expect(drawn).toHaveLength(2);
    await same();
    expect(drawn).toHaveLength(3);
  });
});

describe('a message goes without its picture, and the log says why', () => {
  it('when it cannot be read or drawn', async () => {
    const failing = createMessagePictures({
      read,
      charts: {
        png() {
          throw new Error('no thread');
        },
      },
      log,
    });
    expect(await failing.make(notificationOf(OPENED), NEVER)).toBeNull();
    const unread = createMessagePictures({
      read: () => Promise.reject(new Error('The store is away')),
      charts: { png },
      log,
    });
    expect(await unread.make(notificationOf(OPENED), NEVER)).toBeNull();
    expect(reasons()).toEqual(['no thread', 'The store is away']);
  });

  it.each(['read', 'png'] as const)('when %s takes longer than it may', async (slow) => {
    const pictures = createMessagePictures({
      read: slow === 'read' ? () => pending : read,
      charts: { png: slow === 'png' ? () => pending : png },
      log,
    });
    let settled = false;
    const made = pictures.make(notificationOf(OPENED), NEVER).finally(() => (settled = true));
    await vi.advanceTimersByTimeAsync(PICTURE_WITHIN - 1);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await made).toBeNull();
    expect(reasons()).toEqual(['It was not made within 2000 ms.']);
  });

  it('when the service stops', async () => {
    const pictures = createMessagePictures({ read: () => pending, charts: { png }, log });
    const stopping = new AbortController();
    const made = pictures.make(notificationOf(OPENED), stopping.signal);
    stopping.abort();
    expect(await made).toBeNull();
    expect(await pictures.make(notificationOf(OPENED), stopping.signal)).toBeNull();
    expect(reasons()).toEqual(Array(2).fill('It was stopped before its picture was made.'));
  });

  it('when too many others are made', async () => {
    const pictures = createMessagePictures({ read: () => pending, charts: { png }, log });
    const others = Array.from({ length: 8 }, (_, at) =>
      pictures.make(notificationOf({ ...OPENED, at: OPENED.at + at }), NEVER),
    );
    expect(await pictures.make(notificationOf({ ...OPENED, at: 1 }), NEVER)).toBeNull();
    expect(reasons()).toEqual(['Too many pictures are being made.']);
    await vi.advanceTimersByTimeAsync(PICTURE_WITHIN);
    expect(await Promise.all(others)).toEqual(Array(8).fill(null));
  });
});
