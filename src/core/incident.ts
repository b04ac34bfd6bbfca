import type { Severity, Tier } from './alert-policy.ts';
import { burnRate } from './burn-rate.ts';
import type { Counts } from './cells.ts';
import { hash53 } from './hash.ts';
import type { Slo } from './slo.ts';
import { MINUTE } from './time.ts';

/** One episode of one SLO burning, from the first tier that fires until the last one stops. */
export interface Incident {
  readonly id: string;
  readonly openedAt: number;
  /** The worst severity it has had. */
  readonly severity: Severity;
  /** The tier that made it so. */
  readonly tier: string;
  /** Highest long-window burn rate of a firing tier. */
  readonly peakBurnRate: number;
  /** How many transitions it has had; numbers its notifications. */
  readonly sequence: number;
  /** Targets that were told, so that the same ones hear the end of it. */
  readonly notified: readonly string[];
}

export interface FiringTier {
  readonly since: number;
  /** Since when the short window has been under the resolve threshold; null while it is not. */
  readonly belowSince: number | null;
}

/** What evaluation remembers of one SLO between ticks. */
export interface AlertState {
  readonly firing: Readonly<Record<string, FiringTier>>;
  readonly incident: Incident | null;
}

export const QUIET: AlertState = { firing: {}, incident: null };

/** Why a tier fires: its windows with what they held. */
export interface TierReading {
  readonly tier: Tier;
  readonly long: Counts;
  readonly short: Counts;
  readonly longBurnRate: number | null;
  readonly shortBurnRate: number | null;
}

export type TransitionKind = 'opened' | 'escalated' | 'resolved';

/** A change of an incident that people hear of. */
export interface Transition {
  readonly kind: TransitionKind;
  readonly incident: Incident;
  /** The reading of the incident's tier at this moment. */
  readonly reading: TierReading;
}

/** An alert resolves when its short window has stayed under this share of the threshold ... */
export const RESOLVE_SHARE = 0.9;
/** ... for this long. */
export const RESOLVE_AFTER = 5 * MINUTE;

/** Reads every tier of an SLO. `sum` gives the outcomes of the window of a length that ends now. */
export function readTiers(slo: Slo, sum: (duration: number) => Counts): TierReading[] {
  return slo.alerts.tiers.map((tier) => {
    const long = sum(tier.long);
    const short = sum(tier.short);
    return {
      tier,
      long,
      short,
      longBurnRate: burnRate(slo.objective, long),
      shortBurnRate: burnRate(slo.objective, short),
    };
  });
}

/**
 * Moves the alert state of one SLO to `now` and says what changed. Pure: the same readings, state and time
 * give the same result (J1). A tier without outcomes keeps its state (J2).
 */
export function step(
  slo: Slo,
  readings: readonly TierReading[],
  previous: AlertState,
  now: number,
): { readonly state: AlertState; readonly transition: Transition | null } {
  const firing: Record<string, FiringTier> = {};
  const active: TierReading[] = [];
  for (const reading of readings) {
    const next = stepTier(reading, slo.alerts.minFailures, previous.firing[reading.tier.name], now);
    if (next) {
      firing[reading.tier.name] = next;
      active.push(reading);
    }
  }
  return advance(slo, readings, active, firing, previous.incident, now);
}

function stepTier(
  { tier, long, longBurnRate, shortBurnRate }: TierReading,
  minFailures: number,
  before: FiringTier | undefined,
  now: number,
): FiringTier | null {
  const { factor } = tier;
  if (!before) {
    const fires =
      longBurnRate !== null &&
      shortBurnRate !== null &&
      longBurnRate >= factor &&
      shortBurnRate >= factor &&
      long.bad >= minFailures;
    return fires ? { since: now, belowSince: null } : null;
  }
  if (shortBurnRate === null) return before;
  if (shortBurnRate >= factor * RESOLVE_SHARE)
    return before.belowSince === null ? before : { ...before, belowSince: null };
  const belowSince = before.belowSince ?? now;
  if (now - belowSince >= RESOLVE_AFTER) return null;
  return before.belowSince === null ? { ...before, belowSince } : before;
}

function advance(
  slo: Slo,
  readings: readonly TierReading[],
  active: readonly TierReading[],
  firing: Readonly<Record<string, FiringTier>>,
  incident: Incident | null,
  now: number,
): { readonly state: AlertState; readonly transition: Transition | null } {
  const worst = active.find(({ tier }) => tier.severity === 'page') ?? active[0];
  if (!worst) {
    if (!incident) return { state: { firing, incident: null }, transition: null };
    const reading = readings.find(({ tier }) => tier.name === incident.tier) ?? readings[0]!;
    const resolved = { ...incident, sequence: incident.sequence + 1 };
    return {
      state: { firing, incident: null },
      transition: { kind: 'resolved', incident: resolved, reading },
    };
  }
  const burn = Math.max(...active.map(({ longBurnRate }) => longBurnRate ?? 0));
  if (!incident) {
    const opened: Incident = {
      id: incidentId(slo.id, now),
      openedAt: now,
      severity: worst.tier.severity,
      tier: worst.tier.name,
      peakBurnRate: burn,
      sequence: 1,
      notified: [],
    };
    return {
      state: { firing, incident: opened },
      transition: { kind: 'opened', incident: opened, reading: worst },
    };
  }
  const peakBurnRate = Math.max(incident.peakBurnRate, burn);
  if (incident.severity === 'ticket' && worst.tier.severity === 'page') {
    const escalated: Incident = {
      ...incident,
      severity: 'page',
      tier: worst.tier.name,
      peakBurnRate,
      sequence: incident.sequence + 1,
    };
    return {
      state: { firing, incident: escalated },
      transition: { kind: 'escalated', incident: escalated, reading: worst },
    };
  }
  const same = peakBurnRate === incident.peakBurnRate ? incident : { ...incident, peakBurnRate };
  return { state: { firing, incident: same }, transition: null };
}

/** An id that two evaluations of the same transition agree on, and two SLOs that open at the same moment do not. */
function incidentId(slo: string, openedAt: number): string {
  return `${openedAt.toString(36)}-${hash53(slo).toString(36)}`;
}
