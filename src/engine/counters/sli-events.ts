import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Counts } from '../../core/counters/cells.ts';
import { HOURS_PER_BLOCK } from '../../core/counters/cells.ts';
import { TAKEN_BACK } from '../../core/ports/store/counting.ts';
import type { SliEvents } from '../../core/ports/scrape.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import { partsPerUnit } from '../../core/sli/sli-kinds.ts';
import { componentsOf, seriesKey } from '../../core/slo/series.ts';
import type { Component } from '../../core/slo/series.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { CounterCache } from './counter-cache.ts';

/**
 * Counts begin anew with every third block of hours (24 days), which the windows of four weeks keep in memory anyway. They must before
 * hours are forgotten (100 days): a count that falls a little looks to Prometheus like one that began anew, and is added whole.
 */
const HOURS_OF_EPOCH = 3 * HOURS_PER_BLOCK;
/** SLOs added up before others get a turn. */
const SLICE = 100;
const NO_WINDOWS: readonly number[] = [];

/** Adds up what SLIs counted since the counts began anew. See `SliEvents`. */
export type ReadSliEvents = (slos: readonly Slo[], now: number) => Promise<ReadonlyMap<string, SliEvents>>;

interface Known {
  readonly since: number;
  readonly version: string;
  readonly counts: Counts;
}

export function createSliEvents(counterCache: CounterCache): ReadSliEvents {
  /** By series, as counted last: what is not counted with its corrections, as what is derived, may not fall either. */
  const known = new Map<string, Known>();

  function countsOf(component: Component, since: number, last: number): Counts {
    const key = seriesKey(component);
    const series = [component, takenBackOf(component)];
    const version = [last, ...series.map((one) => counterCache.version(one))].join();
    const before = known.get(key);
    if (before?.version === version && before.since === since) return before.counts;
    const counts = series
      .map((one) => sumOf(counterCache.series(one).hours(since / HOUR, last)))
      .reduce((sum, more) => ({ good: sum.good + more.good, bad: sum.bad + more.bad }));
    const held =
      before?.since === since
        ? { good: Math.max(before.counts.good, counts.good), bad: Math.max(before.counts.bad, counts.bad) }
        : counts;
    known.set(key, { since, version, counts: held });
    return held;
  }

  return async (slos, now) => {
    const hour = Math.floor(now / HOUR);
    const first = Math.floor(hour / HOURS_OF_EPOCH) * HOURS_OF_EPOCH;
    const events = new Map<string, SliEvents>();
    const single = slos.filter(({ sli }) => sli.kind !== 'composite');
    for (let from = 0; from < single.length; from += SLICE) {
      if (from > 0) await yieldToEventLoop();
      const slice = single
        .slice(from, from + SLICE)
        .map((slo) => ({ slo, component: componentsOf(slo)[0]! }));
      await counterCache.refresh(
        slice
          .flatMap(({ component }) => [component, takenBackOf(component)])
          .map(({ workflow, fingerprint }) => ({
            workflow,
            fingerprint,
            windows: NO_WINDOWS,
            hours: [first, hour],
          })),
        now,
      );
      for (const { slo, component } of slice) {
        if (!isWhole(component) || !isWhole(takenBackOf(component))) continue;
        const { good, bad } = countsOf(component, first * HOUR, hour);
        const parts = partsPerUnit(component.sli);
        events.set(slo.id, { good: good / parts, bad: bad / parts, since: first * HOUR });
      }
    }
    for (const key of known.keys()) if (known.size > 2 * single.length) known.delete(key);
    return events;
  };

  function isWhole(series: SliId): boolean {
    return !counterCache.failure(series) && counterCache.readShare(series) === 1;
  }
}

function takenBackOf({ workflow, fingerprint }: SliId): SliId {
  return { workflow, fingerprint: fingerprint + TAKEN_BACK };
}

/** Of cells, good and bad in turn. */
function sumOf(cells: ArrayLike<number>): Counts {
  let [good, bad] = [0, 0];
  for (let at = 0; at < cells.length; at += 2) {
    good += cells[at]!;
    bad += cells[at + 1]!;
  }
  return { good, bad };
}
