import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Claim } from '../../core/ports/store/outbox.ts';
import type { IncidentStore, StoredIncident } from '../../core/ports/store/incidents.ts';
import { byIncident } from './claimed-rows.ts';

/** Histories that are read at once. */
const READ_AT_ONCE = 50;

/** Whether a claim is, of an incident of it, of nothing but that it was acknowledged. */
export function holdsAcknowledgement({ rows }: Pick<Claim, 'rows'>): boolean {
  return rows.some(({ facts }) => facts.kind === 'acknowledged') && byIncident(rows).some(isAlone);
}

/**
 * Claims without acknowledgements that are news to nobody: of an incident of which their target was told nothing, as what was to tell it waits
 * somewhere else or could not be delivered, and of one that is over. What is pending beside one tells it along.
 */
export async function withoutUntold(
  claims: readonly Claim[],
  store: Pick<IncidentStore, 'incident'>,
): Promise<readonly Claim[]> {
  const alone = new Set(
    claims.flatMap(({ rows }) => byIncident(rows).filter(isAlone)).map(([row]) => row!.incident),
  );
  const histories = new Map<string, StoredIncident | null>();
  const ids = [...alone];
  for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
    const some = ids.slice(from, from + READ_AT_ONCE);
    const read = await Promise.all(some.map((id) => store.incident(id)));
    for (const [index, id] of some.entries()) histories.set(id, read[index] ?? null);
  }
  return claims.map((claim) => ({
    ...claim,
    rows: byIncident(claim.rows).flatMap((rows) =>
      isAlone(rows) && !isNews(histories.get(rows[0]!.incident) ?? null, claim.target) ? [] : rows,
    ),
  }));
}

function isAlone(rows: readonly OutboxRow[]): boolean {
  return rows.every(({ facts }) => facts.kind === 'acknowledged');
}

function isNews(history: StoredIncident | null, target: string): boolean {
  // From before there were histories.
  if (!history) return true;
  const { events } = history;
  if (events.some(({ kind }) => kind === 'resolved')) return false;
  return events.some(
    (event) =>
      event.kind === 'delivered' &&
      event.target === target &&
      event.of.some((kind) => kind !== 'acknowledged'),
  );
}
