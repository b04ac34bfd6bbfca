import type { Burnwatch } from './client.ts';

// This file is loaded by workers and, for `reportWorkflow`, inside of the sandbox of workflows, where there is no Node.

/** An activity's info, as far as it is used. */
export interface ActivityInfo {
  readonly activityType: string;
  readonly attempt: number;
  readonly workflowType?: string | undefined;
  readonly workflowExecution?: { readonly workflowId: string; readonly runId: string } | undefined;
  readonly retryPolicy?: { readonly maximumAttempts?: number | undefined } | undefined;
}

/** A workflow's info, likewise. */
export interface TemporalWorkflowInfo {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
}

export interface TemporalOptions {
  /** The workflow of Burnwatch that a workflow type is; its own name if absent. Undefined leaves it out. */
  readonly workflowOf?: ((workflowType: string) => string | undefined) | undefined;
  /** The step that an activity is; its type if absent. Activities of one execution that are no retries of each other need steps of their own. */
  readonly stepOf?: ((info: ActivityInfo) => string | undefined) | undefined;
  /** The execution that a run of a workflow is; `workflowId/runId` if absent, because ids of workflows are used again. */
  readonly executionOf?: ((workflowId: string, runId: string) => string) | undefined;
}

/** What the sandbox says of a workflow: an error class for one that failed. Times are those of the workflow, in milliseconds. */
export interface WorkflowPhase {
  readonly status: 'started' | 'succeeded' | 'failed' | 'cancelled';
  readonly at: number;
  readonly error?: string | undefined;
}

// Types and not interfaces: Temporal wants index signatures. Its functions return nothing.
export type BurnwatchSinks = { burnwatch: { report(phase: WorkflowPhase): void } };

type Next<Input> = (input: Input) => Promise<unknown>;

/** The ends of an activity that will be told elsewhere: not an error. */
const ELSEWHERE = 'CompleteAsyncError';
const CANCELLED = 'CancelledFailure';
/** What ends a workflow. Anything else that is thrown fails its current task, which Temporal tries again. */
const FAILURES = new Set([
  'ApplicationFailure',
  'ActivityFailure',
  'ChildWorkflowFailure',
  'NexusOperationFailure',
  'ServerFailure',
  'TerminatedFailure',
  'TimeoutFailure',
  'TemporalFailure',
]);

/**
 * Makes an interceptor that reports each attempt of an activity as a step of its workflow's execution, for `interceptors.activity` of a
 * worker. What an activity gives or throws is never changed.
 */
export function activityInterceptor(
  burnwatch: Burnwatch,
  options: TemporalOptions = {},
): (context: { readonly info: ActivityInfo }) => {
  inbound: { execute<Input>(input: Input, next: Next<Input>): Promise<unknown> };
} {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const report = guarded(() => reporterOf(burnwatch, info, options));
        report?.({ status: 'started' });
        try {
          const value = await next(input);
          report?.({ status: 'succeeded' });
          return value;
        } catch (error) {
          if (nameOf(error) === CANCELLED) report?.({ status: 'cancelled' });
          else if (nameOf(error) !== ELSEWHERE)
            report?.({ status: 'failed', error: classOf(error), willRetry: willRetry(error, info) });
          throw error;
        }
      },
    },
  });
}

/** Makes the sinks that take what `reportWorkflow` says, for `sinks` of a worker. */
export function workflowSinks(
  burnwatch: Burnwatch,
  options: Pick<TemporalOptions, 'workflowOf' | 'executionOf'> = {},
): {
  burnwatch: {
    report: { fn: (info: TemporalWorkflowInfo, phase: WorkflowPhase) => void; callDuringReplay: false };
  };
} {
  return {
    burnwatch: {
      report: {
        fn(info, { status, at, error }) {
          guarded(() => {
            const workflow = nameIn(options, info.workflowType);
            if (workflow === undefined) return;
            const execution = executionIn(options, info.workflowId, info.runId);
            burnwatch.report({ workflow, execution, status, at, error });
          });
        },
        callDuringReplay: false,
      },
    },
  };
}

/**
 * Makes an interceptor that says when a workflow starts and how it ends, for a module of `interceptors.workflowModules`. It is given
 * `proxySinks<BurnwatchSinks>()`, since nothing of Temporal can be imported here.
 */
export function reportWorkflow({ burnwatch }: BurnwatchSinks): {
  execute<Input>(input: Input, next: Next<Input>): Promise<unknown>;
} {
  const say = (status: WorkflowPhase['status'], error?: string) =>
    burnwatch.report({ status, at: Date.now(), error });
  return {
    async execute(input, next) {
      say('started');
      try {
        const value = await next(input);
        say('succeeded');
        return value;
      } catch (error) {
        // A workflow that goes on as a new run has done what this one was for.
        if (nameOf(error) === 'ContinueAsNew') say('succeeded');
        else if (isCancelled(error)) say('cancelled');
        else if (FAILURES.has(nameOf(error))) say('failed', classOf(error));
        throw error;
      }
    },
  };
}

function reporterOf(
  burnwatch: Burnwatch,
  info: ActivityInfo,
  options: TemporalOptions,
): ((end: Omit<Parameters<Burnwatch['report']>[0], 'workflow' | 'execution'>) => void) | undefined {
  const { workflowExecution, workflowType, attempt } = info;
  const workflow = workflowType === undefined ? undefined : nameIn(options, workflowType);
  const step = options.stepOf ? options.stepOf(info) : info.activityType;
  if (!workflowExecution || workflow === undefined || step === undefined) return undefined;
  const execution = executionIn(options, workflowExecution.workflowId, workflowExecution.runId);
  return (end) => burnwatch.report({ workflow, execution, step, attempt, ...end });
}

function nameIn(options: TemporalOptions, workflowType: string): string | undefined {
  return options.workflowOf ? options.workflowOf(workflowType) : workflowType;
}

function executionIn(options: TemporalOptions, workflowId: string, runId: string): string {
  return options.executionOf ? options.executionOf(workflowId, runId) : `${workflowId}/${runId}`;
}

/** An error in a function of the application must not end up as one of the activity. */
function guarded<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function willRetry(error: unknown, { attempt, retryPolicy }: ActivityInfo): boolean {
  if ((error as { readonly nonRetryable?: unknown } | null)?.nonRetryable === true) return false;
  const most = retryPolicy?.maximumAttempts ?? 0;
  return most === 0 || attempt < most;
}

function isCancelled(error: unknown): boolean {
  return nameOf(error) === CANCELLED || nameOf(causeOf(error)) === CANCELLED;
}

/** The type that an application gave its failure, else the name of the innermost error; never a message. */
function classOf(error: unknown): string {
  const cause = causeOf(error);
  const type = (error as { readonly type?: unknown } | null)?.type;
  if (typeof type === 'string' && type !== '') return type;
  return cause === undefined || cause === null ? nameOf(error) || 'unknown' : classOf(cause);
}

function causeOf(error: unknown): unknown {
  return (error as { readonly cause?: unknown } | null | undefined)?.cause;
}

function nameOf(error: unknown): string {
  const name = (error as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : '';
}
