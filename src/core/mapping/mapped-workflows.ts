import { CONTROL, LONE_SURROGATE, MAX_ATTRIBUTE_VALUE, MAX_NAME } from '../outcomes/record-fields.ts';
import { matches } from '../sli/selection.ts';
import { whereOf } from '../sli/sli-kinds.ts';
import { componentsOf, countedByWorkflow } from '../slo/series.ts';
import type { Definitions } from '../slo/slo.ts';
import type { WorkflowMapping } from '../slo/mapping-rules.ts';
import { DEFAULT_MAPPING } from '../slo/mapping-rules.ts';
import type { AttributeValue, TelemetryAttributes } from './telemetry.ts';

/** A workflow as mappings see it. */
export interface MappedWorkflow {
  readonly name: string;
  readonly mapping: WorkflowMapping;
  /** The steps that its file lists; empty when it lists none. */
  readonly steps: ReadonlySet<string>;
  /** The measurements that its SLOs count. */
  readonly measurements: ReadonlySet<string>;
  /** The attributes that its breakdown and its SLOs look at. */
  readonly lookedAt: readonly string[];
}

/** Workflows by name, and by the services and sources whose spans, metrics or events are theirs. */
export interface MappedWorkflows {
  readonly byName: ReadonlyMap<string, MappedWorkflow>;
  readonly withSpansOf: (service: string) => readonly MappedWorkflow[];
  readonly withMetricsOf: (service: string) => readonly MappedWorkflow[];
  /** Of those that name sources of events. */
  readonly withEventsOf: (source: string) => readonly MappedWorkflow[];
}

/** Services and sources come from producers: what is remembered of them must not grow without end. */
const MAX_SENDERS = 1000;

/** Prepares the mappings of definitions for many look-ups a second. */
export function mappedWorkflows(definitions: Definitions): MappedWorkflows {
  const counted = countedByWorkflow(definitions);
  const workflows = [...definitions.workflows.values()].map(
    ({ name, steps, slos, breakdown, mapping = DEFAULT_MAPPING }): MappedWorkflow => ({
      name,
      mapping,
      steps: new Set(steps),
      measurements: new Set(
        [...counted.get(name)!.values()].flatMap((sli) => (sli.kind === 'measurement' ? [sli.name] : [])),
      ),
      lookedAt: [
        ...new Set([
          ...breakdown,
          ...slos.flatMap(componentsOf).flatMap(({ sli }) => Object.keys(whereOf(sli))),
        ]),
      ].slice(0, MAX_ATTRIBUTES),
    }),
  );
  return {
    byName: new Map(workflows.map((workflow) => [workflow.name, workflow])),
    withSpansOf: bySender(workflows, ({ mapping, name }) => mapping.spans.services ?? [name]),
    withMetricsOf: bySender(workflows, ({ mapping, name }) => mapping.metrics.services ?? [name]),
    withEventsOf: bySender(workflows, ({ mapping }) => mapping.events.sources ?? []),
  };
}

function bySender(
  workflows: readonly MappedWorkflow[],
  sendersOf: (workflow: MappedWorkflow) => readonly string[],
): (sender: string) => readonly MappedWorkflow[] {
  const exact = new Map<string, MappedWorkflow[]>();
  const patterns: (readonly [pattern: string, workflow: MappedWorkflow])[] = [];
  for (const workflow of workflows) {
    for (const sender of sendersOf(workflow)) {
      if (/[*?]/.test(sender)) patterns.push([sender, workflow]);
      else exact.set(sender, [...(exact.get(sender) ?? []), workflow]);
    }
  }
  const known = new Map<string, readonly MappedWorkflow[]>();
  return (sender) => {
    const found = known.get(sender);
    if (found) return found;
    const matching = patterns.flatMap(([pattern, workflow]) => (matches(pattern, sender) ? [workflow] : []));
    const all = [...new Set([...(exact.get(sender) ?? []), ...matching])];
    if (known.size >= MAX_SENDERS) known.clear();
    known.set(sender, all);
    return all;
  };
}

/** A record may have as many. */
const MAX_ATTRIBUTES = 16;

/** The first of some attributes that is there and not empty, as a text. */
export function firstOf(
  names: readonly string[],
  valueOf: (name: string) => AttributeValue | undefined,
): string | null {
  for (const name of names) {
    const value = valueOf(name);
    if (value !== undefined && value !== '') return String(value);
  }
  return null;
}

export function textsOf(
  where: object,
  valueOf: (name: string) => AttributeValue | undefined,
): Readonly<Record<string, string>> {
  const texts: [name: string, text: string][] = [];
  for (const name of Object.keys(where)) {
    const value = valueOf(name);
    if (value !== undefined) texts.push([name, String(value)]);
  }
  return Object.fromEntries(texts);
}

/** Looks an attribute up in what is said of a thing itself, and then of the program that reported it. */
export function lookUp(
  attributes: TelemetryAttributes,
  resource: TelemetryAttributes,
): (name: string) => AttributeValue | undefined {
  return (name) => attributes.get(name) ?? resource.get(name);
}

/** A text as a name: what names cannot hold becomes `-`. Null when nothing is left. */
export function asName(text: string): string | null {
  if (NAME.test(text)) return text;
  const plain = text.slice(0, 2 * MAX_NAME).replaceAll(/[^A-Za-z0-9._:/-]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, MAX_NAME) || null;
}

const NAME = /^[A-Za-z0-9._:/-]{1,128}$/;

/** The attributes of a record: those that SLOs of the workflow look at, and those that its file names. */
export function recordAttributes(
  { lookedAt }: Pick<MappedWorkflow, 'lookedAt'>,
  sources: Readonly<Record<string, string>>,
  valueOf: (name: string) => AttributeValue | undefined,
): Readonly<Record<string, string>> | undefined {
  const found: [name: string, value: string][] = [];
  for (const name of new Set([...Object.keys(sources), ...lookedAt])) {
    const value = valueOf(sources[name] ?? name);
    if (value === undefined || value === '' || found.length === MAX_ATTRIBUTES) continue;
    found.push([name, printable(String(value))]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Programs put anything into attributes: line breaks, long texts. A failure must not be lost for that. */
function printable(value: string): string {
  const line = value.slice(0, MAX_ATTRIBUTE_VALUE).replaceAll(CONTROLS, ' ');
  return line.replaceAll(LONE_SURROGATES, '\ufffd');
}

const CONTROLS = new RegExp(CONTROL, 'g');
const LONE_SURROGATES = new RegExp(LONE_SURROGATE, 'g');
