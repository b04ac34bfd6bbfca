import { PartUnavailable } from '../../core/ports/store/store.ts';
import { windowLength } from '../../core/time/calendar.ts';
import type { Counts } from '../../core/counters/cells.ts';
import { compositeCounts, spentShares } from '../../core/sli/composite.ts';
import { beginningOf } from '../../core/sli/derived.ts';
import type { Evidence, PartialEvidence } from '../../core/counters/evidence.ts';
import { isByExecution, isCounted } from '../../core/sli/counted-kinds.ts';
import type { MemberReport } from '../../core/ports/queries.ts';
import type { Component } from '../../core/slo/series.ts';
import { countedSeries, seriesKey, componentsOf } from '../../core/slo/series.ts';
import { isDerived, partsPerUnit } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { HOUR, MINUTE, formatDuration, minuteOf } from '../../core/time/duration.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import type { BreakdownValues } from '../../core/ports/breakdown-values.ts';
import type { Breakdowns } from './breakdowns.ts';
import { NOTHING_BROKEN_DOWN, createBreakdowns } from './breakdowns.ts';
import { counterRequests } from './counter-requests.ts';
import type { CounterCache, CounterRequest } from './counter-cache.ts';
import type { FailingStretches } from './failing-stretches.ts';
import { createFailingStretches } from './failing-stretches.ts';
import type { MissedRuns } from './missed-runs.ts';
import { createMissedRuns } from './missed-runs.ts';
import { firstFullHour, isFull } from './saturation.ts';
import type { SeriesSums } from './series-sums.ts';
import { createSeriesSums } from './series-sums.ts';
import { inSlices } from './in-slices.ts';
import type { ReadSliEvents } from './sli-events.ts';
import { createSliEvents } from './sli-events.ts';
import { createStreaks } from './streaks.ts';
import { asksUsualGap, needsStreak } from '../../core/alerting/tier-kinds.ts';

/** Asks for the outcomes of an SLO from a moment on. */
export interface SinceRequest {
  readonly slo: Slo;
  /** Milliseconds since the epoch. */
  readonly from: number;
}

/** Reads what the counters say of SLOs of every kind; the one place evaluation and reports ask. */
export interface Reader {
  /** Brings everything that judging these SLOs asks up to `now`. */
  prepare(slos: readonly Slo[], now: number): Promise<void>;
  /**
   * What the counters say of an SLO that was prepared for the same `now`; nothing, and that it is so, while they lie on a part of the
   * store that is away. Throws when they could not be read otherwise; sums throw for windows that were not read.
   */
  evidence(slo: Slo, now: number): Evidence;
  /** Brings hours (since the epoch) up to `now` that may lie before all windows of these SLOs; for `hours` of their evidence. */
  prepareHours(
    slos: readonly Slo[],
    hours: readonly [first: number, last: number],
    now: number,
  ): Promise<void>;
  /** Brings what `sumSince` is going to be asked up to `now`, all of it in a few store calls. */
  prepareSince(requests: readonly SinceRequest[], now: number): Promise<void>;
  /**
   * The outcomes of an SLO from the minute of a moment until `now`, at most those of its time window; prepared for the same `now`.
   * Throws when its counters could not be read.
   */
  sumSince(request: SinceRequest, now: number): Counts;
  /** When outcomes began to fail, and when they stopped. */
  readonly failing: FailingStretches;
  /** Which runs of schedules were missed last. */
  readonly missedRuns: MissedRuns;
  readonly seriesSums: SeriesSums;
  readonly events: ReadSliEvents;
  readonly breakdowns: Breakdowns;
  /** The members of a composite over its time window, in their order; none of any other SLO. */
  members(slo: Slo, now: number): readonly MemberReport[];
  /** Asks again since when SLIs are counted: the store was wiped. */
  forgetBeginnings(): void;
}

export interface ReaderOptions {
  readonly store: CountStore;
  readonly counterCache: CounterCache;
  /** The series of an SLI's excluded outcomes; null when there are none. */
  readonly excluded?: (component: Component) => SliId | null;
  /** Absent: nothing is broken down. */
  readonly values?: BreakdownValues;
}

