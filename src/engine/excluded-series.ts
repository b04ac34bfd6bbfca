import { setImmediate as turn } from 'node:timers/promises';
import type { Interval } from '../core/adjustment.ts';
import { appliesTo, excludedCells, excludedMinutes, hoursOf, intervalsOf } from '../core/adjustment.ts';
import { HOUR_RETENTION, MINUTES_PER_BLOCK, MINUTE_RETENTION, cellOf } from '../core/cells.ts';
import type { Log } from '../core/log.ts';
import { seriesKey, singlesOf } from '../core/series.ts';
import type { Slo } from '../core/slo.ts';
import type { CountStore, HourCells } from '../core/store.ts';
import { StoreUnavailable } from '../core/store.ts';
import { HOUR } from '../core/time.ts';
import type { Adjusted, Adjustments } from './adjustments.ts';
import { excludedSeries } from './adjustments.ts';
import { countsAt, readSeries } from './series-cells.ts';

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

/** Hours worked out in one go, and in one call of `write`; what is left is done in the next. */
const HOURS_AT_ONCE = 50;
const HOURS_PER_WRITE = 3000;
/** Until their end was this long ago, hours are worked out by the minute; well before minutes are forgotten. */
const BY_MINUTES = MINUTE_RETENTION - HOUR;

/** What is known of one adjusted SLI between two calls. */
interface Progress {
  /** The adjustments that apply to it, as they were when its hours were listed. */
  readonly adjustedBy: string;
  /** Hours (since the epoch) to work out again, oldest first. */
  readonly due: Set<number>;
}

/**
 * Makes it. Hours are worked out again when the adjustments changed or when something was counted in them, so that
 * late outcomes are taken out too, and what was adjusted no longer counts again. For whoever leads.
 */
export function createExcludedSeries({ store, adjustments, log }: ExcludedSeriesOptions): ExcludedSeries {
  const progress = new Map<string, Progress>();
  /** By workflow and partition: the revision up to which its changes are known. */
  const revisions = new Map<string, number>();

  async function write(slos: readonly Slo[], now: number): Promise<void> {
    await adjustments.refresh(now);
    const adjusted = adjustedSingles(slos);
    if (adjusted.length === 0) return;
    for (const single of adjusted) listHours(single, now);
    await markChanged(adjusted, now);
    let left = HOURS_PER_WRITE;
    for (const single of adjusted) {
      if (left <= 0) return;
      try {
        left -= await workOff(single, left, now);
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        progress.delete(nameOf(single));
        log.error(
          { slo: single.slo, error: String(error) },
          'the adjusted outcomes of an SLO could not be worked out',
        );
      }
    }
  }

  /** Whatever was ever adjusted, so that what no longer is gets back to zero. */
  function adjustedSingles(slos: readonly Slo[]): Adjusted[] {
    const all = adjustments.all();
    if (all.length === 0) return [];
    const singles = new Map(slos.flatMap(singlesOf).map((single) => [nameOf(single), single] as const));
    return [...singles.values()].filter((single) => all.some((adjustment) => appliesTo(adjustment, single)));
  }

  function listHours(single: Adjusted, now: number): void {
    const name = nameOf(single);
    const applying = adjustments.all().filter((adjustment) => appliesTo(adjustment, single));
    const adjustedBy = applying
      .map(({ id, ended, withdrawn }) => `${id} ${ended?.at} ${withdrawn?.at}`)
      .join();
    if (progress.get(name)?.adjustedBy === adjustedBy) return;
    // Outcomes may be a little ahead of time; later ones are noticed when they are counted.
    const hours = hoursOf(everAsked(single, now - HOUR_RETENTION, now + HOUR));
    progress.set(name, { adjustedBy, due: new Set([...hours].toSorted((a, b) => a - b)) });
  }

  /** The intervals of all its adjustments as they were asked for, whether they were ended since or not. */
  function everAsked(single: Adjusted, from: number, to: number): Interval[] {
    return adjustments
      .all()
      .filter((adjustment) => appliesTo(adjustment, single))
      .flatMap((adjustment) =>
        intervalsOf(
          { ...adjustment, ended: null, withdrawn: null },
          from,
          to,
          adjustments.recurrences.starts,
        ),
      );
  }

  /** Notes the hours in which something was counted since the last call. */
  async function markChanged(adjusted: readonly Adjusted[], now: number): Promise<void> {
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
      if (!complete && revisions.has(key)) {
        for (const single of adjusted) if (single.workflow === workflow) relist(single, now);
      }
      revisions.set(key, revision);
      for (const { fingerprint, hour } of hours) {
        for (const single of adjusted) {
          if (single.workflow !== workflow || single.fingerprint !== fingerprint) continue;
          const within = everAsked(single, hour * HOUR, (hour + 1) * HOUR).length > 0;
          if (within) progress.get(nameOf(single))?.due.add(hour);
        }
      }
    });
  }

  function relist(single: Adjusted, now: number): void {
    progress.delete(nameOf(single));
    listHours(single, now);
  }

  /** Works out at most `limit` hours of one SLI; gives how many it did. */
  async function workOff(single: Adjusted, limit: number, now: number): Promise<number> {
    const { due } = progress.get(nameOf(single))!;
    const hours = [...due].slice(0, limit);
    for (let from = 0; from < hours.length; from += HOURS_AT_ONCE) {
      const some = hours.slice(from, from + HOURS_AT_ONCE);
      await store.writeHours(excludedSeries(single), await cellsOf(single, some, now), now);
      for (const hour of some) due.delete(hour);
      await turn();
    }
    return hours.length;
  }

  async function cellsOf(single: Adjusted, hours: readonly number[], now: number): Promise<HourCells[]> {
    const [first, last] = [Math.min(...hours) * HOUR, (Math.max(...hours) + 1) * HOUR];
    const intervals = adjustments.intervals(single, first, last);
    const byMinutes = new Set(hours.filter((hour) => (hour + 1) * HOUR + BY_MINUTES > now));
    const [minutes, wholes] = await Promise.all([
      readSeries(store, single, 'minute', byMinutes),
      readSeries(store, single, 'hour', new Set(hours.map((hour) => cellOf('hour', hour * 60).block))),
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
        // What was worked out while its minutes were there stays as it is.
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

function nameOf(single: Adjusted): string {
  return `${single.slo} ${seriesKey(single)}`;
}
