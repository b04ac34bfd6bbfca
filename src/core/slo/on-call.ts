import { offsetOf, timestampOfLocal } from '../time/calendar.ts';
import type { CalendarSchedule, StandInCause } from './on-call-calendar.ts';
import { shiftOfCalendar } from './on-call-calendar.ts';
import type { Person } from './person.ts';

/** A stretch of time in which somebody else than the rotation says is on call: from a moment until before another one. */
export interface Override {
  readonly from: number;
  readonly until: number;
  readonly person: Person;
}

/** A target that stands for whoever is on call. */
export type OnCallSchedule = RotationSchedule | CalendarSchedule;

/** People who take turns. */
export interface RotationSchedule {
  readonly kind: 'rotation';
  readonly name: string;
  /** Whose clocks show the hand-over times. */
  readonly timeZone: string;
  /** The time from one hand-over to the next by these clocks, in milliseconds; whole hours. */
  readonly every: number;
  /** When the first turn begins by these clocks, as if they showed UTC. */
  readonly starting: number;
  /** In the order of their turns; never empty. */
  readonly people: readonly Person[];
  /** In their order; they do not overlap. */
  readonly overrides: readonly Override[];
  /** Where it was written, `file:line`. */
  readonly source: string;
}

/** Somebody's time on call. */
export interface Shift {
  /** When it began; null for one that has no beginning, which is that before the rotation starts. */
  readonly from: number | null;
  /** When it ends; null where it goes on for longer than is looked ahead. */
  readonly until: number | null;
  readonly person: Person;
  /** Why it is not simply a turn of the rotation, or an event of the calendar; null when it is. */
  readonly because: 'override' | 'not-started' | StandInCause | null;
}

/** Turns that are looked through for one that somebody else has. */
const LOOKED_THROUGH = 200;

/**
 * Who is on call at a moment. It always is someone: until a rotation starts it is the first of its people, and where a calendar
 * names nobody it is the fallback. Hand-overs are at the
 * same time of the clocks throughout the year; one at a time that clocks skip is when they go on, at one that comes twice
 * the first time.
 */
export function shiftAt(schedule: OnCallSchedule, at: number): Shift {
  return schedule.kind === 'calendar' ? shiftOfCalendar(schedule, at) : shiftOfRotation(schedule, at);
}

function shiftOfRotation(schedule: RotationSchedule, at: number): Shift {
  const { overrides, people } = schedule;
  const turn = turnAt(schedule, at);
  const override = overrides.find(({ from, until }) => from <= at && at < until);
  if (override) return { ...override, because: 'override' };
  const starts = overrides.find(({ from }) => from > at)?.from ?? Infinity;
  const ended = overrides.findLast(({ until }) => until <= at)?.until ?? -Infinity;
  const from = turn < 0 ? -Infinity : handOver(schedule, turn);
  return {
    from: Math.max(from, ended) === -Infinity ? null : Math.max(from, ended),
    until: Math.min(handOver(schedule, Math.max(0, turn + 1)), starts),
    person: turn < 0 ? people[0]! : people[turn % people.length]!,
    because: turn < 0 ? 'not-started' : null,
  };
}

/** The shift at a moment and those that follow it, turns of one person after another as one; fewer where nobody else follows. */
export function shiftsFrom(schedule: OnCallSchedule, at: number, count: number): readonly Shift[] {
  const shifts: Shift[] = [];
  let next: number | null = at;
  while (shifts.length < count && next !== null) {
    const shift = wholeShift(schedule, next);
    shifts.push(shift);
    next = shift.until;
  }
  return shifts;
}

/** The shift at a moment, with all turns of the same person that follow at once. */
function wholeShift(schedule: OnCallSchedule, at: number): Shift {
  const first = shiftAt(schedule, at);
  let { until } = first;
  for (let looked = 0; looked < LOOKED_THROUGH && until !== null; looked++) {
    const following = shiftAt(schedule, until);
    if (following.person.name !== first.person.name) return { ...first, until };
    until = following.until;
  }
  return { ...first, until: null };
}

/** The moment of a hand-over of a rotation: 0 is that which starts it. */
function handOver({ timeZone, starting, every }: RotationSchedule, turn: number): number {
  return timestampOfLocal(timeZone, starting + turn * every);
}

/** Which turn it is at a moment; -1 before the first. */
function turnAt(schedule: RotationSchedule, at: number): number {
  const { timeZone, starting, every } = schedule;
  if (at < handOver(schedule, 0)) return -1;
  let turn = Math.max(0, Math.floor((at + offsetOf(timeZone, at) - starting) / every));
  // Where clocks change, what they show is up to some hours off the time that has passed.
  while (turn > 0 && handOver(schedule, turn) > at) turn--;
  while (handOver(schedule, turn + 1) <= at) turn++;
  return turn;
}

/**
 * The targets that names stand for at a moment, each once: for the name of a schedule those of who is on call then. What is notified
 * of an incident goes to these, and stays with them.
 */
export function targetsAt(
  { onCall }: { readonly onCall: ReadonlyMap<string, OnCallSchedule> },
  names: readonly string[],
  at: number,
): readonly string[] {
  const targets = names.flatMap((name) => {
    const schedule = onCall.get(name);
    if (!schedule) return [name];
    // What stands in for people that a calendar does not name may be a rotation, and no calendar.
    return shiftAt(schedule, at).person.targets.flatMap((target) => {
      const standIn = onCall.get(target);
      return standIn?.kind === 'rotation' ? shiftAt(standIn, at).person.targets : [target];
    });
  });
  return [...new Set(targets)];
}
