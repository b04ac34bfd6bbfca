import { LONGEST_INTERVAL, checkReach, recurrence } from '../adjustments/recurrence-request.ts';
import type { RequestFields } from '../adjustments/request-fields.ts';
import {
  LONGEST_NAME,
  LONGEST_TEXT,
  isObject,
  required,
  text,
  timestamp,
  unknownFields,
} from '../adjustments/request-fields.ts';
import { offsetOf, timestampOfLocal } from '../time/calendar.ts';
import { DAY, HOUR, MINUTE, formatDuration, parseDuration } from '../time/duration.ts';
import type { Silence, SilenceMatching, SilenceTime } from './silence.ts';

/** A requested silence, before it has an id. */
export type SilenceDraft = Pick<Silence, 'matching' | 'when' | 'reason' | 'createdBy'>;

const MATCHERS = ['workflow', 'slo', 'owner', 'severity', 'labels', 'incident'] as const;
const FIELDS = [
  ...MATCHERS,
  'reason',
  'by',
  'from',
  'until',
  'for',
  'untilResolved',
  'untilMorning',
  'rrule',
  'start',
  'duration',
  'durationMs',
  'timeZone',
];
const ONCE_FIELDS = ['from', 'for', 'untilResolved', 'untilMorning'];
const RECURRING_FIELDS = ['start', 'duration', 'durationMs', 'timeZone'];
const MOST_LABELS = 10;
/** When people are at work again. */
const MORNING = 8 * HOUR;
/** How far back one may begin: it mutes nothing of the past, and clocks of callers differ. */
const FURTHEST_BACK = DAY;

/**
 * Reads the request for a silence, as parsed from JSON; `actor` is the name of who asks, taken as `by` where that is missing. Answers with
 * every problem there is, each a sentence that says what would be right, when it cannot be. `zoneOf` is the time zone of those who
 * are notified of an incident.
 */
export function parseSilence(
  input: unknown,
  actor: string | null,
  now: number,
  zoneOf: (incident: string) => string = () => 'UTC',
): { readonly draft: SilenceDraft } | { readonly problems: readonly string[] } {
  if (!isObject(input)) return { problems: ['A silence is a JSON object.'] };
  const problems = unknownFields(input, FIELDS);
  const matching = matchingOf(input, problems);
  const createdBy =
    actor === null
      ? required(input, 'by', LONGEST_NAME, problems)
      : text(input, 'by', LONGEST_NAME, problems);
  const reason = required(input, 'reason', LONGEST_TEXT, problems);
  const when =
    input['rrule'] == null ? once(input, matching, now, zoneOf, problems) : recurring(input, now, problems);
  if (problems.length > 0 || !when) return { problems };
  return { draft: { matching, when, reason, createdBy: createdBy ?? actor ?? '' } };
}

function matchingOf(input: RequestFields, problems: string[]): SilenceMatching {
  if (!MATCHERS.some((name) => input[name] != null)) {
    problems.push(
      `Say what to silence: one or more of ${MATCHERS.join(', ')}; { "workflow": "*" } silences everything.`,
    );
  }
  const severity = text(input, 'severity', LONGEST_NAME, problems);
  if (severity !== null && severity !== 'page' && severity !== 'ticket')
    problems.push('severity must be page or ticket; leave it out for both.');
  return {
    workflow: text(input, 'workflow', LONGEST_TEXT, problems),
    slo: text(input, 'slo', LONGEST_TEXT, problems),
    owner: text(input, 'owner', LONGEST_NAME, problems),
    severity: severity === 'page' || severity === 'ticket' ? severity : null,
    labels: labelsOf(input['labels'], problems),
    incident: text(input, 'incident', LONGEST_NAME, problems),
  };
}

function labelsOf(labels: unknown, problems: string[]): Readonly<Record<string, string>> {
  if (labels == null) return {};
  const entries = isObject(labels) ? Object.entries(labels) : [];
  if (entries.length === 0 || entries.length > MOST_LABELS) {
    problems.push(`labels must be 1 to ${MOST_LABELS} labels with a glob each, such as { "tier": "gold" }.`);
    return {};
  }
  const found = entries.flatMap(([name, value]): [string, string][] => {
    const glob = text(
      { [`labels.${name.slice(0, 50)}`]: value },
      `labels.${name.slice(0, 50)}`,
      200,
      problems,
    );
    return glob === null ? [] : [[name, glob]];
  });
  return Object.fromEntries(found);
}

