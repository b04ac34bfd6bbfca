import { isHeldRow } from '../../core/alerting/conversations.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Severity } from '../../core/slo/alert-policy.ts';
import type { Claim } from '../../core/ports/store/outbox.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import { byIncident } from './claimed-rows.ts';

/**
 * Claims without what waited for the end of quiet hours and says by now what is not so: that of an incident that became a page or
 * ended meanwhile, which was notified at once. One that came and went as a ticket stays, as what is over.
 */
export async function withoutOutdated(
  claims: readonly Claim[],
  store: Pick<StateStore, 'loadStates'>,
): Promise<readonly Claim[]> {
  if (!claims.some(({ rows }) => rows.some(isHeldRow))) return claims;
  const open = new Map<string, Severity>();
  for (const { state } of (await store.loadStates()).values())
    if (state?.incident) open.set(state.incident.id, state.incident.severity);
  return claims.map((claim) => ({
    ...claim,
    rows: byIncident(claim.rows).flatMap((rows) => (isOutdated(rows, open) ? [] : rows)),
  }));
}

function isOutdated(rows: readonly OutboxRow[], open: ReadonlyMap<string, Severity>): boolean {
  const last = rows.at(-1)!;
  if (!isHeldRow(last) || last.facts.kind === 'resolved') return false;
  const severity = open.get(last.incident);
  return severity === undefined || (severity === 'page' && last.facts.severity === 'ticket');
}
