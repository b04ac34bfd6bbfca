import { ABOUT_SERVICE } from './notification.ts';
import type { NotificationFacts } from './notification.ts';
import type { Definitions } from '../slo/slo.ts';

/**
 * Facts of an incident that never happened, for a target that somebody tries at `now`; the figures are round so that they are not
 * taken for real ones. `incident` is an id that no other has.
 */
export function testFacts(
  { teams }: Pick<Definitions, 'teams'>,
  target: string,
  incident: string,
  now: number,
): NotificationFacts {
  const owner = [...teams.values()].find(({ page, ticket }) => [...page, ...ticket].includes(target));
  return {
    ...ABOUT_SERVICE,
    kind: 'test',
    slo: 'burnwatch/test',
    owner: owner?.name ?? 'no team',
    description: `A test of the target ${target}`,
    objective: 0.99,
    errorBudget: 0.01,
    window: '28d',
    incident,
    severity: 'ticket',
    openedAt: now,
    at: now,
    timeZone: owner?.timeZone ?? null,
    notified: [target],
  };
}
