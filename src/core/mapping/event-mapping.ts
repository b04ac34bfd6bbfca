import { isStart, meantStatus } from '../outcomes/outcome.ts';
import type { OutcomeStatus } from '../outcomes/outcome.ts';
import { matches, passes } from '../sli/selection.ts';
import type { CloudEvent } from './cloud-event.ts';
import { identityHash } from './identity-hash.ts';
import type { MappedWorkflow, MappedWorkflows } from './mapped-workflows.ts';
import { asName, firstOf, recordAttributes, textsOf } from './mapped-workflows.ts';
import type { AttributeValue, Mapped, MappedRecords, PlainRecord } from './telemetry.ts';
import { Unusable } from './telemetry.ts';

/** Where events commonly say why something failed. */
const ERROR = ['data.error', 'data.error.type', 'data.error.code'];

type ValueOf = (name: string) => AttributeValue | undefined;

/**
 * Gives the records that an event stands for: a start or an end of an execution or of a step. What it becomes depends on the event alone,
 * so that a repeat, which has the same id and source, becomes the same record (C1). Throws `Unusable` for a start of which no end
 * could be told to belong to it. `mayReport` says which workflows the sender may report to; of others that an event does not
 * name itself, nothing is said.
 */
export function recordsOfEvent(
  event: CloudEvent,
  workflows: MappedWorkflows,
  mayReport: (workflow: string) => boolean,
): Mapped {
  const valueOf = lookUpIn(event);
  const named = firstOf(['burnwatchworkflow'], valueOf);
  if (named !== null) {
    const workflow = workflows.byName.get(named);
    // Unknown to the files, it is rejected with its name, as any outcome is.
    if (!workflow)
      return outcomes([recordOf(event, { name: named, ...UNKNOWN }, 'succeeded', null, valueOf)]);
    const record = recordFor(event, workflow, valueOf);
    return record ? outcomes([record]) : 'not-mapped';
  }
  const candidates = workflows.withEventsOf(event.source).filter(({ name }) => mayReport(name));
  if (candidates.length === 0) {
    const namesake = namesakeOf(event, workflows);
    if (!namesake || namesake.mapping.events.sources !== null || !mayReport(namesake.name))
      return 'no-workflow';
    candidates.push(namesake);
  }
  const records = candidates.flatMap((workflow) => {
    const { where } = workflow.mapping.events;
    if (!passes(where, textsOf(where, valueOf))) return [];
    const record = recordFor(event, workflow, valueOf);
    return record ? [record] : [];
  });
  return records.length > 0 ? outcomes(records) : 'not-mapped';
}

/** Of a workflow that no file defines there is only the name. */
const UNKNOWN = { mapping: null, lookedAt: [] } as const;

function outcomes(records: readonly PlainRecord[]): MappedRecords {
  return { kind: 'outcomes', records };
}

/** `com.example.checkout.completed.v1` → `com.example.checkout` and `completed`. */
function partsOfType(type: string): readonly [subject: string, verb: string] {
  const plain = type.replace(/[./:]v\d{1,4}$/, '');
  const at = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf('/'), plain.lastIndexOf(':'));
  return at < 0 ? ['', plain] : [plain.slice(0, at), plain.slice(at + 1)];
}

function segmentsOf(text: string): readonly string[] {
  return text.split(/[./:]/);
}

/** The workflow that an event is about by its names: that of its type first, `checkout` or `checkout.charge-card`, then its source. */
function namesakeOf({ type, source }: CloudEvent, { byName }: MappedWorkflows): MappedWorkflow | undefined {
  const [about] = partsOfType(type);
  const segments = segmentsOf(about);
  const workflow = byName.get(about) ?? byName.get(segments.at(-1) ?? '');
  if (workflow) return workflow;
  const before = byName.get(segments.at(-2) ?? '');
  if (before && stepOf(type, before) !== null) return before;
  return byName.get(source) ?? byName.get(source.split(/[/:]/).findLast((part) => part !== '') ?? '');
}

