import type { AlertState, Transition } from '../../core/alerting/incident.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import type { BurningValues } from '../../core/alerting/notification.ts';
import type { TierReading } from '../../core/alerting/tier-kind.ts';
import { burningValues, groupReadings, isCovered } from '../../core/alerting/value-group.ts';
import type { Evidence } from '../../core/counters/evidence.ts';
import type { Slo } from '../../core/slo/slo.ts';

/** What became of one SLO at a tick. */
export interface EvaluatedSlo {
  readonly slo: Slo;
  readonly revision: number;
  /** What the store says of it, and that with what happened since then beside the tick. */
  readonly stored: AlertState;
  readonly previous: AlertState;
  readonly earlier: readonly IncidentEvent[];
  readonly evidence: Evidence;
  readonly readings: readonly TierReading[];
  readonly state: AlertState;
  readonly transition: Transition | null;
  /** Of an SLO of which each value has one. */
  readonly burning?: BurningValues;
}

/** An SLO, and those of the values that it is kept for. */
interface Whole {
  readonly slo: Slo;
  readonly values: readonly Slo[];
}

/** Judges an SLO by its readings, or by what is made of them; null when it could not be judged. */
type Judge = (
  slo: Slo,
  read?: (own: readonly TierReading[]) => readonly TierReading[],
) => EvaluatedSlo | null;

/** SLOs with those of their values, which are judged before them. */
export function byWhole(slos: readonly Slo[]): readonly Whole[] {
  const found = new Map<string, { readonly slo: Slo; readonly values: Slo[] }>();
  for (const slo of slos) {
    // The whole stands before its values.
    const whole = slo.value && found.get(slo.value.whole);
    if (whole) whole.values.push(slo);
    else found.set(slo.id, { slo, values: [] });
  }
  return [...found.values()];
}

/**
 * Judges an SLO, after those of its values: it fires when more than half of them do, and while its incident is open theirs are not
 * notified. Those that could not be judged are left out; where the whole could not, each value speaks for itself.
 */
export function evaluateTogether(
  slo: Slo,
  values: readonly Slo[],
  inconclusive: boolean,
  judge: Judge,
): readonly EvaluatedSlo[] {
  const judged = values.flatMap((value) => judge(value) ?? []);
  if (judged.length === 0) {
    const alone = judge(slo);
    return alone ? [alone] : [];
  }
  const each = judged.map(({ slo: { value }, readings, state: { firing } }) => ({
    value: value!.value,
    readings,
    firing,
  }));
  const whole = judge(slo, (own) => groupReadings(own, each, inconclusive));
  const covered = judged.map((one) => withoutCovered(one, whole?.state ?? null));
  return whole ? [{ ...whole, burning: burningValues(slo.each!, each) }, ...covered] : covered;
}

/** What fires is remembered all the same, so that it is notified once the incident of the whole is over. */
function withoutCovered(judged: EvaluatedSlo, whole: AlertState | null): EvaluatedSlo {
  const { state, previous, transition } = judged;
  if (!transition || !isCovered(transition, whole)) return judged;
  const { pages: _, heldBack: __, ...same } = state;
  const { pages, heldBack } = previous;
  const paged = { ...(pages && { pages }), ...(heldBack && { heldBack }) };
  return { ...judged, state: { ...same, incident: previous.incident, ...paged }, transition: null };
}
