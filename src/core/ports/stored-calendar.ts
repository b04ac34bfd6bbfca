import type { CalendarShift } from '../slo/on-call-calendar.ts';
import { versionOf } from '../stored-version.ts';

/** What was read of a calendar last. */
export interface KeptCalendar {
  readonly schedule: string;
  readonly readAt: number;
  readonly through: number;
  readonly shifts: readonly CalendarShift[];
}

/**
 * What was read of a calendar, as it is stored. To change a field: raise `VERSION`, describe the former shape in a type of its own with a
 * function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `KeptCalendar`, a shift as a list of its beginning, its end and its person.
 */
const VERSION = 1;

interface StoredCalendar extends Omit<KeptCalendar, 'shifts'> {
  readonly shifts: readonly (readonly [from: number, until: number, person: string | null])[];
}

/** With as many of its shifts as `most` bytes hold; what is left out counts as not read. */
export function storedCalendar(calendar: KeptCalendar, most: number): object {
  const written = calendar.shifts.map(({ from, until, person }) => [from, until, person] as const);
  const empty = { v: VERSION, ...calendar, shifts: [] };
  let size = JSON.stringify(empty).length;
  const fitting = written.findIndex((shift) => (size += JSON.stringify(shift).length + 1) > most);
  if (fitting < 0) return { ...empty, shifts: written };
  return { ...empty, shifts: written.slice(0, fitting), through: written[fitting]![0] };
}

/** What was read, of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeCalendar(stored: unknown): KeptCalendar | null {
  if (versionOf(stored) > VERSION) return null;
  const { schedule, readAt, through, shifts } = stored as StoredCalendar;
  return {
    schedule,
    readAt,
    through,
    shifts: shifts.map(([from, until, person]) => ({ from, until, person })),
  };
}
