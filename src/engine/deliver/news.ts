import { isHeldRow } from '../../core/alerting/conversations.ts';
import { foldOf } from '../../core/alerting/fold.ts';
import type { Incident } from '../../core/alerting/incident.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Claim } from '../../core/ports/store/outbox.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import type { IncidentStore } from '../../core/ports/store/incidents.ts';
import { byIncident } from './claimed-rows.ts';
import { holdsAcknowledgement, withoutUntold } from './told-before.ts';

/** Claims without what is no news any more, see `withoutOutdated` and `withoutUntold`. */
export async function whatIsNews(
  claims: readonly Claim[],
  store: Pick<StateStore, 'loadStates'> & Pick<IncidentStore, 'incident'>,
): Promise<readonly Claim[]> {
  const held = claims.some(({ rows }) => rows.some(isHeldRow));
  const current = held ? await withoutOutdated(claims, store) : claims;
  return current.some(holdsAcknowledgement) ? withoutUntold(current, store) : current;
}

/**
 * Claims without what waited for the end of quiet hours and says by now what is not so: that of an incident that became a page,
 * ended, or is not folded into another one any more, which was notified at once. One that came and went as a ticket stays, as what is over.
 * What is left says who acknowledged it.
 */
async function withoutOutdated(
  claims: readonly Claim[],
  store: Pick<StateStore, 'loadStates'>,
): Promise<readonly Claim[]> {
  const open = new Map<string, Incident>();
  for (const { state } of (await store.loadStates()).values())
    if (state?.incident) open.set(state.incident.id, state.incident);
  return claims.map((claim) => ({
    ...claim,
    rows: byIncident(claim.rows).flatMap((rows) =>
      isOutdated(rows, open) ? [] : rows.map((row) => withAcknowledgement(row, open)),
    ),
  }));
}

/** What waited may have been acknowledged meanwhile, by somebody who was awake. */
function withAcknowledgement(row: OutboxRow, open: ReadonlyMap<string, Incident>): OutboxRow {
  const { acknowledged } = open.get(row.incident) ?? {};
  return acknowledged && isHeldRow(row) ? { ...row, facts: { ...row.facts, acknowledged } } : row;
}

function isOutdated(rows: readonly OutboxRow[], open: ReadonlyMap<string, Incident>): boolean {
  const last = rows.at(-1)!;
  if (!isHeldRow(last) || last.facts.kind === 'resolved') return false;
  const incident = open.get(last.incident);
  if (!incident) return true;
  if (last.facts.folded) return foldOf({ incident }) === null;
  return incident.severity === 'page' && last.facts.severity === 'ticket';
}
