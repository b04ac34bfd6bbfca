import { z } from 'zod';
import { duration, pathName } from '../native/field-schemas.ts';
import { sliSchema, where } from '../native/sli-schema.ts';

// Every `error` below completes the sentence "… is so-and-so; expected …".

const within = duration.optional().describe('Good only when it succeeded within this time of its start.');
const selection = {
  workflow: pathName.describe('The workflow, as producers report it.'),
  step: pathName.optional().describe('The attempts of this step, instead of whole executions.'),
  dependency: pathName.optional().describe('The step attempts that called this dependency.'),
  where,
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
  .refine(
    ({ measurement, step, dependency }) => measurement === undefined || (step ?? dependency) === undefined,
    {
      error: `${THRESHOLD}; a measurement belongs to no step or dependency`,
    },
  );

const RAW = `${TOTAL}, with within; or of workflow and sli`;
const raw = z
  .strictObject(
    {
      ...selection,
      within,
      sli: sliSchema
        .optional()
        .describe('Any SLI, in the words of a native file: what OpenSLO has no words for.'),
    },
    { error: RAW },
  )
  .refine((words) => words.sli === undefined || Object.keys(words).length === 2, { error: RAW });

/** What `metricSource.spec` may say in each place of an SLI, when Burnwatch counts. */
export const METRIC_WORDS = {
  threshold,
  total: z.strictObject(selection, { error: TOTAL }),
  good: z.strictObject(
    { ...selection, status: z.literal('succeeded', { error: 'succeeded' }), within },
    { error: GOOD },
  ),
  bad: z.strictObject({ ...selection, status: z.literal('failed', { error: 'failed' }) }, { error: BAD }),
  raw,
} as const;

export type MetricRole = keyof typeof METRIC_WORDS;
export type MetricWords<Role extends MetricRole> = z.infer<(typeof METRIC_WORDS)[Role]>;
