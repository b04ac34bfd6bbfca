import { isHeldRow } from '../../core/alerting/conversations.ts';
import { foldOf } from '../../core/alerting/fold.ts';
import type { Incident } from '../../core/alerting/incident.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Claim } from '../../core/ports/store/outbox.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import { byIncident } from './claimed-rows.ts';

/**
 * Claims without what waited for the end of quiet hours and says by now what is not so: that of an incident that became a page,
 * ended, or is not folded into another one any more, which was notified at once. One that came and went as a ticket stays, as what is over.
 */
export async function withoutOutdated(
  claims: readonly Claim[],
  store: Pick<StateStore, 'loadStates'>,
): Promise<readonly Claim[]> {
  if (!claims.some(({ rows }) => rows.some(isHeldRow))) return claims;
  const open = new Map<string, Incident>();
  for (const { state } of (await store.loadStates()).values())
    if (state?.incident) open.set(state.incident.id, state.incident);
  return claims.map((claim) => ({
    ...claim,
    rows: byIncident(claim.rows).flatMap((rows) => (isOutdated(rows, open) ? [] : rows)),
  }));
}

function isOutdated(rows: readonly OutboxRow[], open: ReadonlyMap<string, Incident>): boolean {
  const last = rows.at(-1)!;
  if (!isHeldRow(last) || last.facts.kind === 'resolved') return false;
  const incident = open.get(last.incident);
  if (!incident) return true;
  if (last.facts.folded) return foldOf({ incident }) === null;
  return incident.severity === 'page' && last.facts.severity === 'ticket';
}
