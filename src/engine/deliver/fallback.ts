import { conversationAt } from '../../core/alerting/conversations.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { isOfService, isUrgent, newRow } from '../../core/alerting/notification.ts';
import { targetsAt } from '../../core/slo/on-call.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Claim, OutboxStore, Settlement } from '../../core/ports/store/outbox.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { MINUTE } from '../../core/time/duration.ts';
import { byIncident } from './claimed-rows.ts';

/** A page that its target has not taken for so long goes to the fallback as well; what is not urgent may wait for a day. */
const FALLBACK_AFTER = 5 * MINUTE;

interface NotTaken {
  readonly target: string;
  /** The target, with those of its recipients that it is about. */
  readonly whom: string;
  readonly reason: string;
}

/**
 * Copies for the fallback of its team of what a target refused, or does not take; none where it had one. They say who acknowledged it
 * meanwhile.
 */
export function copiesForFallback(
  rows: readonly OutboxRow[],
  about: NotTaken,
  definitions: Definitions,
  now: number,
): readonly OutboxRow[] {
  return byIncident(rows).flatMap((own) => {
    const last = own.at(-1)!.facts;
    return own.flatMap((row) => {
      const acknowledged = last.kind === 'acknowledged' ? last.acknowledged : row.facts.acknowledged;
      return copiesOf({ ...row, facts: { ...row.facts, acknowledged } }, about, definitions, now);
    });
  });
}

function copiesOf(
  row: OutboxRow,
  { target, whom, reason }: NotTaken,
  definitions: Definitions,
  now: number,
): readonly OutboxRow[] {
  // A copy that is refused as well does not go round in circles. That it was acknowledged the fallback is sent by itself.
  const { kind, insteadOf } = row.facts;
  if (row.fellBack || insteadOf || isOfService(kind) || kind === 'acknowledged') return [];
  const team = definitions.teams.get(row.facts.owner);
  if (!team) return [];
  // A target that has the page already does not get it twice.
  const { notified } = row.facts;
  return targetsAt(definitions, team.fallback, now)
    .filter((fallback) => fallback !== target && !notified.includes(fallback))
    .map((fallback) => ({
      ...newRow(`${row.id}/${fallback}`, fallback, { ...row.facts, insteadOf: { target: whom, reason } }),
      ...conversationAt(definitions.targets.get(fallback)?.kind, row.facts),
      // The fallback has its own time to be reached in.
      createdAt: now,
    }));
}

/**
 * Makes the function that gives the fallback what a target does not take for too long, before that is settled, and marks it in the
 * settlement: rather twice than never, if we die in between. Nothing changes where the fallback cannot be written down.
 */
export function createFallback({
  store,
  definitions,
  clock,
  log,
}: {
  readonly store: Pick<OutboxStore, 'enqueue'>;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
}) {
  return async ({ target }: Claim, settlement: Settlement): Promise<Settlement> => {
    if (settlement.result !== 'retry') return settlement;
    const now = clock.now();
    const late = new Set(byIncident(settlement.rows).flatMap((rows) => (isLate(rows, now) ? rows : [])));
    const copies = byIncident([...late]).flatMap((rows) => {
      const reason = rows.findLast(({ lastError }) => lastError !== null)?.lastError ?? 'it does not answer';
      return copiesForFallback(rows, { target, whom: target, reason }, definitions(), now);
    });
    if (copies.length === 0) return settlement;
    try {
      await store.enqueue(copies, now);
    } catch (error) {
      log.warn({ target, error: String(error) }, 'the fallback of a late page could not be written down');
      return settlement;
    }
    log.warn({ target, rows: copies.map(({ id }) => id) }, 'a page is late; its fallback gets it as well');
    const rows = settlement.rows.map((row) => (late.has(row) ? { ...row, fellBack: true as const } : row));
    return { ...settlement, rows };
  };
}

/**
 * Whether rows of one incident at a target go to the fallback while they are still tried: a page of it waits too long, or what came before
 * went there already.
 */
function isLate(rows: readonly OutboxRow[], now: number): boolean {
  return rows.some(
    ({ facts, createdAt, fellBack }) => fellBack || (isUrgent(facts) && now - createdAt >= FALLBACK_AFTER),
  );
}
