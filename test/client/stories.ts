import type { Fault } from './misbehaving-peer.ts';

/** What a program with a client in it does; both drivers read it as JSON. */
export type Deed =
  | {
      readonly do: 'run';
      readonly execution: string;
      readonly attempt?: number;
      readonly traceparent?: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly steps?: readonly StepDeed[];
      /** The class of an error that its function throws after the steps. */
      readonly throws?: string;
      /** Ends it itself, inside its function. */
      readonly ends?: 'cancelled' | 'skipped';
    }
  /** As many executions that succeed, without steps; their ids are `1` and so on after the prefix. */
  | { readonly do: 'runs'; readonly prefix: string; readonly count: number }
  /** The explicit form: starts an execution and a step of it, and ends both, the step first. */
  | { readonly do: 'explicit'; readonly execution: string; readonly error: string }
  /** Starts an execution and never ends it. */
  | { readonly do: 'start'; readonly execution: string }
  | { readonly do: 'report'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly do: 'flush'; readonly withinMs: number }
  /** Prints `@` and waits for a line. */
  | { readonly do: 'wait' };

export interface StepDeed {
  readonly step: string;
  readonly dependency?: string;
  /** What happens inside. */
  readonly steps?: readonly StepDeed[];
  readonly throws?: string;
  /** The error is caught by the function of the execution, which goes on. */
  readonly caught?: boolean;
}