function once(
  input: RequestFields,
  { incident }: SilenceMatching,
  now: number,
  zoneOf: (incident: string) => string,
  problems: string[],
): SilenceTime | null {
  const stray = RECURRING_FIELDS.filter((name) => input[name] != null);
  if (stray.length > 0) {
    problems.push(
      `${stray.join(', ')} belong to a recurring silence, which has rrule; this one has from, and until or for.`,
    );
  }
  const from = input['from'] == null ? now : timestamp(input, 'from', problems);
  if (from !== null && from < now - FURTHEST_BACK)
    problems.push(
      `from must be at most ${formatDuration(FURTHEST_BACK)} ago; a silence mutes nothing of the past.`,
    );
  else if (from !== null) checkReach('from', from, now, problems);
  const special = (['untilResolved', 'untilMorning'] as const).filter((name) =>
    isTrue(input, name, problems),
  );
  const [name] = special;
  if (name !== undefined) {
    if (incident === null) problems.push(`${name} needs incident, the id of the one that it is about.`);
    if (special.length > 1 || input['until'] != null || input['for'] != null)
      problems.push('Give one of until, for, untilResolved and untilMorning.');
    if (from === null || incident === null) return null;
    if (name === 'untilMorning') return { kind: 'once', from, to: nextMorning(zoneOf(incident), from) };
    return { kind: 'until-resolved', from, to: from + LONGEST_INTERVAL };
  }
  const to = endOf(input, from, problems);
  if (from === null || to === null) return null;
  if (to <= from) problems.push('until must be later than from.');
  else if (to <= now) problems.push('until must be later than now: a silence mutes nothing of the past.');
  else if (to - from > LONGEST_INTERVAL)
    problems.push(
      `A silence may last ${formatDuration(LONGEST_INTERVAL)} at most; make it anew, or recurring.`,
    );
  return { kind: 'once', from, to };
}

function isTrue(input: RequestFields, name: string, problems: string[]): boolean {
  const value = input[name];
  if (value != null && typeof value !== 'boolean') problems.push(`${name} must be true or false.`);
  return value === true;
}

/** The next eight o'clock in a time zone that is at least an hour away. */
export function nextMorning(timeZone: string, now: number): number {
  const local = now + offsetOf(timeZone, now);
  const today = timestampOfLocal(timeZone, Math.floor(local / DAY) * DAY + MORNING);
  return today >= now + HOUR
    ? today
    : timestampOfLocal(timeZone, Math.floor(local / DAY) * DAY + DAY + MORNING);
}

function endOf(input: RequestFields, from: number | null, problems: string[]): number | null {
  const { until, for: length } = input;
  if ((until == null) === (length == null)) {
    problems.push(
      'Every silence has an end: give one of until (a time), for ("4h"), untilResolved (true, with incident) and rrule.',
    );
    return null;
  }
  if (until != null) return timestamp(input, 'until', problems);
  const span = typeof length === 'string' ? parseDuration(length) : null;
  if (span === null || span < MINUTE || span > LONGEST_INTERVAL) {
    problems.push(`for must be from 1m to ${formatDuration(LONGEST_INTERVAL)}, such as 4h.`);
    return null;
  }
  return from === null ? null : from + Math.ceil(span);
}

function recurring(input: RequestFields, now: number, problems: string[]): SilenceTime | null {
  const rule = recurrence(
    { ...input, start: input['start'] ?? now },
    input['rrule'],
    now,
    problems,
    'silence',
    ONCE_FIELDS,
  );
  if (input['until'] == null) {
    problems.push('until is missing: the last moment at which it may start; every silence has an end.');
    return null;
  }
  if (!rule || rule.until === null) return null;
  checkReach('until', rule.until, now, problems);
  if (rule.until < now) problems.push('until must be later than now: a silence mutes nothing of the past.');
  return { ...rule, until: rule.until };
}
