import type { CellHistory } from '../counters/cell-history.ts';
import { countMinute, emptyHour, firstGood } from '../counters/cell-history.ts';
import type { ScheduleSli, ScheduledSli, StartSli } from './sli.ts';
import { HOUR, minuteOf } from '../time/duration.ts';

/** What a schedule is judged by: first its successes, then, where starts matter, its starts. */
export function scheduleParts(sli: ScheduleSli): readonly [ScheduledSli] | readonly [ScheduledSli, StartSli] {
  const scheduled: ScheduledSli = { ...sli, kind: 'scheduled' };
  return sli.startWithinMs === null ? [scheduled] : [scheduled, { kind: 'starts', where: sli.where }];
}

/** What was counted for a schedule, see `scheduleParts`. */
export interface ScheduleCells {
  /** Successes in time. */
  readonly successes: CellHistory;
  /** Starts; null where only ends matter. */
  readonly starts: CellHistory | null;
}

/**
 * Computes what the ticks of a schedule in an hour count as, from `since` on, when the minute `running` has begun.
 * A tick is bad when nothing started in time, at the end of that time, or else when nothing succeeded in time, at the
 * end of that; otherwise it is good at its first success.
 */
export function scheduleHour(
  sli: ScheduleSli,
  hour: number,
  cells: ScheduleCells,
  since: number,
  running: number,
): Uint32Array {
  const counted = emptyHour();
  const begin = hour * HOUR;
  const end = begin + HOUR;
  const ticks = sli.schedule.ticks(begin - sli.finishWithinMs, end + sli.finishWithinMs);
  ticks.forEach((tick, index) => {
    if (tick < since || tick >= end) return;
    const verdict = judgeTick(sli, tick, ticks[index + 1] ?? Infinity, cells, running);
    if (verdict && Math.floor(verdict.minute / 60) === hour)
      countMinute(counted, verdict.minute, verdict.good);
  });
  return counted;
}

/** When a tick counts, and as what; null while that is open. What happens from the `next` tick on belongs to that. */
function judgeTick(
  { startWithinMs, finishWithinMs }: ScheduleSli,
  tick: number,
  next: number,
  { successes, starts }: ScheduleCells,
  running: number,
): { readonly minute: number; readonly good: boolean } | null {
  const first = minuteOf(tick);
  const beforeNext = minuteOf(next) - 1;
  const finishBy = minuteOf(tick + finishWithinMs);
  const success = firstGood(successes, first, Math.min(finishBy, beforeNext));
  if (starts && startWithinMs !== null) {
    const startBy = minuteOf(tick + startWithinMs);
    // What has succeeded by then has started by then, also where starts are not reported.
    const hasStarted = (success !== null && success <= startBy) || firstGood(starts, first, startBy) !== null;
    if (!hasStarted) return running > startBy ? { minute: startBy, good: false } : null;
  }
  if (success !== null) return { minute: success, good: true };
  return running > finishBy ? { minute: finishBy, good: false } : null;
}
