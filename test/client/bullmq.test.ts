import { Queue, QueueEvents, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WatchQueueOptions } from '../../src/client/bullmq.ts';
import { watchQueue } from '../../src/client/bullmq.ts';
import type { Burnwatch, OutcomeReport } from '../../src/client/client.ts';
import { createClient } from '../../src/client/client.ts';
import type { RedisServer } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

let server: RedisServer;
const connect = (): Redis => new Redis({ host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null });
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
  await server.stop();
});

/** A client that keeps what it is given, less what is the same in all. */
function recordingClient(): { readonly client: Burnwatch; readonly reports: OutcomeReport[] } {
  const reports: OutcomeReport[] = [];
  return { client: { ...createClient({ url: '' }), report: (outcome) => reports.push(outcome) }, reports };
}

async function openQueue(name: string): Promise<{ queue: Queue; events: () => Promise<QueueEvents> }> {
  const connection = connect();
  const queue = new Queue(name, { connection });
  const worker = new Worker(
    name,
    async (job) => {
      if (job.name === 'refused') throw new UnrecoverableError('no card of bob@example.com');
      if (job.name === 'flaky' && job.attemptsMade < 2) throw new Error('not yet');
      if (job.name === 'mended' && !job.data.mended) throw new Error('broken');
      return 'done';
    },
    { connection },
  );
  worker.on('error', () => undefined);
  undo.push(
    async () => connection.disconnect(),
    () => queue.close(),
    () => worker.close(),
  );
  return {
    queue,
    async events() {
      const own = connect();
      const events = new QueueEvents(name, { connection: own, lastEventId: '0-0' });
      undo.push(
        async () => own.disconnect(),
        () => events.close(),
      );
      await events.waitUntilReady();
      return events;
    },
  };
}

const summary = (reports: readonly OutcomeReport[], id: string): string[] =>
  reports
    .filter(({ execution }) => execution === id)
    .map(({ status, attempt = 1, error }) => [status, attempt, error].filter(Boolean).join(' '));

const ended = (reports: readonly OutcomeReport[]): number =>
  reports.filter(({ status }) => status === 'succeeded' || status === 'failed').length;

async function watch(
  name: string,
  options: WatchQueueOptions,
): Promise<{ queue: Queue; reports: OutcomeReport[]; stop: () => void }> {
  const { queue, events } = await openQueue(name);
  const { client, reports } = recordingClient();
  const stop = watchQueue(client, await events(), options);
  return { queue, reports, stop };
}

it('reports jobs of a real queue: queued, started and their end, with retries of BullMQ as one execution', async () => {
  const { queue, reports, stop } = await watch('mails', { workflow: 'mails' });
  await queue.add('plain', {}, { jobId: 'a' });
  await queue.add('flaky', {}, { jobId: 'b', attempts: 3, backoff: { type: 'fixed', delay: 10 } });
  await queue.add('refused', {}, { jobId: 'c' });
  await until('three jobs to end', () => ended(reports) === 3);
  expect(summary(reports, 'a')).toEqual(['queued 1', 'started 1', 'succeeded 1']);
  expect(summary(reports, 'b').at(-1)).toBe('succeeded 1');
  expect(new Set(summary(reports, 'b'))).toEqual(new Set(['queued 1', 'started 1', 'succeeded 1']));
  expect(summary(reports, 'c')).toEqual(['queued 1', 'started 1', 'failed 1 job-failed']);
  for (const { at, workflow, step } of reports) {
    expect([workflow, step]).toEqual(['mails', undefined]);
    expect(Math.abs(Number(at) - Date.now())).toBeLessThan(60_000);
  }
  stop();
  await queue.add('plain', {}, { jobId: 'd' });
  await until('the last job to end', async () => (await queue.getJob('d'))?.finishedOn);
  expect(summary(reports, 'd')).toEqual([]);
});

it('a failed job that is tried again by hand is a new attempt', async () => {
  const { queue, reports } = await watch('mended', { workflow: 'mails' });
  const job = await queue.add('mended', {}, { jobId: 'a' });
  await until('it to fail', () => ended(reports) === 1);
  await job.updateData({ mended: true });
  await job.retry();
  await until('it to succeed', () => ended(reports) === 2);
  expect(summary(reports, 'a')).toEqual([
    'queued 1',
    'started 1',
    'failed 1 job-failed',
    'queued 2',
    'started 2',
    'succeeded 2',
  ]);
});

it('C1: two processes that watch one queue report the same facts', async () => {
  const { queue, events } = await openQueue('twice');
  const [one, other] = [recordingClient(), recordingClient()];
  for (const { client } of [one, other]) watchQueue(client, await events(), { workflow: 'mails' });
  await queue.add('plain', {}, { jobId: 'a' });
  await until('both to hear of the end', () => ended(one.reports) + ended(other.reports) === 2);
  expect(other.reports).toEqual(one.reports);
});

it('jobs may be steps of other executions, be left out, and have error classes; functions that throw do no harm', async () => {
  const { queue, reports } = await watch('steps', {
    workflow: 'checkout',
    step: 'send-mail',
    executionOf(jobId) {
      if (jobId === 'broken') throw new Error('no id');
      return jobId.startsWith('order-') ? jobId.slice(6) : undefined;
    },
    errorOf: (reason) => (reason.startsWith('no card') ? 'no-card' : undefined),
  });
  for (const id of ['broken', 'other', 'order-7']) await queue.add('refused', {}, { jobId: id });
  await until('the last job to end', () => ended(reports) === 1);
  expect(summary(reports, '7').at(-1)).toBe('failed 1 no-card');
  expect(new Set(reports.map(({ execution, step }) => `${execution} ${step}`))).toEqual(
    new Set(['7 send-mail']),
  );
});
