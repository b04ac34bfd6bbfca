import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { minutesKeptFrom } from '../../core/sli/derived.ts';
import type { Streak } from '../../core/counters/evidence.ts';
import type { Component } from '../../core/slo/series.ts';
import { partsPerUnit } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { StreakCells, StreakReading } from '../../core/counters/streak.ts';
import { readStreak } from '../../core/counters/streak.ts';
import type { GapReading } from '../../core/counters/usual-course.ts';
import { usualGap } from '../../core/counters/usual-course.ts';
import { HOUR, minuteOf } from '../../core/time/duration.ts';
import type { CachedCells } from './cached-cells.ts';
import type { CounterCache, CounterRequest } from './counter-cache.ts';
import { needsStreak, streakLength } from '../../core/alerting/tier-kinds.ts';

/** Reads the latest outcomes of SLOs. */
export interface Streaks {
  /** Reads the minutes that streaks need, after everything else was refreshed. */
  prepare(slos: readonly Slo[], now: number): Promise<void>;
  read(slo: Slo, now: number): Streak;
  /** Reads the minutes that show the usual gaps of SLOs, of which many are asked only when much fails at once. */
  prepareGaps(slos: readonly Slo[], now: number): Promise<void>;
  /** The longest usual gap of an SLO in minutes, as far as it was prepared; null when it never had a good outcome. */
  usualGap(slo: Slo, now: number): number | null;
}

export interface StreaksOptions {
  readonly counterCache: CounterCache;
  readonly partsOf: (slo: Slo) => readonly Component[];
  readonly excluded: (component: Component) => SliId | null;
}

/** One hour may show when the last outcome came, and another where a streak began or ended. */
const ROUNDS = 2;
const NO_WINDOWS: readonly number[] = [];
/** SLOs whose two weeks of hours are looked at before the event loop gets a turn. */
const GAPS_AT_ONCE = 200;

/** What was read of one SLI, and of which state of its counters. */
interface Known extends StreakReading {
  readonly part: Component;
  readonly minute: number;
  /** Of what is counted, and of what is excluded. */
  readonly version: number;
  readonly without: number;
  gap: GapReading | null;
}

