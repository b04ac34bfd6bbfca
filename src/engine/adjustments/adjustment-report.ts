import type { Adjustment, Interval } from '../../core/adjustments/adjustment.ts';
import { FURTHEST_AHEAD, FURTHEST_BACK } from '../../core/adjustments/recurrence-request.ts';
import { intervalsOf, roundedOut } from '../../core/adjustments/adjustment.ts';
import type { AdjustmentReport } from '../../core/ports/queries.ts';
import { MINUTE } from '../../core/time/duration.ts';
import type { Recurrences } from './recurrence.ts';
import { iso } from '../../core/time/timestamp.ts';

/** An adjustment as readers see it: whether it takes outcomes out now, and if not, when it next will. */
export function describeAdjustment(
  adjustment: Adjustment,
  recurrences: Recurrences,
  now: number,
): AdjustmentReport {
  const active = intervalsOf(adjustment, now, now + 1, recurrences.starts)[0];
  const occurrence = active ?? nextInterval(adjustment, recurrences, now);
  return {
    ...adjustment,
    active: active !== undefined,
    occurrence,
    notes: notesOf(adjustment, recurrences, now),
  };
}

function nextInterval(adjustment: Adjustment, { next }: Recurrences, now: number): Interval | null {
  const { when, ended, withdrawn, createdAt } = adjustment;
  if (ended || withdrawn) return null;
  if (when.kind === 'once') return when.from > now ? roundedOut(when, createdAt) : null;
  const from = next(when, now);
  return from === null ? null : roundedOut({ from, to: from + when.duration }, createdAt);
}

function notesOf({ when, createdAt }: Adjustment, { moved }: Recurrences, now: number): string[] {
  if (when.kind === 'recurring') {
    const { timeZone, duration } = when;
    return moved(when, now - FURTHEST_BACK, now + FURTHEST_AHEAD).map(({ local, at }) => {
      const [day, time] = [iso(local).slice(0, 10), iso(local).slice(11, 16)];
      const to = iso(at + duration);
      return `On ${day} the clocks of ${timeZone} skip ${time}: it takes out ${iso(at)} to ${to}, from right after the gap.`;
    });
  }
  const { from, to } = roundedOut(when, createdAt);
  if (from === when.from && to === when.to) return [];
  const coarse = when.from - from >= MINUTE || to - when.to >= MINUTE;
  const why = coarse ? 'whole hours, since single minutes are kept for 3 days only' : 'whole minutes';
  return [`It is rounded out to ${why}: it takes out ${iso(from)} to ${iso(to)}.`];
}
