import { z } from 'zod';
import { listOf, mapOf, mapWith, pathName } from './field-schemas.ts';
import { where } from './sli-schema.ts';

const TEXT = 'a text of 1 to 256 characters';
const MAX_ENTRIES = 1000;

const shortText = z
  .string({ error: TEXT })
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]{1,256}$/, { error: TEXT });
const attributeNames = z.union([shortText, listOf(shortText, 'names of attributes', 16).min(1)], {
  error: 'the name of an attribute, or a list of names of which the first that is there counts',
});
const patterns = z.union([shortText, listOf(shortText, 'names', MAX_ENTRIES).min(1)], {
  error: 'a name, in which * stands for any characters and ? for one, or a list of them',
});
const STATUS = 'succeeded, failed, cancelled or skipped';
const endStatus = z.enum(['succeeded', 'failed', 'cancelled', 'skipped'], { error: STATUS });

const attributes = z
  .record(pathName, shortText, { error: 'a map of names for `where` to attributes' })
  .refine((map) => Object.keys(map).length <= 16, { error: 'at most 16 attributes' })
  .optional()
  .describe(
    'Attributes of outcomes by their names in `where`, each with where it comes from. Those that a `where` names itself need not be here.',
  );
const services = patterns.optional();
const dependency = attributeNames.optional().describe('The attribute that says what was called.');
const error = attributeNames.optional().describe('The attribute with the class of the error.');

/** What spans and events have in common: each is an execution or a step by its name. */
const named = {
  where: where.describe('Only those with these attributes.'),
  executions: patterns
    .optional()
    .describe(
      'Names of the spans, or types of the events, that are whole executions; if absent, root spans and those of kind server or consumer, and events of no step.',
    ),
  steps: mapOf(shortText, pathName, 'steps by name of their spans or type of their events')
    .refine((map) => Object.keys(map).length <= MAX_ENTRIES, { error: `at most ${MAX_ENTRIES} steps` })
    .optional()
    .describe(
      'Names of spans or types of events, with * and ?, and the step that each is; those called like a step need not be here.',
    ),
  execution: attributeNames
    .optional()
    .describe(
      'The attribute with the id of the execution; if absent, `burnwatch.execution` or the trace id of a span, the subject of an event.',
    ),
  attempt: attributeNames.optional().describe('The attribute that says which try this is, from 1.'),
  dependency,
  error,
  attributes,
};

export const spansSchema = mapWith(
  {
    services: services.describe(
      'The services (`service.name`) whose spans belong to this workflow; the one called like it if absent.',
    ),
    ...named,
  },
  'a map of how spans become executions and steps',
);

const REPORTED = 'queued, started, succeeded, failed, cancelled or skipped';

export const eventsSchema = mapWith(
  {
    sources: patterns
      .optional()
      .describe(
        'The sources whose events belong to this workflow, with * and ?; those with its name in their type or source if absent.',
      ),
    statuses: mapOf(
      shortText,
      z.enum(['queued', 'started', 'succeeded', 'failed', 'cancelled', 'skipped'], { error: REPORTED }),
      'statuses by type of event',
    )
      .refine((map) => Object.keys(map).length <= MAX_ENTRIES, { error: `at most ${MAX_ENTRIES} statuses` })
      .optional()
      .describe(
        'Types of events, with * and ?, and what each reports; of others the last word says it, such as completed.',
      ),
    ...named,
  },
  'a map of how CloudEvents become executions and steps',
);

const countRule = mapWith(
  {
    status: endStatus.optional().describe('What every unit of the sum counts as.'),
    statusFrom: shortText
      .optional()
      .describe(
        'The attribute that says it instead: succeeded, failed, ok, error, timeout, cancelled and the like.',
      ),
    step: pathName.optional().describe('The step that it counts; whole executions if absent.'),
    dependency,
    error,
  },
  'a map with status or statusFrom',
).refine(({ status, statusFrom }) => (status === undefined) !== (statusFrom === undefined), {
  error: 'exactly one of status and statusFrom',
});

export const metricsSchema = mapWith(
  {
    services: services.describe(
      'The services (`service.name`) whose metrics belong to this workflow; the one called like it if absent.',
    ),
    counts: mapOf(
      shortText,
      z.union([endStatus, countRule], { error: `${STATUS}, or a map with status or statusFrom` }),
      'sums',
    )
      .optional()
      .describe('Monotonic sums by name, with delta temporality, and what each unit of them counts as.'),
    measurements: mapOf(shortText, pathName, 'measurements')
      .optional()
      .describe('Gauges by name and the measurements that they are; those called like one need not be here.'),
    attributes,
  },
  'a map of counts and measurements',
);

export type NativeSpans = z.infer<typeof spansSchema>;
export type NativeEvents = z.infer<typeof eventsSchema>;
export type NativeMetrics = z.infer<typeof metricsSchema>;
