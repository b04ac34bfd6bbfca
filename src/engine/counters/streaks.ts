import { minutesKeptFrom } from '../../core/sli/derived.ts';
import type { Streak } from '../../core/counters/evidence.ts';
import type { Component } from '../../core/slo/series.ts';
import { partsPerUnit } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { StreakCells, StreakReading } from '../../core/counters/streak.ts';
import { readStreak } from '../../core/counters/streak.ts';
import { HOUR, minuteOf } from '../../core/time/duration.ts';
import type { CachedCells } from './cached-cells.ts';
import type { CounterCache, CounterRequest } from './counter-cache.ts';
import { needsStreak, streakLength } from '../../core/alerting/tier-kinds.ts';

/** Reads the latest outcomes of SLOs. */
export interface Streaks {
  /** Reads the minutes that streaks need, after everything else was refreshed. */
  prepare(slos: readonly Slo[], now: number): Promise<void>;
  read(slo: Slo, now: number): Streak;
}

export interface StreaksOptions {
  readonly counterCache: CounterCache;
  readonly partsOf: (slo: Slo) => readonly Component[];
  readonly excluded: (component: Component) => SliId | null;
}

/** One hour may show when the last outcome came, and another where a streak began or ended. */
const ROUNDS = 2;
const NO_WINDOWS: readonly number[] = [];

/** What was read of one SLI, and of which state of its counters. */
interface Known extends StreakReading {
  readonly minute: number;
  /** Of what is counted, and of what is excluded. */
  readonly version: number;
  readonly without: number;
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
    const cells = streakCells(counterCache.series(part), fresh, minutesKeptFrom(now));
    const excludedCells = without && streakCells(counterCache.series(without), fresh, minutesKeptFrom(now));
    const reading = walk(slo, cells, excludedCells, now);
    const scale = partsPerUnit(part.sli);
    const streak = { ...reading.streak, consecutiveBad: reading.streak.consecutiveBad / scale };
    const made: Known = { streak, wanted: reading.wanted, minute, version, without: versionWithout };
    parts.set(part.slo, made);
    return made;
  }

  function walk(slo: Slo, cells: StreakCells, excludedCells: StreakCells | null, now: number): StreakReading {
    const firstHour = Math.floor((now - streakLength(slo, now)) / HOUR);
    const all = readStreak(cells, now, firstHour);
    if (!excludedCells) return all;
    // What is excluded breaks no run and belongs to none, but it did come.
    const net = readStreak(without(cells, excludedCells), now, firstHour);
    return {
      streak: { ...net.streak, lastAt: all.streak.lastAt },
      wanted: [...new Set([...all.wanted, ...net.wanted])],
    };
  }

  function requestsOf(slo: Slo, now: number): CounterRequest[] {
    return partsOf(slo).flatMap((part): CounterRequest[] => {
      const wanted = readPart(slo, part, now, true).wanted.filter((hour) => hour >= minutesKeptFrom(now));
      if (wanted.length === 0) return [];
      const without = excluded(part);
      return [part, ...(without ? [without] : [])].map(({ workflow, fingerprint }) => ({
        workflow,
        fingerprint,
        windows: NO_WINDOWS,
        minutesOf: wanted,
      }));
    });
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
    read(slo, now) {
      const { sli } = slo;
      const streaks = partsOf(slo).map((part) => readPart(slo, part, now, false).streak);
      if (sli.kind !== 'composite') return streaks[0]!;
      const lastAt = streaks.reduce<number | null>((latest, { lastAt }) => later(latest, lastAt), null);
      if (sli.method === 'weighted') return { ...runOfAll(streaks), lastAt };
      const longest = streaks.reduce((one, other) =>
        other.consecutiveBad > one.consecutiveBad ? other : one,
      );
      return { ...longest, lastAt };
    },
  };
}

/**
 * The run of all members together, which began when the last of them was good the last time: at least as long as the
 * run of that one. None while one of those that have outcomes is good.
 */
function runOfAll(streaks: readonly Streak[]): Pick<Streak, 'consecutiveBad' | 'streakSince'> {
  const counted = streaks.filter(({ lastAt }) => lastAt !== null);
  if (counted.length === 0 || counted.some(({ consecutiveBad }) => consecutiveBad === 0))
    return { consecutiveBad: 0, streakSince: null };
  const { consecutiveBad, streakSince = null } = counted.reduce((one, other) =>
    (other.streakSince ?? 0) > (one.streakSince ?? 0) ? other : one,
  );
  return { consecutiveBad, streakSince };
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
