import type { Counts } from '../../core/counters/cells.ts';
import { MINUTE_EXACT } from '../../core/counters/cells.ts';
import { compositeCounts } from '../../core/sli/composite.ts';
import type { Component } from '../../core/slo/series.ts';
import { componentsOf } from '../../core/slo/series.ts';
import { partsPerUnit } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import type { BlockStore } from '../counters/block-reader.ts';
import { blocksOf, countsAt, readSeries } from '../counters/block-reader.ts';
import { ratioOf } from './slo-report.ts';

/** Sums up what was counted from one moment to another, the end not included; both on whole minutes. */
type SumBetween = (from: number, to: number) => Counts;

/** What an SLO counted since a moment, in its units; what adjustments took out is not in it. */
export interface PastCounts {
  readonly counted: SumBetween;
  /** What adjustments took out. */
  readonly excluded: SumBetween;
  /** From here on single minutes are at hand, before it whole hours only. */
  readonly minutesFrom: number;
}

/** What one SLI counted, and what adjustments took out of it. */
interface PastOfComponent {
  readonly component: Component;
  readonly counted: SumBetween;
  readonly excluded: SumBetween;
}

/** Reads what an SLO counted from the hour of a moment until `now`. */
export async function readPast(
  store: BlockStore,
  adjustments: Pick<Adjustments, 'excluded'>,
  slo: Slo,
  earliest: number,
  now: number,
): Promise<PastCounts> {
  const pasts = await Promise.all(
    componentsOf(slo).map(async (component): Promise<PastOfComponent> => {
      const excluded = adjustments.excluded(component);
      const counted = await sumsOf(store, component, earliest, now);
      return {
        component,
        counted,
        excluded: excluded ? await sumsOf(store, excluded, earliest, now) : nothing,
      };
    }),
  );
  return {
    counted: (from, to) => sumAll(slo, pasts, from, to),
    excluded: (from, to) => excludedOf(pasts, from, to),
    minutesFrom: firstMinuteHourOf(earliest, now) * HOUR,
  };
}

/** The first hour whose minutes are read. */
function firstMinuteHourOf(from: number, now: number): number {
  return Math.max(Math.floor(from / HOUR), Math.floor((now - MINUTE_EXACT) / HOUR) - 1);
}

function sumAll(slo: Slo, pasts: readonly PastOfComponent[], from: number, to: number): Counts {
  const counts = pasts.map(({ component, counted, excluded }) => {
    const [all, out] = [counted(from, to), excluded(from, to)];
    const { weight, budgetScale } = component;
    return { weight, budgetScale, ...inUnits(component, subtract(all, out)) };
  });
  return slo.sli.kind === 'composite' ? compositeCounts(slo.sli.method, counts) : counts[0]!;
}

function excludedOf(
  pasts: readonly PastOfComponent[],
  from: number,
  to: number,
): { good: number; bad: number } {
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
  const firstMinuteHour = firstMinuteHourOf(from, now);
  const [hours, minutes] = await Promise.all([
    readSeries(store, series, 'hour', blocksOf('hour', firstHour, lastHour)),
    readSeries(
      store,
      series,
      'minute',
      Array.from({ length: lastHour - firstMinuteHour + 1 }, (_, index) => firstMinuteHour + index),
    ),
  ]);
  const place = (hour: number) => Math.min(Math.max(hour - firstHour, 0), lastHour + 1 - firstHour);
  const hourly = prefixSums(lastHour + 1 - firstHour, (index) => countsAt(hours, 'hour', firstHour + index));
  const firstMinute = firstMinuteHour * 60;
  const byMinute = prefixSums((lastHour + 1) * 60 - firstMinute, (index) =>
    countsAt(minutes, 'minute', firstMinute + index),
  );
  const minutePlace = (minute: number) =>
    Math.min(Math.max(minute - firstMinute, 0), (lastHour + 1) * 60 - firstMinute);
  const before = (at: number): Counts => {
    // All before a moment: the hours that are over by then, and the minutes of the one it lies in.
    const hour = Math.floor(at / HOUR);
    const [start, end] = [minutePlace(hour * 60), minutePlace(Math.ceil(at / MINUTE))];
    return {
      good: hourly.good[place(hour)]! + byMinute.good[end]! - byMinute.good[start]!,
      bad: hourly.bad[place(hour)]! + byMinute.bad[end]! - byMinute.bad[start]!,
    };
  };
  return (start, end) => {
    const [early, late] = [before(start), before(end)];
    return { good: late.good - early.good, bad: late.bad - early.bad };
  };
}

/** What the first so many cells hold together, for each number of them. */
function prefixSums(
  size: number,
  countsOf: (index: number) => Counts,
): { readonly good: Float64Array; readonly bad: Float64Array } {
  const [good, bad] = [new Float64Array(size + 1), new Float64Array(size + 1)];
  for (let index = 0; index < size; index++) {
    const counts = countsOf(index);
    good[index + 1] = good[index]! + counts.good;
    bad[index + 1] = bad[index]! + counts.bad;
  }
  return { good, bad };
}
