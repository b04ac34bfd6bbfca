import type { AlertState, Transition } from './incident.ts';
import type { BurningValues } from './notification.ts';
import { heldBack } from './tier-kinds.ts';
import type { TierReading } from './tier-kind.ts';

/** The SLO of one value of an attribute, as it was judged at this moment. */
export interface ValueReading {
  readonly value: string;
  readonly readings: readonly TierReading[];
  /** Which of its tiers fire now, whether or not it has an incident of its own. */
  readonly firing: AlertState['firing'];
}

/** An incident of the whole takes more values than one. */
const LEAST = 2;

/**
 * The readings of the SLO of which each value has one, by what they say: a tier fires when it does for more than half of the values
 * of which anything can be said, and for at least two. Silence is that of all outcomes. While nothing may be concluded, nothing changes.
 */
export function groupReadings(
  own: readonly TierReading[],
  values: readonly ValueReading[],
  inconclusive: boolean,
): readonly TierReading[] {
  const judged = values.filter(isJudged).length;
  return own.map((reading) => {
    if (reading.tier.kind === 'noData') return reading;
    if (inconclusive) return heldBack(reading);
    const firing = values.filter((value) => value.firing[reading.tier.name] !== undefined).length;
    const met = firing >= LEAST && 2 * firing > judged;
    return { ...reading, met, cleared: !met };
  });
}

/** The values that burn, for the incident of the whole. */
export function burningValues(attribute: string, values: readonly ValueReading[]): BurningValues {
  const burning = values.filter(({ firing }) => Object.keys(firing).length > 0).map(({ value }) => value);
  return { attribute, values: burning, of: values.filter(isJudged).length };
}

/**
 * Whether a change of a value's incident is covered by that of the whole: it is not notified, and happens once that is over if it
 * still would. A page is not covered by a ticket, and an incident that was notified always ends.
 */
export function isCovered({ kind, incident }: Transition, whole: AlertState | null): boolean {
  if (!whole?.incident || kind === 'resolved' || kind === 'deescalated') return false;
  return whole.incident.severity === 'page' || incident.severity === 'ticket';
}

/** Silence is judged, too, but says nothing of how outcomes end. */
function isJudged({ readings, firing }: ValueReading): boolean {
  return (
    Object.keys(firing).length > 0 || readings.some(({ tier, met }) => tier.kind !== 'noData' && met !== null)
  );
}
