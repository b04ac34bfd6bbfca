import { MINUTE, SECOND } from '../core/time/duration.ts';

/** From the start of the traffic to the first incident. */
export const FIRST_INCIDENT_AFTER = 10 * SECOND;
/** At first hardly anything gets through, then most of it does. */
export const INCIDENT_OUTAGE = 40 * SECOND;
export const INCIDENT_LENGTH = 3 * MINUTE;
/** From the beginning of one incident to the beginning of the next. */
export const INCIDENT_EVERY = 40 * MINUTE;

/** The share of calls that time out even on a good day. */
export const USUAL_FAILURE_SHARE = 0.0003;
/** Of the calls that fail at all, see `ONE_SPARED_IN`. */
const OUTAGE_FAILURE_SHARE = 0.97;
/** Few enough that the incident ends with the fast tier: the slower ones would hold it open for hours. */
const LINGERING_FAILURE_SHARE = 0.1;

/** The share of calls to the payment gateway that time out, `elapsed` milliseconds after the traffic began. */
export function gatewayFailureShare(elapsed: number): number {
  const since = (elapsed - FIRST_INCIDENT_AFTER) % INCIDENT_EVERY;
  if (since < 0 || since >= INCIDENT_LENGTH) return USUAL_FAILURE_SHARE;
  return since < INCIDENT_OUTAGE ? OUTAGE_FAILURE_SHARE : LINGERING_FAILURE_SHARE;
}
