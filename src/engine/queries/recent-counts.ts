import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Counts } from '../../core/counters/cells.ts';
import type { RecentCounts } from '../../core/ports/queries.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { DAY, HOUR } from '../../core/time/duration.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import { rounded } from './slo-report.ts';

const DAYS = 30;
const HOURS = 24;
const HOURS_OF_DAY = DAY / HOUR;
/** SLOs added up before others get a turn of the event loop. */
const SLICE = 100;

/**
 * Adds up what SLOs counted on each of the last 30 days (UTC) and in each of the last 24 hours, from the hours that the counter
 * cache has anyway; without what adjustments exclude.
 */
export async function readRecent(
  reader: Pick<Reader, 'prepareHours' | 'evidence'>,
  adjustments: Pick<Adjustments, 'refresh'>,
  slos: readonly Slo[],
  now: number,
): Promise<ReadonlyMap<string, RecentCounts>> {
  const last = Math.floor(now / HOUR);
  const first = (Math.floor(now / DAY) - (DAYS - 1)) * HOURS_OF_DAY;
  const found = new Map<string, RecentCounts>();
  await adjustments.refresh(now);
  for (let from = 0; from < slos.length; from += SLICE) {
    if (from > 0) await yieldToEventLoop();
    const slice = slos.slice(from, from + SLICE);
    await reader.prepareHours(slice, [first, last], now);
    for (const slo of slice) {
      const cells = reader.evidence(slo, now).hours(first, last);
      const between = (start: number, hours: number) => sumOf(cells, start - first, hours);
      found.set(slo.id, {
        days: Array.from({ length: DAYS }, (_, day) => between(first + day * HOURS_OF_DAY, HOURS_OF_DAY)),
        hours: Array.from({ length: HOURS }, (_, hour) => between(last - (HOURS - 1) + hour, 1)),
      });
    }
  }
  return found;
}

/** Of some of the hours, good and bad in turn; those that are still to come hold nothing. */
function sumOf(cells: ArrayLike<number>, from: number, count: number): Counts {
  let [good, bad] = [0, 0];
  for (let hour = from; hour < from + count; hour++) {
    good += cells[2 * hour] ?? 0;
    bad += cells[2 * hour + 1] ?? 0;
  }
  return { good: rounded(good), bad: rounded(bad) };
}
