import type { Interval } from '../../core/adjustments/adjustment.ts';
import type { Silence } from '../../core/alerting/silence.ts';
import { holdsUntil, isOf, isOver } from '../../core/alerting/silence.ts';
import type { IncidentReport } from '../../core/ports/queries.ts';
import type { SilenceReach, SilenceReport } from '../../core/ports/silences.ts';
import type { Caller } from '../../core/ports/token.ts';
import { may } from '../../core/ports/token.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { Recurrences } from '../adjustments/recurrence.ts';

/** What a silence is described against. */
export interface SilenceSurroundings {
  readonly slos: readonly Slo[];
  /** The open ones. */
  readonly incidents: readonly IncidentReport[];
  readonly recurrences: Recurrences;
  readonly now: number;
}

/** So many SLOs and incidents are named; thousands may be muted. */
const NAMED = 20;

/** A silence as a caller sees it: whether it holds, and what it mutes of that which the caller may read. */
export function describeSilence(
  silence: Silence,
  around: SilenceSurroundings,
  caller: Caller,
): SilenceReport {
  const occurrence = occurrenceOf(silence, around);
  const active = occurrence !== null && holdsUntil(silence, around.now, around.recurrences.starts) !== null;
  return {
    ...silence,
    state: active ? 'active' : occurrence === null ? 'ended' : 'coming',
    occurrence,
    mutes: reachOf(silence, around, caller),
  };
}

/** The SLOs that a silence is of. */
export function slosOf(silence: Silence, slos: readonly Slo[]): readonly Slo[] {
  const { severity, incident } = silence.matching;
  return slos.filter((slo) => isOf(silence, { slo, severity: severity ?? 'page', incident }));
}

function occurrenceOf(
  silence: Silence,
  { incidents, recurrences, now }: SilenceSurroundings,
): Interval | null {
  const { when, matching } = silence;
  if (isOver(silence, now)) return null;
  // What mutes an incident has nothing left to mute once that is over.
  if (matching.incident !== null && !incidents.some(({ id }) => id === matching.incident)) return null;
  if (when.kind !== 'recurring') return { from: when.from, to: when.to };
  const until = holdsUntil(silence, now, recurrences.starts);
  if (until !== null) return { from: until - when.duration, to: until };
  const next = recurrences.next(when, now);
  return next === null ? null : { from: next, to: next + when.duration };
}

function reachOf(silence: Silence, { slos, incidents }: SilenceSurroundings, caller: Caller): SilenceReach {
  const found = slosOf(silence, slos).filter((slo) => may(caller, 'read', slo));
  const byId = new Map(found.map((slo) => [slo.id, slo]));
  const muted = incidents.filter(({ id, slo: sloId, severity }) => {
    const slo = byId.get(sloId);
    return slo !== undefined && isOf(silence, { slo, severity, incident: id });
  });
  return {
    slos: found.slice(0, NAMED).map(({ id }) => id),
    sloCount: found.length,
    incidents: muted.slice(0, NAMED).map(({ id, slo, severity }) => ({ id, slo, severity })),
    incidentCount: muted.length,
  };
}
