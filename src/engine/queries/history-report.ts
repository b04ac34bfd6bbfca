import { windowLength } from '../../core/time/calendar.ts';
import type { Counts } from '../../core/counters/cells.ts';
import { HOUR_RETENTION, MINUTE_EXACT } from '../../core/counters/cells.ts';
import { compositeCounts } from '../../core/sli/composite.ts';
import { budgetWindows, windowBudget } from '../../core/budget/window-budget.ts';
import type { HistoryQuery } from '../../core/ports/history-query.ts';
import type { HistoryPoint, HistoryReport } from '../../core/ports/queries.ts';
import type { Component } from '../../core/slo/series.ts';
import { componentsOf } from '../../core/slo/series.ts';
import { partsPerUnit, unitOf } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import { HOUR, MINUTE, formatDuration } from '../../core/time/duration.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import type { BlockStore } from '../counters/block-reader.ts';
import { blocksOf, countsAt, readSeries } from '../counters/block-reader.ts';
import { ratioOf, undusted } from './slo-report.ts';

/** Sums up what was counted from one moment to another, the end not included; both on whole minutes. */
type SumBetween = (from: number, to: number) => Counts;

/** What one SLI counted, and what adjustments took out of it. */
interface Past {
  readonly component: Component;
  readonly counted: SumBetween;
  readonly excluded: SumBetween;
}

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
  const components = componentsOf(slo);
  const pasts = await Promise.all(
    components.map(async (component): Promise<Past> => {
      const excluded = adjustments.excluded(component);
      const counted = await sumsOf(store, component, earliest, now);
      return {
        component,
        counted,
        excluded: excluded ? await sumsOf(store, excluded, earliest, now) : nothing,
      };
    }),
  );
  const intervals = components.flatMap((component) => adjustments.intervals(component, query.from, query.to));
  const points: HistoryPoint[] = [];
  for (let from = query.from; from < query.to; from += query.step) {
    const to = Math.min(from + query.step, query.to);
    const countedFrom = (start: number) => sumAll(slo, pasts, start, to);
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
      ...ratioOf(sumAll(slo, pasts, from, to)),
      budgetRemaining: budget && undusted(budget).remainingRatio,
      adjusted: intervals.some((interval) => interval.from < to && interval.to > from),
      excluded: excludedOf(pasts, from, to),
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

function sumAll(slo: Slo, pasts: readonly Past[], from: number, to: number): Counts {
  const counts = pasts.map(({ component, counted, excluded }) => {
    const [all, out] = [counted(from, to), excluded(from, to)];
    const { weight, budgetScale } = component;
    return { weight, budgetScale, ...inUnits(component, subtract(all, out)) };
  });
  return slo.sli.kind === 'composite' ? compositeCounts(slo.sli.method, counts) : counts[0]!;
}

function excludedOf(pasts: readonly Past[], from: number, to: number): { good: number; bad: number } {
  const all = pasts.map(({ component, excluded }) => inUnits(component, excluded(from, to)));
  const { good, bad } = ratioOf({
    good: sum(all.map((counts) => counts.good)),
    bad: sum(all.map((counts) => counts.bad)),
  });
  return { good, bad };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** While an outcome and its exclusion are being written, more may be taken out than is there. */
function subtract(all: Counts, out: Counts): Counts {
  return { good: Math.max(0, all.good - out.good), bad: Math.max(0, all.bad - out.bad) };
}

function inUnits({ sli }: Component, { good, bad }: Counts): Counts {
  const parts = partsPerUnit(sli);
  return { good: good / parts, bad: bad / parts };
}

const nothing: SumBetween = () => ({ good: 0, bad: 0 });

/**
 * Reads a series from the hour of a moment until `now`. Sums are of whole hours as far as they go; minutes are at
 * hand for the last 3 days and the hour of `now`.
 */
async function sumsOf(store: BlockStore, series: SliId, from: number, now: number): Promise<SumBetween> {
  const firstHour = Math.floor(from / HOUR);
  const lastHour = Math.floor(now / HOUR);
  const firstMinuteHour = Math.max(firstHour, Math.floor((now - MINUTE_EXACT) / HOUR) - 1);
  const [hours, minutes] = await Promise.all([
    readSeries(store, series, 'hour', blocksOf('hour', firstHour, lastHour)),
    readSeries(
      store,
      series,
      'minute',
      Array.from({ length: lastHour - firstMinuteHour + 1 }, (_, index) => firstMinuteHour + index),
    ),
  ]);
  const good = [0];
  const bad = [0];
  for (let hour = firstHour; hour <= lastHour; hour++) {
    const counts = countsAt(hours, 'hour', hour);
    good.push(good.at(-1)! + counts.good);
    bad.push(bad.at(-1)! + counts.bad);
  }
  const place = (hour: number) => Math.min(Math.max(hour - firstHour, 0), good.length - 1);
  const before = (at: number): Counts => {
    // All before a moment: the hours that are over by then, and the minutes of the one it lies in.
    const hour = Math.floor(at / HOUR);
    let counts: Counts = { good: good[place(hour)]!, bad: bad[place(hour)]! };
    for (let minute = hour * 60; minute * MINUTE < at; minute++) {
      const { good, bad } = countsAt(minutes, 'minute', minute);
      counts = { good: counts.good + good, bad: counts.bad + bad };
    }
    return counts;
  };
  return (start, end) => {
    const [early, late] = [before(start), before(end)];
    return { good: late.good - early.good, bad: late.bad - early.bad };
  };
}
