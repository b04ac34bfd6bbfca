import { matches, passes } from '../sli/selection.ts';
import type { MappedWorkflow, MappedWorkflows } from './mapped-workflows.ts';
import { asName, firstOf, lookUp, recordAttributes, textsOf } from './mapped-workflows.ts';
import type { AttributeValue, Mapped, MappedRecords, PlainRecord, TraceSpan } from './telemetry.ts';

const EXECUTION = ['burnwatch.execution'];
const ERROR = ['burnwatch.error', 'error.type'];
/** What a span called, by the semantic conventions of today and of former years. */
const DEPENDENCY = [
  'service.peer.name',
  'peer.service',
  'db.system.name',
  'db.system',
  'messaging.system',
] as const;
/** Where instrumentations note which try this is, from 1. */
const ATTEMPT = ['burnwatch.attempt', 'messaging.gcp_pubsub.message.delivery_attempt'];
/** Where they note which repetition it is: absent on the first try, 1 on the second. */
const RESEND = ['http.request.resend_count', 'http.resend_count'];
/** What a failed span says instead of `error.type` in older instrumentations. */
const STATUS_CODE = ['http.response.status_code', 'http.status_code', 'rpc.grpc.status_code'];
/** Said of an error for which an instrumentation has no word. */
const OTHER_ERROR = '_OTHER';

/**
 * Gives the records that a span stands for: an end, with its start, of an execution or of a step. What it becomes depends on
 * the span alone, never on others of its trace: they arrive in any order, in parts and more than once, at different replicas, and a
 * repeat must become the same record (C1). `mayReport` says which workflows the sender may report to; of others that a span does not name
 * itself, nothing is said.
 */
export function recordsOfSpan(
  span: TraceSpan,
  workflows: MappedWorkflows,
  mayReport: (workflow: string) => boolean,
): Mapped {
  const valueOf = lookUp(span.attributes, span.resource);
  const named = firstOf(['burnwatch.workflow'], valueOf);
  if (named !== null) {
    const workflow = workflows.byName.get(named);
    // Unknown to the files, it is rejected with its name, as any outcome is.
    if (!workflow) return outcomes([recordOf(span, { name: named, ...UNKNOWN }, null, valueOf)]);
    const record = recordFor(span, workflow, valueOf);
    return record ? outcomes([record]) : 'not-mapped';
  }
  const service = firstOf(['service.name'], valueOf) ?? '';
  const candidates = workflows.withSpansOf(service).filter(({ name }) => mayReport(name));
  if (candidates.length > 0) {
    const records = candidates.flatMap((workflow) => {
      const { where } = workflow.mapping.spans;
      if (!passes(where, textsOf(where, valueOf))) return [];
      const record = recordFor(span, workflow, valueOf);
      return record ? [record] : [];
    });
    return records.length > 0 ? outcomes(records) : 'not-mapped';
  }
  const namesake = isEntry(span) ? workflows.byName.get(span.name) : undefined;
  if (!namesake || namesake.mapping.spans.services !== null || !mayReport(namesake.name))
    return 'no-workflow';
  return outcomes([recordOf(span, namesake, null, valueOf)]);
}

/** Of a workflow that no file defines there is only the name. */
const UNKNOWN = { mapping: null, lookedAt: [] } as const;

type ValueOf = (name: string) => AttributeValue | undefined;

function outcomes(records: readonly PlainRecord[]): MappedRecords {
  return { kind: 'outcomes', records };
}

function recordFor(span: TraceSpan, workflow: MappedWorkflow, valueOf: ValueOf): PlainRecord | null {
  // Of the span itself: on a resource it would make every span the same step.
  const explicit = firstOf(['burnwatch.step'], (name) => span.attributes.get(name));
  if (explicit !== null) return recordOf(span, workflow, explicit, valueOf);
  if (isExecution(span, workflow)) return recordOf(span, workflow, null, valueOf);
  const step = stepOf(span, workflow);
  return step === null ? null : recordOf(span, workflow, step, valueOf);
}

/** Whether a span is where something enters a program: the root of a trace, or what it serves or consumes. */
function isEntry({ isRoot, kind }: TraceSpan): boolean {
  return isRoot || kind === 'server' || kind === 'consumer';
}

function isExecution(span: TraceSpan, { name, mapping }: MappedWorkflow): boolean {
  const { executions } = mapping.spans;
  // It says so itself, whatever the file says of others.
  if (span.attributes.get('burnwatch.workflow') === span.name) return true;
  if (executions !== null) return executions.some((pattern) => matches(pattern, span.name));
  return isEntry(span) || span.name === name;
}

/** The step that a span is; null when it is none of the workflow. */
function stepOf(span: TraceSpan, { mapping, steps }: MappedWorkflow): string | null {
  const written = mapping.spans.steps;
  for (const [pattern, step] of written ?? []) if (matches(pattern, span.name)) return step;
  const name = asName(span.name);
  if (name === null || steps.has(name)) return name;
  return steps.size === 0 && written === null ? name : null;
}

function recordOf(
  span: TraceSpan,
  workflow: Pick<MappedWorkflow, 'name' | 'lookedAt'> & {
    readonly mapping: MappedWorkflow['mapping'] | null;
  },
  step: string | null,
  valueOf: ValueOf,
): PlainRecord {
  const rules = workflow.mapping?.spans ?? null;
  const own: ValueOf = (name) => span.attributes.get(name);
  const status = firstOf(['burnwatch.status'], own) ?? (span.failed ? 'failed' : 'succeeded');
  return {
    workflow: workflow.name,
    execution: firstOf([...(rules?.execution ?? []), ...EXECUTION], valueOf) ?? span.traceId,
    status,
    at: span.endedAt,
    // Clocks of programs may step back under a span.
    startedAt: Math.min(span.startedAt, span.endedAt),
    step,
    attempt: attemptOf(rules?.attempt ?? [], own),
    willRetry: status === 'failed' && own('burnwatch.will_retry') === true,
    dependency: dependencyOf(span, rules?.dependency ?? []),
    error: status === 'failed' ? errorOf(span, rules?.error ?? []) : null,
    failedStep: status === 'failed' && step === null ? firstOf(['burnwatch.failed_step'], own) : null,
    traceId: span.traceId,
    attributes: recordAttributes(workflow, rules?.attributes ?? {}, valueOf),
  };
}

function attemptOf(names: readonly string[], valueOf: ValueOf): unknown {
  const attempt = firstOf([...names, ...ATTEMPT], valueOf);
  if (attempt !== null) return Number(attempt);
  const resent = firstOf(RESEND, valueOf);
  return resent === null ? 1 : Number(resent) + 1;
}

function dependencyOf(span: TraceSpan, names: readonly string[]): string | null {
  const own: ValueOf = (name) => span.attributes.get(name);
  const explicit = firstOf(['burnwatch.dependency', ...names], own);
  if (explicit !== null) return asName(explicit);
  // What a span that serves or consumes says of its peer is who called, not whom it calls.
  if (span.kind === 'server' || span.kind === 'consumer') return null;
  const usual = firstOf(DEPENDENCY, own);
  return usual === null ? null : asName(usual);
}

function errorOf({ attributes, exception }: TraceSpan, names: readonly string[]): string | null {
  const valueOf: ValueOf = (name) => attributes.get(name);
  const error = firstOf([...names, ...ERROR], valueOf);
  if (error !== null && error !== OTHER_ERROR) return error;
  return exception ?? firstOf(['exception.type'], valueOf) ?? firstOf(STATUS_CODE, valueOf) ?? error;
}
