import type { OutcomeStatus } from '../outcomes/outcome.ts';
import type { Where } from '../sli/sli.ts';

/** How a workflow is told from what its programs already report: spans and metrics. */
export interface WorkflowMapping {
  readonly spans: SpanRules;
  readonly metrics: MetricRules;
}

/** Names with `*` for any characters and `?` for one. */
type Globs = readonly string[];
/** Attributes to look for, the first that is there counts. */
type AttributeNames = readonly string[];
/** Attributes of records by name, and where each comes from. */
type AttributeSources = Readonly<Record<string, string>>;

export interface SpanRules {
  /** The services whose spans belong to the workflow; null: the one called like it. */
  readonly services: Globs | null;
  readonly where: Where;
  /** Names of the spans that are whole executions; null: root, server and consumer spans. */
  readonly executions: Globs | null;
  /** Names of spans and the steps they are; null: each is called like its span. */
  readonly steps: readonly (readonly [span: string, step: string])[] | null;
  /** Looked for before the built-in attributes, of which there are some for each. */
  readonly execution: AttributeNames;
  readonly attempt: AttributeNames;
  readonly dependency: AttributeNames;
  readonly error: AttributeNames;
  readonly attributes: AttributeSources;
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

/** Of a workflow whose file says nothing of it. */
export const DEFAULT_MAPPING: WorkflowMapping = {
  spans: {
    services: null,
    where: {},
    executions: null,
    steps: null,
    execution: [],
    attempt: [],
    dependency: [],
    error: [],
    attributes: {},
  },
  metrics: { services: null, counts: {}, measurements: {}, attributes: {} },
};
