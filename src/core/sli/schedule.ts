import type { CellHistory } from '../counters/cell-history.ts';
import { countMinute, emptyHour, firstGood } from '../counters/cell-history.ts';
import type { EarlySli, ScheduleSli, ScheduledSli, StartSli } from './sli.ts';
import { HOUR, MINUTE, minuteOf } from '../time/duration.ts';
import type { Gap } from '../time/gaps.ts';
import { touchesGap } from '../time/gaps.ts';

/** What a schedule is judged by: its successes, those that ended before their tick, and where starts matter, its starts. */
export function scheduleParts(
  sli: ScheduleSli,
): readonly [ScheduledSli, EarlySli] | readonly [ScheduledSli, EarlySli, StartSli] {
  const scheduled: ScheduledSli = { ...sli, kind: 'scheduled' };
  const early: EarlySli = { ...sli, kind: 'early' };
  return sli.startWithinMs === null
    ? [scheduled, early]
    : [scheduled, early, { kind: 'starts', where: sli.where }];
}

/** From when to when (both included) an execution must have started to be a tick's. */
export type StartRange = readonly [from: number, to: number];

/** When an execution must have started that ended at or after the tick it is for; null when it ended in time for none. */
export function scheduledStart(
  { schedule, startEarlyMs, startWithinMs, finishWithinMs }: ScheduledSli,
  endedAt: number,
): StartRange | null {
  const ticks = schedule.ticks(endedAt - finishWithinMs - 2 * startEarlyMs, endedAt + startEarlyMs);
  const tick = ticks.findLast((moment) => moment <= endedAt);
  if (tick === undefined || tick < endedAt - finishWithinMs) return null;
  const next = ticks.find((moment) => moment > endedAt);
  const latest = tick + (startWithinMs ?? finishWithinMs);
  // What starts early for the next tick is not late for this one.
  const beforeNext = next === undefined ? latest : next - earlyBefore(next, ticks, startEarlyMs) - 1;
  return [tick - earlyBefore(tick, ticks, startEarlyMs), Math.min(latest, beforeNext)];
}

/**
 * When an execution must have started that ended before the tick it is for, and whether it may as well be the one of the
 * tick before when its start is not known; null when it ended too long before a tick.
 */
export function earlyStart(
  { schedule, startEarlyMs, finishWithinMs }: EarlySli,
  endedAt: number,
): { readonly startIn: StartRange; readonly isOpen: boolean } | null {
  const ticks = schedule.ticks(endedAt - Math.max(finishWithinMs, 2 * startEarlyMs), endedAt + startEarlyMs);
  const next = ticks.find((moment) => moment > endedAt);
  if (next === undefined) return null;
  const from = next - earlyBefore(next, ticks, startEarlyMs);
  const before = ticks.findLast((moment) => moment <= endedAt);
  const isOpen = before !== undefined && endedAt <= before + finishWithinMs;
  return endedAt < from ? null : { startIn: [from, next], isOpen };
}

/** How long before a tick an execution may start; `ticks` hold those of twice `startEarlyMs` before. */
function earlyBefore(tick: number, ticks: readonly number[], startEarlyMs: number): number {
  const before = ticks.findLast((moment) => moment < tick) ?? -Infinity;
  return Math.min(startEarlyMs, Math.floor((tick - before) / 2));
}

/** What was counted for a schedule, see `scheduleParts`. */
export interface ScheduleCells {
  /** Successes in time that ended at their tick or after it, and those that ended before it. */
  readonly successes: CellHistory;
  readonly early: CellHistory;
  /** Starts; null where only ends matter. */
  readonly starts: CellHistory | null;
}

/**
 * Computes what the ticks of a schedule in an hour count as, from `since` on, when the minute `running` has begun.
 * A tick is bad when nothing started in time, at the end of that time, or else when nothing succeeded in time, at the
 * end of that; otherwise it is good at its first success, or right away when that ended before it. One that would be bad
 * because of a time that the clock jumped over, `jumps`, does not count.
 */
export function scheduleHour(
  sli: ScheduleSli,
  hour: number,
  cells: ScheduleCells,
  since: number,
  running: number,
  jumps: readonly Gap[] = [],
): Uint32Array {
  const counted = emptyHour();
  const begin = hour * HOUR;
  const end = begin + HOUR;
  const { schedule, startEarlyMs, finishWithinMs } = sli;
  const ticks = schedule.ticks(begin - finishWithinMs - 2 * startEarlyMs, end + finishWithinMs);
  ticks.forEach((tick, index) => {
    if (tick < since || tick < begin - finishWithinMs || tick >= end) return;
    const early = earlyBefore(tick, ticks, startEarlyMs);
    const verdict = judgeTick(sli, tick, early, ticks[index + 1] ?? Infinity, cells, running);
    if (!verdict || (!verdict.good && touchesGap(jumps, tick - early, (verdict.minute + 1) * MINUTE))) return;
    if (Math.floor(verdict.minute / 60) === hour) countMinute(counted, verdict.minute, verdict.good);
  });
  return counted;
}

/**
 * When a tick counts, and as what; null while that is open. What starts up to `early` milliseconds before it is its own;
 * what ends from the `next` tick on belongs to that.
 */
function judgeTick(
  { startWithinMs, finishWithinMs }: ScheduleSli,
  tick: number,
  early: number,
  next: number,
  { successes, early: endedEarly, starts }: ScheduleCells,
  running: number,
): { readonly minute: number; readonly good: boolean } | null {
  const first = minuteOf(tick);
  const firstEarly = minuteOf(tick - early);
  if (firstEarly < first && firstGood(endedEarly, firstEarly, first - 1) !== null)
    return running >= first ? { minute: first, good: true } : null;
  const beforeNext = minuteOf(next) - 1;
  const finishBy = minuteOf(tick + finishWithinMs);
  const success = firstGood(successes, first, Math.min(finishBy, beforeNext));
  if (starts && startWithinMs !== null) {
    const startBy = minuteOf(tick + startWithinMs);
    // What has succeeded by then has started by then, also where starts are not reported.
    const hasStarted =
      (success !== null && success <= startBy) || firstGood(starts, firstEarly, startBy) !== null;
    if (!hasStarted) return running > startBy ? { minute: startBy, good: false } : null;
  }
  if (success !== null) return { minute: success, good: true };
  return running > finishBy ? { minute: finishBy, good: false } : null;
}
