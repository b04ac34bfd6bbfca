import type { EscalationStep, Severity } from '../slo/alert-policy.ts';
import { resolveAfterOf } from '../slo/alert-policy.ts';
import type { TierReading, Watched } from './tier-kind.ts';
import { burnOf, reachOf, readTier } from './tier-kinds.ts';
import type { Evidence } from '../counters/evidence.ts';
import type { Mute } from './mute.ts';
import { alertDefinition, meansTheSame } from './alert-definition.ts';
import type { AlertDefinition } from './alert-definition.ts';
import type {
  AlertState,
  Acknowledgement,
  EndCause,
  FiringTier,
  Incident,
  MuteOfIncident,
  Muted,
  Transition,
  TransitionKind,
} from './incident.ts';
import { afterPage, flappingMute, recentPages } from './flapping.ts';
import { isAcknowledgementOf } from './incident.ts';
import { hash53 } from '../hash.ts';
import type { Slo } from '../slo/slo.ts';

/** A change of an incident, whether it is notified or not. */
type Change = Omit<Transition, 'change' | 'mute' | 'unmuted'>;

const NEVER_MUTED: MuteOfIncident = () => null;

/**
 * Reads every tier of an SLO. `watched` says how much of the time since a moment Burnwatch evaluated; all of it,
 * by default.
 */
export function readTiers(
  slo: Slo,
  evidence: Evidence,
  now: number,
  watched: Watched = (from) => now - from,
): TierReading[] {
  return slo.alerts.tiers.map((tier) => readTier(slo, tier, evidence, now, watched));
}

/**
 * Moves the alert state of one SLO to `now` and says what changed, one transition at a time. Pure: the same
 * readings, state and time give the same result (J1). A tier that nothing can be said of keeps its state (J2). One that
 * fired under another definition stops at once where its condition does not hold under this one.
 */
export function step(
  slo: Slo,
  readings: readonly TierReading[],
  previous: AlertState,
  now: number,
  muteOf: MuteOfIncident = NEVER_MUTED,
): { readonly state: AlertState; readonly transition: Transition | null } {
  const firing: Record<string, FiringTier> = {};
  const active: TierReading[] = [];
  const known = new Set(readings.map(({ tier }) => tier.name));
  let cause: EndCause | null = Object.keys(previous.firing).every((name) => known.has(name))
    ? null
    : 'definition-changed';
  const before = previous.definition;
  const changed = before !== null && !meansTheSame(before, alertDefinition(slo));
  let definition: AlertDefinition | null = null;
  for (const reading of readings) {
    const { name, severity } = reading.tier;
    const fired = previous.firing[name];
    if (changed && fired && reading.met === false) {
      cause = 'definition-changed';
      continue;
    }
    // What cannot be said yet under the new definition is asked again.
    if (changed && fired && reading.met === null) definition = before;
    const next = stepTier(reading, resolveAfterOf(slo.alerts, severity), fired, now);
    if (next) {
      firing[name] = next;
      active.push(reading);
    }
  }
  const worstFirst = [
    ...active.filter(({ tier }) => tier.severity === 'page'),
    ...active.filter(({ tier }) => tier.severity === 'ticket'),
  ];
  // What only waits to resolve need not be brought to mind.
  const mayRemind = Object.values(firing).some(({ belowSince }) => belowSince === null);
  if (active.length > 0) definition ??= alertDefinition(slo);
  const [worst] = worstFirst;
  const pages = recentPages(previous, now);
  const mute = worst ? muteNow(worst.tier.severity, previous.incident, pages, now, muteOf) : null;
  const unmuted = mute || !worst ? null : (previous.incident?.muted ?? null);
  const incident = unmuted ? goingOn(previous.incident!, unmuted, now) : previous.incident;
  const change = advance(
    slo,
    readings,
    worstFirst,
    incident,
    { mayRemind, cause, muted: mute !== null },
    now,
  );
  const transition = mute
    ? mutedTransition(change, previous.incident, mute, now)
    : unmuted
      ? unmutedTransition(change, incident!, worstFirst, unmuted, mayRemind, now)
      : change && { ...change, change: change.kind, mute: null, unmuted: null };
  if (transition) {
    const over = transition.kind === 'resolved';
    const { kept, note } = afterPage(pages, previous, transition, now);
    return {
      state: { firing, incident: over ? null : transition.incident, definition, ...kept },
      transition: note ? { ...transition, flapping: note } : transition,
    };
  }
  const same = incident && withPeakBurnRate(incident, worstFirst);
  const unchanged = same && mute ? { ...same, muted: mutedBy(mute, previous.incident, now) } : same;
  return {
    state: { firing, incident: unchanged, definition, ...afterPage(pages, previous, null, now).kept },
    transition: null,
  };
}

