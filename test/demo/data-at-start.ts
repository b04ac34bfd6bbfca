import type { DataState, SloReport } from '../../src/core/ports/queries.ts';
import { nightlyOutcomes } from '../../src/demo/nightly-run.ts';

/** As much of an SLO's report as that takes. */
interface Started extends Pick<SloReport, 'id' | 'dataThrough'> {
  readonly windows: readonly { readonly from: number }[];
}

/**
 * What data an SLO must have before the first incident of the demo, whenever it starts: enough. Only in a quarter in
 * which no nightly run has ended yet there is nothing to judge `every-night` by, and it has to say so (J2); and nothing has been
 * notified yet, so nothing can be said of how well that works.
 */
export function dataAtStart({ id, windows, dataThrough }: Started): DataState {
  if (id.startsWith('burnwatch-notifications/')) return 'none';
  if (id !== 'nightly-invoices/every-night') return 'ok';
  const ended = nightlyOutcomes(windows[0]!.from, dataThrough).filter(
    ({ step, status }) => step === undefined && status === 'succeeded',
  );
  return ended.length > 0 ? 'ok' : 'none';
}
