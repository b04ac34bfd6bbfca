import { z } from 'zod';
import { DAY, MINUTE, parseDuration } from '../../core/time/duration.ts';
import {
  duration,
  exactlyOne,
  listOf,
  mapWith,
  minutesBetween,
  name,
  severity,
  share,
} from './field-schemas.ts';

const LONGEST = 90 * DAY;
const minutes = minutesBetween(MINUTE, LONGEST);

const MIN_FAILURES = 'a whole number from 1 to 1000000';
const minFailures = z
  .int({ error: MIN_FAILURES })
  .min(1, { error: MIN_FAILURES })
  .max(1_000_000, { error: MIN_FAILURES })
  .describe('An alert fires only when its long window holds at least this many bad outcomes.');

const tierSeverity = severity.describe('Wake someone (page), or look at it in working hours (ticket).');
const targets = listOf(name, 'names of targets', 20).min(1, { error: 'at least one target' });

const FACTOR = 'a number above 0, at most 1000000';
const speed = exactlyOne(['factor', 'budgetShare']);
const burnRate = mapWith(
  {
    long: minutes.describe('The long window: how long it must have burned so, on average.'),
    short: minutes
      .optional()
      .describe('The short window, which must still burn so; default: a twelfth of the long one.'),
    factor: z
      .number({ error: FACTOR })
      .positive({ error: FACTOR })
      .max(1_000_000, { error: FACTOR })
      .optional()
      .describe('The burn rate both windows must reach: 1 spends exactly the budget over the window.'),
    budgetShare: share({ aboveZero: true })
      .optional()
      .describe('The share of the budget that is spent when it fires; the factor follows from it.'),
  },
  'a map such as { long: 1h, short: 5m, factor: 14.4 }',
)
  .refine(speed.holds, { error: speed.error })
  .meta(speed.meta);

const successRate = mapWith(
  {
    below: share({ aboveZero: true }).describe('The good share below which it fires.'),
    over: minutes.describe('Over how long a time.'),
  },
  'a map such as { below: 98%, over: 15m }',
);
const budgetRemaining = mapWith(
  {
    below: share({ aboveZero: false }).describe(
      'Fires when less than this share of the budget is left; 0% is overspent.',
    ),
  },
  'a map such as { below: 25% }',
);
const forecast = mapWith(
  {
    within: minutes.describe('Fires when at the present pace the budget is gone within this time.'),
  },
  'a map such as { within: 24h }',
);
const noData = mapWith(
  { after: minutes.describe('How long without outcomes.') },
  'a map such as { after: 1h }',
);

const kind = exactlyOne(['burnRate', 'successRate', 'budgetRemaining', 'forecast', 'outage', 'noData']);
const tier = mapWith(
  {
    name: z
      .string({ error: 'a name of 1 to 60 characters of A-Z a-z 0-9 . _ % -' })
      .regex(/^[A-Za-z0-9._%-]{1,60}$/, { error: 'a name of 1 to 60 characters of A-Z a-z 0-9 . _ % -' })
      .optional()
      .describe('What the tier is called in notifications; default: its kind and numbers.'),
    severity: tierSeverity,
    burnRate: burnRate.optional().describe('The budget burns fast: over a long and a short window.'),
    successRate: successRate.optional().describe('The good share over a time is too low.'),
    budgetRemaining: budgetRemaining.optional().describe('Little of the budget is left.'),
    forecast: forecast.optional().describe('The budget will soon be gone.'),
    outage: z
      .strictObject({}, { error: 'an empty map: {}' })
      .optional()
      .describe('The latest outcomes are all bad, so many that it is no chance.'),
    noData: noData.optional().describe('No outcomes arrive.'),
  },
  `a map of severity and ${kind.error}`,
)
  .refine(kind.holds, { error: kind.error })
  .meta(kind.meta);