/** Milliseconds, as the TypeScript client takes them. */
export interface StoryOptions {
  readonly bufferSize?: number;
  readonly batchSize?: number;
  readonly flushAfterMs?: number;
  readonly timeoutMs?: number;
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  readonly exitMs?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

interface Counted {
  readonly good: number;
  readonly bad: number;
}

export interface Story {
  readonly name: string;
  readonly options?: StoryOptions;
  readonly deeds: readonly Deed[];
  /** What happens to the first requests. */
  readonly faults?: readonly Fault[];
  /** More records than that in one request get 413. */
  readonly maxRecords?: number;
  /** Ends without `close`, so that the end of the process has to deliver. */
  readonly leaves?: boolean;
  /** What Burnwatch has counted in the end; 0 where nothing is said. */
  readonly counts: {
    readonly done?: Counted;
    readonly charged?: Counted;
    readonly bank?: Counted;
    readonly firstTry?: Counted;
  };
  /** What the client has counted; 0 where nothing is said. */
  readonly stats: {
    readonly accepted?: number;
    readonly duplicates?: number;
    readonly rejected?: number;
    readonly dropped?: number;
  };
  /** The codes of what was refused, as `onRejected` got them. */
  readonly rejected?: readonly string[];
  /** How Burnwatch describes the last execution that failed. */
  readonly lastFailed?: {
    readonly step?: string;
    readonly error: string;
    readonly dependency?: string;
    readonly traceId?: string;
  };
  /** The latest problem the client knows of. */
  readonly lastProblem?: string;
  /** How many requests arrive. */
  readonly requests?: number;
  /** The second request comes at least so many milliseconds after the first. */
  readonly waitsMs?: number;
}

const good = (count: number): Counted => ({ good: count, bad: 0 });
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
/** Pauses short enough for a test. */
const QUICK = { firstPauseMs: 20, longestPauseMs: 60, timeoutMs: 5000 };
const CHARGE: StepDeed = { step: 'charge-card', dependency: 'bank' };
const ONE: readonly Deed[] = [{ do: 'run', execution: '1', steps: [CHARGE] }];
const ONE_COUNTED = { done: good(1), charged: good(1), bank: good(1), firstTry: good(1) };

/** A request that goes wrong in one way, after which everything counts once. */
function again(name: string, fault: Fault, more: Partial<Story> = {}): Story {
  return {
    name,
    options: QUICK,
    deeds: ONE,
    faults: [fault],
    counts: ONE_COUNTED,
    stats: { accepted: 4 },
    requests: 2,
    ...more,
  };
}

export const STORIES: readonly Story[] = [
  { name: 'succeeds', deeds: ONE, counts: ONE_COUNTED, stats: { accepted: 4 }, requests: 1 },
  {
    name: 'fails-in-a-step',
    deeds: [
      {
        do: 'run',
        execution: '1',
        traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
        steps: [{ ...CHARGE, throws: 'TimeoutError' }],
      },
    ],
    counts: {
      done: { good: 0, bad: 1 },
      charged: { good: 0, bad: 1 },
      bank: { good: 0, bad: 1 },
      firstTry: good(1),
    },
    stats: { accepted: 4 },
    lastFailed: { step: 'charge-card', error: 'TimeoutError', traceId: TRACE },
  },
  {
    name: 'fails-outside-of-steps',
    deeds: [{ do: 'run', execution: '1', steps: [CHARGE], throws: 'OrderError' }],
    counts: { ...ONE_COUNTED, done: { good: 0, bad: 1 } },
    stats: { accepted: 4 },
    lastFailed: { error: 'OrderError' },
  },
  {
    name: 'nested-steps',
    deeds: [
      { do: 'run', execution: '1', steps: [{ step: 'pay', steps: [{ ...CHARGE, throws: 'Declined' }] }] },
      { do: 'run', execution: '2', steps: [{ step: 'pay', steps: [CHARGE] }] },
    ],
    counts: {
      done: { good: 1, bad: 1 },
      charged: { good: 1, bad: 1 },
      bank: { good: 1, bad: 1 },
      firstTry: good(2),
    },
    stats: { accepted: 12 },
    lastFailed: { step: 'charge-card', error: 'Declined' },
  },
  {
    name: 'retries-of-a-step',
    deeds: [
      {
        do: 'run',
        execution: '1',
        steps: [
          { ...CHARGE, throws: 'TimeoutError', caught: true },
          { ...CHARGE, throws: 'TimeoutError', caught: true },
          CHARGE,
        ],
      },
    ],
    counts: { ...ONE_COUNTED, firstTry: { good: 1, bad: 2 } },
    stats: { accepted: 8 },
  },
  {
    name: 'retries-of-an-execution',
    deeds: [
      {
        do: 'run',
        execution: '1',
        steps: [
          { ...CHARGE, throws: 'TimeoutError', caught: true },
          { ...CHARGE, throws: 'TimeoutError' },
        ],
      },
      { do: 'run', execution: '1', attempt: 2, steps: [CHARGE] },
    ],
    counts: { ...ONE_COUNTED, firstTry: { good: 1, bad: 2 } },
    stats: { accepted: 10 },
  },
  {
    name: 'says-itself-how-it-ended',
    deeds: [
      { do: 'run', execution: '1', ends: 'cancelled' },
      { do: 'run', execution: '2', ends: 'skipped' },
      { do: 'explicit', execution: '3', error: 'declined' },
      { do: 'start', execution: '4' },
    ],
    counts: {
      done: { good: 0, bad: 1 },
      charged: { good: 0, bad: 1 },
      bank: { good: 0, bad: 1 },
      firstTry: good(1),
    },
    stats: { accepted: 9 },
    lastFailed: { step: 'charge-card', error: 'declined' },
  },
  {
    name: 'sends-the-same-twice',
    deeds: [
      { do: 'report', fields: { execution: '1', status: 'succeeded' } },
      { do: 'report', fields: { execution: '1', status: 'succeeded' } },
      { do: 'report', fields: { execution: '2', status: 'failed', error: 'late' } },
    ],
    counts: { done: { good: 1, bad: 1 } },
    stats: { accepted: 2, duplicates: 1 },
    lastFailed: { error: 'late' },
  },
  {
    name: 'rejected-and-conflicting',
    deeds: [
      { do: 'report', fields: { execution: '1', status: 'succeeded' } },
      { do: 'report', fields: { execution: '1', status: 'failed' } },
      { do: 'report', fields: { execution: '2', status: 'done' } },
      { do: 'report', fields: { execution: '3', status: 'succeeded', at: 1 } },
    ],
    counts: { done: good(1) },
    stats: { accepted: 1, rejected: 3 },
    rejected: ['conflict', 'invalid-field', 'too-old'],
    lastProblem: 'rejected',
  },
  {
    name: 'all-rejected',
    deeds: [
      { do: 'report', fields: { execution: '1', status: 'done' } },
      { do: 'report', fields: { execution: '2', status: 'succeeded', at: 1 } },
    ],
    counts: {},
    stats: { rejected: 2 },
    rejected: ['invalid-field', 'too-old'],
    lastProblem: 'rejected',
    requests: 1,
  },
  {
    name: 'thousands',
    options: { batchSize: 700 },
    deeds: [{ do: 'runs', prefix: 'n', count: 3000 }],
    counts: { done: good(3000) },
    stats: { accepted: 6000 },
  },
  {
    name: 'buffer-full',
    options: { bufferSize: 100, flushAfterMs: 60_000 },
    deeds: [{ do: 'runs', prefix: 'n', count: 80 }],
    counts: { done: good(50) },
    stats: { accepted: 100, dropped: 60 },
    lastProblem: 'buffer-full',
    requests: 1,
  },
  {
    name: 'leaves-without-close',
    options: { flushAfterMs: 60_000 },
    deeds: ONE,
    leaves: true,
    counts: ONE_COUNTED,
    stats: { accepted: 4 },
    requests: 1,
  },
  {
    name: 'leaves-while-all-fails',
    options: { ...QUICK, exitMs: 300 },
    deeds: ONE,
    leaves: true,
    faults: Array.from({ length: 500 }, (): Fault => 'cut'),
    counts: {},
    stats: { dropped: 4 },
    lastProblem: 'undelivered',
  },
  {
    name: 'leaves-while-nothing-answers',
    // Long enough for the one request to be made, however busy the machine is.
    options: { ...QUICK, timeoutMs: 60_000, exitMs: 2000 },
    deeds: ONE,
    leaves: true,
    faults: ['silent'],
    counts: {},
    stats: { dropped: 4 },
    lastProblem: 'undelivered',
    requests: 1,
  },
  {
    name: 'leaves-while-told-to-wait',
    options: { ...QUICK, exitMs: 200 },
    deeds: [...ONE, { do: 'flush', withinMs: 2000 }],
    leaves: true,
    faults: [{ status: 503, headers: { 'Retry-After': '3600' } }],
    counts: {},
    stats: { dropped: 4 },
    lastProblem: 'undelivered',
    requests: 1,
  },
  again('reply-lost', 'lose-reply', { stats: { duplicates: 4 } }),
  again('cut', 'cut'),
  again('silent', 'silent', { options: { ...QUICK, timeoutMs: 2000 } }),
  again('drips', 'drip', { options: { ...QUICK, timeoutMs: 2000 } }),
  again('endless', 'endless', { options: { ...QUICK, timeoutMs: 2000 } }),
  again('login-page', 'page', { lastProblem: 'unreadable-answer' }),
  again('miscounts', 'miscounts', { lastProblem: 'unreadable-answer' }),
  again('noise', 'noise', { lastProblem: 'unreachable' }),
  again('moved', { status: 302, headers: { Location: 'http://127.0.0.1:9/' } }, { lastProblem: 'http-302' }),
  again('failing', { status: 500 }, { lastProblem: 'http-500' }),
  again('no-such-path', { status: 404 }, { lastProblem: 'http-404' }),
  again(
    'limited',
    { status: 429, headers: { 'Retry-After': '1' }, body: '{"code":"rate-limited","detail":"Slow down."}' },
    { waitsMs: 1000, lastProblem: 'rate-limited' },
  ),
  again(
    'unavailable',
    { status: 503, headers: { 'Retry-After': '1' } },
    { waitsMs: 1000, lastProblem: 'http-503' },
  ),
  again(
    'bad-retry-after',
    { status: 503, headers: { 'Retry-After': 'in a while' } },
    { lastProblem: 'http-503' },
  ),
  {
    name: 'too-large-for-the-peer',
    options: { ...QUICK, batchSize: 8 },
    maxRecords: 3,
    deeds: [{ do: 'runs', prefix: 'n', count: 4 }],
    counts: { done: good(4) },
    stats: { accepted: 8 },
    // 8 and 4 are too many; then there are 4 times 2.
    requests: 6,
  },
  {
    name: 'too-large-by-itself',
    options: { ...QUICK, batchSize: 1 },
    maxRecords: 0,
    deeds: [{ do: 'report', fields: { execution: '1', status: 'succeeded' } }],
    counts: {},
    stats: { rejected: 1 },
    rejected: ['too-many-records'],
    lastProblem: 'rejected',
    requests: 1,
  },
  {
    name: 'refused-as-a-whole',
    options: QUICK,
    faults: [{ status: 400, body: '{"code":"invalid-json","detail":"No."}' }],
    deeds: [
      { do: 'run', execution: '1' },
      { do: 'flush', withinMs: 10_000 },
      { do: 'run', execution: '2' },
    ],
    counts: { done: good(1) },
    stats: { accepted: 2, rejected: 2 },
    rejected: ['invalid-json', 'invalid-json'],
    lastProblem: 'rejected',
  },
  {
    name: 'nothing-accepted',
    options: QUICK,
    faults: [
      {
        status: 422,
        body: '{"code":"nothing-accepted","rejected":[{"index":0,"code":"too-old","message":"a"},{"index":1,"code":"conflict","message":"b"}]}',
      },
    ],
    deeds: [{ do: 'run', execution: '1' }],
    counts: {},
    stats: { rejected: 2 },
    rejected: ['too-old', 'conflict'],
    lastProblem: 'rejected',
    requests: 1,
  },
];
