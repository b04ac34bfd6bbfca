import type { CountRule, MetricRules, NamedRules, WorkflowMapping } from '../../core/slo/mapping-rules.ts';
import type { Partly } from '../yaml/usable-part.ts';
import type { NativeEvents, NativeMetrics, NativeSpans } from './mapping-schema.ts';
import { readWhere } from './sli.ts';
import type { NativeWhere } from './sli-schema.ts';

/** What a document says of how its workflow is told from what programs report anyway. */
export interface NativeMapping {
  readonly spans?: Partly<NativeSpans> | undefined;
  readonly events?: Partly<NativeEvents> | undefined;
  readonly metrics?: Partly<NativeMetrics> | undefined;
}

/** Reads how spans, events and metrics become outcomes; null when the document says nothing of it. */
export function readMapping({ spans, events, metrics }: NativeMapping): WorkflowMapping | null {
  if (spans === undefined && events === undefined && metrics === undefined) return null;
  return {
    spans: { ...namedRules(spans ?? {}), services: listedOrNull(spans?.services) },
    events: {
      ...namedRules(events ?? {}),
      sources: listedOrNull(events?.sources),
      statuses: pairs(events?.statuses ?? {}),
    },
    metrics: metricRules(metrics ?? {}),
  };
}

function namedRules({ where, executions, steps, ...names }: Partly<NativeSpans | NativeEvents>): NamedRules {
  return {
    where: readWhere(where as NativeWhere | undefined),
    executions: listedOrNull(executions),
    steps: steps === undefined ? null : pairs(steps),
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
    services: listedOrNull(services),
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

type Names = string | readonly (string | undefined)[] | undefined;

function listedOrNull(value: Names): readonly string[] | null {
  return value === undefined ? null : listed(value);
}

function listed(value: Names): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value.filter((name) => name !== undefined);
}

function written(map: Readonly<Record<string, string | undefined>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs(map));
}

function pairs<Value>(map: Readonly<Record<string, Value | undefined>>): (readonly [string, Value])[] {
  return Object.entries(map).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
}
