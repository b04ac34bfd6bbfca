import type { Person } from './person.ts';

/** Who can be on call by a calendar, and the mailboxes by which it may name them. */
export interface CalendarPerson extends Person {
  readonly mails: readonly string[];
}

/** Whoever a calendar names. */
export interface CalendarSchedule {
  readonly kind: 'calendar';
  readonly name: string;
  /** Of its days, and of its times without a time zone. */
  readonly timeZone: string;
  readonly place: CalendarPlace;
  readonly people: readonly CalendarPerson[];
  /** Targets that stand in where it names nobody, none of which is a calendar; never empty. */
  readonly fallback: readonly string[];
  /** What was read of it last; null while nothing was. */
  readonly read: CalendarContent | null;
  /** Where it was written, `file:line`. */
  readonly source: string;
}

/** Where a calendar is: an address, which is a secret, or the path of a file and that of the folder it must lie in. */
export type CalendarPlace = { readonly url: string } | { readonly file: string; readonly below: string };

/** One event of a calendar, as far as it says who is on call: from a moment until before another one. */
export interface CalendarEvent {
  readonly from: number;
  readonly until: number;
  readonly summary: string;
  /** Mail addresses of those who attend. */
  readonly mails: readonly string[];
}

/** A stretch of time that is somebody's; null: it names nobody of `people`. */
export interface CalendarShift {
  readonly from: number;
  readonly until: number;
  readonly person: string | null;
}

export interface CalendarContent {
  /** In their order; they do not overlap. */
  readonly shifts: readonly CalendarShift[];
  /** Nothing is known of the time from here on. */
  readonly through: number;
  /** Why it cannot be read any more, and when it last could, if it ever could; null while it can. */
  readonly problem: { readonly reason: string; readonly lastRead: number | null } | null;
}

/** Why nobody that a calendar names is on call. */
export type StandInCause = 'gap' | 'unknown' | 'unread';

/** What stands in is called so where people are named. */
const STAND_IN = 'the fallback';

/** Who is on call at a moment: who the calendar names, or the fallback. */
export function shiftOfCalendar(
  { read, people, fallback }: CalendarSchedule,
  at: number,
): {
  readonly from: number | null;
  readonly until: number | null;
  readonly person: Person;
  readonly because: StandInCause | null;
} {
  const standIn = { name: STAND_IN, targets: fallback };
  if (!read || at >= read.through) return { from: null, until: null, person: standIn, because: 'unread' };
  const { shifts } = read;
  const found = shifts.find(({ from, until }) => from <= at && at < until);
  if (!found) {
    const from = shifts.findLast(({ until }) => until <= at)?.until ?? null;
    const until = shifts.find((shift) => shift.from > at)?.from ?? null;
    return { from, until, person: standIn, because: 'gap' };
  }
  const { from, until } = found;
  const person = people.find(({ name }) => name === found.person);
  return person
    ? { from, until, person, because: null }
    : { from, until, person: standIn, because: 'unknown' };
}

/**
 * What events come to: one person at each moment. Where events overlap it is the one that began last, and of those that began
 * together the shorter one, so that what is entered over a longer shift holds.
 */
export function shiftsOfEvents(
  events: readonly CalendarEvent[],
  people: readonly CalendarPerson[],
): readonly CalendarShift[] {
  const named = events
    .filter(({ from, until }) => from < until)
    .map((event) => ({ ...event, person: personNamedBy(event, people) }))
    .toSorted((one, other) => one.from - other.from || other.until - one.until || compare(one, other));
  const moments = [...new Set(named.flatMap(({ from, until }) => [from, until]))].toSorted((a, b) => a - b);
  const shifts: CalendarShift[] = [];
  for (const [index, from] of moments.entries()) {
    const until = moments[index + 1];
    const holding =
      until === undefined ? undefined : named.findLast((event) => event.from <= from && from < event.until);
    if (!holding || until === undefined) continue;
    const last = shifts.at(-1);
    if (last?.until === from && last.person === holding.person)
      shifts[shifts.length - 1] = { ...last, until };
    else shifts.push({ from, until, person: holding.person });
  }
  return shifts;
}

/** So that the same events in another order come to the same. */
function compare(one: { readonly person: string | null }, other: { readonly person: string | null }): number {
  const [a, b] = [one.person ?? '', other.person ?? ''];
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The person that an event names: by the mailbox of the one who attends, or by the name, which is the summary or stands in it as a word.
 * Null where it names none, or several.
 */
function personNamedBy(
  { summary, mails }: Pick<CalendarEvent, 'summary' | 'mails'>,
  people: readonly CalendarPerson[],
): string | null {
  const attending = new Set(mails.map((mail) => mail.toLowerCase()));
  const byMail = people.filter((person) => person.mails.some((mail) => attending.has(mail.toLowerCase())));
  if (byMail.length > 0) return byMail.length === 1 ? byMail[0]!.name : null;
  const words = summary.toLowerCase();
  const whole = people.find(({ name }) => name.toLowerCase() === words.trim());
  if (whole) return whole.name;
  const within = people.filter(({ name }) => isWordOf(words, name.toLowerCase()));
  return within.length === 1 ? within[0]!.name : null;
}

/** Characters that names are made of; a name that goes on is another one. */
const OF_NAMES = /[\p{L}\p{N}_-]/u;

function isWordOf(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const [before, after] = [text.charAt(at - 1), text.charAt(at + name.length)];
    if (!OF_NAMES.test(before) && !OF_NAMES.test(after)) return true;
  }
  return false;
}
