import { targetsAt } from '../slo/on-call.ts';
import type { Definitions } from '../slo/slo.ts';
import type { Severity } from '../slo/alert-policy.ts';
import { ADMINS, targetsOfLoss } from './loss-notifications.ts';
import type { NotificationFacts, OutboxRow } from './notification.ts';
import { ABOUT_SERVICE, newRow } from './notification.ts';

/** A target that does not take notifications, from its first failure until it takes one. */
export interface FailingTarget {
  readonly target: string;
  /** When the first of those that are not delivered failed; milliseconds since the epoch. */
  readonly since: number;
  /** What was said last when this was found. */
  readonly reason: string;
  /** That of the worst of them. */
  readonly severity: Severity;
  /** The team whose notification it was. */
  readonly owner: string;
  /** Where word of it was sent; none where all others fail as well. */
  readonly notified: readonly string[];
  /** Whether that was delivered anywhere. */
  readonly reported: boolean;
}

/** How it came to an end: it takes notifications again, or no file defines it any more. */
export type FailingEnd = 'works' | 'removed';

/**
 * Whom to notify that a target fails, through targets that do not: the team `admins`, else the fallback of the team whose
 * notification it was, else its other targets, else everyone who gets tickets.
 */
export function witnessesOf(
  definitions: Pick<Definitions, 'teams' | 'onCall'>,
  owner: string,
  failing: ReadonlySet<string>,
  now: number,
): readonly string[] {
  const { teams } = definitions;
  const [admins, team] = [teams.get(ADMINS), teams.get(owner)];
  const choices = [
    admins?.page,
    admins?.ticket,
    team?.fallback,
    team?.page,
    team?.ticket,
    targetsOfLoss(definitions, now),
  ];
  for (const choice of choices) {
    const working = targetsAt(definitions, choice ?? [], now).filter((target) => !failing.has(target));
    if (working.length > 0) return working;
  }
  return [];
}

/** The notifications that a target fails, or of the end of that. */
export function rowsOfFailingTarget(
  failing: FailingTarget,
  end: FailingEnd | null,
  now: number,
): readonly OutboxRow[] {
  // One conversation a target, so that what a page system opened for it is closed whoever leads by then.
  const incident = `delivery/${failing.target}`;
  return failing.notified.map((target) =>
    newRow(
      `${incident}/${failing.since.toString(36)}/${end ?? 'failing'}/${target}`,
      target,
      factsOf(incident, failing, end, now),
    ),
  );
}

function factsOf(
  incident: string,
  { target, since, reason, severity, owner, notified }: FailingTarget,
  end: FailingEnd | null,
  now: number,
): NotificationFacts {
  return {
    ...ABOUT_SERVICE,
    kind: end === null ? 'delivery-failing' : 'delivery-restored',
    delivery: { target, reason, since, end },
    slo: 'burnwatch/notifications',
    owner,
    incident,
    severity,
    openedAt: since,
    at: now,
    notified,
  };
}