function muteNow(
  severity: Severity,
  incident: Incident | null,
  pages: readonly number[],
  now: number,
  muteOf: MuteOfIncident,
): Mute | null {
  return muteOf(severity, incident?.id ?? null) ?? flappingMute(pages, incident, severity, now);
}

/** An incident that is muted no longer: what waits for a time has waited as long as it could be heard. */
function goingOn(before: Incident, { since, notifiedAs }: Muted, now: number): Incident {
  const { muted: _, ...incident } = before;
  const { pagedAt, lastNotifiedAt } = incident;
  const heard = pagedAt !== null && notifiedAs === 'page' && pagedAt <= since;
  return {
    ...incident,
    pagedAt: pagedAt === null ? null : heard ? pagedAt + (now - since) : now,
    stepsTaken: heard ? incident.stepsTaken : 0,
    lastNotifiedAt: Math.min(now, lastNotifiedAt + (now - since)),
  };
}

function mutedBy(mute: Mute, before: Incident | null, now: number): Muted {
  const { since = now, notifiedAs = before?.severity ?? null } = before?.muted ?? {};
  return { since, mute, notifiedAs };
}

function mutedTransition(
  change: Change | null,
  before: Incident | null,
  mute: Mute,
  now: number,
): Transition | null {
  if (!change) return null;
  const incident = { ...change.incident, muted: mutedBy(mute, before, now) };
  return { ...change, incident, change: change.kind, mute, unmuted: null };
}

/** What is notified once an incident is muted no longer: how it stands, against what was notified of it. */
function unmutedTransition(
  change: Change | null,
  incident: Incident,
  active: readonly TierReading[],
  unmuted: Muted,
  mayRemind: boolean,
  now: number,
): Transition | null {
  const { notifiedAs } = unmuted;
  const severityChanged = change?.kind === 'escalated' || change?.kind === 'deescalated';
  // Of a page that was kept back whole, those who have the ticket need not hear that it is one again.
  if (change && severityChanged && notifiedAs === change.incident.severity)
    return { ...change, change: change.kind, mute: unmuted.mute, unmuted: null };
  if (change && severityChanged) {
    const kind = notifiedAs === null ? 'opened' : change.kind;
    return { ...change, kind, change: change.kind, mute: null, unmuted };
  }
  const kind = notifiedNowAs(notifiedAs, incident.severity);
  if (kind === 'reminder') {
    if (change) return { ...change, change: change.kind, mute: null, unmuted };
    // Who acknowledged it knows, and what only waits to resolve need not be brought to mind.
    if (incident.acknowledged || !mayRemind) return null;
  }
  const told = {
    ...withPeakBurnRate(incident, active),
    tier: active[0]!.tier.name,
    sequence: incident.sequence + 1,
    lastNotifiedAt: now,
  };
  return {
    kind,
    incident: told,
    readings: active,
    step: null,
    cause: null,
    change: null,
    mute: null,
    unmuted,
  };
}

function notifiedNowAs(before: Severity | null, severity: Severity): TransitionKind {
  if (before === null) return 'opened';
  if (before === severity) return 'reminder';
  return severity === 'page' ? 'escalated' : 'deescalated';
}

