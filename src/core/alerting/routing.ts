import type { Severity } from '../slo/alert-policy.ts';
import type { Transition } from './incident.ts';
import type { Definitions, Slo } from '../slo/slo.ts';

/** Who hears of a transition, and everyone who takes part in its incident from then on; names of targets. */
export interface Route {
  readonly tell: readonly string[];
  readonly notified: readonly string[];
}

/**
 * The route of a transition. An incident that opens or escalates is told to the targets of its severity - those the
 * policy names, else the owner's - and to everyone who was told before; an escalation step only to the targets of
 * that step; anything else to everyone who was told. Where one of those is gone from the files since, the present
 * targets hear of it too. A team without page targets is paged where its tickets go.
 */
export function routeOf(definitions: Definitions, slo: Slo, { kind, incident, step }: Transition): Route {
  const told = incident.notified.filter((target) => definitions.targets.has(target));
  const someGone = told.length < incident.notified.length;
  const everyone = (targets: readonly string[]) => [...new Set([...told, ...targets])];
  switch (kind) {
    case 'opened':
    case 'escalated': {
      const tell = everyone(targetsFor(definitions, slo, incident.severity));
      return { tell, notified: tell };
    }
    case 'unacknowledged': {
      const tell = step?.to ?? [];
      return { tell, notified: everyone(tell) };
    }
    case 'deescalated':
    case 'reminder':
    case 'resolved': {
      const tell = someGone ? everyone(targetsFor(definitions, slo, incident.severity)) : told;
      return { tell, notified: tell };
    }
    default:
      return kind satisfies never;
  }
}

/** The targets for a severity: those the policy names, else those of the owner. */
export function targetsFor(
  { teams }: Pick<Definitions, 'teams'>,
  { alerts, owner }: Pick<Slo, 'alerts' | 'owner'>,
  severity: Severity,
): readonly string[] {
  const named = alerts.route[severity];
  if (named) return named;
  const own = teams.get(owner)?.[severity] ?? [];
  return severity === 'page' && own.length === 0 ? targetsFor({ teams }, { alerts, owner }, 'ticket') : own;
}
