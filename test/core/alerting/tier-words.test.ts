import { expect, it } from 'vitest';
import { firesWhen } from '../../../src/core/alerting/tier-words.ts';
import type { ConditionOf } from '../../../src/core/alerting/tier-words.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';

it.each<[ConditionOf<Tier['kind']>, phrase: string]>([
  [
    { kind: 'burnRate', factor: 13.44, long: HOUR, short: 5 * MINUTE },
    'burns 13.44x or faster over 1h and 5m',
  ],
  [
    { kind: 'burnRate', factor: 0.9333333, long: 3 * DAY, short: 6 * HOUR },
    'burns 0.933x or faster over 3d and 6h',
  ],
  [{ kind: 'successRate', below: 0.98, over: 15 * MINUTE }, 'less than 98% good over 15m'],
  [{ kind: 'budgetRemaining', below: 0.25 }, 'less than 25% of the budget left'],
  [{ kind: 'budgetRemaining', below: 0 }, 'the budget is overspent'],
  [{ kind: 'forecast', within: DAY }, 'at this pace the budget is gone within 1d'],
  [
    { kind: 'outage', needed: { least: 3, most: 3 } },
    '3 consecutive bad executions, more than chance explains',
  ],
  [
    { kind: 'outage', needed: { least: 2, most: 9 } },
    '2 to 9 consecutive bad executions, more than chance explains',
  ],
  [{ kind: 'outage', needed: { least: 1, most: 1 } }, '1 bad execution, more than chance explains'],
  [{ kind: 'noData', after: HOUR }, 'no executions for 1h'],
])('%j fires when: %s', (condition, phrase) => {
  expect(firesWhen(condition, 'executions')).toBe(phrase);
});
