import type { Adjustment, Interval } from '../core/adjustment.ts';
import { appliesTo, intervalsOf } from '../core/adjustment.ts';
import { windowLength } from '../core/calendar.ts';
import { hash53 } from '../core/hash.ts';
import type { Log } from '../core/log.ts';
import type { AdjustmentReport } from '../core/report.ts';
import { singlesOf } from '../core/series.ts';
import type { Slo } from '../core/slo.ts';
import type { SliId, Store } from '../core/store.ts';
import { SECOND } from '../core/time.ts';
import { describeAdjustment } from './adjustment-report.ts';
import { createRecurrences } from './recurrence.ts';
import type { Recurrences } from './recurrence.ts';

/** One SLI with counters of its own: that of an SLO, or of the member of a composite. */
export interface Adjusted extends SliId {
  /** The id of the SLO whose SLI it is. */
  readonly slo: string;
}

/** The adjustments in force, as this process last read them. */
export interface Adjustments {
  /** Reads them, unless that was done within the last second. */
  refresh(now: number): Promise<void>;
  /** Reads them, however short ago that was. */
  reload(): Promise<void>;
  /** All of them, by the time of their creation. */
  readonly all: () => readonly Adjustment[];
  /** Where the outcomes are counted that an SLI is to do without; null when no adjustment applies to it. */
  readonly excluded: (single: Adjusted) => SliId | null;
  /** The intervals that are taken out of an SLI between two moments. */
  intervals(single: Adjusted, from: number, to: number): readonly Interval[];
  /** Those that take outcomes out of an SLO now, will, or have within its windows; latest first. */
  of(slo: Slo, now: number): readonly AdjustmentReport[];
  /** Those that took outcomes out of an SLO between two moments; latest first. */
  overlapping(slo: Slo, from: number, to: number, now: number): readonly AdjustmentReport[];
  readonly recurrences: Recurrences;
}

/** Someone who looks at an SLO need not read about every maintenance it ever had. */
const MOST_TOLD = 20;

export function createAdjustments(store: Pick<Store, 'records'>, log: Log): Adjustments {
  const recurrences = createRecurrences(log);
  let known: readonly Adjustment[] = [];
  let readAt = -Infinity;
  let running: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    const records = await store.records('adjustments');
    known = records.map(({ value }) => value as Adjustment).toSorted((a, b) => a.createdAt - b.createdAt);
  }

  function touches(adjustment: Adjustment, from: number, to: number): boolean {
    return intervalsOf(adjustment, from, to, recurrences.starts).length > 0;
  }

  function told(
    slo: Slo,
    now: number,
    wanted: (adjustment: Adjustment, report: AdjustmentReport) => boolean,
  ): AdjustmentReport[] {
    const singles = singlesOf(slo);
    const found = known
      .filter(({ withdrawn }) => !withdrawn)
      .filter((adjustment) => singles.some((single) => appliesTo(adjustment, single)))
      .flatMap((adjustment) => {
        const report = describeAdjustment(adjustment, recurrences, now);
        return wanted(adjustment, report) ? [report] : [];
      });
    return found.toReversed().slice(0, MOST_TOLD);
  }

  /** One read after the other, so that an older answer never takes the place of a newer one. */
  function reload(): Promise<void> {
    const next = running.then(read);
    running = next.catch(() => {});
    return next;
  }

  return {
    recurrences,
    all: () => known,
    reload,
    async refresh(now) {
      if (Math.abs(now - readAt) < SECOND) return running;
      readAt = now;
      try {
        await reload();
      } catch (error) {
        readAt = -Infinity;
        throw error;
      }
    },
    excluded(single) {
      return known.some((adjustment) => !adjustment.withdrawn && appliesTo(adjustment, single))
        ? excludedSeries(single)
        : null;
    },
    intervals(single, from, to) {
      return known
        .filter((adjustment) => appliesTo(adjustment, single))
        .flatMap((adjustment) => intervalsOf(adjustment, from, to, recurrences.starts));
    },
    of(slo, now) {
      const longest = Math.max(
        ...[slo.window, ...slo.otherWindows].map((window) => windowLength(window, now)),
      );
      return told(
        slo,
        now,
        (adjustment, report) => report.occurrence !== null || touches(adjustment, now - longest, now),
      );
    },
    overlapping: (slo, from, to, now) => told(slo, now, (adjustment) => touches(adjustment, from, to)),
  };
}

/** Where the outcomes that adjustments take out of an SLI are counted; an SLO's own, since it alone may be adjusted. */
export function excludedSeries({ workflow, fingerprint, slo }: Adjusted): SliId {
  return { workflow, fingerprint: hash53(JSON.stringify([fingerprint, slo, 'excluded'])).toString(36) };
}
