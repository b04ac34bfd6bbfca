import { HOUR, MINUTE } from '../time/duration.ts';
import type { Severity } from '../slo/alert-policy.ts';
import type { AlertState, Incident, Transition } from './incident.ts';
import type { FlappingNote, HeldBack } from './flapping-note.ts';
import type { Mute } from './mute.ts';

/** An SLO pages so often within `WITHIN`, however it comes and goes; after that only what goes on for `LASTS`. */
const AT_ONCE = 3;
const WITHIN = HOUR;
const LASTS = 15 * MINUTE;

/** The pages of an SLO that count at a moment, oldest first. */
export function recentPages({ pages = [] }: Pick<AlertState, 'pages'>, now: number): readonly number[] {
  return pages.filter((at) => now - at < WITHIN).slice(-AT_ONCE);
}

/** What is remembered of the pages of an SLO after a transition of its incident, and what is said of them with it. */
export function afterPage(
  pages: readonly number[],
  previous: Pick<AlertState, 'incident' | 'heldBack'>,
  transition: Pick<Transition, 'kind' | 'mute' | 'incident'> | null,
  now: number,
): { readonly kept: Pick<AlertState, 'pages' | 'heldBack'>; readonly note: FlappingNote | null } {
  const told = transition !== null && isTold(transition);
  const paged =
    told &&
    transition.incident.severity === 'page' &&
    (transition.kind === 'opened' || transition.kind === 'escalated');
  const known = paged ? [...pages, now].slice(-AT_ONCE) : pages;
  const heldBack = heldBackBy(previous, transition, now);
  const last = paged && known.length >= AT_ONCE ? { pages: AT_ONCE, within: WITHIN, lasts: LASTS } : null;
  return {
    kept: { ...(known.length > 0 && { pages: known }), ...(heldBack && !told && { heldBack }) },
    note: told && (last || heldBack) ? { ...(last && { last }), ...(heldBack && { heldBack }) } : null,
  };
}

/** Whether someone hears of a transition: not of the end of what was held back whole. */
function isTold({ kind, mute, incident }: Pick<Transition, 'kind' | 'mute' | 'incident'>): boolean {
  return mute === null && !(kind === 'resolved' && incident.muted?.notifiedAs === null);
}

/** What was held back by now, with the page that this transition ends. */
function heldBackBy(
  { incident, heldBack }: Pick<AlertState, 'incident' | 'heldBack'>,
  transition: Pick<Transition, 'kind' | 'incident'> | null,
  now: number,
): HeldBack | undefined {
  const isHeld =
    incident?.severity === 'page' && incident.muted?.mute.reason === 'flapping' && !isHeard(incident);
  const ends = transition?.kind === 'resolved' || transition?.incident.severity === 'ticket';
  if (!isHeld || !ends) return heldBack;
  const { count = 0, since = incident.pagedAt ?? now } = heldBack ?? {};
  return { count: count + 1, since };
}

/**
 * Why a page that nobody has heard of yet is held back: its SLO paged three times within an hour. It is held until the first of
 * these was an hour ago, or until it has gone on for 15 minutes, whichever is first. So an SLO pages seven times an hour at
 * most: three times, and then once in 15 minutes. Null when it is not held.
 */
export function flappingMute(
  pages: readonly number[],
  incident: Incident | null,
  severity: Severity,
  now: number,
): Mute | null {
  if (severity !== 'page' || pages.length < AT_ONCE || isHeard(incident)) return null;
  const since = incident?.severity === 'page' ? (incident.pagedAt ?? now) : now;
  const until = Math.min(pages[0]! + WITHIN, since + LASTS);
  if (now >= until) return null;
  return {
    reason: 'flapping',
    silence: 'flapping',
    by: 'Burnwatch',
    because: `it paged ${AT_ONCE} times within an hour`,
    until,
    untilResolved: false,
  };
}

/** Whether an incident is a page that may have been notified, or is kept back by something else. */
function isHeard(incident: Incident | null): boolean {
  if (incident?.severity !== 'page') return false;
  return incident.muted?.mute.reason !== 'flapping' || incident.muted.notifiedAs === 'page';
}
