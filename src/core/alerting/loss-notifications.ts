import { EVERY_EXECUTION } from '../sli/sli.ts';
import { targetsAt } from '../slo/on-call.ts';
import type { Definitions, Slo } from '../slo/slo.ts';
import type { LostData } from './data-loss.ts';
import type { Incident } from './incident.ts';
import type { NotificationFacts, OutboxRow } from './notification.ts';
import { ABOUT_SERVICE, newRow } from './notification.ts';

/** An SLO with its incident that was open when data was lost. */
export interface OpenAtLoss {
  readonly slo: Slo;
  readonly incident: Incident;
}

/** The team that looks after Burnwatch itself. */
export const ADMINS = 'admins';

/** Whom to page about a loss: the team `admins`, else everyone who gets the tickets of a team. */
export function targetsOfLoss(
  { teams, onCall }: Pick<Definitions, 'teams' | 'onCall'>,
  now: number,
): readonly string[] {
  const either = (first: readonly string[], second: readonly string[]) => (first.length > 0 ? first : second);
  const admins = teams.get(ADMINS);
  const theirs = admins ? either(admins.page, admins.ticket) : [];
  // The tickets of a team without a target for them go where its pages go.
  const all = [...teams.values()].flatMap(({ page, ticket }) => either(ticket, page));
  return targetsAt({ onCall }, either(theirs, all), now);
}

/** The notifications of a loss: a page about it, and word in the conversation of each open incident. */
export function rowsOfLoss(
  id: string,
  lost: LostData,
  targets: readonly string[],
  open: readonly OpenAtLoss[],
): readonly OutboxRow[] {
  const about = `data-loss/${id}`;
  const own = targets.map((target) =>
    newRow(`${about}/${target}`, target, factsOf(about, lost, targets, null)),
  );
  const told = open.flatMap((one) => {
    const facts = factsOf(one.incident.id, lost, one.incident.notified, one);
    return facts.notified.map((target) => newRow(`${one.incident.id}/${about}/${target}`, target, facts));
  });
  return [...own, ...told];
}

/** Nothing is known of counters that are gone, so that no figure is given. */
function factsOf(
  incident: string,
  { kind, part, at }: LostData,
  notified: readonly string[],
  open: OpenAtLoss | null,
): NotificationFacts {
  return {
    ...ABOUT_SERVICE,
    kind: 'data-loss',
    loss: { kind, part, at, ofIncident: open !== null },
    slo: open?.slo.id ?? 'burnwatch/store',
    workflow: open?.slo.workflow ?? 'burnwatch',
    owner: open?.slo.owner ?? ADMINS,
    runbook: open?.slo.runbook ?? null,
    objective: open?.slo.objective.ratio ?? 1,
    window: open?.slo.window.text ?? '',
    sli: open?.slo.sli ?? EVERY_EXECUTION,
    incident,
    severity: open?.incident.severity ?? 'page',
    openedAt: open?.incident.openedAt ?? at,
    at,
    notified,
  };
}
