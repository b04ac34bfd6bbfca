import type { OutcomeReport, ReportedStatus } from './outcome-report.ts';

/** Of an execution as it starts. */
export interface RunOptions {
  /** Which try of the execution this is, from 1; what retries a whole execution says so here. */
  readonly attempt?: number | undefined;
  /** Up to 16 pairs of texts for `where`; its steps have them too. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** What the execution as a whole calls. */
  readonly dependency?: string | undefined;
  /** The W3C `traceparent` that came with the work. Without it the active OpenTelemetry span is looked at. */
  readonly traceparent?: string | undefined;
  /** The trace id itself, 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
}

/** Of a step as it starts. */
export interface StepOptions {
  /** What the step calls: `bank`. */
  readonly dependency?: string | undefined;
  /** Pairs beside those of the execution. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Which try of the step this is. Without it calls of the same step in one execution are counted. */
  readonly attempt?: number | undefined;
}

/** Of an end. */
export interface EndOptions {
  /** What failed is tried again: it does not count as the end. */
  readonly willRetry?: boolean | undefined;
  /** Of an execution that failed: the step in which it did. Without it, the step that failed with the same error. */
  readonly failedStep?: string | undefined;
}

/** Something that has started and has not ended. Only its first end is reported; none of this throws. */
export interface Ending {
  succeeded(): void;
  /** `error` is what was thrown, or the error class as a text. */
  failed(error?: unknown, options?: EndOptions): void;
  cancelled(): void;
  skipped(): void;
}

export interface RunningStep extends Ending {
  readonly step: string;
  readonly attempt: number;
}

/** An execution under way. */
export interface RunningExecution extends Ending {
  readonly workflow: string;
  readonly execution: string;
  readonly attempt: number;
  /** Reports a step around a function: gives its value, rethrows its error unchanged. */
  step<Value>(name: string, work: (step: RunningStep) => Value): Promise<Awaited<Value>>;
  step<Value>(
    name: string,
    options: StepOptions,
    work: (step: RunningStep) => Value,
  ): Promise<Awaited<Value>>;
  /** Reports that a step has started, and leaves it to the caller to say how it ended. */
  startStep(name: string, options?: StepOptions): RunningStep;
}

/**
 * Steps of another try of the execution have attempts of their own, far enough from those of the last: what
 * identifies them must differ, and the latest must decide.
 */
const ATTEMPTS_A_RUN = 1000;
/** Wrapped errors are followed this deep for the step they come from. */
const MAX_CAUSES = 5;
/** Errors whose step is remembered. */
const MAX_FAILURES = 100;

/** Something thrown that is a text: a message, and not the error class that a text given to `failed` is. */
export class Thrown {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What the facts of one execution have in common. */
type Common = Pick<OutcomeReport, 'workflow' | 'execution' | 'traceId' | 'attributes'>;

/** Starts an execution whose facts go to `report`, which does not throw. */
export class Execution implements RunningExecution {
  readonly workflow: string;
  readonly execution: string;
  readonly attempt: number;
  private readonly common: Common;
  private readonly report: (outcome: OutcomeReport) => void;
  private readonly ending: End;
  /** Step → how often it was called. */
  private readonly calls = new Map<string, number>();
  /** Error → the first step that failed with it. */
  private readonly failures = new Map<unknown, string>();

  constructor(
    common: Common,
    { attempt, dependency }: Pick<RunOptions, 'attempt' | 'dependency'>,
    report: (outcome: OutcomeReport) => void,
  ) {
    this.workflow = common.workflow;
    this.execution = common.execution as string;
    this.attempt = attempt ?? 1;
    this.common = common;
    this.report = report;
    const { workflow, execution, traceId, attributes } = common;
    const fact = { workflow, execution, step: undefined, attempt, dependency, traceId, attributes };
    this.ending = new End(fact, report);
  }

  succeeded(): void {
    this.ending.end('succeeded');
  }

  failed(error?: unknown, options?: EndOptions): void {
    this.ending.end('failed', error, options?.failedStep ?? this.stepOf(error), options?.willRetry);
  }

  cancelled(): void {
    this.ending.end('cancelled');
  }

  skipped(): void {
    this.ending.end('skipped');
  }

