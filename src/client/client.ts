import { AsyncLocalStorage } from 'node:async_hooks';
import { errorClass } from './error-class.ts';
import type { RunOptions, RunningExecution } from './execution.ts';
import { Execution, Thrown, around } from './execution.ts';
import { atExit } from './exit.ts';
import type { OutcomeReport, RefusedReport, ReportedTime } from './outcome-report.ts';
import type { ClientProblem, Destination } from './sender.ts';
import { Sender } from './sender.ts';
import { activeTraceId, traceIdOf } from './trace-context.ts';

export type {
  EndOptions,
  Ending,
  RunOptions,
  RunningExecution,
  RunningStep,
  StepOptions,
} from './execution.ts';
export type { OutcomeReport, RefusedReport, ReportedStatus, ReportedTime } from './outcome-report.ts';
export type { ClientProblem } from './sender.ts';

/** How a client is set up; everything has a default. Times are milliseconds. */
export interface ClientOptions {
  /** Where Burnwatch is: `https://burnwatch.example.com`. Default: BURNWATCH_URL; without either the client only counts. */
  readonly url?: string | undefined;
  /** A token with the scope `ingest`. Default: BURNWATCH_TOKEN; without either none is sent. */
  readonly token?: string | undefined;
  /** Pairs that everything reported has, such as `{ region: 'eu' }`. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Records held until Burnwatch has answered for them; further ones are dropped and counted. Default 10,000. */
  readonly bufferSize?: number | undefined;
  /** The most records of one request. Default 1,000. */
  readonly batchSize?: number | undefined;
  /** How long a record waits for others. Default 1,000. */
  readonly flushAfterMs?: number | undefined;
  /** How long one request may take. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** The pause after the first request that fails; it doubles with each. Default 500. */
  readonly firstPauseMs?: number | undefined;
  /** The longest pause of the client's own; a longer one that Burnwatch asks for is kept, up to 5 minutes. Default 30,000. */
  readonly longestPauseMs?: number | undefined;
  /** How long the process stays, when it has nothing else to do, to deliver what is left. Default 5,000; 0 to leave at once. */
  readonly exitMs?: number | undefined;
  /** The class of an error that was thrown. Default: its `code` or name, never its message. Undefined leaves it to the default. */
  readonly errorOf?: ((thrown: unknown) => string | undefined) | undefined;
  /** Called with records that Burnwatch did not take, each with the code of why. */
  readonly onRejected?: ((refused: readonly RefusedReport[]) => unknown) | undefined;
  /**
   * Called with what keeps records from being counted, each time. Default: a warning of the process (`BurnwatchWarning`), once for
   * each code.
   */
  readonly onProblem?: ((problem: ClientProblem) => unknown) | undefined;
}

/**
 * What became of the records so far; `reported` is the sum of the others. Of what was sent twice because an answer was lost, one
 * is counted here: as a duplicate, if the first one had arrived.
 */
export interface ClientStats {
  readonly reported: number;
  /** Waiting for Burnwatch's answer. */
  readonly buffered: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** For want of room, a destination, or time at the end. */
  readonly dropped: number;
  /** The latest of what kept records from being counted; null when nothing has. */
  readonly lastProblem: ClientProblem | null;
}

/**
 * Reports executions to Burnwatch. Nothing of it throws, and nothing waits for the network but `flush` and `close`: records go
 * into a bounded buffer and are sent in batches, again and again with the same identities, until Burnwatch has answered for them.
 */
export interface Burnwatch {
  /**
   * Reports an execution around a function: it has started, and succeeded or failed as the function returned or threw. Gives the
   * value of the function and rethrows its error unchanged.
   */
  run<Value>(
    workflow: string,
    execution: string | number | bigint,
    work: (run: RunningExecution) => Value,
  ): Promise<Awaited<Value>>;
  run<Value>(
    workflow: string,
    execution: string | number | bigint,
    options: RunOptions,
    work: (run: RunningExecution) => Value,
  ): Promise<Awaited<Value>>;
  /** Reports that an execution has started, and leaves it to the caller to say how it ended. */
  start(workflow: string, execution: string | number | bigint, options?: RunOptions): RunningExecution;
  /** Reports one fact. */
  report(outcome: OutcomeReport): void;
  stats(): ClientStats;
  /** Resolves when what was reported so far has been answered for, or after `withinMs` (5,000); says whether it has. */
  flush(withinMs?: number): Promise<boolean>;
  /** Delivers what is left, within `withinMs` (5,000), and drops the rest. What is reported afterwards is dropped. */
  close(withinMs?: number): Promise<ClientStats>;
}

const FLUSH_WITHIN = 5000;

