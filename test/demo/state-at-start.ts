import type { SloReport, SloState } from '../../src/core/ports/queries.ts';
import { nightlyOutcomes } from '../../src/demo/nightly-run.ts';

/**
 * What an SLO must read before the first incident of the demo, whenever it starts: healthy. Only in a quarter in which
 * no nightly run has ended yet there is nothing to judge `every-night` by, and it has to say so (J2).
 */
export function stateAtStart({ id, windows, evaluatedAt }: SloReport): SloState {
  if (id !== 'nightly-invoices/every-night') return 'healthy';
  const ended = nightlyOutcomes(Date.parse(windows[0]!.from), Date.parse(evaluatedAt)).filter(
    ({ step, status }) => step === undefined && status === 'succeeded',
  );
  return ended.length > 0 ? 'healthy' : 'no-data';
}
