import { z } from 'zod';
import type { Sli } from '../../core/sli/sli.ts';
import { DAY, HOUR, MINUTE, parseDuration } from '../../core/time/duration.ts';
import {
  duration,
  exactlyOne,
  listOf,
  mapWith,
  minutesBetween,
  pathName,
  share,
  timeZone,
} from './field-schemas.ts';

const ATTRIBUTE = 'a text, or a list of texts; quote numbers, true and false';
const TEST = `${ATTRIBUTE}; or a map of not, glob or notGlob`;
const attributeValue = z
  .string({ error: ATTRIBUTE })
  .min(1, { error: ATTRIBUTE })
  .max(256, { error: ATTRIBUTE });
const attributeValues = z.union(
  [
    attributeValue,
    z.array(attributeValue, { error: ATTRIBUTE }).min(1, { error: ATTRIBUTE }).max(100, { error: ATTRIBUTE }),
  ],
  { error: ATTRIBUTE },
);
const oneTest = exactlyOne(['not', 'glob', 'notGlob']);
const attributeTest = z.union(
  [
    ...attributeValues.options,
    mapWith(
      {
        not: attributeValues.optional().describe('Any other value, or no such attribute at all.'),
        glob: attributeValues
          .optional()
          .describe('A value like one of these patterns: * stands for any characters, ? for one.'),
        notGlob: attributeValues
          .optional()
          .describe('A value like none of these patterns, or no such attribute at all.'),
      },
      TEST,
    )
      .refine(oneTest.holds, { error: oneTest.error })
      .meta(oneTest.meta),
  ],
  { error: TEST },
);
export const where = z
  .record(pathName, attributeTest, { error: 'a map of attribute names to the values that count' })
  .refine((attributes) => Object.keys(attributes).length <= 16, { error: 'at most 16 attributes' })
  .optional()
  .describe(
    'Count only what has these attributes: a value, a list of values any of which will do, or { not: … }, { glob: … } or { notGlob: … }.',
  );

const selection = {
  step: pathName
    .optional()
    .describe('Judge this step of each execution instead of the whole; its latest attempt decides.'),
  dependency: pathName
    .optional()
    .describe('Judge the executions and steps that were reported with this dependency.'),
  where,
};
const within = duration
  .optional()
  .describe('Good only when it succeeded within this time of its first start; still running by then is bad.');
const FROM = 'queued, together with within; the start is meant without it';
const from = z
  .literal('queued', { error: FROM })
  .optional()
  .describe(
    'Count `within` from when it was queued, where that was reported; what never starts is bad then, too.',
  );
const PER = 'attempt, without within; each counts once without it';

export const SLI = 'the word succeeded, or a map such as { within: 10m }';
const FIRST_TRY = 'first-try, together with step or dependency and without within';
const FIRST_TRY_ALONE = 'step or dependency beside it, and no within';
const outcomes = mapWith(
  {
    ...selection,
    within,
    from,
    per: z
      .literal('attempt', { error: PER })
      .optional()
      .describe('Count every attempt, whatever comes after it, not only the latest of each.'),
    good: z
      .literal('first-try', { error: FIRST_TRY })
      .optional()
      .describe(
        'Judge retries: an attempt is good when it is the first one of its step, bad when it is a retry.',
      ),
  },
  SLI,
)
  .refine((sli) => Object.keys(sli).length > 0, { error: SLI })
  .refine(
    ({ good, step, dependency, within: limit }) =>
      good === undefined || ((step !== undefined || dependency !== undefined) && limit === undefined),
    { error: FIRST_TRY_ALONE, path: ['good'] },
  )
  .refine(({ per, within: limit }) => per === undefined || limit === undefined, {
    error: PER,
    path: ['per'],
  })
  .refine(({ from: moment, within: limit }) => moment === undefined || limit !== undefined, {
    error: FROM,
    path: ['from'],
  });

const COMPARISONS = ['atMost', 'below', 'atLeast', 'above'] as const;
const limit = z.number({ error: 'a number, without quotes or a unit' });
const comparison = {
  atMost: limit.optional().describe('Good when the value is at most this.'),
  below: limit.optional().describe('Good when the value is less than this.'),
  atLeast: limit.optional().describe('Good when the value is at least this.'),
  above: limit.optional().describe('Good when the value is more than this.'),
};
const oneComparison = exactlyOne(COMPARISONS);
const measurementName = pathName.describe(
  'The name of the measurement, as producers report it, such as dlq-depth.',
);
const measurement = mapWith({ measurement: measurementName, ...comparison, where })
  .refine(oneComparison.holds, { error: oneComparison.error })
  .meta(oneComparison.meta);

const TRANSITION = 'two steps with an arrow between them, such as charge-card -> ship';
const transition = mapWith({
  transition: z
    .string({ error: TRANSITION })
    .regex(/^ *[A-Za-z0-9._:/-]{1,128} +-> +[A-Za-z0-9._:/-]{1,128} *$/, { error: TRANSITION })
    .describe(
      'Judge hand-overs from one step to the next instead of executions: once the first step succeeded, the second one must start.',
    ),
  within: duration.describe('How soon after the success of the first step the second one must start.'),
});

const SLICES = 'whole minutes that divide an hour: 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m or 60m';
const slices = z
  .string({ error: SLICES })
  .regex(/^(\d{1,9}(ms|[smhdw]))+$/, { error: SLICES })
  .refine(
    (text) => {
      const length = parseDuration(text);
      return length !== null && length % MINUTE === 0 && HOUR % length === 0;
    },
    { error: SLICES },
  )
  .describe(
    'Judge slices of time of this length instead of outcomes; a slice in which nothing ended does not count.',
  );

