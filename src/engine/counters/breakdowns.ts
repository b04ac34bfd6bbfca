import type { Counts } from '../../core/counters/cells.ts';
import { MINUTE_EXACT } from '../../core/counters/cells.ts';
import type { BreakdownValues } from '../../core/ports/breakdown-values.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import { brokenDownSeries, valueSeries } from '../../core/slo/breakdown.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { MINUTE, minuteOf } from '../../core/time/duration.ts';
import type { CounterCache, CounterRequest } from './counter-cache.ts';

/** Asks for the outcomes of an SLO in a window (milliseconds) that ends now. */
export interface BreakdownRequest {
  readonly slo: Slo;
  readonly window: number;
}

/** What an SLO counted, by the values of one attribute. */
export interface AttributeCounts {
  readonly attribute: string;
  /** All of it, with what has no such attribute, or a value that is not told apart. */
  readonly all: Counts;
  readonly values: readonly (Counts & { readonly value: string })[];
  /** Whether further values came that are not told apart. */
  readonly full: boolean;
}

/**
 * Reads what SLOs, each asked for once, count by the values of the attributes that their workflows are broken down by; without
 * what cannot be read, and empty where nothing is broken down. Rejects with `StoreUnavailable`.
 */
export type Breakdowns = (
  requests: readonly BreakdownRequest[],
  now: number,
) => Promise<ReadonlyMap<Slo, readonly AttributeCounts[]>>;

/** Asks for what came since a moment, looking back no further than minutes are kept. */
export function breakdownSince(slo: Slo, from: number, now: number): BreakdownRequest {
  const length = (minuteOf(now) - minuteOf(from) + 1) * MINUTE;
  return { slo, window: Math.min(MINUTE_EXACT, Math.max(MINUTE, length)) };
}

/** An attribute of an SLO: the series of all that is broken down by it, and those of each value. */
interface AttributeSeries {
  readonly attribute: string;
  readonly all: readonly SliId[];
  readonly values: readonly { readonly value: string; readonly series: readonly SliId[] }[];
  readonly full: boolean;
}

export function createBreakdowns(counterCache: CounterCache, values: BreakdownValues): Breakdowns {
  function attributesOf(slo: Slo): readonly AttributeSeries[] {
    const sources = brokenDownSeries(slo);
    const attributes = new Set(sources.flatMap(({ workflow }) => values.attributesOf(workflow)));
    return [...attributes].map((attribute): AttributeSeries => {
      const all = sources.filter(({ workflow }) => values.attributesOf(workflow).includes(attribute));
      const byValue = new Map<string, SliId[]>();
      for (const source of all) {
        for (const value of values.valuesOf(source.workflow, attribute)) {
          const series = valueSeries(source, attribute, value);
          byValue.set(value, [...(byValue.get(value) ?? []), series]);
        }
      }
      return {
        attribute,
        all,
        values: [...byValue].map(([value, series]) => ({ value, series })),
        full: all.some(({ workflow }) => values.isFull(workflow, attribute)),
      };
    });
  }

  function sum(series: readonly SliId[], window: number, now: number): Counts | null {
    let [good, bad] = [0, 0];
    for (const one of series) {
      if (counterCache.failure(one)) return null;
      const counts = counterCache.sums(one, now)(window);
      good += counts.good;
      bad += counts.bad;
    }
    return { good, bad };
  }

  function countsOf(
    { attribute, all, values: told, full }: AttributeSeries,
    window: number,
    now: number,
  ): readonly AttributeCounts[] {
    const counts = sum(all, window, now);
    const each = told.map(({ value, series }) => ({ value, counts: sum(series, window, now) }));
    if (!counts || each.some((one) => one.counts === null)) return [];
    const known = each.map((one) => ({ value: one.value, ...one.counts! }));
    return [{ attribute, all: counts, values: known, full }];
  }

  return async (requests, now) => {
    await values.refresh();
    const byLength = new Map<number, readonly number[]>();
    // What is told apart may grow while counters are read; what is asked for now is what is summed up then.
    const asked = requests.map(({ slo, window }) => ({ slo, window, attributes: attributesOf(slo) }));
    const wanted = asked.flatMap(({ window, attributes }) => {
      const windows = byLength.get(window) ?? [window];
      byLength.set(window, windows);
      return attributes.flatMap(({ all, values: told }) =>
        [...all, ...told.flatMap(({ series }) => series)].map(
          ({ workflow, fingerprint }): CounterRequest => ({ workflow, fingerprint, windows }),
        ),
      );
    });
    if (wanted.length > 0) await counterCache.refresh(wanted, now);
    return new Map(
      asked.map(({ slo, window, attributes }) => [
        slo,
        attributes.flatMap((attribute) => countsOf(attribute, window, now)),
      ]),
    );
  };
}

/** For what has no attributes to tell apart. */
export const NOTHING_BROKEN_DOWN: BreakdownValues = {
  version: () => 0,
  attributesOf: () => [],
  valuesOf: () => [],
  isFull: () => false,
  refresh: () => Promise.resolve(),
};
