import { z } from 'zod';
import { DAY, parseDuration } from '../core/time.ts';

// Every `error` below completes the sentence "… is so-and-so; expected …".

const NAME = 'a name of 1 to 128 characters of A-Z a-z 0-9 . _ : -';
const PATH_NAME = 'a name of 1 to 128 characters of A-Z a-z 0-9 . _ : / -';
const DURATION = 'a duration such as 10m, 1h30m or 7d';
const WINDOW = 'a rolling window from 1d to 90d, such as 28d';
export const OBJECTIVE = 'a share below 100%, such as 99.9% or 0.999';
const HTTP_URL = 'an http or https URL';
const TEXT = 'a text of up to 1000 characters without control characters';
const ATTRIBUTE = 'a text, or a list of texts; quote numbers, true and false';
const MAIL_ADDRESS = 'a mail address such as payments@example.com';

const SHORTEST_WINDOW = DAY;
const LONGEST_WINDOW = 90 * DAY;

const isHttpUrl = (text: string): boolean => /^https?:\/\/[^\s/?#][^\s]*$/i.test(text) && URL.canParse(text);
const isWindow = (text: string): boolean => {
  const duration = parseDuration(text);
  return duration !== null && duration >= SHORTEST_WINDOW && duration <= LONGEST_WINDOW;
};
const isCalendar = (input: unknown): boolean =>
  typeof input === 'object' && input !== null && 'calendar' in input;

const name = z.string({ error: NAME }).regex(/^[A-Za-z0-9._:-]{1,128}$/, { error: NAME });
const pathName = z.string({ error: PATH_NAME }).regex(/^[A-Za-z0-9._:/-]{1,128}$/, { error: PATH_NAME });
const duration = z
  .string({ error: DURATION })
  .regex(/^(\d{1,9}(ms|[smhdw]))+$/, { error: DURATION })
  .refine((text) => parseDuration(text) !== null, { error: DURATION });
const httpUrl = z
  .string({ error: HTTP_URL })
  .max(2000, { error: HTTP_URL })
  .refine(isHttpUrl, { error: HTTP_URL });
const text = z
  .string({ error: TEXT })
  .max(1000, { error: TEXT })
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/, { error: TEXT });
const severity = z.enum(['page', 'ticket'], { error: 'page or ticket' });

const listOf = <Item extends z.ZodType>(item: Item, what: string, max: number) => {
  const error = `a list of ${what}, at most ${max}`;
  return z.array(item, { error }).max(max, { error });
};
const mapOf = <Key extends z.ZodString, Value extends z.ZodType>(key: Key, value: Value, what: string) =>
  z.record(key, value, { error: `a map of ${what} by name` });
const MAP = 'a map';

const attributeValue = z
  .string({ error: ATTRIBUTE })
  .min(1, { error: ATTRIBUTE })
  .max(256, { error: ATTRIBUTE });
const where = z
  .record(
    pathName,
    z.union(
      [
        attributeValue,
        z
          .array(attributeValue, { error: ATTRIBUTE })
          .min(1, { error: ATTRIBUTE })
          .max(100, { error: ATTRIBUTE }),
      ],
      {
        error: ATTRIBUTE,
      },
    ),
    { error: 'a map of attribute names to the values that count' },
  )
  .refine((attributes) => Object.keys(attributes).length <= 16, { error: 'at most 16 attributes' });

const SLI = 'the word succeeded, or a map of step, dependency, within and where';
const selection = z
  .strictObject(
    {
      step: pathName.optional().describe('Judge the attempts of this step instead of whole executions.'),
      dependency: pathName.optional().describe('Judge the step attempts that called this dependency.'),
      within: duration
        .optional()
        .describe('Good only when it succeeded within this time of its start; still running by then is bad.'),
      where: where
        .optional()
        .describe(
          'Count only outcomes with these attributes: a value, or a list of values any of which will do.',
        ),
    },
    { error: SLI },
  )
  .refine((sli) => Object.keys(sli).length > 0, { error: SLI });
const sli = z.union([z.literal('succeeded', { error: SLI }), selection], { error: SLI });

const MIN_FAILURES = 'a whole number from 1 to 1000000';
const minFailures = z
  .int({ error: MIN_FAILURES })
  .min(1, { error: MIN_FAILURES })
  .max(1_000_000, { error: MIN_FAILURES })
  .describe('An alert fires only when its long window holds at least this many bad outcomes.');

