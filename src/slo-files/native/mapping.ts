import type { CountRule, MetricRules, SpanRules, WorkflowMapping } from '../../core/slo/mapping-rules.ts';
import type { Partly } from '../yaml/usable-part.ts';
import type { NativeMetrics, NativeSpans } from './mapping-schema.ts';
import { readWhere } from './sli.ts';
import type { NativeWhere } from './sli-schema.ts';

/** What a document says of how its workflow is told from what programs report anyway. */
export interface NativeMapping {
  readonly spans?: Partly<NativeSpans> | undefined;
  readonly metrics?: Partly<NativeMetrics> | undefined;
}

/** Reads how spans and metrics become outcomes; null when the document says nothing of it. */
export function readMapping({ spans, metrics }: NativeMapping): WorkflowMapping | null {
  if (spans === undefined && metrics === undefined) return null;
  return { spans: spanRules(spans ?? {}), metrics: metricRules(metrics ?? {}) };
}

function spanRules({ services, where, executions, steps, ...names }: Partly<NativeSpans>): SpanRules {
  return {
    services: services === undefined ? null : listed(services),
    where: readWhere(where as NativeWhere | undefined),
    executions: executions === undefined ? null : listed(executions),
    steps:
      steps === undefined
        ? null
        : Object.entries(steps).flatMap(([span, step]) =>
            step === undefined ? [] : [[span, step] as const],
          ),
    execution: listed(names.execution),
    attempt: listed(names.attempt),
    dependency: listed(names.dependency),
    error: listed(names.error),
    attributes: written(names.attributes),
  };
}

function metricRules({
  services,
  counts = {},
  measurements,
  attributes,
}: Partly<NativeMetrics>): MetricRules {
  return {
    services: services === undefined ? null : listed(services),
    counts: Object.fromEntries(
      Object.entries(counts).flatMap(([metric, rule]) =>
        rule === undefined ? [] : [[metric, countRule(rule)]],
      ),
    ),
    measurements: written(measurements),
    attributes: written(attributes),
  };
}

function countRule(rule: NonNullable<NonNullable<Partly<NativeMetrics>['counts']>[string]>): CountRule {
  if (typeof rule === 'string')
    return { status: rule, statusFrom: null, step: null, dependency: [], error: [] };
  const { status = null, statusFrom = null, step = null, dependency, error } = rule;
  return { status, statusFrom, step, dependency: listed(dependency), error: listed(error) };
}

function listed(value: string | readonly (string | undefined)[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value.filter((name) => name !== undefined);
}

function written(map: Readonly<Record<string, string | undefined>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
