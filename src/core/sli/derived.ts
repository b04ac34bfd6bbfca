import { MINUTE_EXACT, MINUTE_RETENTION } from '../counters/cells.ts';
import { freshHour, freshMinutes } from './freshness.ts';
import type { CellHistory } from '../counters/cell-history.ts';
import { scheduleHour } from './schedule.ts';
import type { DerivedSli, ComponentSli } from './sli.ts';
import { sliceHour } from './slices.ts';
import { HOUR, MINUTE } from '../time/duration.ts';

/** What an hour of a derived SLI is worked out from. */
export interface DerivedFrom {
  /** What was counted for it, in the order of `countedSlis`. */
  readonly bases: readonly CellHistory[];
  /** Sums of measured values by minute (since the epoch); empty where none are needed. */
  readonly sums: ReadonlyMap<number, number>;
  /** Since when the SLI itself counts. */
  readonly since: number;
  /** The minute (since the epoch) that has begun and is not over. */
  readonly running: number;
}

/** Works out the cells of one hour (since the epoch) of a derived SLI. */
export function derivedHour(sli: DerivedSli, hour: number, from: DerivedFrom): Uint32Array {
  const [base, starts = null] = from.bases as readonly [CellHistory, CellHistory?];
  switch (sli.kind) {
    case 'slices':
      return sliceHour(sli, hour, base.minutes(hour), from.sums, from.running);
    case 'freshness':
      return freshHour(sli, hour, base, from.since, from.running);
    case 'schedule':
      return scheduleHour(sli, hour, { successes: base, starts }, from.since, from.running);
    default:
      return sli satisfies never;
  }
}

/** An hour of a derived SLI depends on its own hour of what was counted, and on this many before it. */
export function reachInHours(sli: DerivedSli): number {
  switch (sli.kind) {
    case 'slices':
      return 0;
    case 'freshness':
      return Math.floor((59 + freshMinutes(sli)) / 60);
    case 'schedule':
      return Math.floor((60 + Math.ceil(sli.finishWithinMs / MINUTE)) / 60);
    default:
      return sli satisfies never;
  }
}

/** Of the hours before `hour` whose hours are known, those whose minutes it takes to work it out. */
export function wantedBefore(
  sli: DerivedSli,
  hour: number,
  { hour: counts, minutesFrom }: CellHistory,
): number[] {
  const wanted: number[] = [];
  for (let before = hour - 1; before >= Math.max(hour - reachInHours(sli), minutesFrom); before--) {
    if (counts(before).good === 0) continue;
    wanted.push(before);
    // Of successes only the last one makes anything fresh.
    if (sli.kind === 'freshness') break;
  }
  return wanted;
}

/** The first hour whose minutes are surely kept still. */
export function minutesKeptFrom(now: number): number {
  return Math.ceil((now - MINUTE_RETENTION) / HOUR);
}

/**
 * Since when an SLI has counters, given when it and what it is worked out from were first counted. Slices only count
 * what is there, so those of up to three days before can be worked out; freshness and schedules judge silence, which
 * before they were defined may only mean that nobody listened.
 */
export function beginningOf({ kind }: ComponentSli, own: number, bases: readonly number[]): number {
  return kind === 'slices' ? Math.min(own, Math.max(...bases, own - MINUTE_EXACT)) : own;
}