export function createReader({
  store,
  counterCache,
  excluded = () => null,
  values = NOTHING_BROKEN_DOWN,
}: ReaderOptions): Reader {
  const requestOf = counterRequests();
  const components = new WeakMap<Slo, readonly Component[]>();
  const beginnings = new Map<string, number>();
  const streaks = createStreaks({ counterCache, partsOf, excluded });
  const failing = createFailingStretches({ counterCache, partsOf, excluded });

  /** What an SLO is judged by, made once. */
  function partsOf(slo: Slo): readonly Component[] {
    let parts = components.get(slo);
    if (!parts) components.set(slo, (parts = componentsOf(slo)));
    return parts;
  }

  /** Every series that is summed up for an SLO: what is counted, and what is excluded of it. */
  function summedSeries(slo: Slo): readonly SliId[] {
    const parts = partsOf(slo);
    if (!parts.some(excluded)) return parts;
    return parts.flatMap((component): SliId[] => {
      const without = excluded(component);
      return without ? [component, without] : [component];
    });
  }

  async function readBeginnings(slos: readonly Slo[], now: number): Promise<void> {
    const unknown = new Map<string, Component>();
    for (const component of slos.flatMap(partsOf)) {
      const key = seriesKey(component);
      if (!beginnings.has(key)) unknown.set(key, component);
    }
    if (unknown.size === 0) return;
    // What is counted as it is reported is its own base.
    const asked = [...unknown].map(([key, component]) => ({
      key,
      component,
      bases: isDerived(component.sli) ? countedSeries(component) : [],
    }));
    const moments = await store.registerSlis(
      asked.flatMap(({ component, bases }) => [component, ...bases]),
      now,
    );
    let at = 0;
    for (const { key, component, bases } of asked) {
      const [own, ...counted] = moments.slice(at, (at += 1 + bases.length)) as [number, ...number[]];
      beginnings.set(key, beginningOf(component.sli, own, counted));
    }
  }

  /** Sums up one SLI, in what it counts and without what is excluded. */
  function sumsOf(component: Component, now: number): (window: number) => Counts {
    const failure = counterCache.failure(component);
    if (failure instanceof PartUnavailable) throw failure;
    if (failure) throw new Error(`its counters could not be read: ${String(failure)}`, { cause: failure });
    const sums = counterCache.sums(component, now);
    const scale = partsPerUnit(component.sli);
    const without = excludedNow(component);
    if (scale === 1 && !without) return sums;
    const excludedSums = without && counterCache.sums(without, now);
    return (window) => {
      const all = sums(window);
      const none = excludedSums?.(window) ?? { good: 0, bad: 0 };
      return {
        good: Math.max(0, all.good - none.good) / scale,
        bad: Math.max(0, all.bad - none.bad) / scale,
      };
    };
  }

  /** A window that was not prepared would be summed from what other SLOs happen to have read. */
  function preparedOnly<Answer>(
    slo: Slo,
    now: number,
    ask: (window: number) => Answer,
  ): (window: number) => Answer {
    const { windows } = requestOf(slo, partsOf(slo)[0]!, now);
    return (window) => {
      if (!windows.includes(window)) throw new Error(notPrepared(slo, window, windows));
      return ask(window);
    };
  }

  /** An adjustment made since the counters were read takes effect with the next reading. */
  function excludedNow(component: Component): SliId | null {
    const without = excluded(component);
    return without && counterCache.version(without) > 0 ? without : null;
  }

  function sumOf(slo: Slo, now: number): (window: number) => Counts {
    const { sli } = slo;
    const parts = partsOf(slo);
    if (sli.kind !== 'composite') return sumsOf(parts[0]!, now);
    const sums = parts.map((part) => sumsOf(part, now));
    return (window) =>
      compositeCounts(
        sli.method,
        parts.map(({ weight, budgetScale }, index) => ({ weight, budgetScale, ...sums[index]!(window) })),
      );
  }

  /** How many bad outcomes the members of a composite counted together. */
  function failuresOf(slo: Slo, now: number): (window: number) => number {
    const sums = partsOf(slo).map((part) => sumsOf(part, now));
    return (window) => sums.reduce((failures, sum) => failures + sum(window).bad, 0);
  }

  /** Hours of one SLI, without what is excluded. */
  function hoursOfPart(component: Component, first: number, last: number): Float64Array {
    const cells = counterCache.series(component).hours(first, last);
    const without = excludedNow(component);
    const scale = partsPerUnit(component.sli);
    if (scale === 1 && !without) return cells;
    const none = without && counterCache.series(without).hours(first, last);
    return cells.map((count, at) => Math.max(0, count - (none?.[at] ?? 0)) / scale);
  }

  function hoursOf(slo: Slo, first: number, last: number): Float64Array {
    const { sli } = slo;
    const parts = partsOf(slo);
    const hours = parts.map((part) => hoursOfPart(part, first, last));
    if (sli.kind !== 'composite') return hours[0]!;
    const mixed = new Float64Array(hours[0]!.length);
    for (let at = 0; at < mixed.length; at += 2) {
      const { good, bad } = compositeCounts(
        sli.method,
        parts.map(({ weight, budgetScale }, index) => ({
          weight,
          budgetScale,
          good: hours[index]![at]!,
          bad: hours[index]![at + 1]!,
        })),
      );
      mixed[at] = good;
      mixed[at + 1] = bad;
    }
    return mixed;
  }

  /** How much of what an SLO counts was read; null: all. */
  function partialOf(slo: Slo): PartialEvidence | null {
    let share = 1;
    let isSample = true;
    for (const component of partsOf(slo)) {
      const { sli } = component;
      const read = counterCache.readShare(component);
      if (read === 1) continue;
      share = Math.min(share, read);
      // What is derived, and what is excluded, is computed of all partitions and kept in one of them.
      if (!isCounted(sli) || !isByExecution(sli) || excluded(component)) isSample = false;
    }
    return share === 1 ? null : { share, isSample };
  }

  /** Whether nothing of a series can be read, since what it lies on is away. */
  function isUnreadable(series: SliId): boolean {
    return counterCache.failure(series) instanceof PartUnavailable;
  }

  function evidence(slo: Slo, now: number): Evidence {
    const summed = summedSeries(slo);
    // A composite says something only since its youngest member does.
    const since = Math.max(...partsOf(slo).map((component) => beginnings.get(seriesKey(component)) ?? now));
    if (summed.some(isUnreadable)) return { ...NOTHING_READ, since };
    return {
      partial: partialOf(slo),
      basis: counterCache.basis(summed, now),
      sum: preparedOnly(slo, now, sumOf(slo, now)),
      ...(slo.sli.kind === 'composite' && { failures: preparedOnly(slo, now, failuresOf(slo, now)) }),
      streak: () => streaks.read(slo, now),
      usualGap: () => streaks.usualGap(slo, now),
      hours: (first, last) => hoursOf(slo, first, last),
      firstAt: (since) => firstOf(slo, since, now),
      saturatedSince: () => saturatedSince(slo, now),
      since,
    };
  }

  /**
   * Of what is excluded as well: too little of it is taken out. The sum of a window is at least what a full counter in it holds, so
   * that hours are looked at only where there is one, or billions of outcomes.
   */
  function saturatedSince(slo: Slo, now: number): number | null {
    const longest = Math.max(slo.window.duration, ...slo.otherWindows.map(({ duration }) => duration));
    const from = Math.floor((now - longest) / HOUR);
    const last = Math.floor(now / HOUR);
    let first: number | null = null;
    for (const series of summedSeries(slo)) {
      if (!isFull(counterCache.sums(series, now)(Math.max(...requestOf(slo, series, now).windows)))) continue;
      const hour = firstFullHour(counterCache.series(series), from, last);
      if (hour !== null) first = Math.min(first ?? hour, hour);
    }
    return first === null ? null : first * HOUR;
  }

  /** Whether judging an SLO asks for its usual gap. */
  function isSuspect(slo: Slo, now: number): boolean {
    if (!needsStreak(slo) || streaks.read(slo, now).consecutiveBad === 0) return false;
    try {
      return asksUsualGap(slo, evidence(slo, now), now);
    } catch {
      // Why it cannot be judged is found, and reported, when it is (J4).
      return false;
    }
  }

  /** The first hour since a moment in which any part of an SLO counted something. */
  function firstOf(slo: Slo, since: number, now: number): number | null {
    const series = partsOf(slo).map((part) => counterCache.series(part));
    for (let hour = Math.floor(since / HOUR); hour * HOUR <= now; hour++) {
      const holdsAny = series.some((cells) => {
        const { good, bad } = cells.hour(hour);
        return good + bad > 0;
      });
      if (holdsAny) return hour * HOUR;
    }
    return null;
  }

  async function prepareSlice(slos: readonly Slo[], now: number): Promise<void> {
    await readBeginnings(slos, now);
    await counterCache.refresh(
      slos.flatMap((slo) => summedSeries(slo).map((series) => requestOf(slo, series, now))),
      now,
    );
    await streaks.prepare(slos, now);
    const suspects = slos.filter((slo) => isSuspect(slo, now));
    if (suspects.length > 0) await streaks.prepareGaps(suspects, now);
  }

  return {
    prepare: (slos, now) => inSlices(slos, PREPARED_AT_ONCE, (slice) => prepareSlice(slice, now)),
    evidence,
    async prepareHours(slos, hours, now) {
      const series = slos.flatMap(summedSeries);
      await counterCache.refresh(
        series.map(({ workflow, fingerprint }) => ({ workflow, fingerprint, windows: NO_WINDOWS, hours })),
        now,
      );
    },
    async prepareSince(requests, now) {
      const byLength = new Map<number, readonly number[]>();
      await counterCache.refresh(
        requests.flatMap((request) => {
          const length = lengthSince(request, now);
          const windows = byLength.get(length) ?? [length];
          byLength.set(length, windows);
          return summedSeries(request.slo).map(({ workflow, fingerprint }): CounterRequest => ({
            workflow,
            fingerprint,
            windows,
          }));
        }),
        now,
      );
    },
    sumSince: (request, now) => sumOf(request.slo, now)(lengthSince(request, now)),
    failing,
    missedRuns: createMissedRuns(counterCache, failing),
    seriesSums: createSeriesSums(counterCache),
    events: createSliEvents(counterCache),
    breakdowns: createBreakdowns(counterCache, values),
    members(slo, now) {
      const { sli } = slo;
      if (sli.kind !== 'composite' || summedSeries(slo).some(isUnreadable)) return [];
      const window = windowLength(slo.window, now);
      const counts = partsOf(slo).map((part) => {
        const { weight, budgetScale } = part;
        return { weight, budgetScale, ...sumsOf(part, now)(window) };
      });
      const shares = spentShares(sli.method, counts);
      return counts.map(({ weight, good, bad }, index) => ({
        slo: sli.members[index]!.slo,
        weight,
        ratio: good + bad === 0 ? null : good / (good + bad),
        share: shares[index]!,
      }));
    },
    forgetBeginnings: () => beginnings.clear(),
  };
}

/** SLOs whose counters are brought up to date at once. */
const PREPARED_AT_ONCE = 500;

const NO_WINDOWS: readonly number[] = [];
/** What the counters say of an SLO while those cannot be read: nothing, which is not that nothing happened. */
const NOTHING_READ: Omit<Evidence, 'since'> = {
  sum: () => ({ good: 0, bad: 0 }),
  streak: () => ({ consecutiveBad: 0, badMinutes: 0, lastGoodMinute: null, lastAt: null }),
  usualGap: () => null,
  hours: (first, last) => new Float64Array(2 * Math.max(0, last - first + 1)),
  firstAt: () => null,
  partial: { share: 0, isSample: false },
};

/** How long the window is that holds the minute of a moment and all that came since. */
function lengthSince({ slo, from }: SinceRequest, now: number): number {
  const minutes = minuteOf(now) - minuteOf(from) + 1;
  return Math.max(1, Math.min(minutes * MINUTE, slo.window.duration));
}

function notPrepared({ id }: Slo, window: number, windows: readonly number[]): string {
  const prepared = windows.toSorted((a, b) => a - b).map(formatDuration);
  return `the window of ${formatDuration(window)} of ${id} was not prepared, only those of ${prepared.join(', ')}`;
}
