import { z } from 'zod';
import { name, timeZone } from '../native/field-schemas.ts';
import { parseShorthand } from './shorthand.ts';

// Every `error` below completes the sentence "… is so-and-so; expected …".

const OBJECT_NAME = 'a name of 1 to 255 characters of A-Z a-z 0-9 . _ : / | \\ -';
const DESCRIPTION = 'a text of up to 1050 characters';
const SHORTHAND = 'a whole number and one of m, h, d, w, M, Q and Y, such as 5m, 28d or 1M';
const NUMBER = 'a number';
const BOOLEAN = 'true or false';
const LABEL_KEY = 'a key of up to 63 characters of A-Z a-z 0-9 . _ -, with letters or digits at its ends';
const LABEL = 'a text, or a list of texts; quote numbers, true and false';
const ANNOTATION_KEY = 'a key such as example.com/name';
const MAP = 'a map';

/** The only version of OpenSLO that is loaded. */
export const OPENSLO_VERSION = 'openslo/v1';

const objectName = z
  .string({ error: OBJECT_NAME })
  .regex(/^[A-Za-z0-9._:/|\\-]{1,255}$/, { error: OBJECT_NAME });
const description = z
  .string({ error: DESCRIPTION })
  .max(1050, { error: DESCRIPTION })
  .optional()
  .describe('What it is, for people.');
const shorthand = z
  .string({ error: SHORTHAND })
  .regex(/^\d{1,9}[mhdwMQY]$/, { error: SHORTHAND })
  .refine((text) => parseShorthand(text) !== null, { error: SHORTHAND });
// A text is what a reference such as ${NAME} is filled in with.
const numeric = z.union(
  [
    z.number({ error: NUMBER }),
    z.string({ error: NUMBER }).regex(/^-?\d{1,15}(\.\d{1,12})?$/, { error: NUMBER }),
  ],
  { error: NUMBER },
);
const boolean = z.boolean({ error: BOOLEAN });

const labels = z.record(
  z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, { error: LABEL_KEY }),
  z.union([z.string({ error: LABEL }), z.array(z.string({ error: LABEL }), { error: LABEL })], {
    error: LABEL,
  }),
  { error: 'a map of labels' },
);
const annotations = z.record(
  z.string().regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, {
    error: ANNOTATION_KEY,
  }),
  z.string({ error: 'a text; quote numbers, true and false' }),
  { error: 'a map of annotations' },
);
const metadataOf = (nameSchema: z.ZodString) =>
  z.strictObject(
    {
      name: nameSchema.describe('What others refer to it by.'),
      displayName: z.string({ error: 'a text' }).optional().describe('Its name for people.'),
      labels: labels.optional().describe('For people and other tools; `owner` names the owning team.'),
      annotations: annotations
        .optional()
        .describe('For tools; those Burnwatch reads begin with burnwatch.dev/.'),
    },
    { error: 'a map with name' },
  );
const metadata = metadataOf(objectName);

const metricSource = z.strictObject(
  {
    metricSourceRef: objectName.optional().describe('A DataSource, which then has the type.'),
    type: z.string({ error: 'a text' }).optional().describe('burnwatch: nothing else is counted.'),
    spec: z
      .record(z.string(), z.unknown(), { error: MAP })
      .describe(
        'What counts: workflow, and step, dependency, where, status, within, measurement or duration.',
      ),
  },
  { error: 'a map with type and spec' },
);
const metric = z.strictObject({ metricSource }, { error: 'a map with metricSource' });