/** Makes a client. Settings that cannot work are a problem (see `onProblem`), not an error: records are then dropped and counted. */
export function createClient(options: ClientOptions = {}): Burnwatch {
  // Timers and requests must not keep, or add to, the trace context of the caller that happened to come first.
  const outside = AsyncLocalStorage.snapshot();
  const errorOf = options.errorOf;
  let reported = 0;
  let dropped = 0;
  let lastProblem: ClientProblem | null = null;
  let closed = false;
  let sender: Sender | null | undefined;
  let stay: (() => void) | null = null;

  const warned = new Set<string>();
  const warn = ({ code, message }: ClientProblem): void => {
    if (warned.has(code)) return;
    warned.add(code);
    process.emitWarning(message, { type: 'BurnwatchWarning', code });
  };
  const onProblem = (problem: ClientProblem): void => {
    lastProblem = problem;
    guard(() => (options.onProblem ?? warn)(problem));
  };

  /** The environment is read at the first record: programs may load it after their imports. */
  function open(): Sender | null {
    const destination = destinationOf(options, onProblem);
    if (destination === null) return null;
    const created = new Sender({
      destination,
      bufferSize: options.bufferSize ?? 10_000,
      batchSize: options.batchSize ?? 1000,
      flushAfterMs: options.flushAfterMs ?? 1000,
      timeoutMs: options.timeoutMs ?? 5000,
      pauseMs: [options.firstPauseMs ?? 500, options.longestPauseMs ?? 30_000],
      onRejected: (refused) => guard(() => options.onRejected?.(refused)),
      onProblem,
    });
    const exitMs = options.exitMs ?? FLUSH_WITHIN;
    stay = atExit({
      get pending() {
        return created.buffered > 0;
      },
      async leave() {
        await created.flush(exitMs);
        created.giveUp();
      },
    });
    return created;
  }

  function report(outcome: OutcomeReport): void {
    reported++;
    try {
      if (sender === undefined) sender = outside(open);
      if (sender === null || closed) dropped++;
      else {
        const record = serialize(outcome);
        const into = sender;
        outside(() => into.add(record));
      }
    } catch {
      dropped++;
      onProblem({ code: 'unreadable-record', message: 'A record could not be written as JSON.' });
    }
  }

  function serialize(outcome: OutcomeReport): string {
    const { error, at, startedAt, traceId, attributes } = outcome;
    // Field by field, because copying objects is most of what a record costs its caller.
    const record = {
      workflow: outcome.workflow,
      execution: String(outcome.execution),
      status: outcome.status,
      at: at === undefined ? Date.now() : time(at),
      startedAt: time(startedAt),
      durationMs: outcome.durationMs,
      step: outcome.step,
      attempt: outcome.attempt,
      willRetry: outcome.willRetry,
      dependency: outcome.dependency,
      error: error === undefined || typeof error === 'string' ? error : classOf(error),
      failedStep: outcome.failedStep,
      traceId: traceId ?? traceIdOf(outcome.traceparent),
      traceparent: undefined,
      attributes: options.attributes ? { ...options.attributes, ...attributes } : attributes,
      count: outcome.count,
    };
    for (const field in outcome) {
      // Burnwatch says of a field that it does not know what it is.
      if (!Object.hasOwn(record, field)) return JSON.stringify({ ...outcome, ...record });
    }
    return JSON.stringify(record);
  }

  function classOf(error: unknown): string {
    const thrown = error instanceof Thrown ? error.text : error;
    let own: unknown;
    guard(() => void (own = errorOf?.(thrown)));
    return typeof own === 'string' ? own : errorClass(thrown);
  }

  function start(
    workflow: string,
    execution: string | number | bigint,
    options?: RunOptions,
  ): RunningExecution {
    const { traceId, traceparent, attributes, ...own } = options ?? {};
    const trace = traceId ?? traceIdOf(traceparent) ?? activeTraceId();
    return new Execution({ workflow, execution: text(execution), traceId: trace, attributes }, own, report);
  }

  const stats = (): ClientStats => {
    const counts = sender?.counts ?? { accepted: 0, duplicates: 0, rejected: 0, dropped: 0 };
    const buffered = sender?.buffered ?? 0;
    return { reported, buffered, ...counts, dropped: counts.dropped + dropped, lastProblem };
  };

  return {
    start,
    report,
    stats,
    run<Value>(
      workflow: string,
      execution: string | number | bigint,
      first: RunOptions | ((run: RunningExecution) => Value),
      second?: (run: RunningExecution) => Value,
    ): Promise<Awaited<Value>> {
      const [settings, work] = typeof first === 'function' ? [undefined, first] : [first, second!];
      return around(start(workflow, execution, settings), work);
    },
    flush: async (withinMs = FLUSH_WITHIN) => (sender ? sender.flush(withinMs) : true),
    async close(withinMs = FLUSH_WITHIN) {
      closed = true;
      if (sender) {
        await sender.flush(withinMs);
        sender.giveUp();
      }
      stay?.();
      return stats();
    },
  };
}

/** The client of this process, set up by BURNWATCH_URL and BURNWATCH_TOKEN. */
export const burnwatch: Burnwatch = createClient();

function destinationOf(
  { url = process.env['BURNWATCH_URL'], token = process.env['BURNWATCH_TOKEN'] }: ClientOptions,
  onProblem: (problem: ClientProblem) => void,
): Destination | null {
  const problem = (code: string, message: string): null => {
    onProblem({ code, message });
    return null;
  };
  // A program that is tried out without Burnwatch is not to be disturbed.
  if (url === undefined || url === '') return null;
  let base: URL;
  try {
    base = new URL(url.endsWith('/') ? url : `${url}/`);
  } catch {
    return problem('invalid-url', 'The address of Burnwatch is not a URL; nothing is reported.');
  }
  if (!/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') {
    return problem(
      'invalid-url',
      'The address of Burnwatch must be http or https, without user and password; nothing is reported.',
    );
  }
  // A header cannot hold it, and what fetch says of that would show it.
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token)) {
    return problem(
      'invalid-token',
      'The token of Burnwatch holds characters that no token has; nothing is reported.',
    );
  }
  return {
    url: new URL('v1/outcomes', base).href,
    headers: {
      'Content-Type': 'application/x-ndjson',
      'User-Agent': 'burnwatch-client',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
  };
}

function time(value: ReportedTime | undefined): string | number | undefined {
  return value instanceof Date ? value.getTime() : value;
}

/** The id as a text; one that cannot be written as such is rejected by Burnwatch. */
function text(id: unknown): string {
  try {
    return String(id);
  } catch {
    return '';
  }
}

/** Calls something of the application's, whose errors are not the client's. */
function guard(call: () => unknown): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // Nowhere to report it that could not fail in the same way.
  }
}