function recordFor(event: CloudEvent, workflow: MappedWorkflow, valueOf: ValueOf): PlainRecord | null {
  const status = statusOf(event, workflow, valueOf);
  if (status === null) return null;
  const explicit = firstOf(['burnwatchstep'], valueOf);
  if (explicit !== null) return recordOf(event, workflow, status, explicit, valueOf);
  const { steps, executions } = workflow.mapping.events;
  for (const [pattern, step] of steps ?? [])
    if (matches(pattern, event.type)) return recordOf(event, workflow, status, step, valueOf);
  if (executions?.some((pattern) => matches(pattern, event.type)))
    return recordOf(event, workflow, status, null, valueOf);
  const step = stepOf(event.type, workflow);
  if (step !== null) return recordOf(event, workflow, status, step, valueOf);
  // A step that the file does not list is not the end of the whole.
  const ofPart = segmentsOf(partsOfType(event.type)[0]).at(-2) === workflow.name;
  return executions === null && !ofPart ? recordOf(event, workflow, status, null, valueOf) : null;
}

/** The step that a type is about: one that the file lists, or where it lists none, what stands behind the workflow. */
function stepOf(type: string, { name, steps, mapping }: MappedWorkflow): string | null {
  const segments = segmentsOf(partsOfType(type)[0]);
  const step = asName(segments.at(-1)!);
  if (step === null || step === name) return null;
  if (steps.has(step)) return step;
  const all = steps.size === 0 && mapping.events.steps === null;
  return all && segments.at(-2) === name ? step : null;
}

/** What an event says happened; null when it says nothing that an outcome can be. */
function statusOf({ type }: CloudEvent, { mapping }: MappedWorkflow, valueOf: ValueOf): string | null {
  const explicit = firstOf(['burnwatchstatus'], valueOf);
  if (explicit !== null) return meantStatus(explicit) ?? explicit;
  for (const [pattern, status] of mapping.events.statuses) if (matches(pattern, type)) return status;
  return meantStatus(partsOfType(type)[1]) ?? null;
}

type Reported = Pick<MappedWorkflow, 'name' | 'lookedAt'> & {
  readonly mapping: MappedWorkflow['mapping'] | null;
};

function recordOf(
  event: CloudEvent,
  workflow: Reported,
  status: string,
  step: string | null,
  valueOf: ValueOf,
): PlainRecord {
  const rules = workflow.mapping?.events ?? null;
  const attempt = firstOf(['burnwatchattempt', ...(rules?.attempt ?? [])], valueOf);
  const dependency = firstOf(['burnwatchdependency', ...(rules?.dependency ?? [])], valueOf);
  const failed = status === 'failed';
  return {
    workflow: workflow.name,
    execution: executionOf(event, rules?.execution ?? [], status, valueOf),
    status,
    at: event.time,
    step,
    attempt: attempt === null ? 1 : Number(attempt),
    willRetry: failed && firstOf(['burnwatchwillretry'], valueOf) === 'true',
    dependency: dependency === null ? null : asName(dependency),
    error: failed ? firstOf(['burnwatcherror', ...(rules?.error ?? []), ...ERROR], valueOf) : null,
    failedStep: failed && step === null ? firstOf(['burnwatchfailedstep'], valueOf) : null,
    traceId: traceIdOf(event.attributes.get('traceparent')),
    attributes: recordAttributes(workflow, rules?.attributes ?? {}, valueOf),
  };
}

function executionOf(
  { id, source, subject, type }: CloudEvent,
  names: readonly string[],
  status: string,
  valueOf: ValueOf,
): string {
  const said = firstOf(['burnwatchexecution', ...names], valueOf) ?? subject;
  if (said !== null) return said;
  if (isStart(status as OutcomeStatus)) {
    throw new Unusable(
      `An event of the type ${type.slice(0, MAX_QUOTED)} is about a start and has no subject, so that no end can belong to it.`,
    );
  }
  return `event ${identityHash(`${source.length} ${source}${id}`)}`;
}

const MAX_QUOTED = 60;

/** Of a W3C `traceparent`. */
function traceIdOf(traceparent: AttributeValue | undefined): string | null {
  const [, traceId] = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-/.exec(String(traceparent)) ?? [];
  return traceId ?? null;
}

/**
 * Looks up a context attribute, `data.order.id` within the data, and any other name in the data itself. What is for Burnwatch is never taken
 * from data, which may be what customers typed.
 */
function lookUpIn({ attributes, data }: CloudEvent): ValueOf {
  return (name) => {
    const own = attributes.get(name);
    if (own !== undefined || name.startsWith('burnwatch')) return own;
    return name.startsWith('data.') ? valueIn(data, name.split('.').slice(1)) : valueIn(data, [name]);
  };
}

function valueIn(data: unknown, path: readonly string[]): AttributeValue | undefined {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}
