import type { Counts } from '../../core/counters/cells.ts';
import type { Change, Shares } from '../../core/counters/failing.ts';
import { beganToFail, countedBetween, lastFailure, stoppedFailing } from '../../core/counters/failing.ts';
import type { StreakCells } from '../../core/counters/streak.ts';
import { minutesKeptFrom } from '../../core/sli/derived.ts';
import { partsPerUnit } from '../../core/sli/sli-kinds.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { Component } from '../../core/slo/series.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { CounterCache, CounterRequest } from './counter-cache.ts';
import { streakCells, without } from './streaks.ts';

/** A question about the failures of an SLO that looks back to `from`, in milliseconds since the epoch. */
export type FailingRequest = { readonly slo: Slo; readonly from: number } & (
  | { readonly ask: 'began'; readonly shares: Shares }
  /** When those stopped that began at `from`. */
  | { readonly ask: 'stopped'; readonly shares: Shares }
  /** When the last one came. */
  | { readonly ask: 'last' }
);

/** How outcomes failed: from when to when, and how many were counted in that time. */
export interface FailingStretch extends Counts {
  readonly from: number;
  readonly to: number;
}

/** Finds when the outcomes of SLOs began to fail and when they stopped, to the minute where minutes are kept. */
export interface FailingStretches {
  /** Brings what these requests read up to `now`, in a few store calls. */
  prepare(requests: readonly FailingRequest[], now: number): Promise<void>;
  /** The stretch of failures, prepared for the same `now`; null where nothing failed more than it may. */
  read(request: FailingRequest, now: number): FailingStretch | null;
}

export interface FailingStretchesOptions {
  readonly counterCache: CounterCache;
  readonly partsOf: (slo: Slo) => readonly Component[];
  readonly excluded: (component: Component) => SliId | null;
}

/** The hour of a change, and the one before it: the change may move there once its minutes are known. */
const ROUNDS = 2;
const NO_WINDOWS: readonly number[] = [];

export function createFailingStretches({
  counterCache,
  partsOf,
  excluded,
}: FailingStretchesOptions): FailingStretches {
  function cellsOf(part: Component, fresh: boolean, now: number): StreakCells {
    const cells = streakCells(counterCache.series(part), fresh, minutesKeptFrom(now));
    const excludedSeries = excluded(part);
    return excludedSeries
      ? without(cells, streakCells(counterCache.series(excludedSeries), fresh, minutesKeptFrom(now)))
      : cells;
  }

  function changeOf(request: FailingRequest, cells: StreakCells, now: number): Change {
    const { from } = request;
    switch (request.ask) {
      case 'began':
        return beganToFail(cells, from, now, request.shares);
      case 'stopped':
        return stoppedFailing(cells, from, now, request.shares);
      case 'last':
        return lastFailure(cells, from, now);
      default:
        return request satisfies never;
    }
  }

  function wantedOf(request: FailingRequest, now: number): CounterRequest[] {
    return partsOf(request.slo).flatMap((part): CounterRequest[] => {
      const { wanted } = changeOf(request, cellsOf(part, true, now), now);
      // The running hour is asked for in any case: it is where most incidents begin and end.
      const hours = new Set([Math.floor(now / HOUR), ...wanted]);
      const minutesOf = [...hours].filter(
        (hour) => hour >= minutesKeptFrom(now) && !counterCache.series(part).hasMinutes(hour),
      );
      if (minutesOf.length === 0) return [];
      const without = excluded(part);
      return [part, ...(without ? [without] : [])].map(({ workflow, fingerprint }) => ({
        workflow,
        fingerprint,
        windows: NO_WINDOWS,
        minutesOf,
      }));
    });
  }

  /** What all parts together counted. */
  function countedOf(slo: Slo, from: number, to: number, now: number): Counts {
    let [good, bad] = [0, 0];
    for (const part of partsOf(slo)) {
      // The running minute is not over, and what it holds came before now all the same.
      const counts = countedBetween(cellsOf(part, false, now), from, to === now ? now + 1 : to);
      const scale = partsPerUnit(part.sli);
      good += counts.good / scale;
      bad += counts.bad / scale;
    }
    return { good, bad };
  }

  return {
    async prepare(requests, now) {
      for (let round = 0; round < ROUNDS; round++) {
        const wanted = requests.flatMap((request) => wantedOf(request, now));
        if (wanted.length === 0) return;
        await counterCache.refresh(wanted, now);
      }
    },
    read(request, now) {
      let found: FailingStretch | null = null;
      for (const part of partsOf(request.slo)) {
        const { at } = changeOf(request, cellsOf(part, false, now), now);
        if (at === null) continue;
        const [from, to] = request.ask === 'began' ? [at, now] : [request.from, at];
        const stretch = { from, to, ...countedOf(request.slo, from, to, now) };
        // Of the parts of a composite, the one that says most of its failures says when.
        if (!found || stretch.bad > found.bad) found = stretch;
      }
      return found;
    },
  };
}
