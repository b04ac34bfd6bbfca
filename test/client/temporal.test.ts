import { fileURLToPath } from 'node:url';
import { ApplicationFailure, CancelledFailure, CompleteAsyncError } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { InjectedSinks, WorkflowBundle } from '@temporalio/worker';
import { DefaultLogger, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OutcomeReport } from '../../src/client/client.ts';
import { createClient } from '../../src/client/client.ts';
import type { BurnwatchSinks, TemporalOptions } from '../../src/client/temporal.ts';
import { activityInterceptor, workflowSinks } from '../../src/client/temporal.ts';

const SILENT = new DefaultLogger('ERROR', () => undefined);

function recordingClient() {
  const reports: OutcomeReport[] = [];
  return {
    client: { ...createClient({ url: '' }), report: (outcome: OutcomeReport) => reports.push(outcome) },
    reports,
  };
}

const INFO = {
  activityType: 'chargeCard',
  attempt: 2,
  workflowType: 'order',
  workflowExecution: { workflowId: 'order-17', runId: 'r1' },
};

/** Runs an activity under the interceptor, in Temporal's own environment for activities; gives what was reported. */
async function activity(
  work: () => Promise<unknown>,
  info: object = {},
  options: TemporalOptions = {},
): Promise<{ readonly reports: readonly OutcomeReport[]; readonly result: unknown }> {
  const { client, reports } = recordingClient();
  const interceptors = [activityInterceptor(client, options)];
  const environment = new MockActivityEnvironment({ ...INFO, ...info }, { interceptors, logger: SILENT });
  const result = await environment.run(work).catch((error: unknown) => error);
  return { reports, result };
}

const about = { workflow: 'order', execution: 'order-17/r1', step: 'chargeCard', attempt: 2 };

describe('activities of Temporal', () => {
  it('are steps of the execution that their workflow is, by attempt', async () => {
    const { reports, result } = await activity(() => Promise.resolve('charged'));
    expect(result).toBe('charged');
    expect(reports).toEqual([
      { ...about, status: 'started' },
      { ...about, status: 'succeeded' },
    ]);
  });

  it.each([
    [ApplicationFailure.nonRetryable('of bob@example.com', 'Declined'), {}, 'Declined', false],
    [ApplicationFailure.retryable('of bob@example.com', 'Busy'), {}, 'Busy', true],
    [new TypeError('bob'), { retryPolicy: { maximumAttempts: 2 } }, 'TypeError', false],
    [new TypeError('bob'), { retryPolicy: { maximumAttempts: 3 } }, 'TypeError', true],
    [new Error('wrapped', { cause: new RangeError('bob') }), {}, 'RangeError', true],
  ])(
    'that fail say so by class, and whether another attempt follows: %s',
    async (thrown, info, error, willRetry) => {
      const { reports, result } = await activity(() => Promise.reject(thrown), info);
      expect(result).toBe(thrown);
      expect(reports.at(-1)).toEqual({ ...about, status: 'failed', error, willRetry });
    },
  );

  it('that are cancelled are neither, and those that end elsewhere have not ended', async () => {
    const cancelled = await activity(() => Promise.reject(new CancelledFailure('not wanted')));
    expect(cancelled.reports.map(({ status }) => status)).toEqual(['started', 'cancelled']);
    const elsewhere = await activity(() => Promise.reject(new CompleteAsyncError()));
    expect(elsewhere.reports.map(({ status }) => status)).toEqual(['started']);
  });

  it('have other names where the application says so, and are left out where it has none or fails', async () => {
    const work = () => Promise.resolve('done');
    const named = await activity(
      work,
      {},
      {
        workflowOf: (type) => `shop-${type}`,
        stepOf: ({ activityType }) => `step-${activityType}`,
        executionOf: (id) => id,
      },
    );
    expect(named.reports[0]).toMatchObject({
      workflow: 'shop-order',
      step: 'step-chargeCard',
      execution: 'order-17',
    });
    const failing = () => {
      throw new Error('of the application');
    };
    for (const options of [{ workflowOf: () => undefined }, { stepOf: failing }])
      expect(await activity(work, {}, options)).toEqual({ reports: [], result: 'done' });
    expect(await activity(work, { workflowType: undefined })).toEqual({ reports: [], result: 'done' });
  });
});

