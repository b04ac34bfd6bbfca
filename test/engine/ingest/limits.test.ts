import { expect, it } from 'vitest';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { OverShare, QueueFull } from '../../../src/core/ports/recorder.ts';
import type { GroupResult, RecordBatch } from '../../../src/core/ports/store/counting.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { callerWith } from '../../support/tokens.ts';

const definitions = define([defineSlo(), defineSlo({ workflow: 'nightly' })]);
const outcome = (execution: string, fields: object = {}) => ({
  workflow: 'orders',
  execution,
  status: 'succeeded',
  ...fields,
});
const counted = ({ groups }: RecordBatch): GroupResult[] =>
  groups.map(() => ({ known: [], waiting: [], conflicts: [] }));

it('G2: one token cannot fill the queue for the store by many requests', async () => {
  let answer = () => {};
  const stored = new Promise<void>((resolve) => (answer = resolve));
  const recorder = createRecorder({
    store: { partitions: 1, record: async (batch) => stored.then(() => counted(batch)) },
    definitions: () => definitions,
    clock: manualClock(),
    queueLimit: 9,
  });
  const send = (name: string, count: number) =>
    recorder.record(
      Array.from({ length: count }, (_, index) => outcome(`${name}-${index}`)),
      callerWith('ingest', name),
    );
  const waiting = [send('greedy', 3), send('greedy', 3)];
  await expect(send('greedy', 1)).rejects.toThrow(OverShare);
  waiting.push(send('other', 2));
  await expect(send('third', 2)).rejects.toThrow(QueueFull);
  answer();
  expect((await Promise.all(waiting)).map(({ accepted }) => accepted)).toEqual([3, 3, 2]);
  // What was held is given back.
  expect((await send('greedy', 9)).accepted).toBe(9);
});

it('caps what one record may stand for by workflow, and reports large counts', async () => {
  const large: unknown[] = [];
  const recorder = createRecorder({
    store: { partitions: 1, record: async (batch) => counted(batch) },
    definitions: () => definitions,
    clock: manualClock(),
    queueLimit: 100,
    countLimit: (workflow) => (workflow === 'orders' ? 100 : 1_000_000),
    onLargeCount: (workflow, count, { name }) => large.push([workflow, count, name]),
  });
  const result = await recorder.record(
    [
      outcome('a', { count: 100 }),
      outcome('b', { count: 101 }),
      outcome('c', { workflow: 'nightly', count: 9_999 }),
      outcome('d', { workflow: 'nightly', count: 10_000 }),
    ],
    callerWith('ingest', 'orders-token'),
  );
  expect(result.rejected).toEqual([
    {
      index: 1,
      code: 'count-too-large',
      message: 'count is 101; a record of orders may stand for 100 outcomes at most (BURNWATCH_COUNT_LIMIT).',
    },
  ]);
  expect(large).toEqual([['nightly', 10_000, 'orders-token']]);
});
