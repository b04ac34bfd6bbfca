import { z } from 'zod';
import type { Tier } from '../../core/slo/alert-policy.ts';
import { DAY, MINUTE } from '../../core/time/duration.ts';
import { exactlyOne, mapWith, minutesBetween, severity, share } from './field-schemas.ts';

/** The longest time that alerts may be about. */
export const LONGEST = 90 * DAY;
/** A time that alerts may be about. */
export const minutes = minutesBetween(MINUTE, LONGEST);
export const tierSeverity = severity.describe(
  'Wake someone (page), or look at it in working hours (ticket).',
);

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

const outage = z.strictObject({}, { error: 'an empty map: {}' });

const noData = mapWith(
  { after: minutes.describe('How long without outcomes.') },
  'a map such as { after: 1h }',
);

/** What a tier says of itself, under the name of its kind. */
export const TIER_SCHEMAS = { burnRate, successRate, budgetRemaining, forecast, outage, noData };

/** The same as it is written in a file. */
export type NativeFields<K extends Tier['kind']> = z.infer<(typeof TIER_SCHEMAS)[K]>;