const RATIO = 'good and total, or bad and total, or raw and rawType';
const ratioMetric = z
  .strictObject(
    {
      counter: boolean.optional().describe('Burnwatch counts outcomes, which is true.'),
      good: metric.optional().describe('The outcomes that are good, with total.'),
      bad: metric.optional().describe('The outcomes that are bad, with total.'),
      total: metric.optional().describe('The outcomes that count.'),
      rawType: z
        .enum(['success', 'failure'], { error: 'success' })
        .optional()
        .describe('What kind of ratio raw is: success.'),
      raw: metric.optional().describe('The ratio as a whole, without naming its two parts.'),
    },
    { error: `a map of ${RATIO}` },
  )
  .refine(
    ({ good, bad, total, raw, rawType }) =>
      raw ? rawType !== undefined && !good && !bad && !total : !rawType && !!total && !good === !!bad,
    { error: RATIO },
  );

const SLI_SPEC = 'exactly one of thresholdMetric and ratioMetric';
const sliSpec = z
  .strictObject(
    {
      description,
      thresholdMetric: metric.optional().describe('Values that objectives compare with a limit.'),
      ratioMetric: ratioMetric.optional().describe('The share of outcomes that are good.'),
    },
    { error: `a map with ${SLI_SPEC}` },
  )
  .refine((spec) => !spec.thresholdMetric !== !spec.ratioMetric, { error: SLI_SPEC });
const inlineIndicator = z.strictObject(
  { metadata: metadata.optional(), spec: sliSpec },
  { error: 'a map with metadata and spec' },
);

const op = z.enum(['lte', 'lt', 'gte', 'gt'], { error: 'lte, lt, gte or gt' });

const conditionSpec = z.strictObject(
  {
    description,
    severity: z
      .string({ error: 'page or ticket' })
      .describe('page, critical or high wake someone; ticket, warning, low or info do not.'),
    condition: z
      .strictObject(
        {
          kind: z.literal('burnrate', { error: 'burnrate' }).optional().describe('The only kind there is.'),
          op: z
            .enum(['lte', 'lt', 'gte', 'gt'], { error: 'gte' })
            .describe('gte: the alert fires from the threshold on.'),
          threshold: numeric.describe('The burn rate from which it fires.'),
          lookbackWindow: shorthand.describe('The time the burn rate is measured over.'),
          alertAfter: shorthand
            .optional()
            .describe('The shorter time it must burn over as well; default: a twelfth of lookbackWindow.'),
        },
        { error: 'a map with kind, op, threshold and lookbackWindow' },
      )
      .describe('When it fires.'),
  },
  { error: 'a map with severity and condition' },
);

const targetSpec = z.strictObject(
  {
    description,
    target: z
      .string({ error: 'a text such as slack or email' })
      .describe('Its kind, such as slack or email.'),
  },
  { error: 'a map with target' },
);

interface Inline {
  readonly kind?: unknown;
  readonly metadata?: unknown;
  readonly spec?: unknown;
}
const isRefOrInline = (ref: unknown, { kind, metadata: about, spec }: Inline): boolean =>
  ref !== undefined
    ? kind === undefined && about === undefined && spec === undefined
    : kind !== undefined && spec !== undefined;

const CONDITION = 'conditionRef, or kind, metadata and spec of an AlertCondition';
const condition = z
  .strictObject(
    {
      conditionRef: objectName.optional().describe('An AlertCondition by name.'),
      kind: z.literal('AlertCondition', { error: 'AlertCondition' }).optional(),
      metadata: metadata.optional(),
      spec: conditionSpec.optional(),
    },
    { error: `a map of ${CONDITION}` },
  )
  .refine((item) => isRefOrInline(item.conditionRef, item), { error: CONDITION });

const TARGET = 'targetRef, or kind, metadata and spec of an AlertNotificationTarget';
const notificationTarget = z
  .strictObject(
    {
      targetRef: objectName.optional().describe('An AlertNotificationTarget, or a target of a native file.'),
      kind: z.literal('AlertNotificationTarget', { error: 'AlertNotificationTarget' }).optional(),
      metadata: metadata.optional(),
      spec: targetSpec.optional(),
    },
    { error: `a map of ${TARGET}` },
  )
  .refine((item) => isRefOrInline(item.targetRef, item) && (!item.kind || !!item.metadata), {
    error: TARGET,
  });