const QUANTILES = ['p50', 'p90', 'p95', 'p99'] as const;
const quantile = (percent: number) =>
  duration
    .optional()
    .describe(
      `A slice is good when the ${percent}th percentile of durations is at most this: when at least ${percent}% succeeded within it. What failed or never ended took longer than any limit.`,
    );
const oneOutcomeRule = exactlyOne(['ratio', ...QUANTILES]);
const outcomeSlices = mapWith({
  slices,
  ratio: share({ aboveZero: true })
    .optional()
    .describe('A slice is good when at least this share of its outcomes is good.'),
  p50: quantile(50),
  p90: quantile(90),
  p95: quantile(95),
  p99: quantile(99),
  ...selection,
  within,
  from,
})
  .refine(oneOutcomeRule.holds, { error: `${oneOutcomeRule.error} beside slices, or measurement` })
  .refine(({ ratio, within: limit_ }) => limit_ === undefined || ratio !== undefined, {
    error: 'no within beside a percentile, which is a limit already',
    path: ['within'],
  })
  .meta(oneOutcomeRule.meta);

const limits = mapWith(comparison, `a map of ${oneComparison.error}`)
  .refine(oneComparison.holds, { error: oneComparison.error })
  .meta(oneComparison.meta);
const oneMeasurementRule = exactlyOne(['max', 'min', 'mean']);
const measurementSlices = mapWith({
  slices,
  measurement: measurementName,
  max: limits.optional().describe('A slice is good when its largest value meets this.'),
  min: limits.optional().describe('A slice is good when its smallest value meets this.'),
  mean: limits.optional().describe('A slice is good when the mean of its values meets this.'),
  where,
})
  .refine(oneMeasurementRule.holds, { error: oneMeasurementRule.error })
  .meta(oneMeasurementRule.meta);

const freshness = mapWith({
  succeededEvery: minutesBetween(2 * MINUTE, 30 * DAY).describe(
    'Judge minutes: a minute is good while the last success is at most this long ago.',
  ),
  ...selection,
});

const schedule = mapWith({
  schedule: z
    .string({ error: 'a cron expression such as 0 2 * * *' })
    .min(1, { error: 'a cron expression such as 0 2 * * *' })
    .max(200, { error: 'a cron expression of at most 200 characters' })
    .describe(
      'Judge the ticks of this cron expression (minute, hour, day of month, month, day of week): a tick is good when an execution started and succeeded in time. One at which nothing happened is bad.',
    ),
  timeZone: timeZone.optional().describe('The IANA time zone of the cron expression; default: UTC.'),
  startEarly: duration
    .optional()
    .describe(
      'An execution that starts up to this long before a tick is that tick’s; default: 5m. Never more than half the time since the tick before.',
    ),
  startWithin: duration
    .optional()
    .describe('An execution must start this long after each tick at the latest.'),
  finishWithin: duration.describe(
    'An execution must succeed this long after each tick at the latest; not longer than from one tick to the next.',
  ),
  where,
});

const SLO_REFERENCE =
  'the id of an SLO, such as order-fulfillment/fulfilled-in-10m, or its name within this workflow';
const sloReference = z
  .string({ error: SLO_REFERENCE })
  .regex(/^[A-Za-z0-9._:/-]{1,257}$/, { error: SLO_REFERENCE });
const MEMBERS = 'from 2 to 20 SLOs';
const weighted = mapWith({
  weighted: z
    .record(
      sloReference,
      z
        .number({ error: 'a weight above 0, at most 1000' })
        .positive({ error: 'a weight above 0, at most 1000' })
        .max(1000, { error: 'a weight above 0, at most 1000' }),
      { error: 'a map of SLOs to their weights' },
    )
    .refine((members) => isBetween(Object.keys(members).length, 2, 20), { error: MEMBERS })
    .describe('Other SLOs and their weights: the error rate is the weighted mean of theirs.'),
});
const allOf = mapWith({
  allOf: listOf(sloReference, 'SLOs', 20)
    .min(2, { error: MEMBERS })
    .describe('Other SLOs: a journey through all of them is good when every part of it is.'),
});

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** The forms in which each kind of SLI may be written, distinguished by their keys. */
const SLI_FORMS = {
  outcomes: [z.literal('succeeded', { error: SLI }), outcomes],
  measurement: [measurement],
  transition: [transition],
  slices: [outcomeSlices, measurementSlices],
  freshness: [freshness],
  schedule: [schedule],
  composite: [weighted, allOf],
} as const satisfies { readonly [K in Sli['kind']]: readonly z.ZodType[] };

type Form = (typeof SLI_FORMS)[Sli['kind']][number];

/** What is judged, and what of it is good: one of the forms of one of the kinds. */
export const sliSchema = z.union(
  Object.values(SLI_FORMS).flatMap((forms): readonly Form[] => forms),
  { error: SLI },
);

export type NativeSli = z.infer<typeof sliSchema>;
/** An SLI of a kind as it is written. */
export type NativeSliOf<K extends Sli['kind']> = z.infer<(typeof SLI_FORMS)[K][number]>;
export type NativeWhere = NonNullable<z.infer<typeof where>>;
export type NativeSelection = Pick<
  z.infer<typeof outcomes>,
  'step' | 'dependency' | 'where' | 'within' | 'from' | 'per' | 'good'
>;
export type NativeComparison = z.infer<typeof limits>;
