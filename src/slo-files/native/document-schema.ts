import { z } from 'zod';
import { MAX_BREAKDOWN_ATTRIBUTES } from '../../core/slo/breakdown.ts';
import { alertsSchema, budgetPolicySchema, policySchema } from './alerts-schema.ts';
import { dependencySchema } from './dependency.ts';
import { httpUrl, listOf, mapOf, mapWith, name, pathName, SECRET, text } from './field-schemas.ts';
import { queuesSchema, stepsSchema, unknownStepsSchema } from './map-schema.ts';
import { eventsSchema, metricsSchema, spansSchema } from './mapping-schema.ts';
import { personSchema } from './on-call-schema.ts';
import { sliSchema } from './sli-schema.ts';
import { reportsSchema, targetSchema, teamSchema } from './targets-schema.ts';
import { parseTraffic } from './traffic.ts';
import { windowSchema } from './window-schema.ts';

/** What `apiVersion` may say. */
export const VERSION = 'burnwatch/v1 or nothing, or openslo/v1 for OpenSLO';
export const OBJECTIVE = 'a share below 100%, such as 99.9% or 0.999';
const BREAKDOWN = `a list of different names of attributes, at most ${MAX_BREAKDOWN_ATTRIBUTES}`;
const TRAFFIC = 'a rate such as 2/day, 10/hour, 30/minute or 100/s';

const LABELS = 'at most 20 labels';

const labelsSchema = mapOf(name, text, 'labels').refine((labels) => Object.keys(labels).length <= 20, {
  error: LABELS,
});

const sloSchema = mapWith(
  {
    description: text.optional().describe('One sentence for people: it is in every notification.'),
    objective: z
      .union([z.string(), z.number()], { error: OBJECTIVE })
      .describe('The good share promised, such as 99.9% or 0.999.'),
    window: windowSchema.describe(
      'The time the objective holds over: rolling, such as 28d, or { calendar: month }; or a list, of which alerts are about the first.',
    ),
    sli: sliSchema.describe(
      'What is judged, and what of it is good; `succeeded` is that whole executions succeed.',
    ),
    labels: labelsSchema
      .optional()
      .describe('What silences can select it by, beside the labels of its workflow, which it may change.'),
    each: pathName
      .optional()
      .describe(
        'An attribute of outcomes: each of its values gets an SLO, budget and alerts of its own with the same promise.',
      ),
    alerts: alertsSchema.optional().describe('How alerts differ from the default ones.'),
    budgetPolicy: name
      .optional()
      .describe('A policy from `budgetPolicies`: what happens when how much of the budget is left.'),
  },
  'a map with objective, window and sli',
);

/**
 * One document of the native dialect: a workflow with its SLOs, or teams, targets and policies, or all of them.
 * What needs more than one value or file to judge is checked in definitions.ts.
 */
export const documentSchema = mapWith(
  {
    apiVersion: z
      .literal('burnwatch/v1', { error: VERSION })
      .optional()
      .describe('The dialect; may be left out.'),
    workflow: pathName.optional().describe('The workflow this document is about, as producers report it.'),
    owner: name.optional().describe('The team that owns the workflow; required with `workflow`.'),
    runbook: httpUrl.optional().describe('Where to look when it burns; linked in every notification.'),
    labels: labelsSchema.optional().describe('What silences can select its SLOs by, such as { tier: gold }.'),
    steps: stepsSchema.optional(),
    unknownSteps: unknownStepsSchema.optional(),
    queues: queuesSchema.optional(),
    breakdown: listOf(pathName, 'names of attributes', MAX_BREAKDOWN_ATTRIBUTES)
      .refine((names) => new Set(names).size === names.length, { error: BREAKDOWN })
      .optional()
      .describe('Attributes by which its outcomes are told apart: which values fail more than the rest.'),
    traffic: z
      .string({ error: TRAFFIC })
      .regex(/^\d{1,9}(\.\d{1,6})?\/(s|minute|hour|day)$/, { error: TRAFFIC })
      .refine((rate) => parseTraffic(rate) !== null, { error: TRAFFIC })
      .optional()
      .describe('How many executions to expect, such as 2/day; only `check` uses it, for its estimates.'),
    spans: spansSchema
      .optional()
      .describe('How OpenTelemetry spans (`POST /v1/traces`) become executions and steps of the workflow.'),
    events: eventsSchema
      .optional()
      .describe('How CloudEvents (`POST /v1/events`) become executions and steps of the workflow.'),
    metrics: metricsSchema
      .optional()
      .describe(
        'How OpenTelemetry metrics (`POST /v1/metrics`) become outcomes and measurements of the workflow.',
      ),
    slos: mapOf(name, sloSchema, 'SLOs').optional().describe('The SLOs of the workflow by name.'),
    teams: mapOf(name, teamSchema, 'teams').optional().describe('Where the notifications of each team go.'),
    targets: mapOf(name, targetSchema, 'targets').optional().describe('Places notifications can be sent to.'),
    people: mapOf(name, personSchema, 'people')
      .optional()
      .describe('Who can be on call, and the targets that reach them.'),
    reports: reportsSchema
      .optional()
      .describe('The reports of the weeks and months of all teams, and who is sent them.'),
    policies: mapOf(name, policySchema, 'policies')
      .optional()
      .describe('Alert settings that SLOs share by name; the one called default is for all that name none.'),
    budgetPolicies: mapOf(name, budgetPolicySchema, 'budget policies')
      .optional()
      .describe('What happens when how much of a budget is left, by name.'),
    dependencies: mapOf(pathName, dependencySchema, 'dependencies')
      .optional()
      .describe('What was promised of what workflows call, by the name that producers report.'),
  },
  'a map with workflow, or with teams, targets, people, reports, policies or dependencies',
).meta({
  title: 'Burnwatch SLO file',
  dependentRequired: {
    workflow: ['owner'],
    owner: ['workflow'],
    runbook: ['workflow'],
    labels: ['workflow'],
    steps: ['workflow'],
    unknownSteps: ['steps'],
    queues: ['workflow'],
    breakdown: ['workflow'],
    traffic: ['workflow'],
    spans: ['workflow'],
    events: ['workflow'],
    metrics: ['workflow'],
    slos: ['workflow'],
  },
});

/** A document whose values all have the right shape. */
export type NativeDocument = z.infer<typeof documentSchema>;
export type NativeSlo = z.infer<typeof sloSchema>;

/** Where the schema says that secrets stand: keys from the top down, with `*` for any name or position. */
export const SECRET_PATHS: readonly (readonly string[])[] = secretPaths(documentSchema);

/** What a document has at its top that other YAML files hardly have; `dependencies` many of them have. */
export const TELLING_KEYS = ['workflow', 'slos', 'teams', 'targets', 'policies', 'budgetPolicies'] as const;

function secretPaths(schema: z.ZodType): string[][] {
  if (schema.meta()?.['writeOnly'] === SECRET.writeOnly) return [[]];
  if (schema instanceof z.ZodOptional) return secretPaths(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(secretPaths);
  if (schema instanceof z.ZodRecord) return under('*', schema.valueType as z.ZodType);
  if (schema instanceof z.ZodArray) return under('*', schema.element as z.ZodType);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as z.ZodRawShape).flatMap(([key, part]) =>
    under(key, part as z.ZodType),
  );
}

function under(key: string, schema: z.ZodType): string[][] {
  return secretPaths(schema).map((path) => [key, ...path]);
}