  startStep(name: string, options?: StepOptions): RunningStep {
    const call = (this.calls.get(name) ?? 0) + 1;
    this.calls.set(name, call);
    const attempt = options?.attempt ?? (this.attempt - 1) * ATTEMPTS_A_RUN + call;
    const { workflow, execution, traceId, attributes } = this.common;
    const own = options?.attributes ? { ...attributes, ...options.attributes } : attributes;
    const fact = {
      workflow,
      execution,
      step: name,
      attempt,
      dependency: options?.dependency,
      traceId,
      attributes: own,
    };
    const end = new End(fact, this.report);
    return {
      step: name,
      attempt,
      succeeded: () => end.end('succeeded'),
      failed: (error, ending) => {
        this.remember(error, name);
        end.end('failed', error, undefined, ending?.willRetry);
      },
      cancelled: () => end.end('cancelled'),
      skipped: () => end.end('skipped'),
    };
  }

  step<Value>(
    name: string,
    first: StepOptions | ((step: RunningStep) => Value),
    second?: (step: RunningStep) => Value,
  ): Promise<Awaited<Value>> {
    const [options, work] = typeof first === 'function' ? [{}, first] : [first, second!];
    return around(this.startStep(name, options), work);
  }

  private remember(error: unknown, step: string): void {
    const thrown = thrownOf(error);
    // What failed first is the innermost step.
    if (thrown == null || this.failures.has(thrown) || this.failures.size >= MAX_FAILURES) return;
    this.failures.set(thrown, step);
  }

  /** The step that failed with this error, or with what it wraps. */
  private stepOf(error: unknown): string | undefined {
    let thrown = thrownOf(error);
    for (let depth = 0; depth <= MAX_CAUSES && thrown != null; depth++) {
      const step = this.failures.get(thrown);
      if (step !== undefined) return step;
      thrown = causeOf(thrown);
    }
    return undefined;
  }
}

function thrownOf(error: unknown): unknown {
  return error instanceof Thrown ? error.text : error;
}

function causeOf(error: unknown): unknown {
  try {
    return error instanceof Error ? error.cause : undefined;
  } catch {
    // Errors may be anything, and this must not stand in the way of them.
    return undefined;
  }
}

/** Runs a function and says how it ended; its value or its error come out as they are. */
export async function around<Started extends Ending, Value>(
  started: Started,
  work: (started: Started) => Value,
): Promise<Awaited<Value>> {
  let value: Awaited<Value>;
  try {
    value = await work(started);
  } catch (error) {
    started.failed(typeof error === 'string' ? new Thrown(error) : error);
    throw error;
  }
  started.succeeded();
  return value;
}

type EndStatusOf = Exclude<ReportedStatus, 'queued' | 'started'>;

/** What a start and its end have in common. */
type Fact = Pick<
  OutcomeReport,
  'workflow' | 'execution' | 'step' | 'attempt' | 'dependency' | 'traceId' | 'attributes'
>;

/** Reports a start at once, and the first end that it is given. */
class End {
  private readonly fact: Fact;
  private readonly report: (outcome: OutcomeReport) => void;
  private readonly since = performance.now();
  private ended = false;

  constructor(fact: Fact, report: (outcome: OutcomeReport) => void) {
    this.fact = fact;
    this.report = report;
    this.say('started');
  }

  end(status: EndStatusOf, error?: unknown, failedStep?: string, willRetry?: boolean): void {
    if (this.ended) return;
    this.ended = true;
    const at = Date.now();
    // The time it took is that of a clock that cannot be set: nothing ends before it started.
    this.say(status, at, at - Math.round(performance.now() - this.since), error, failedStep, willRetry);
  }

  private say(
    status: ReportedStatus,
    at?: number,
    startedAt?: number,
    error?: unknown,
    failedStep?: string,
    willRetry?: boolean,
  ): void {
    const { workflow, execution, step, attempt, dependency, traceId, attributes } = this.fact;
    this.report({
      workflow,
      execution,
      status,
      at,
      startedAt,
      step,
      attempt,
      willRetry,
      dependency,
      error,
      failedStep,
      traceId,
      attributes,
    });
  }
}
