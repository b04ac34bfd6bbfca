import { hash53 } from '../../core/hash.ts';
import { isOfService } from '../../core/alerting/notification.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Claim, SettledOfIncident } from '../../core/ports/store/outbox.ts';
import type { Refusal, Retry } from '../../core/ports/target.ts';

/** Those that are to be delivered; the others of it were, and are kept to be sent again. */
export function pendingOf({ rows }: Claim): readonly OutboxRow[] {
  return rows.filter(({ deliveredAt }) => deliveredAt === undefined);
}

/** The row that says how an open incident stands; null when it is over, or it is about no incident. */
export function openRow(rows: readonly OutboxRow[]): OutboxRow | null {
  const last = rows.findLast(({ facts }) => !isOfService(facts.kind));
  return last && last.facts.kind !== 'resolved' ? last : null;
}

/**
 * Who is left to be reached by rows that are sent as one; null: all recipients. One that was added later is for all of
 * them, so that those that have the earlier ones get those again: rather that than that they never hear the later ones.
 */
export function recipientsOf(rows: readonly OutboxRow[]): readonly string[] | null {
  const left = rows.map(({ recipients }) => recipients);
  return left.includes(null) ? null : [...new Set(left.flatMap((recipients) => recipients ?? []))];
}

/** The rows of each incident, in their order. */
export function byIncident(rows: readonly OutboxRow[]): readonly (readonly OutboxRow[])[] {
  const groups = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const known = groups.get(row.incident);
    if (known) known.push(row);
    else groups.set(row.incident, [row]);
  }
  return [...groups.values()];
}

/** The same on every try to send the same rows. */
export function messageKey(rows: readonly OutboxRow[]): string {
  const ids = rows.map(({ id }) => id).join('+');
  const alone = rows.every(({ incident }) => incident === rows[0]!.incident);
  return alone ? ids : `${rows[0]!.id}+${rows.length - 1}-${hash53(ids).toString(36)}`;
}

/**
 * What became of rows that were sent as one, for the histories of their incidents; `reason`: why they cannot be delivered.
 * `sent` is all that the message held.
 */
export function fatesOf(
  rows: readonly OutboxRow[],
  sent: readonly OutboxRow[],
  target: string,
  at: number,
  reason: string | null,
): readonly SettledOfIncident[] {
  const kind = reason === null ? 'delivered' : 'undeliverable';
  const incidents = byIncident(sent).length;
  const message = incidents > 1 ? { message: { id: messageKey(sent), incidents } } : {};
  return byIncident(rows).map((own) => {
    const tries = 1 + Math.max(...own.map(({ attempts }) => attempts));
    const of = own.map(({ facts }) => facts.kind);
    return { incident: own[0]!.incident, event: { kind, at, target, of, tries, reason, ...message } };
  });
}

/** The row with a try that failed counted. */
export function afterTry(row: OutboxRow, delivery: Retry | Refusal): OutboxRow {
  return {
    ...row,
    attempts: row.attempts + 1,
    lastError: delivery.reason,
    recipients: delivery.recipients ?? row.recipients,
    mayRepeat: row.mayRepeat || (delivery.result === 'retry' && delivery.mayHaveArrived === true),
  };
}

/** Whether a claim is of what is no incident: a report, an override. It is read by itself and never in a list of incidents. */
export function holdsNotice({ rows }: Pick<Claim, 'rows'>): boolean {
  return rows.some(({ facts }) => facts.kind === 'report' || facts.kind === 'gate-overridden');
}