const ASCENDING = 'steps in order, each `after` longer than the one before';
const escalation = listOf(
  mapWith({
    after: minutes.describe('How long after the page.'),
    to: targets.describe('The targets that are told then.'),
  }),
  'maps of after and to',
  10,
).refine(
  (steps) =>
    steps.every(
      ({ after }, index) => index === 0 || parseDuration(steps[index - 1]!.after)! < parseDuration(after)!,
    ),
  { error: ASCENDING },
);

const alertKeys = {
  minFailures: minFailures.optional(),
  tiers: listOf(tier, 'tiers', 20)
    .min(1, { error: 'at least one tier' })
    .optional()
    .describe(
      'The conditions that alert, instead of the default ones (outage, fast, slow, drift and creep).',
    ),
  noData: mapWith(
    {
      after: minutes.describe('How long without outcomes.'),
      severity: tierSeverity,
    },
    'a map such as { after: 1h, severity: ticket }',
  )
    .optional()
    .describe(
      'Tell someone when no outcomes arrive, beside the other conditions; without it silence is not reported.',
    ),
  route: mapWith(
    {
      page: targets.optional().describe('Targets that are told of pages, instead of those of the owner.'),
      ticket: targets.optional().describe('Targets that are told of tickets, instead of those of the owner.'),
    },
    'a map of page and ticket to lists of targets',
  )
    .optional()
    .describe('Who is told instead of the owner of the workflow.'),
  repeat: minutesBetween(5 * MINUTE, LONGEST)
    .optional()
    .describe(
      'Tell again after this time while it burns and nobody has acknowledged; without it nothing is repeated.',
    ),
  escalation: escalation
    .optional()
    .describe('Who else is told of a page that nobody has acknowledged, and after how long.'),
  resolve: mapWith(
    {
      below: share({ aboveZero: true })
        .optional()
        .describe('Resolve when the level is below this share of the threshold; default: 90%.'),
      after: duration.optional().describe('And has been for this long; default: 5m.'),
    },
    'a map such as { below: 90%, after: 5m }',
  )
    .optional()
    .describe('When an alert ends.'),
};

/** What an SLO says of its alerts. */
export const alertsSchema = mapWith(
  {
    policy: name
      .optional()
      .describe('A policy from `policies` to start from; default: the one called default.'),
    ...alertKeys,
  },
  'a map such as { policy: business-critical, minFailures: 5 }',
);

/** What SLOs may share of it. */
export const policySchema = mapWith(alertKeys);

const something = ['notify', 'freeze', 'postmortem'];
/** What happens at which remaining budget. */
export const budgetPolicySchema = mapWith({
  notify: listOf(
    mapWith({
      remainingBelow: share({ aboveZero: false }).describe(
        'When less than this share of the budget is left.',
      ),
      severity: tierSeverity,
    }),
    'maps of remainingBelow and severity',
    10,
  )
    .optional()
    .describe('Who is told when how much of the budget is left.'),
  freeze: mapWith(
    {
      remainingBelow: share({ aboveZero: false }).describe(
        'Deploys are frozen while less than this share of the budget is left; 0% is overspent.',
      ),
    },
    'a map such as { remainingBelow: 0% }',
  )
    .optional()
    .describe('When deploys are frozen.'),
  postmortem: mapWith(
    {
      incidentSpent: share({ aboveZero: false }).describe(
        'After an incident that spent more than this share of the budget.',
      ),
    },
    'a map such as { incidentSpent: 20% }',
  )
    .optional()
    .describe('When a postmortem is required.'),
})
  .refine((policy) => Object.keys(policy).length > 0, { error: `at least one of ${something.join(', ')}` })
  .meta({ minProperties: 1 });

export type NativeAlerts = z.infer<typeof alertsSchema>;
export type NativePolicy = z.infer<typeof policySchema>;
export type NativeTier = z.infer<typeof tier>;
export type NativeBudgetPolicy = z.infer<typeof budgetPolicySchema>;
