import { windowLength } from '../../core/time/calendar.ts';
import type { Counts } from '../../core/counters/cells.ts';
import { HOUR_RETENTION, MINUTE_EXACT } from '../../core/counters/cells.ts';
import { budgetWindows, windowBudget } from '../../core/budget/window-budget.ts';
import type { HistoryQuery } from '../../core/ports/history-query.ts';
import type { HistoryPoint, HistoryReport } from '../../core/ports/queries.ts';
import { componentsOf } from '../../core/slo/series.ts';
import { unitOf } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { HOUR, MINUTE, formatDuration } from '../../core/time/duration.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import type { BlockStore } from '../counters/block-reader.ts';
import { readPast } from './past-counts.ts';
import { ratioOf, undusted } from './slo-report.ts';

/** What an SLO counted over time, step by step, and how its budget went; `now` is the present minute. */
export async function reportHistory(
  store: BlockStore,
  adjustments: Adjustments,
  slo: Slo,
  query: HistoryQuery,
  since: number,
  now: number,
): Promise<HistoryReport> {
  const longest = Math.max(...budgetWindows(slo.window, query.from - 1));
  const earliest = Math.max(windowStart(query.from, longest), now - HOUR_RETENTION);
  const past = await readPast(store, adjustments, slo, earliest, now);
  const intervals = componentsOf(slo).flatMap((component) =>
    adjustments.intervals(component, query.from, query.to),
  );
  const points: HistoryPoint[] = [];
  for (let from = query.from; from < query.to; from += query.step) {
    const to = Math.min(from + query.step, query.to);
    const countedFrom = (start: number) => past.counted(start, to);
    const evidence = {
      sum: (duration: number) => countedFrom(Math.max(earliest, windowStart(to, duration))),
      since,
      firstAt: (start: number) => firstBetween(countedFrom, start, to),
    };
    // The last moment before the end is the one whose window it is.
    const isKept = windowStart(to, windowLength(slo.window, to - 1)) >= earliest;
    const budget = isKept ? windowBudget(slo.objective, slo.window, evidence, to - 1) : null;
    points.push({
      from,
      ...ratioOf(past.counted(from, to)),
      budgetRemaining: budget && undusted(budget).remainingRatio,
      adjusted: intervals.some((interval) => interval.from < to && interval.to > from),
      excluded: past.excluded(from, to),
    });
  }
  return {
    id: slo.id,
    objective: slo.objective.ratio,
    window: slo.window.text,
    unit: unitOf(slo.sli),
    from: query.from,
    to: query.to,
    step: formatDuration(query.step),
    resolution: query.resolution,
    points,
    adjustments: adjustments.overlapping(slo, query.from, query.to, now),
  };
}

/** Where a window that ends on a whole minute begins; in whole hours where windows are (C5). */
function windowStart(to: number, duration: number): number {
  const start = to - Math.max(MINUTE, Math.ceil(duration / MINUTE) * MINUTE);
  return duration > MINUTE_EXACT ? Math.floor(start / HOUR) * HOUR : start;
}

/** The beginning of the hour in which the first outcome since a moment came; null when none did. */
function firstBetween(countedFrom: (start: number) => Counts, from: number, to: number): number | null {
  const holdsAll = (start: number) => {
    const { good, bad } = countedFrom(start);
    return good + bad >= all;
  };
  const { good, bad } = countedFrom(from);
  const all = good + bad;
  if (all === 0) return null;
  let [first, last] = [Math.floor(from / HOUR), Math.floor((to - 1) / HOUR)];
  while (first < last) {
    const middle = Math.ceil((first + last) / 2);
    if (holdsAll(middle * HOUR)) first = middle;
    else last = middle - 1;
  }
  return first * HOUR;
}
