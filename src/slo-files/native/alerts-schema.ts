import { z } from 'zod';
import { MINUTE, parseDuration } from '../../core/time/duration.ts';
import { duration, listOf, mapWith, minutesBetween, name, share } from './field-schemas.ts';
import { tierSchema } from './tier.ts';
import { LONGEST, minutes, tierSeverity } from './tier-schemas.ts';

const MIN_FAILURES = 'a whole number from 1 to 1000000';
const minFailures = z
  .int({ error: MIN_FAILURES })
  .min(1, { error: MIN_FAILURES })
  .max(1_000_000, { error: MIN_FAILURES })
  .describe(
    'An alert fires only when its long window holds at least this many bad outcomes; default: 2, or 1 where chance does not explain a single one.',
  );

const targets = listOf(name, 'names of targets', 20).min(1, { error: 'at least one target' });

const ASCENDING = 'steps in order, each `after` longer than the one before';
const escalation = listOf(
  mapWith({
    after: minutes.describe('How long after the page.'),
    to: targets.describe('The targets to notify then.'),
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
  tiers: listOf(tierSchema, 'tiers', 20)
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
      'Notify when no outcomes arrive, beside the other conditions; without it silence is not reported.',
    ),
  route: mapWith(
    {
      page: targets.optional().describe('Targets to page instead of those of the owner.'),
      ticket: targets.optional().describe('Targets for tickets instead of those of the owner.'),
    },
    'a map of page and ticket to lists of targets',
  )
    .optional()
    .describe('Whom to notify instead of the owner of the workflow.'),
  repeat: minutesBetween(5 * MINUTE, LONGEST)
    .optional()
    .describe('Notify again after this time while it burns unacknowledged; without it nothing is repeated.'),
  escalation: escalation
    .optional()
    .describe('Whom else to notify of an unacknowledged page, and after how long.'),
  group: z
    .union([z.literal('never'), minutesBetween(MINUTE, 60 * MINUTE)], {
      error: 'a duration from 1m to 1h, or never',
    })
    .optional()
    .describe(
      'An incident that opens so soon after another one of its workflow, or of one likely cause, is told in its conversation; default: 5m.',
    ),
  resolve: mapWith(
    {
      below: share({ aboveZero: true })
        .optional()
        .describe('Resolve when the level is below this share of the threshold; default: 90%.'),
      after: duration
        .optional()
        .describe('And has been for this long; default: 5m for pages, 2h for tickets.'),
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
    .describe('Whom to notify when how much of the budget is left.'),
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
export type NativeBudgetPolicy = z.infer<typeof budgetPolicySchema>;
