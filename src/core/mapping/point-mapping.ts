import { meantStatus } from '../outcomes/outcome.ts';
import type { CountRule } from '../slo/mapping-rules.ts';
import { identityHash } from './identity-hash.ts';
import type { MappedWorkflow, MappedWorkflows } from './mapped-workflows.ts';
import { asName, firstOf, lookUp, recordAttributes } from './mapped-workflows.ts';
import type { AttributeValue, Mapped, MappedRecords, MetricPoint, PlainRecord } from './telemetry.ts';
import { Unusable, wholeMilliseconds } from './telemetry.ts';

/** The sum that counts without being named in a file: its attributes say everything. */
const OUTCOMES = 'burnwatch.outcomes';
const OUTCOMES_RULE: CountRule = {
  status: null,
  statusFrom: 'burnwatch.status',
  step: null,
  dependency: [],
  error: [],
};

/**
 * Gives the records that a number of a metric stands for: so many outcomes alike, or a measurement. Its identity is made of the
 * series and the time of the point, so that the same point sent again changes nothing (C1). Throws `Unusable` for a count
 * that cannot be counted exactly once.
 */
export function recordsOfPoint(
  point: MetricPoint,
  workflows: MappedWorkflows,
  mayReport: (workflow: string) => boolean,
): Mapped {
  const valueOf = lookUp(point.attributes, point.resource);
  const named = firstOf(['burnwatch.workflow'], valueOf);
  if (named !== null) {
    const workflow = workflows.byName.get(named);
    if (workflow) return mappedFor(point, workflow, valueOf) ?? 'not-mapped';
    // An unknown one is rejected with its name when it was certainly meant for Burnwatch.
    return point.metric === OUTCOMES
      ? outcomes([countOf(point, { name: named, ...UNKNOWN }, OUTCOMES_RULE, valueOf)])
      : 'no-workflow';
  }
  const service = firstOf(['service.name'], valueOf) ?? '';
  const candidates = workflows.withMetricsOf(service).filter(({ name }) => mayReport(name));
  if (candidates.length === 0) return 'no-workflow';
  const found = candidates.flatMap((workflow) => mappedFor(point, workflow, valueOf) ?? []);
  if (found.length === 0) return 'not-mapped';
  // What a metric means decides about all of its records.
  return { kind: found[0]!.kind, records: found.flatMap(({ records }) => records) };
}

type ValueOf = (name: string) => AttributeValue | undefined;

const UNKNOWN = { mapping: null, lookedAt: [] } as const;
type Reported = Pick<MappedWorkflow, 'name' | 'lookedAt'> & {
  readonly mapping: MappedWorkflow['mapping'] | null;
};

function outcomes(records: readonly PlainRecord[]): MappedRecords {
  return { kind: 'outcomes', records };
}

function mappedFor(point: MetricPoint, workflow: MappedWorkflow, valueOf: ValueOf): MappedRecords | null {
  const { counts, measurements } = workflow.mapping.metrics;
  const { metric, kind } = point;
  const isCount = kind === 'delta' || kind === 'total';
  if (isCount) {
    const rule = Object.hasOwn(counts, metric) ? counts[metric]! : metric === OUTCOMES ? OUTCOMES_RULE : null;
    if (!rule) return null;
    return point.value === 0 && kind === 'delta'
      ? outcomes([])
      : outcomes([countOf(point, workflow, rule, valueOf)]);
  }
  const name = Object.hasOwn(measurements, metric) ? measurements[metric]! : metric;
  if (!workflow.measurements.has(name)) return null;
  if (kind === 'change') {
    throw new Unusable(
      `${metric} reports by how much a value changed; a measurement needs the value: use cumulative temporality for it.`,
    );
  }
  const record = {
    workflow: workflow.name,
    name,
    value: point.value,
    at: wholeMilliseconds(point.timeNs),
    attributes: recordAttributes(workflow, workflow.mapping.metrics.attributes, valueOf),
    id: identityOf(point),
  };
  return { kind: 'measurements', records: [record] };
}

function countOf(point: MetricPoint, workflow: Reported, rule: CountRule, valueOf: ValueOf): PlainRecord {
  const { metric, kind, value } = point;
  if (kind === 'total') {
    throw new Unusable(
      `${metric} is cumulative: what it grew by since the point before cannot be known after a restart or at another replica. Export it with delta temporality (OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta, or the Collector's cumulativetodelta processor).`,
    );
  }
  if (!Number.isInteger(value) || value < 0) {
    throw new Unusable(`${metric} grew by ${value}; outcomes are counted in whole numbers.`);
  }
  const written = rule.statusFrom === null ? null : firstOf([rule.statusFrom], valueOf);
  if (rule.statusFrom !== null && written === null) {
    throw new Unusable(`${metric} has no attribute ${rule.statusFrom}, which says what it counts.`);
  }
  const status = rule.status ?? meantStatus(written!) ?? written;
  const dependency = firstOf(['burnwatch.dependency', ...rule.dependency], valueOf);
  return {
    workflow: workflow.name,
    execution: identityOf(point),
    status,
    at: wholeMilliseconds(point.timeNs),
    count: value,
    step: rule.step ?? firstOf(['burnwatch.step'], valueOf),
    dependency: dependency === null ? null : asName(dependency),
    error: status === 'failed' ? firstOf(['burnwatch.error', ...rule.error, 'error.type'], valueOf) : null,
    attributes: recordAttributes(workflow, workflow.mapping?.metrics.attributes ?? {}, valueOf),
  };
}

/** The same for the same point of the same series, and for no other. */
function identityOf({ metric, attributes, resource, startNs, timeNs }: MetricPoint): string {
  const series = `${metric} ${sorted(attributes)} ${sorted(resource)}`;
  return `${metric.slice(0, MAX_METRIC)} ${identityHash(series)} ${startNs.toString(36)}-${timeNs.toString(36)}`;
}

/** Enough of the name for people to recognise; the hash tells the rest. */
const MAX_METRIC = 50;

function sorted(attributes: MetricPoint['attributes']): string {
  const entries = [...attributes].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(entries);
}
