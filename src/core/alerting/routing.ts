import type { Severity } from '../slo/alert-policy.ts';
import type { Transition } from './incident.ts';
import { targetsAt } from '../slo/on-call.ts';
import type { Definitions, Slo } from '../slo/slo.ts';

/** The targets to notify of a transition, and all that take part in its incident from then on; by name. */
export interface Route {
  readonly notify: readonly string[];
  readonly notified: readonly string[];
}

/**
 * The route of a transition. An incident that opens or escalates notifies the targets of its severity - those the
 * policy names, else the owner's - and all that were notified before; an escalation step only the targets of
 * that step; anything else all that were notified. Where one of those is gone from the files since, the present
 * targets are notified too.
 *
 * For a schedule it is the targets of who is on call now, and these are what is remembered: what follows goes to them, whoever
 * is on call by then. Who is on call hears of what opens, escalates, is not acknowledged or is brought to mind.
 */
export function routeOf(
  definitions: Definitions,
  slo: Slo,
  { kind, incident, step }: Transition,
  now: number,
): Route {
  const before = incident.notified.filter((target) => definitions.targets.has(target));
  const someGone = before.length < incident.notified.length;
  const everyone = (names: readonly string[]) => [
    ...new Set([...before, ...targetsAt(definitions, names, now)]),
  ];
  switch (kind) {
    case 'opened':
    case 'escalated': {
      const notify = everyone(targetsFor(definitions, slo, incident.severity));
      return { notify, notified: notify };
    }
    case 'unacknowledged': {
      const notify = targetsAt(definitions, step?.to ?? [], now);
      return { notify, notified: everyone(notify) };
    }
    case 'reminder': {
      const present = targetsFor(definitions, slo, incident.severity);
      const taken = slo.alerts.escalation.slice(0, incident.stepsTaken).flatMap(({ to }) => to);
      const schedules = [...present, ...taken].filter((name) => definitions.onCall.has(name));
      const notify = everyone(someGone ? [...present, ...schedules] : schedules);
      return { notify, notified: notify };
    }
    case 'deescalated':
    case 'resolved': {
      const notify = someGone ? everyone(targetsFor(definitions, slo, incident.severity)) : before;
      return { notify, notified: notify };
    }
    default:
      return kind satisfies never;
  }
}

/**
 * The route of a transition that a silence keeps from being notified: those who were notified before hear the end of it, and no one
 * anything else.
 */
export function heldRoute({ incident }: Pick<Transition, 'incident'>): Route {
  return { notify: [], notified: incident.notified };
}

/**
 * The targets for a severity: those the policy names, else those of the owner; where there are none, those for the other
 * severity, marked as what it is: what reaches no one is of no use.
 */
export function targetsFor(
  { teams }: Pick<Definitions, 'teams'>,
  { alerts, owner }: Pick<Slo, 'alerts' | 'owner'>,
  severity: Severity,
): readonly string[] {
  const named = (of: Severity) => alerts.route[of] ?? teams.get(owner)?.[of] ?? [];
  const own = named(severity);
  // An empty route of a policy is meant.
  if (own.length > 0 || alerts.route[severity]) return own;
  return named(severity === 'page' ? 'ticket' : 'page');
}
