import type { OutcomeStatus } from '../outcomes/outcome.ts';
import type { Where } from '../sli/sli.ts';

/** How a workflow is told from what its programs already report: spans, metrics and events. */
export interface WorkflowMapping {
  readonly spans: SpanRules;
  readonly events: EventRules;
  readonly metrics: MetricRules;
}

/** Names with `*` for any characters and `?` for one. */
type Globs = readonly string[];
/** Attributes to look for, the first that is there counts. */
type AttributeNames = readonly string[];
/** Attributes of records by name, and where each comes from. */
type AttributeSources = Readonly<Record<string, string>>;

/** How things that have names become executions and steps. */
export interface NamedRules {
  readonly where: Where;
  /** Names of those that are whole executions; null: as told without rules. */
  readonly executions: Globs | null;
  /** Names and the steps they are; null: as told without rules. */
  readonly steps: readonly (readonly [name: string, step: string])[] | null;
  /** Looked for before the built-in attributes, of which there are some for each. */
  readonly execution: AttributeNames;
  readonly attempt: AttributeNames;
  readonly dependency: AttributeNames;
  readonly error: AttributeNames;
  readonly attributes: AttributeSources;
}

/** Without rules root, server and consumer spans are executions, and others the steps they are called like. */
export interface SpanRules extends NamedRules {
  /** The services whose spans belong to the workflow; null: the one called like it. */
  readonly services: Globs | null;
}

/** The name of an event is its type. Without rules what is no step that the file lists is an execution. */
export interface EventRules extends NamedRules {
  /** The sources whose events belong to the workflow; null: those that have its name in their type or source. */
  readonly sources: Globs | null;
  /** Types and what they report, before what their last word means. */
  readonly statuses: readonly (readonly [type: string, status: OutcomeStatus])[];
}

export interface MetricRules {
  readonly services: Globs | null;
  /** Monotonic sums by name, and what each unit of them counts as. */
  readonly counts: Readonly<Record<string, CountRule>>;
  /** Gauges by name, and the measurements they are. */
  readonly measurements: Readonly<Record<string, string>>;
  readonly attributes: AttributeSources;
}

/** What a unit of a sum counts as. */
export interface CountRule {
  /** Null: the attribute `statusFrom` says it. */
  readonly status: OutcomeStatus | null;
  readonly statusFrom: string | null;
  readonly step: string | null;
  readonly dependency: AttributeNames;
  readonly error: AttributeNames;
}

const AS_TOLD: NamedRules = {
  where: {},
  executions: null,
  steps: null,
  execution: [],
  attempt: [],
  dependency: [],
  error: [],
  attributes: {},
};

/** Of a workflow whose file says nothing of it. */
export const DEFAULT_MAPPING: WorkflowMapping = {
  spans: { ...AS_TOLD, services: null },
  events: { ...AS_TOLD, sources: null, statuses: [] },
  metrics: { services: null, counts: {}, measurements: {}, attributes: {} },
};
