import type { Definitions } from '../../core/slo/slo.ts';
import type { Log } from '../../core/ports/log.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';

export interface SweepTotals {
  /** Partitions that could not be swept; the others were (J4). */
  readonly unswept: number;
  readonly overdue: number;
  readonly unjudged: number;
}

/** Records looked at in one store call: small enough that a call does not hold up ingest. */
const SWEEP_LIMIT = 500;

/**
 * Counts every execution that has passed a deadline by `now` as bad at that deadline (C3), in all partitions
 * of all workflows. Safe to run twice and on several replicas.
 */
export async function sweep(
  store: CountStore & { readonly partitions: number },
  definitions: Definitions,
  now: number,
  log: Log,
): Promise<SweepTotals> {
  const parts = [...definitions.workflows.keys()].flatMap((workflow) =>
    Array.from({ length: store.partitions }, (_, partition) => ({ workflow, partition })),
  );
  let overdue = 0;
  let unswept = 0;
  let unjudged = 0;
  await Promise.all(
    parts.map(async (part) => {
      try {
        let swept: number;
        do {
          const result = await store.sweep(part, now, SWEEP_LIMIT);
          swept = result.swept;
          overdue += result.overdue;
          unjudged += result.unjudged;
        } while (swept === SWEEP_LIMIT);
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        unswept++;
        log.error({ ...part, error: String(error) }, 'a partition could not be swept; the others are');
      }
    }),
  );
  return { overdue, unjudged, unswept };
}
