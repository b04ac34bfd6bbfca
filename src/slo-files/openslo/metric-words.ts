import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';

// Every `error` below completes the sentence "… is so-and-so; expected …".

const NAME = 'a name of 1 to 128 characters of A-Z a-z 0-9 . _ : / -';
const DURATION = 'a duration such as 10m, 1h30m or 7d';
const ATTRIBUTE = 'a text, or a list of texts; quote numbers, true and false';

const pathName = z.string({ error: NAME }).regex(/^[A-Za-z0-9._:/-]{1,128}$/, { error: NAME });
const within = z
  .string({ error: DURATION })
  .refine((text) => parseDuration(text) !== null, { error: DURATION })
  .optional()
  .describe('Good only when it succeeded within this time of its start.');
const attributeValue = z.string({ error: ATTRIBUTE }).min(1, { error: ATTRIBUTE }).max(256, { error: ATTRIBUTE });
const where = z.record(
  pathName,
  z.union([attributeValue, z.array(attributeValue, { error: ATTRIBUTE }).min(1, { error: ATTRIBUTE })], {
    error: ATTRIBUTE,
  }),
  { error: 'a map of attribute names to the values that count' },
);

const selection = {
  workflow: pathName.describe('The workflow, as producers report it.'),
  step: pathName.optional().describe('The attempts of this step, instead of whole executions.'),
  dependency: pathName.optional().describe('The step attempts that called this dependency.'),
  where: where.optional().describe('Only outcomes with these attributes.'),
};

const TOTAL = 'a map of workflow, and step, dependency and where';
const GOOD = `${TOTAL}, with status: succeeded, and within`;
const BAD = `${TOTAL}, with status: failed`;
const THRESHOLD = 'a map of workflow, where, and either measurement or duration: true';

const threshold = z
  .strictObject(
    {
      ...selection,
      measurement: pathName.optional().describe('The measurement whose values are compared.'),
      duration: z
        .literal(true, { error: 'true' })
        .optional()
        .describe('Compare how long executions (or steps) take, in seconds.'),
    },
    { error: THRESHOLD },
  )
  .refine(({ measurement, duration }) => (measurement === undefined) !== (duration === undefined), {
    error: THRESHOLD,
  })
  .refine(({ measurement, step, dependency }) => measurement === undefined || (step ?? dependency) === undefined, {
    error: `${THRESHOLD}; a measurement belongs to no step or dependency`,
  });

/** What `metricSource.spec` may say in each place of an SLI, when Burnwatch counts. */
export const METRIC_WORDS = {
  threshold,
  total: z.strictObject(selection, { error: TOTAL }),
  good: z.strictObject(
    { ...selection, status: z.literal('succeeded', { error: 'succeeded' }), within },
    { error: GOOD },
  ),
  bad: z.strictObject({ ...selection, status: z.literal('failed', { error: 'failed' }) }, { error: BAD }),
  raw: z.strictObject({ ...selection, within }, { error: `${TOTAL}, and within` }),
} as const;

export type MetricRole = keyof typeof METRIC_WORDS;
export type MetricWords<Role extends MetricRole> = z.infer<(typeof METRIC_WORDS)[Role]>;
export type WhereWords = NonNullable<MetricWords<'total'>['where']>;
