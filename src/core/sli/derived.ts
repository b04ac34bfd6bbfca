import { MINUTE_EXACT, MINUTE_RETENTION } from '../counters/cells.ts';
import type { CellHistory } from '../counters/cell-history.ts';
import type { DerivedSli, ComponentSli } from './sli.ts';
import { type DerivedFrom, derivedKind, isDerived } from './sli-kinds.ts';
import { HOUR } from '../time/duration.ts';

/** Computes the cells of one hour (since the epoch) of a derived SLI. */
export function derivedHour(sli: DerivedSli, hour: number, from: DerivedFrom): Uint32Array {
  return derivedKind(sli).hour(sli, hour, from);
}

/** An hour of a derived SLI depends on its own hour of what was counted, and on this many before it. */
export function reachInHours(sli: DerivedSli): number {
  return derivedKind(sli).reachInHours(sli);
}

/**
 * The first hour that counts of a derived SLI that counts since a moment. Outcomes count at their own time, so what is
 * reported late of the time before is part of slices, too; freshness and schedules judge silence from that moment on.
 */
export function firstHour(sli: DerivedSli, since: number): number {
  return derivedKind(sli).countsBefore ? 0 : Math.floor(since / HOUR);
}

/** Whether a derived SLI is also computed from sums of measured values. */
export function usesSums(sli: DerivedSli): boolean {
  return derivedKind(sli).usesSums(sli);
}

/** Of the hours before `hour` whose hours are known, those whose minutes it takes to work it out. */
export function wantedBefore(
  sli: DerivedSli,
  hour: number,
  { hour: counts, minutesFrom }: CellHistory,
): number[] {
  const { lastGoodOnly } = derivedKind(sli);
  const wanted: number[] = [];
  for (let before = hour - 1; before >= Math.max(hour - reachInHours(sli), minutesFrom); before--) {
    if (counts(before).good === 0) continue;
    wanted.push(before);
    if (lastGoodOnly) break;
  }
  return wanted;
}

/** The first hour whose minutes are surely kept still. */
export function minutesKeptFrom(now: number): number {
  return Math.ceil((now - MINUTE_RETENTION) / HOUR);
}

/**
 * Since when an SLI has counters, given when it and what it is computed from were first counted. Slices only count
 * what is there, so those of up to three days before can be computed; freshness and schedules judge silence, which
 * before they were defined may only mean that nothing was reported to Burnwatch yet.
 */
export function beginningOf(sli: ComponentSli, own: number, bases: readonly number[]): number {
  return isDerived(sli) && derivedKind(sli).countsBefore
    ? Math.min(own, Math.max(...bases, own - MINUTE_EXACT))
    : own;
}
