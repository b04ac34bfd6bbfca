import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Adjustment } from '../../core/adjustments/adjustment.ts';
import { excludedCells, excludedMinutes, hoursOf, intervalsOf } from '../../core/adjustments/adjustment.ts';
import { HOUR_RETENTION, MINUTES_PER_BLOCK, MINUTE_RETENTION, cellOf } from '../../core/counters/cells.ts';
import type { Log } from '../../core/ports/log.ts';
import { seriesKey, componentsOf } from '../../core/slo/series.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { CountStore, HourCells } from '../../core/ports/store/counting.ts';
import { isStoreAway } from '../../core/ports/store/store.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { Adjusted, Adjustments } from './adjustments.ts';
import { excludedSeries } from './adjustments.ts';
import { countsAt, readSeries } from '../counters/block-reader.ts';

/** Keeps, for every adjusted SLI, a series of the outcomes it is to do without, which readers subtract. */
export interface ExcludedSeries {
  /** Brings the series of these SLOs up to `now`. One that fails never stops another. */
  write(slos: readonly Slo[], now: number): Promise<void>;
}

export interface ExcludedSeriesOptions {
  readonly store: CountStore & { readonly partitions: number };
  readonly adjustments: Adjustments;
  readonly log: Log;
}

/** Hours computed in one go, and in one call of `write`; the next call does the rest. */
const HOURS_AT_ONCE = 50;
const HOURS_PER_WRITE = 3000;
/** SLIs looked at before others get a turn of the event loop. */
const SLIS_AT_ONCE = 10;
/** Until their end was this long ago, hours are computed by the minute; well before minutes are forgotten. */
const BY_MINUTES = MINUTE_RETENTION - HOUR;

/** What is known of one adjusted SLI between two calls. */
interface Progress {
  /** The adjustments that apply to it, as they were when its hours were listed. */
  readonly adjustedBy: readonly Adjustment[];
  /** Hours (since the epoch) to work out again; the latest first, since alerts are about them. */
  readonly due: Set<number>;
}

/** The hours that adjustments were ever asked to touch, as far as a moment. */
interface AskedHours {
  readonly hours: Set<number>;
  upTo: number;
}

/**
 * Makes it. Hours are computed again when the adjustments changed or when something was counted in them, so that
 * late outcomes are taken out too, and what was adjusted no longer counts again. Only the leader runs it.
 */