function stepTier(
  { met, cleared }: TierReading,
  resolveAfter: number,
  before: FiringTier | undefined,
  now: number,
): FiringTier | null {
  if (!before) return met === true ? { since: now, belowSince: null } : null;
  if (cleared === null) return before;
  if (!cleared) return before.belowSince === null ? before : { ...before, belowSince: null };
  const belowSince = before.belowSince ?? now;
  if (now - belowSince >= resolveAfter) return null;
  return before.belowSince === null ? { ...before, belowSince } : before;
}

function advance(
  slo: Slo,
  readings: readonly TierReading[],
  active: readonly TierReading[],
  incident: Incident | null,
  {
    mayRemind,
    cause,
    muted,
  }: { readonly mayRemind: boolean; readonly cause: EndCause | null; readonly muted: boolean },
  now: number,
): Change | null {
  const [worst] = active;
  if (!worst) {
    if (!incident) return null;
    return {
      kind: 'resolved',
      incident: { ...incident, sequence: incident.sequence + 1, lastNotifiedAt: now },
      readings: readings.filter(({ tier }) => tier.name === incident.tier),
      step: null,
      cause,
    };
  }
  const { severity } = worst.tier;
  if (!incident)
    return {
      kind: 'opened',
      incident: opened(slo, active, worst, now),
      readings: active,
      step: null,
      cause: null,
    };
  const notify = (
    kind: TransitionKind,
    changed: Partial<Incident>,
    taken: EscalationStep | null = null,
  ): Change => ({
    kind,
    incident: {
      ...withPeakBurnRate(incident, active),
      tier: worst.tier.name,
      sequence: incident.sequence + 1,
      lastNotifiedAt: now,
      ...changed,
    },
    readings: active,
    step: taken,
    cause: kind === 'deescalated' ? cause : null,
  });
  if (incident.severity !== severity) {
    return severity === 'page'
      ? notify('escalated', {
          severity,
          pagedAt: now,
          stepsTaken: 0,
          acknowledged: stillAcknowledged(incident.acknowledged, severity),
        })
      : notify('deescalated', { severity, pagedAt: null });
  }
  if (incident.acknowledged || muted) return null;
  const { escalation, repeat } = slo.alerts;
  const due = escalation[incident.stepsTaken];
  if (due && incident.pagedAt !== null && now - incident.pagedAt >= due.after)
    return notify('unacknowledged', { stepsTaken: incident.stepsTaken + 1 }, due);
  const isDue = repeat !== null && now - incident.lastNotifiedAt >= repeat;
  return isDue && mayRemind ? notify('reminder', {}) : null;
}

function stillAcknowledged(by: Acknowledgement | null, severity: Severity): Acknowledgement | null {
  return by && isAcknowledgementOf(by, severity) ? by : null;
}

function opened(slo: Slo, active: readonly TierReading[], worst: TierReading, now: number): Incident {
  const { severity, name } = worst.tier;
  return {
    id: incidentId(slo.id, now),
    openedAt: now,
    began: now - reachOf(worst, now),
    severity,
    tier: name,
    peakBurnRate: Math.max(...active.map(burnOf)),
    pagedAt: severity === 'page' ? now : null,
    stepsTaken: 0,
    lastNotifiedAt: now,
    acknowledged: null,
    sequence: 1,
    notified: [],
  };
}

function withPeakBurnRate(incident: Incident, active: readonly TierReading[]): Incident {
  const peakBurnRate = Math.max(incident.peakBurnRate, ...active.map(burnOf));
  return peakBurnRate === incident.peakBurnRate ? incident : { ...incident, peakBurnRate };
}

/** An id that two evaluations of the same transition agree on, and two SLOs that open at the same moment do not. */
function incidentId(slo: string, openedAt: number): string {
  return `${openedAt.toString(36)}-${hash53(slo).toString(36)}`;
}
