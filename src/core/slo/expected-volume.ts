import { judgesSteps } from '../sli/sli.ts';
import type { Slo } from './slo.ts';
import { MINUTE } from '../time/duration.ts';

/** From when ticks are counted; any time will do, but it must not change from day to day. */
const REFERENCE = Date.UTC(2026, 0, 1);

/** How much an SLO's window holds of what it counts, as far as can be told before anything was counted. */
export interface ExpectedVolume {
  readonly count: number;
  /** What is counted, for messages: `ticks`. */
  readonly unit: 'executions' | 'slices' | 'minutes' | 'ticks';
}

/**
 * `traffic` is in executions a millisecond. Null where nothing is known: of steps there may be any number in an
 * execution, of attributes any share.
 */
export function expectedVolume({ sli, window }: Slo, traffic: number | null): ExpectedVolume | null {
  const { duration } = window;
  switch (sli.kind) {
    case 'outcomes': {
      const isAll = !judgesSteps(sli) && Object.keys(sli.where).length === 0;
      return isAll && traffic !== null ? { count: traffic * duration, unit: 'executions' } : null;
    }
    case 'slices':
      return { count: duration / sli.sliceMs, unit: 'slices' };
    case 'freshness':
      return { count: duration / MINUTE, unit: 'minutes' };
    case 'schedule':
      return { count: sli.schedule.ticks(REFERENCE, REFERENCE + duration - 1).length, unit: 'ticks' };
    case 'measurement':
    case 'composite':
      return null;
    default:
      return sli satisfies never;
  }
}
