import type { Adjustment, Interval } from '../../core/adjustments/adjustment.ts';
import { intervalsOf } from '../../core/adjustments/adjustment.ts';
import { upgradeAdjustment } from '../../core/adjustments/stored-adjustment.ts';
import { windowLength } from '../../core/time/calendar.ts';
import { HOUR_RETENTION } from '../../core/counters/cells.ts';
import { hash53 } from '../../core/hash.ts';
import type { Log } from '../../core/ports/log.ts';
import type { AdjustmentReport } from '../../core/ports/queries.ts';
import { componentsOf } from '../../core/slo/series.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { HOUR, SECOND } from '../../core/time/duration.ts';
import type { AdjustmentIndex } from './adjustment-index.ts';
import { indexAdjustments } from './adjustment-index.ts';
import { describeAdjustment } from './adjustment-report.ts';
import { createRecurrences } from './recurrence.ts';
import type { Recurrences } from './recurrence.ts';

/** One SLI with counters of its own: that of an SLO, or of the member of a composite. */
export interface Adjusted extends SliId {
  /** The id of the SLO whose SLI it is. */
  readonly slo: string;
}

/** The adjustments that apply, as this process last read them. */
export interface Adjustments {
  /** Reads them, unless that was done within the last second. */
  refresh(now: number): Promise<void>;
  /** Reads them, however short ago that was. */
  reload(now: number): Promise<void>;
  readonly index: () => AdjustmentIndex;
  /** The series of this SLI's excluded outcomes; null when no adjustment applies. */
  readonly excluded: (component: Adjusted) => SliId | null;
  /** The intervals that are taken out of an SLI between two moments. */
  intervals(component: Adjusted, from: number, to: number): readonly Interval[];
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
  let index = indexAdjustments([]);
  let known = new Map<string, { readonly revision: number; readonly adjustment: Adjustment | null }>();
  let readAt = -Infinity;
  let running: Promise<void> = Promise.resolve();

  async function read(now: number): Promise<void> {
    const records = await store.records('adjustments');
    const before = known;
    // The same object means that the adjustment did not change; likewise for the index.
    known = new Map(
      records.map(({ id, revision, value }) => {
        const same = before.get(id);
        return [id, same?.revision === revision ? same : { revision, adjustment: upgradeAdjustment(value) }];
      }),
    );
    const changed = [...known].filter(([id, entry]) => before.get(id) !== entry);
    if (changed.length === 0 && before.size === known.size) return;
    for (const [id, { adjustment }] of changed) {
      if (!adjustment) {
        // To count too much may notify in vain; to take out the wrong outcomes would hide a fault.
        log.error(
          { adjustment: id },
          'a newer version of Burnwatch stored an adjustment; here it does not apply',
        );
      } else if (adjustment.when.kind === 'recurring') {
        await recurrences.prepare(adjustment.when, now - HOUR_RETENTION, now + HOUR);
      }
    }
    index = indexAdjustments([...known.values()].flatMap(({ adjustment }) => adjustment ?? []));
  }

  function touches(adjustment: Adjustment, from: number, to: number): boolean {
    return intervalsOf(adjustment, from, to, recurrences.starts).length > 0;
  }

  function describeMatching(
    slo: Slo,
    now: number,
    wanted: (adjustment: Adjustment, report: AdjustmentReport) => boolean,
  ): AdjustmentReport[] {
    const applying = new Set(componentsOf(slo).flatMap((component) => index.of(component)));
    const found: AdjustmentReport[] = [];
    for (const adjustment of [...applying].toSorted((a, b) => b.createdAt - a.createdAt)) {
      if (adjustment.withdrawn) continue;
      const report = describeAdjustment(adjustment, recurrences, now);
      if (wanted(adjustment, report)) found.push(report);
      if (found.length === MOST_TOLD) break;
    }
    return found;
  }

  /** One read after the other, so that an older answer never takes the place of a newer one. */
  function reload(now: number): Promise<void> {
    const next = running.then(() => read(now));
    running = next.catch(() => {});
    return next;
  }

  return {
    recurrences,
    index: () => index,
    reload,
    async refresh(now) {
      if (Math.abs(now - readAt) < SECOND) return running;
      readAt = now;
      try {
        await reload(now);
      } catch (error) {
        readAt = -Infinity;
        throw error;
      }
    },
    excluded: (component) =>
      index.of(component).some(({ withdrawn }) => !withdrawn) ? excludedSeries(component) : null,
    intervals: (component, from, to) =>
      index.of(component).flatMap((adjustment) => intervalsOf(adjustment, from, to, recurrences.starts)),
    of(slo, now) {
      const windows = [slo.window, ...slo.otherWindows];
      const from = now - Math.max(...windows.map((window) => windowLength(window, now)));
      return describeMatching(
        slo,
        now,
        (adjustment, { occurrence }) => occurrence !== null || touches(adjustment, from, now),
      );
    },
    overlapping: (slo, from, to, now) =>
      describeMatching(slo, now, (adjustment) => touches(adjustment, from, to)),
  };
}

/** Where the outcomes that adjustments take out of an SLI are counted; an SLO's own, since it alone may be adjusted. */
export function excludedSeries({ workflow, fingerprint, slo }: Adjusted): SliId {
  return { workflow, fingerprint: hash53(JSON.stringify([fingerprint, slo, 'excluded'])).toString(36) };
}
