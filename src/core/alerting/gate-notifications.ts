import { targetsAt } from '../slo/on-call.ts';
import type { Definitions, Slo } from '../slo/slo.ts';
import { groupsByItself } from './conversations.ts';
import type { NotificationFacts, OutboxRow } from './notification.ts';
import { ABOUT_SERVICE, newRow } from './notification.ts';
import type { OverriddenGate } from './overridden-gate.ts';
import { targetsFor } from './routing.ts';

/**
 * Whom to notify that the gate of these SLOs is overridden: those who get their tickets, where people read; where no one does, those who
 * get their pages. What groups incidents by itself would take it for one that never ends.
 */
export function targetsOfOverride(
  definitions: Pick<Definitions, 'teams' | 'targets' | 'onCall'>,
  slos: readonly Slo[],
  now: number,
): readonly string[] {
  const read = (severity: 'ticket' | 'page') =>
    targetsAt(
      definitions,
      slos.flatMap((slo) => targetsFor(definitions, slo, severity)),
      now,
    ).filter((name) => {
      const kind = definitions.targets.get(name)?.kind;
      return kind !== undefined && !groupsByItself(kind);
    });
  const tickets = read('ticket');
  return tickets.length > 0 ? tickets : read('page');
}

/** The notifications of one override: the same rows whoever makes them, and however often. */
export function rowsOfOverride(
  id: string,
  gate: OverriddenGate,
  { owner, timeZone }: { readonly owner: string; readonly timeZone: string | null },
  targets: readonly string[],
): readonly OutboxRow[] {
  const incident = `gate/${id}`;
  const facts: NotificationFacts = {
    ...ABOUT_SERVICE,
    kind: 'gate-overridden',
    gate,
    slo: 'burnwatch/gate',
    owner,
    incident,
    severity: 'ticket',
    timeZone,
    openedAt: gate.from,
    at: gate.from,
    notified: targets,
  };
  return targets.map((target) => newRow(`${incident}/${target}`, target, facts));
}
