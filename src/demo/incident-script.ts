import { MINUTE, SECOND } from '../core/time/duration.ts';

/**
 * From the start of the traffic to the first incident. It goes through all that an incident can go through: one part of
 * the payment gateway times out (a ticket), then nearly all of it (a page, and one of the SLO of the gateway with it), then
 * the gateway works again while the circuit breaker of the shop still turns orders away (down to a ticket), then all is well.
 */
export const FIRST_INCIDENT_AFTER = 5 * SECOND;
/** From the beginning of an incident, when nearly all of the gateway times out. */
export const OUTAGE_AFTER = 20 * SECOND;
/** Too short for the page tier of 90 minutes, which would hold the page for long. */
const FIRST_OUTAGE = 30 * SECOND;
/** The shop is busier than its history by then, and it takes more until it shows. */
const LATER_OUTAGE = 90 * SECOND;
/** From the beginning of an incident until the breaker lets everything through: by then the page is down to a ticket. */
export const INCIDENT_LENGTH = 4 * MINUTE + 20 * SECOND;
/** From the beginning of one incident to the beginning of the next. */
export const INCIDENT_EVERY = 40 * MINUTE;

/** The share of calls that time out even on a good day. */
export const USUAL_FAILURE_SHARE = 0.0003;
/** Of the calls to what times out. */
const OUTAGE_FAILURE_SHARE = 0.97;
/**
 * The gateway has so many parts, which take orders by turns. The last one never fails: so every tick finds a success even when
 * a minute has just begun; else it would see an outage, which pages for more than what the story is about.
 */
const PARTS = 6;
/** One order in this many is turned away by the breaker: too few for the page, too many for the end of the ticket. */
const TURNED_AWAY_ONE_IN = 32;

/** How long after the beginning of an incident, the first one being 0, the gateway works again. */
export function gatewayBackAfter(incident: number): number {
  return OUTAGE_AFTER + (incident === 0 ? FIRST_OUTAGE : LATER_OUTAGE);
}

/**
 * The share of calls to the payment gateway that time out `elapsed` milliseconds after the traffic began, for the order
 * with the number `serial`.
 */
export function gatewayFailureShare(elapsed: number, serial: number): number {
  const { incident, since } = incidentAt(elapsed);
  if (since < 0 || since >= gatewayBackAfter(incident)) return USUAL_FAILURE_SHARE;
  const part = serial % PARTS;
  const failing = since < OUTAGE_AFTER ? part === 0 : part !== PARTS - 1;
  return failing ? OUTAGE_FAILURE_SHARE : USUAL_FAILURE_SHARE;
}

/** Whether the circuit breaker turns away the order with the number `serial`, `elapsed` milliseconds after the traffic began. */
export function isTurnedAway(elapsed: number, serial: number): boolean {
  const { incident, since } = incidentAt(elapsed);
  const halfOpen = since >= gatewayBackAfter(incident) && since < INCIDENT_LENGTH;
  return halfOpen && serial % TURNED_AWAY_ONE_IN === 0;
}

/** The latest incident and how long ago it began; negative before the first one. */
function incidentAt(elapsed: number): { readonly incident: number; readonly since: number } {
  const incident = Math.max(0, Math.floor((elapsed - FIRST_INCIDENT_AFTER) / INCIDENT_EVERY));
  return { incident, since: elapsed - FIRST_INCIDENT_AFTER - incident * INCIDENT_EVERY };
}