const alerts = z.strictObject(
  {
    policy: name
      .optional()
      .describe('A policy from `policies` to start from; default: the one called default.'),
    minFailures: minFailures.optional(),
    noData: z
      .strictObject(
        {
          after: duration.describe('How long without outcomes.'),
          severity: severity.describe('Wake someone (page), or look at it in working hours (ticket).'),
        },
        { error: MAP },
      )
      .optional()
      .describe('Tell someone when no outcomes arrive; without it silence is not reported.'),
  },
  { error: MAP },
);

const sloSchema = z.strictObject(
  {
    description: text.optional().describe('One sentence for people: it is in every notification.'),
    objective: z
      .union([z.string(), z.number()], { error: OBJECTIVE })
      .describe('The good share promised, such as 99.9% or 0.999.'),
    window: z
      .string({
        error: ({ input }) =>
          isCalendar(input) ? `${WINDOW}; calendar windows are not supported yet` : WINDOW,
      })
      .refine(isWindow, { error: WINDOW })
      .describe('The rolling window the objective holds over, from 1d to 90d, such as 28d.'),
    sli: sli.describe('Which outcomes count and which are good; `succeeded` counts whole executions.'),
    alerts: alerts.optional().describe('How alerts differ from the default ones.'),
  },
  { error: 'a map with objective, window and sli' },
);

const route = listOf(name, 'names of targets', 20);
const team = z.strictObject(
  {
    page: route.optional().describe('Targets that wake someone.'),
    ticket: route.optional().describe('Targets that are looked at in working hours.'),
    fallback: route.optional().describe('Targets used when one of the others refuses for good.'),
  },
  { error: 'a map of page, ticket and fallback' },
);

const ONE_KIND = 'exactly one of slack, email and log';
const target = z
  .strictObject(
    {
      slack: z
        .strictObject(
          { webhook: httpUrl.describe('Incoming-webhook URL; keep it in the environment.') },
          { error: MAP },
        )
        .optional()
        .describe('A Slack channel.'),
      email: z
        .strictObject(
          {
            to: listOf(
              z
                .string({ error: MAIL_ADDRESS })
                .max(254, { error: MAIL_ADDRESS })
                .regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, { error: MAIL_ADDRESS }),
              'mail addresses',
              50,
            )
              .min(1, { error: 'at least one mail address' })
              .describe('Mail addresses.'),
          },
          { error: MAP },
        )
        .optional()
        .describe('Mailboxes.'),
      log: z
        .strictObject({}, { error: 'an empty map: {}' })
        .optional()
        .describe('The log of the service itself.'),
    },
    { error: ONE_KIND },
  )
  .refine((kinds) => Object.keys(kinds).length === 1, { error: ONE_KIND })
  .meta({ minProperties: 1, maxProperties: 1 });

const policy = z.strictObject({ minFailures: minFailures.optional() }, { error: MAP });

/**
 * One document of the native dialect: a workflow with its SLOs, or teams, targets and policies, or all of them.
 * What needs more than one value or file to judge is checked in definitions.ts.
 */
export const documentSchema = z
  .strictObject(
    {
      apiVersion: z
        .literal('burnwatch/v1', { error: 'burnwatch/v1, or nothing' })
        .optional()
        .describe('The dialect; may be left out.'),
      workflow: pathName.optional().describe('The workflow this document is about, as producers report it.'),
      owner: name.optional().describe('The team that owns the workflow; required with `workflow`.'),
      runbook: httpUrl.optional().describe('Where to look when it burns; linked in every notification.'),
      steps: listOf(pathName, 'names of steps', 1000)
        .optional()
        .describe('The steps of the workflow; SLOs may then only name these.'),
      slos: mapOf(name, sloSchema, 'SLOs').optional().describe('The SLOs of the workflow by name.'),
      teams: mapOf(name, team, 'teams').optional().describe('Where the notifications of each team go.'),
      targets: mapOf(name, target, 'targets').optional().describe('Places notifications can be sent to.'),
      policies: mapOf(name, policy, 'policies')
        .optional()
        .describe('Alert settings that SLOs share by name.'),
    },
    { error: 'a map with workflow, or with teams, targets or policies' },
  )
  .meta({
    title: 'Burnwatch SLO file',
    dependentRequired: {
      workflow: ['owner'],
      owner: ['workflow'],
      runbook: ['workflow'],
      steps: ['workflow'],
      slos: ['workflow'],
    },
  });

/** A document whose values all have the right shape. */
export type NativeDocument = z.infer<typeof documentSchema>;
export type NativeSlo = z.infer<typeof sloSchema>;
export type NativeNoData = NonNullable<NonNullable<NativeSlo['alerts']>['noData']>;