const ONE_CONDITION = 'a list of exactly one condition';
const policySpec = z.strictObject(
  {
    description,
    alertWhenNoData: boolean.optional().describe('Notify when no outcomes arrived for the lookbackWindow.'),
    alertWhenResolved: boolean
      .optional()
      .describe('Notify when it resolves too, which Burnwatch always does.'),
    alertWhenBreaching: boolean.optional().describe('Notify when the condition fires.'),
    conditions: z
      .array(condition, { error: ONE_CONDITION })
      .length(1, { error: ONE_CONDITION })
      .describe('One AlertCondition.'),
    notificationTargets: z
      .array(notificationTarget, { error: 'a list of targets' })
      .max(20, { error: 'at most 20 targets' })
      .optional()
      .describe('Whom to notify; default: the targets of the owning team.'),
  },
  { error: 'a map with conditions' },
);

const POLICY = 'alertPolicyRef, or kind, metadata and spec of an AlertPolicy';
const alertPolicy = z.union(
  [
    objectName,
    z
      .strictObject(
        {
          alertPolicyRef: objectName.optional().describe('An AlertPolicy by name.'),
          kind: z.literal('AlertPolicy', { error: 'AlertPolicy' }).optional(),
          metadata: metadata.optional(),
          spec: policySpec.optional(),
        },
        { error: POLICY },
      )
      .refine((item) => isRefOrInline(item.alertPolicyRef, item), { error: POLICY }),
  ],
  { error: POLICY },
);

const calendar = z.strictObject(
  {
    startTime: z
      .string({ error: 'a date and time such as 2026-01-01 00:00:00' })
      .regex(/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$/, {
        error: 'a date and time such as 2026-01-01 00:00:00',
      })
      .describe('When a period began; all others follow.'),
    timeZone: timeZone.describe('An IANA time zone such as Europe/Berlin.'),
  },
  { error: 'a map with startTime and timeZone' },
);
const ONE_WINDOW = 'a list of exactly one window, such as [{ duration: 28d, isRolling: true }]';
const timeWindow = z
  .array(
    z.strictObject(
      {
        duration: shorthand.describe('1d to 90d when rolling; 1w, 1M or 1Q of a calendar.'),
        isRolling: boolean.optional().describe('Rolling, rather than of a calendar.'),
        calendar: calendar.optional().describe('Whose periods count.'),
      },
      { error: 'a map with duration, and isRolling or calendar' },
    ),
    { error: ONE_WINDOW },
  )
  .length(1, { error: ONE_WINDOW });

const ONE_TARGET = 'exactly one of target and targetPercent';
const ONE_INDICATOR = 'at most one of indicator and indicatorRef';
const objective = z
  .strictObject(
    {
      displayName: z.string({ error: 'a text' }).optional().describe('Distinguishes objectives of one SLO.'),
      op: op.optional().describe('How values of a thresholdMetric are compared with value.'),
      value: numeric.optional().describe('The limit for a thresholdMetric; seconds for durations.'),
      target: numeric.optional().describe('The good share promised, such as 0.999.'),
      targetPercent: numeric.optional().describe('The good share promised in percent, such as 99.9.'),
      timeSliceTarget: numeric.optional().describe('The good share from which a slice of time is good.'),
      timeSliceWindow: z
        .union([z.int({ error: SHORTHAND }), shorthand], { error: SHORTHAND })
        .optional()
        .describe('How long a slice is: whole minutes that divide an hour.'),
      indicator: inlineIndicator.optional().describe('Its own SLI: the SLO is then composite.'),
      indicatorRef: objectName.optional().describe('Its own SLI by name: the SLO is then composite.'),
      compositeWeight: numeric.optional().describe('How much it weighs in a composite SLO; default 1.'),
    },
    { error: 'a map with target or targetPercent' },
  )
  .refine((item) => (item.target === undefined) !== (item.targetPercent === undefined), { error: ONE_TARGET })
  .refine((item) => item.indicator === undefined || item.indicatorRef === undefined, {
    error: ONE_INDICATOR,
  });