export function createStreaks({ counterCache, partsOf, excluded }: StreaksOptions): Streaks {
  const known = new WeakMap<Slo, Map<string, Known>>();

  /**
   * Reads one SLI; the same counters are walked through once a minute. `fresh`: what was written since it was read is
   * as good as never read.
   */
  function readPart(slo: Slo, part: Component, now: number, fresh: boolean): Known {
    const without = excluded(part);
    const minute = minuteOf(now);
    const version = counterCache.version(part);
    const versionWithout = without ? counterCache.version(without) : -1;
    let parts = known.get(slo);
    if (!parts) known.set(slo, (parts = new Map()));
    const before = parts.get(part.slo);
    if (before?.minute === minute && before.version === version && before.without === versionWithout)
      return before;
    const reading = walk(slo, part, now, fresh);
    const scale = partsPerUnit(part.sli);
    const streak = { ...reading.streak, consecutiveBad: reading.streak.consecutiveBad / scale };
    const { wanted } = reading;
    const made: Known = { part, streak, wanted, minute, version, without: versionWithout, gap: null };
    parts.set(part.slo, made);
    return made;
  }

  /** The usual gap of one SLI; null when it has no last good outcome to look back from. */
  function gapOf(slo: Slo, part: Component, now: number, fresh: boolean): GapReading | null {
    const known = readPart(slo, part, now, fresh);
    const { lastGoodMinute } = known.streak;
    if (lastGoodMinute === null) return null;
    return (known.gap ??= usualGap(cellsOf(part, now, fresh), lastGoodMinute));
  }

  /** The part whose streak is that of the SLO, with that streak. */
  function leading(slo: Slo, now: number): { readonly part: Component; readonly streak: Streak } {
    const { sli } = slo;
    const parts = partsOf(slo).map((part) => readPart(slo, part, now, false));
    if (sli.kind !== 'composite') return parts[0]!;
    const lastAt = parts.reduce<number | null>((latest, { streak }) => later(latest, streak.lastAt), null);
    if (sli.method === 'weighted') return withLastAt(runOfAll(parts), lastAt);
    const longest = parts.reduce((one, other) =>
      other.streak.consecutiveBad > one.streak.consecutiveBad ? other : one,
    );
    return withLastAt(longest, lastAt);
  }

  function walk(slo: Slo, part: Component, now: number, fresh: boolean): StreakReading {
    const firstHour = Math.floor((now - streakLength(slo, now)) / HOUR);
    const all = readStreak(countedCells(part, now, fresh), now, firstHour);
    if (!excluded(part)) return all;
    // What is excluded breaks no run and belongs to none, but it did come.
    const net = readStreak(cellsOf(part, now, fresh), now, firstHour);
    return {
      streak: { ...net.streak, lastAt: all.streak.lastAt },
      wanted: [...new Set([...all.wanted, ...net.wanted])],
    };
  }

  function countedCells(series: SliId, now: number, fresh: boolean): StreakCells {
    return streakCells(counterCache.series(series), fresh, minutesKeptFrom(now));
  }

  /** The cells of a part without what is excluded. */
  function cellsOf(part: Component, now: number, fresh: boolean): StreakCells {
    const excludedSeries = excluded(part);
    const cells = countedCells(part, now, fresh);
    return excludedSeries ? without(cells, countedCells(excludedSeries, now, fresh)) : cells;
  }

  function requestsOf(slo: Slo, now: number): CounterRequest[] {
    return partsOf(slo).flatMap((part): CounterRequest[] => {
      const wanted = readPart(slo, part, now, true).wanted.filter((hour) => hour >= minutesKeptFrom(now));
      return wanted.length === 0 ? [] : requestsFor(part, wanted);
    });
  }

  /** The same of what is counted and of what is excluded. */
  function requestsFor(part: Component, minutesOf: readonly number[]): CounterRequest[] {
    const without = excluded(part);
    return [part, ...(without ? [without] : [])].map(({ workflow, fingerprint }) => ({
      workflow,
      fingerprint,
      windows: NO_WINDOWS,
      minutesOf,
    }));
  }

  return {
    async prepare(slos, now) {
      const asking = slos.filter(needsStreak);
      for (let round = 0; round < ROUNDS; round++) {
        const requests = asking.flatMap((slo) => requestsOf(slo, now));
        if (requests.length === 0) return;
        await counterCache.refresh(requests, now);
      }
    },
    read: (slo, now) => leading(slo, now).streak,
    async prepareGaps(slos, now) {
      const requests: CounterRequest[] = [];
      for (const [index, slo] of slos.entries()) {
        if (index % GAPS_AT_ONCE === GAPS_AT_ONCE - 1) await yieldToEventLoop();
        for (const part of partsOf(slo)) {
          const { wanted = [] } = gapOf(slo, part, now, true) ?? {};
          const kept = wanted.filter((hour) => hour >= minutesKeptFrom(now));
          if (kept.length > 0) requests.push(...requestsFor(part, kept));
        }
      }
      if (requests.length > 0) await counterCache.refresh(requests, now);
    },
    usualGap(slo, now) {
      return gapOf(slo, leading(slo, now).part, now, false)?.gap ?? null;
    },
  };
}

function withLastAt({ part, streak }: Pick<Known, 'part' | 'streak'>, lastAt: number | null) {
  return { part, streak: { ...streak, lastAt } };
}

/**
 * The run of all members together, which began when the last of them was good the last time: at least as long as the
 * run of that one. None while one of those that have outcomes is good.
 */
function runOfAll(parts: readonly Known[]): Pick<Known, 'part' | 'streak'> {
  const counted = parts.filter(({ streak }) => streak.lastAt !== null);
  const good = counted.find(({ streak }) => streak.consecutiveBad === 0);
  if (good || counted.length === 0) {
    const { part, streak } = good ?? parts[0]!;
    return { part, streak: { ...streak, consecutiveBad: 0, badMinutes: 0, streakSince: null } };
  }
  return counted.reduce((one, other) =>
    (other.streak.streakSince ?? 0) > (one.streak.streakSince ?? 0) ? other : one,
  );
}

function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

/** The cells of a series for walks through its minutes; `fresh`: what was written since it was read is as good as never read. */
export function streakCells(
  { hour, latestHour, minutes, hasMinutes }: CachedCells,
  fresh: boolean,
  keptFrom: number,
): StreakCells {
  return {
    hour,
    latestHour,
    minutes: (of) => (of < keptFrom || (fresh && !hasMinutes(of)) ? undefined : minutes(of)),
  };
}

/** Cells less those that are excluded. */
export function without(cells: StreakCells, excluded: StreakCells): StreakCells {
  return {
    latestHour: cells.latestHour,
    hour(hour) {
      const [all, none] = [cells.hour(hour), excluded.hour(hour)];
      return { good: Math.max(0, all.good - none.good), bad: Math.max(0, all.bad - none.bad) };
    },
    minutes(hour) {
      const [all, none] = [cells.minutes(hour), excluded.minutes(hour)];
      if (all === undefined || none === undefined) return undefined;
      return all && none ? Array.from(all, (count, index) => Math.max(0, count - none[index]!)) : all;
    },
  };
}