const seconds = (second: number) => ({ seconds: Date.UTC(2026, 2, 2, 12, 0, second) / 1000, nanos: 0 });
/** Of `temporal.api.enums.v1.EventType`. */
const EXECUTION_STARTED = 1;
const [TASK_SCHEDULED, TASK_STARTED, TASK_COMPLETED] = [5, 6, 7];
const CANCEL_REQUESTED = 20;
/** How each run ended. */
const ENDS = {
  shipped: { eventType: 2, workflowExecutionCompletedEventAttributes: {} },
  declined: { eventType: 3, workflowExecutionFailedEventAttributes: {} },
  cancelled: { eventType: 21, workflowExecutionCanceledEventAttributes: {} },
} as const;

/** A history as the server keeps it: a run of `order` that one task has brought to its end. */
function historyOf(outcome: keyof typeof ENDS): object {
  const begin = {
    eventType: EXECUTION_STARTED,
    workflowExecutionStartedEventAttributes: {
      workflowType: { name: 'order' },
      taskQueue: { name: 'orders' },
      input: {
        payloads: [
          {
            metadata: { encoding: Buffer.from('json/plain') },
            data: Buffer.from(JSON.stringify(outcome)),
          },
        ],
      },
      workflowTaskTimeout: { seconds: 10 },
      originalExecutionRunId: 'r1',
      firstExecutionRunId: 'r1',
      attempt: 1,
    },
  };
  const request = { eventType: CANCEL_REQUESTED, workflowExecutionCancelRequestedEventAttributes: {} };
  const before = outcome === 'cancelled' ? [begin, request] : [begin];
  const task = before.length + 1;
  const after = [
    {
      eventType: TASK_SCHEDULED,
      workflowTaskScheduledEventAttributes: { taskQueue: { name: 'orders' }, attempt: 1 },
    },
    { eventType: TASK_STARTED, workflowTaskStartedEventAttributes: { scheduledEventId: task } },
    {
      eventType: TASK_COMPLETED,
      workflowTaskCompletedEventAttributes: { scheduledEventId: task, startedEventId: task + 1 },
    },
    ENDS[outcome],
  ];
  const events = [...before, ...after].map((event, index) => ({
    eventId: index + 1,
    eventTime: seconds(index),
    ...event,
  }));
  return { events };
}

describe('workflows of Temporal, replayed by its own worker without a server', () => {
  let workflowBundle: WorkflowBundle;
  beforeAll(async () => {
    const file = (name: string) => fileURLToPath(new URL(`./temporal-${name}`, import.meta.url));
    Runtime.install({ logger: SILENT });
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: file('workflows.ts'),
      workflowInterceptorModules: [file('interceptors.ts')],
      logger: SILENT,
    });
  }, 120_000);

  it.each([
    ['shipped', [{ status: 'succeeded' }]],
    ['declined', [{ status: 'failed', error: 'Declined' }]],
    ['cancelled', [{ status: 'cancelled' }]],
  ] as const)('that are %s say so at the time of the workflow', async (outcome, ends) => {
    const { client, reports } = recordingClient();
    const { burnwatch } = workflowSinks(client);
    const sinks: InjectedSinks<BurnwatchSinks> = { burnwatch };
    expect(sinks.burnwatch.report.callDuringReplay).toBe(false);
    // A replay is all that a worker does without a server, and it must be heard here.
    sinks.burnwatch.report = { ...burnwatch.report, callDuringReplay: true };
    await Worker.runReplayHistory({ workflowBundle, sinks }, historyOf(outcome), 'order-17');
    const of = { workflow: 'order', execution: expect.stringMatching(/^order-17\//) as string };
    // When its task began.
    const at = Date.UTC(2026, 2, 2, 12, 0, outcome === 'cancelled' ? 3 : 2);
    expect(reports).toEqual([{ status: 'started' }, ...ends].map((each) => ({ ...of, at, ...each })));
  });
});