const METHODS = 'Occurrences, Timeslices or RatioTimeslices';
const sloSpec = z
  .strictObject(
    {
      description,
      service: objectName.describe('The Service it belongs to, which names the owner.'),
      indicator: inlineIndicator.optional().describe('Its SLI.'),
      indicatorRef: objectName.optional().describe('Its SLI by name.'),
      timeWindow: timeWindow.describe('The one window the objectives hold over.'),
      budgetingMethod: z
        .enum(['Occurrences', 'Timeslices', 'RatioTimeslices'], { error: METHODS })
        .describe('What the budget is made of: outcomes, good slices of time, or the mean ratio of slices.'),
      objectives: z
        .array(objective, { error: 'a list of objectives' })
        .min(1, { error: 'at least one objective' })
        .max(20, { error: 'at most 20 objectives' })
        .describe('What is promised; each becomes an SLO.'),
      alertPolicies: z
        .union(
          [
            z.null(),
            z
              .array(alertPolicy, { error: 'a list of alert policies' })
              .max(20, { error: 'at most 20 alert policies' }),
          ],
          { error: 'a list of alert policies' },
        )
        .optional()
        .describe('How it alerts; default: the tiers of Burnwatch.'),
    },
    { error: 'a map with service, indicator, timeWindow, budgetingMethod and objectives' },
  )
  .refine((spec) => spec.indicator === undefined || spec.indicatorRef === undefined, {
    error: ONE_INDICATOR,
  });

const serviceSpec = z.union([z.null(), z.strictObject({ description }, { error: MAP })], { error: MAP });
const dataSourceSpec = z.strictObject(
  {
    description,
    type: z.string({ error: 'burnwatch' }).describe('burnwatch.'),
    connectionDetails: z.unknown().optional().describe('Leave it out: there is nothing to connect to.'),
  },
  { error: 'a map with type' },
);

const documentOf = <Kind extends string, About extends z.ZodType, Spec extends z.ZodType>(
  kind: Kind,
  about: About,
  spec: Spec,
) =>
  z.strictObject(
    {
      apiVersion: z.literal(OPENSLO_VERSION, { error: OPENSLO_VERSION }).describe('The dialect.'),
      kind: z.literal(kind, { error: kind }).describe('What is defined.'),
      metadata: about.describe('What it is called.'),
      spec,
    },
    { error: 'a map with apiVersion, kind, metadata and spec' },
  );

/** What a document of each kind of OpenSLO v1 may say. */
export const KINDS = {
  SLO: documentOf('SLO', metadataOf(name), sloSpec),
  SLI: documentOf('SLI', metadata, sliSpec),
  Service: documentOf('Service', metadata, serviceSpec.optional()),
  DataSource: documentOf('DataSource', metadata, dataSourceSpec),
  AlertPolicy: documentOf('AlertPolicy', metadata, policySpec),
  AlertCondition: documentOf('AlertCondition', metadata, conditionSpec),
  AlertNotificationTarget: documentOf('AlertNotificationTarget', metadata, targetSpec),
} as const;

export type Kind = keyof typeof KINDS;
/** A document of a kind whose values all have the right shape. */
export type DocumentOf<K extends Kind> = z.infer<(typeof KINDS)[K]>;

export type Metadata = z.infer<typeof metadata>;
export type SloSpec = z.infer<typeof sloSpec>;
export type ObjectiveSpec = z.infer<typeof objective>;
export type SliSpec = z.infer<typeof sliSpec>;
export type MetricSource = z.infer<typeof metricSource>;
export type AlertPolicySpec = z.infer<typeof policySpec>;
export type AlertConditionSpec = z.infer<typeof conditionSpec>;
export type AlertPolicyItem = z.infer<typeof alertPolicy>;
