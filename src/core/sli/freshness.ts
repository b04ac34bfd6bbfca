import type { CellHistory } from '../counters/cell-history.ts';
import { countMinute, emptyHour, lastGood } from '../counters/cell-history.ts';
import type { FreshnessSli } from './sli.ts';
import { MINUTE, minuteOf } from '../time/duration.ts';
import type { Gap } from '../time/gaps.ts';
import { touchesGap } from '../time/gaps.ts';

/** How many minutes a success keeps those after its own good. */
export function freshMinutes({ everyMs }: FreshnessSli): number {
  return Math.floor(everyMs / MINUTE);
}

/**
 * Computes the minutes of an hour that are over, that is before the minute `running`: good while the last success
 * is at most `everyMs` ago, to the minute, rounded in favour of the workflow. Minutes before `since` do not count,
 * and none is bad before that long has been counted, nor because of a time that the clock jumped over, `jumps`.
 */
export function freshHour(
  sli: FreshnessSli,
  hour: number,
  successes: CellHistory,
  since: number,
  running: number,
  jumps: readonly Gap[] = [],
): Uint32Array {
  const cells = emptyHour();
  const fresh = freshMinutes(sli);
  const first = Math.max(hour * 60, minuteOf(since));
  const last = Math.min(hour * 60 + 59, running - 1);
  let success = lastGood(successes, first - fresh, first - 1);
  const counted = successes.minutes(hour);
  for (let minute = first; minute <= last; minute++) {
    if (counted?.[(minute % 60) * 2]) success = minute;
    if (success !== null && minute - success <= fresh) countMinute(cells, minute, true);
    else if (
      minute > minuteOf(since) + fresh &&
      !touchesGap(jumps, (minute - fresh) * MINUTE, (minute + 1) * MINUTE)
    )
      countMinute(cells, minute, false);
  }
  return cells;
}
