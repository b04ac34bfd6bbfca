import type { Counts } from './cells.ts';

/** What is known of a series of counters: its hours, and the minutes of those that are not too long ago. */
export interface CellHistory {
  /** Good and bad of the 60 minutes of an hour (since the epoch) in turn; null when nothing was counted in it. */
  readonly minutes: (hour: number) => Uint32Array | null;
  readonly hour: (hour: number) => Counts;
  /** The first hour whose minutes are known; of those before it something good counts as at their end. */
  readonly minutesFrom: number;
}

/** The first of the minutes from one to another (both included) in which something was good; null when none is. */
export function firstGood(cells: CellHistory, from: number, to: number): number | null {
  for (let hour = hourOf(from); hour <= hourOf(to); hour++) {
    if (cells.hour(hour).good === 0) continue;
    const first = Math.max(from, hour * 60);
    const last = Math.min(to, hour * 60 + 59);
    if (hour < cells.minutesFrom) return last;
    const counted = cells.minutes(hour);
    for (let minute = first; minute <= last; minute++) if (counted?.[(minute % 60) * 2]) return minute;
  }
  return null;
}

/** As `firstGood`, the last one. */
export function lastGood(cells: CellHistory, from: number, to: number): number | null {
  for (let hour = hourOf(to); hour >= hourOf(from); hour--) {
    if (cells.hour(hour).good === 0) continue;
    const first = Math.max(from, hour * 60);
    const last = Math.min(to, hour * 60 + 59);
    if (hour < cells.minutesFrom) return last;
    const counted = cells.minutes(hour);
    for (let minute = last; minute >= first; minute--) if (counted?.[(minute % 60) * 2]) return minute;
  }
  return null;
}

/** The hour of a minute, both since the epoch. */
export function hourOf(minute: number): number {
  return Math.floor(minute / 60);
}

/** The cells of an hour in which nothing was counted. */
export function emptyHour(): Uint32Array {
  return new Uint32Array(120);
}

/** Adds one to a minute's cell of its hour. */
export function countMinute(cells: Uint32Array, minute: number, good: boolean): void {
  cells[(minute % 60) * 2 + (good ? 0 : 1)]! += 1;
}
