import { expectedCount, unitOf } from '../sli/sli-kinds.ts';
import type { SliUnit } from '../sli/sli-unit.ts';
import type { Slo } from './slo.ts';

/** How much an SLO's window is expected to hold, as far as that is known before anything is counted. */
export interface ExpectedVolume {
  readonly count: number;
  /** What is counted, for messages: `ticks`. */
  readonly unit: SliUnit;
}

/** `traffic` is in executions a millisecond. Null where nothing is known. */
export function expectedVolume({ sli, window }: Slo, traffic: number | null): ExpectedVolume | null {
  const count = expectedCount(sli, window.duration, traffic);
  return count === null ? null : { count, unit: unitOf(sli) };
}
