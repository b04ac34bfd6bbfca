import type { OnCallSchedule, Shift } from '../slo/on-call.ts';
import { shiftsFrom } from '../slo/on-call.ts';
import type { Definitions } from '../slo/slo.ts';
import { iso } from '../time/timestamp.ts';
import { timesAt } from '../words/times.ts';

/** Who is on call by one schedule. Times are milliseconds since the epoch. */
export interface OnCallReport {
  /** Its name, which routes name like that of a target. */
  readonly schedule: string;
  readonly kind: OnCallSchedule['kind'];
  /** Where it says so: `file:line` of the SLO files, the host that has the calendar, or the path of its file. */
  readonly place: string;
  readonly timeZone: string;
  /** The teams whose notifications it gets. */
  readonly teams: readonly string[];
  readonly now: ShiftReport;
  /** Null where nobody else follows in the time that is looked ahead. */
  readonly next: ShiftReport | null;
  /** Why its calendar cannot be read, and since when what was read last is used; null while it can be read. */
  readonly problem: string | null;
}

export interface ShiftReport {
  readonly person: string;
  /** Where what is notified goes meanwhile. */
  readonly targets: readonly string[];
  readonly from: number | null;
  readonly until: number | null;
  /**
   * `override`: in place of the one whose turn it is. `not-started`: the rotation has not begun, and this is its first person. `gap`, `unknown`,
   * `unread`: the fallback, since the calendar has no event then, names nobody of `people`, or could not be read. Null: a turn, or an event.
   */
  readonly because: Shift['because'];
}

/** Why somebody is on call whose turn it is not. */
export const BECAUSE_WORDS: { readonly [B in NonNullable<Shift['because']>]: string } = {
  override: 'an override',
  'not-started': 'the rotation has not begun; until then it is its first person',
  gap: 'the calendar has no event then',
  unknown: 'the calendar names nobody of `people`, or several',
  unread: 'the calendar was not read that far',
};

/** Who is on call, by name of schedule. Their order is that of the files. */
export function onCallReports(
  { onCall, teams }: Pick<Definitions, 'onCall' | 'teams'>,
  now: number,
): readonly OnCallReport[] {
  return [...onCall.values()].map((schedule) => {
    const { name, kind, timeZone } = schedule;
    const [first, second] = shiftsFrom(schedule, now, 2);
    const naming = [...teams.values()].filter(({ page, ticket, fallback }) =>
      [...page, ...ticket, ...fallback].includes(name),
    );
    return {
      schedule: name,
      kind,
      place: placeOf(schedule),
      timeZone,
      teams: naming.map((team) => team.name),
      now: shiftReport(first!),
      next: second ? shiftReport(second) : null,
      problem: problemOf(schedule),
    };
  });
}

/** An address is a secret, its host is none. */
function placeOf(schedule: OnCallSchedule): string {
  if (schedule.kind === 'rotation') return schedule.source;
  const { place } = schedule;
  return 'file' in place
    ? place.file
    : (/^https?:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(place.url)?.[1] ?? 'an address');
}

function problemOf(schedule: OnCallSchedule): string | null {
  const problem = schedule.kind === 'calendar' ? schedule.read?.problem : null;
  if (!problem) return null;
  const { reason, lastRead } = problem;
  return `${reason}; ${lastRead === null ? 'it was never read' : `what was read at ${iso(lastRead)} is used`}`;
}

function shiftReport({ person, from, until, because }: Shift): ShiftReport {
  return { person: person.name, targets: person.targets, from, until, because };
}

/** The report with its times as RFC 3339, as programs read it. */
export function onCallJson({ now, next, ...report }: OnCallReport): object {
  return { ...report, now: shiftJson(now), next: next && shiftJson(next) };
}

function shiftJson({ from, until, ...shift }: ShiftReport): object {
  return { ...shift, from: from === null ? null : iso(from), until: until === null ? null : iso(until) };
}

/** `anna until 7 Dec 09:00 CET, then ben until 14 Dec 09:00 CET`: read at `at`, in the zone of the schedule. */
export function onCallWords({ now, next, timeZone }: OnCallReport, at: number): string {
  const times = timesAt(at, timeZone);
  const words = ({ person, until, because }: ShiftReport): string => {
    const end = until === null ? '' : ` until ${times.at(until)}`;
    return `${person}${end}${because === null ? '' : ` (${BECAUSE_WORDS[because]})`}`;
  };
  return next ? `${words(now)}, then ${words(next)}` : words(now);
}