export function createExcludedSeries({ store, adjustments, log }: ExcludedSeriesOptions): ExcludedSeries {
  const progress = new Map<string, Progress>();
  /** By workflow and partition: the revision up to which its changes are known. */
  const revisions = new Map<string, number>();
  /** SLIs that are adjusted alike share one. */
  const askedBy = new WeakMap<readonly Adjustment[], AskedHours>();

  async function write(slos: readonly Slo[], now: number): Promise<void> {
    await adjustments.refresh(now);
    const all = adjustedSingles(slos);
    forgetOthers(all);
    const adjusted = await wholeOnes(all);
    if (adjusted.length === 0) return;
    for (const [index, component] of adjusted.entries()) {
      if (index > 0 && index % SLIS_AT_ONCE === 0) await yieldToEventLoop();
      listHours(component, now);
    }
    await markChanged(adjusted, now);
    let left = HOURS_PER_WRITE;
    // A little of each in turn, so that none waits for the long past of another.
    for (
      let waiting = adjusted.filter(isDue);
      waiting.length > 0 && left > 0;
      waiting = waiting.filter(isDue)
    ) {
      for (const component of waiting) {
        left -= HOURS_AT_ONCE;
        await workOff(component, now);
        await yieldToEventLoop();
        if (left <= 0) return;
      }
    }
  }

  /** Those all of whose outcomes can be read; the others wait until no part of the store is away. */
  async function wholeOnes(adjusted: readonly Adjusted[]): Promise<readonly Adjusted[]> {
    const workflows = [...new Set(adjusted.map(({ workflow }) => workflow))];
    const away = new Set((await store.partitionsAway(workflows)).map(({ workflow }) => workflow));
    return adjusted.filter(({ workflow }) => !away.has(workflow));
  }

  function isDue(component: Adjusted): boolean {
    return (progress.get(nameOf(component))?.due.size ?? 0) > 0;
  }

  /** Whatever was ever adjusted, so that what no longer is gets back to zero. */
  function adjustedSingles(slos: readonly Slo[]): Adjusted[] {
    const index = adjustments.index();
    if (index.all.length === 0) return [];
    const adjusted = slos.flatMap(componentsOf).filter((component) => index.of(component).length > 0);
    return [...new Map(adjusted.map((component) => [nameOf(component), component] as const)).values()];
  }

  function forgetOthers(adjusted: readonly Adjusted[]): void {
    if (progress.size <= adjusted.length) return;
    const names = new Set(adjusted.map(nameOf));
    for (const name of progress.keys()) if (!names.has(name)) progress.delete(name);
  }

  function listHours(component: Adjusted, now: number): void {
    const adjustedBy = adjustments.index().of(component);
    const known = progress.get(nameOf(component));
    if (known && isSame(known.adjustedBy, adjustedBy)) return;
    const { hours } = askedHours(adjustedBy, now);
    progress.set(nameOf(component), { adjustedBy, due: new Set([...hours].toSorted((a, b) => b - a)) });
  }

  /** The hours of adjustments as they were asked for, whether they were ended since or not. */
  function askedHours(applying: readonly Adjustment[], now: number): AskedHours {
    let asked = askedBy.get(applying);
    if (!asked) askedBy.set(applying, (asked = { hours: new Set(), upTo: now - HOUR_RETENTION }));
    // Outcomes may be a little ahead of time.
    const upTo = now + HOUR;
    if (asked.upTo <= now) {
      const { starts } = adjustments.recurrences;
      for (const adjustment of applying) {
        const whole = { ...adjustment, ended: null, withdrawn: null };
        for (const hour of hoursOf(intervalsOf(whole, asked.upTo, upTo, starts))) asked.hours.add(hour);
      }
      asked.upTo = upTo;
    }
    return asked;
  }

  /** Notes the hours in which something was counted since the last call. */
  async function markChanged(adjusted: readonly Adjusted[], now: number): Promise<void> {
    const bySeries = new Map<string, Adjusted[]>();
    for (const component of adjusted) {
      const known = bySeries.get(seriesKey(component));
      if (known) known.push(component);
      else bySeries.set(seriesKey(component), [component]);
    }
    const workflows = new Set(adjusted.map(({ workflow }) => workflow));
    const since = [...workflows].flatMap((workflow) =>
      Array.from({ length: store.partitions }, (_, partition) => ({
        partition: { workflow, partition },
        revision: revisions.get(`${partition}/${workflow}`) ?? 0,
      })),
    );
    const changes = await store.changes(since);
    changes.forEach(({ revision, complete, hours }, index) => {
      const { workflow, partition } = since[index]!.partition;
      const key = `${partition}/${workflow}`;
      const neverWritten = revision === 0 && revisions.get(key) === 0;
      if (!complete && !neverWritten && revisions.has(key)) {
        for (const component of adjusted) if (component.workflow === workflow) relist(component, now);
      }
      revisions.set(key, revision);
      for (const { fingerprint, hour } of hours) {
        for (const component of bySeries.get(seriesKey({ workflow, fingerprint })) ?? []) {
          const { adjustedBy, due } = progress.get(nameOf(component))!;
          if (askedHours(adjustedBy, now).hours.has(hour)) due.add(hour);
        }
      }
    });
  }

  function relist(component: Adjusted, now: number): void {
    progress.delete(nameOf(component));
    listHours(component, now);
  }

  /** Computes some of the hours of one SLI that are due. */
  async function workOff(component: Adjusted, now: number): Promise<void> {
    const { due } = progress.get(nameOf(component))!;
    const hours = [...due].slice(0, HOURS_AT_ONCE);
    try {
      await store.writeHours(excludedSeries(component), await cellsOf(component, hours, now), now);
      for (const hour of hours) due.delete(hour);
    } catch (error) {
      if (isStoreAway(error)) throw error;
      progress.delete(nameOf(component));
      const message = 'the adjusted outcomes of an SLO could not be computed; the others go on';
      log.error({ slo: component.slo, error: String(error) }, message);
    }
  }

  async function cellsOf(component: Adjusted, hours: readonly number[], now: number): Promise<HourCells[]> {
    const [first, last] = [Math.min(...hours) * HOUR, (Math.max(...hours) + 1) * HOUR];
    const intervals = adjustments.intervals(component, first, last);
    const byMinutes = new Set(hours.filter((hour) => (hour + 1) * HOUR + BY_MINUTES > now));
    const [minutes, wholes] = await Promise.all([
      readSeries(store, component, 'minute', byMinutes),
      readSeries(store, component, 'hour', new Set(hours.map((hour) => cellOf('hour', hour * 60).block))),
    ]);
    return hours.flatMap((hour): HourCells[] => {
      const excluded = excludedMinutes(hour, intervals);
      const block = minutes.get(hour);
      if (block) return [{ hour, cells: excludedCells(block, excluded) }];
      const cells = new Uint32Array(2 * MINUTES_PER_BLOCK);
      if (excluded.every(Boolean)) {
        const { good, bad } = countsAt(wholes, 'hour', hour);
        cells.set([good, bad]);
      } else if (excluded.some(Boolean)) {
        // What was computed while its minutes were kept stays as it is.
        return [];
      }
      return [{ hour, cells }];
    });
  }

  return {
    async write(slos, now) {
      try {
        await write(slos, now);
      } catch (error) {
        // It is not known what was written: all of it is done again.
        progress.clear();
        revisions.clear();
        throw error;
      }
    },
  };
}

function isSame(one: readonly Adjustment[], other: readonly Adjustment[]): boolean {
  return (
    one === other || (one.length === other.length && one.every((adjustment, at) => adjustment === other[at]))
  );
}

function nameOf(component: Adjusted): string {
  return `${component.slo} ${seriesKey(component)}`;
}
