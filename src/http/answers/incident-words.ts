import type { EndCause } from '../../core/alerting/incident.ts';
import type {
  IncidentChanged,
  IncidentEvent,
  IncidentSilenced,
  NotificationSettled,
} from '../../core/alerting/incident-event.ts';
import type { Mute } from '../../core/alerting/mute.ts';
import type { FailureCount } from '../../core/alerting/notification.ts';
import { annotationWords } from '../../core/ports/store/annotations.ts';
import type { IncidentCost, IncidentDetail } from '../../core/ports/incident-reports.ts';
import { formatCount, formatRate, formatShare, formatSpan, formatTime } from '../../core/words/figures.ts';

/** What happened, as a sentence without its full stop; names in it are as they were stored. */
export function eventWords(event: IncidentEvent): string {
  switch (event.kind) {
    case 'opened':
      return `Opened as a ${event.severity}: tier ${event.tier} fired${burnWords(event.peakBurnRate)}${targetWords(event.notified)}${flappingWords(event)}`;
    case 'escalated':
      return `Became a page: tier ${event.tier} fired${burnWords(event.peakBurnRate)}${targetWords(event.notified)}${flappingWords(event)}`;
    case 'deescalated':
      return `Came down to a ticket${causeWords(event.cause)}${targetWords(event.notified)}${flappingWords(event)}`;
    case 'unacknowledged':
      return `No one had acknowledged it${targetWords(event.notified)}`;
    case 'reminder':
      return `Still burning${targetWords(event.notified)}`;
    case 'resolved':
      return `Resolved${causeWords(event.cause)}${flappingWords(event)}`;
    case 'acknowledged':
      return `Acknowledged by ${event.by}${event.note === null ? '' : `: ${event.note}`}`;
    case 'silenced':
      return mutedWords(event);
    case 'unsilenced':
      return `No longer ${MUTED[event.reason ?? 'silence']}${event.of === null ? '' : `: notified as ${event.of}${targetWords(event.notified)}`}`;
    case 'note':
      return `${event.by}: ${event.text}`;
    case 'delivered':
      return `Delivered to ${event.target} (${event.of.join(', ')})${messageWords(event)}${triesWords(event.tries)}`;
    case 'undeliverable':
      return `Could not be delivered to ${event.target} (${event.of.join(', ')})${messageWords(event)}${triesWords(event.tries)}: ${event.reason ?? ''}`;
    default:
      return event satisfies never;
  }
}

const MUTED: Readonly<Record<Mute['reason'], string>> = {
  silence: 'silenced',
  flapping: 'held back',
  dependency: 'folded into the incident of a dependency',
};

/** Why nothing is sent of it on its own, as a sentence without its full stop. */
function mutedWords(event: IncidentSilenced): string {
  const { reason, of, by, because } = event;
  const change = of === null ? '' : `Not notified (${of}): `;
  switch (reason) {
    case 'dependency':
      return `${change}folded into the incident of ${by}, because ${because}`;
    case 'flapping':
      return `${change}held back ${untilWords(event)}: ${because}`;
    default:
      return `${change === '' ? 'Silenced' : `${change}silenced`} by ${by} ${untilWords(event)}: ${because}`;
  }
}

/** What happened to an incident and around it, oldest first; names in the words are as they were stored. */
export function timelineOf({
  began,
  annotations,
  events,
}: Pick<IncidentDetail, 'began' | 'annotations' | 'events'>): readonly {
  readonly at: number;
  readonly words: string;
  readonly event: IncidentEvent | null;
  readonly link: string | null;
}[] {
  return [
    ...annotations.map((annotation) => ({
      at: annotation.at,
      words: `Noted: ${annotationWords(annotation)}`,
      event: null,
      link: annotation.link,
    })),
    { at: began, words: 'Outcomes began to fail', event: null, link: null },
    ...events.map((event) => ({ at: event.at, words: eventWords(event), event, link: null })),
  ].toSorted((one, other) => one.at - other.at);
}

/** What an incident cost, as a phrase. */
export function costWords({ good, bad, budget }: IncidentCost): string {
  const share = good + bad > 0 ? ` (${formatShare(bad / (good + bad))})` : '';
  const spent = budget === null ? '' : `, ${formatShare(budget)} of the error budget`;
  return `${formatCount(bad)} of ${formatCount(good + bad)} bad${share}${spent}`;
}

/** What failed, as `step ship, dependency bank, error timeout`; null when nothing is known of it. */
export function failureWords({ step, dependency, error }: FailureCount): string | null {
  const parts = [
    step === null ? [] : [`step ${step}`],
    dependency === null ? [] : [`dependency ${dependency}`],
    error === null ? [] : [`error ${error}`],
  ].flat();
  return parts.length === 0 ? null : parts.join(', ');
}

/** How long an incident took, or has taken so far. */
export function lengthWords(openedAt: number, resolvedAt: number | null, now: number): string {
  return formatSpan(Math.max(0, (resolvedAt ?? now) - openedAt));
}

/** Until when a silence holds, as a phrase: `until 2026-01-31 12:00 UTC`. */
export function untilWords({ until, untilResolved }: Pick<Mute, 'until' | 'untilResolved'>): string {
  return untilResolved ? 'until it resolves' : `until ${formatTime(until)}`;
}

function burnWords(rate: number): string {
  return rate > 0 ? ` at a burn rate of ${formatRate(rate)}` : '';
}

function targetWords(targets: readonly string[]): string {
  return targets.length === 0 ? '; no target is there to be notified' : `; for ${targets.join(', ')}`;
}

function causeWords(cause: EndCause | null): string {
  switch (cause) {
    case null:
      return '';
    case 'definition-changed':
      return ' by a change of its definition';
    case 'removed':
      return ', because no file defines the SLO any more';
    default:
      return cause satisfies never;
  }
}

/** What is held back, or was, of an SLO that comes and goes. */
function flappingWords({ flapping }: IncidentChanged): string {
  const { last, heldBack } = flapping ?? {};
  const held = heldBack
    ? `; ${formatCount(heldBack.count)} ${heldBack.count === 1 ? 'page was' : 'pages were'} held back since ${formatTime(heldBack.since)}`
    : '';
  return last
    ? `${held}; it paged ${formatCount(last.pages)} times within ${formatSpan(last.within)}, and the next page is sent only when it lasts ${formatSpan(last.lasts)}`
    : held;
}

function messageWords({ message }: NotificationSettled): string {
  return message ? ` in message ${message.id}, which is of ${formatCount(message.incidents)} incidents` : '';
}

function triesWords(tries: number): string {
  return tries === 1 ? '' : ` at try ${tries}`;
}
