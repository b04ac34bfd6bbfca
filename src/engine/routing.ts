import type { Transition } from '../core/incident.ts';
import type { Definitions } from '../core/slo.ts';

/**
 * The targets that hear of a transition: those of the owner for its severity when it opens, the page targets
 * as well when it escalates, and everyone who was told when it resolves. Where one of those is gone from the files since, the owner's present targets hear of it too. A team without page targets is
 * paged where its tickets go.
 */
export function routeOf(definitions: Definitions, owner: string, { kind, incident }: Transition): string[] {
  const team = definitions.teams.get(owner);
  const told = incident.notified.filter((target) => definitions.targets.has(target));
  const someGone = told.length < incident.notified.length;
  if ((kind === 'resolved' && !someGone) || !team) return told;
  const route = incident.severity === 'page' && team.page.length > 0 ? team.page : team.ticket;
  return [...new Set([...told, ...route])];
}
