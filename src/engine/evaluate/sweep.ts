import { countedByWorkflow } from '../../core/slo/series.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { Log } from '../../core/ports/log.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';

/** Gives the longest deadline of each workflow of some definitions, in milliseconds; 0 where none has one. */
export function longestDeadlines(): (definitions: Definitions, workflow: string) => number {
  let known: Definitions | null = null;
  let longest: ReadonlyMap<string, number> = new Map();
  return (definitions, workflow) => {
    if (definitions !== known) {
      known = definitions;
      longest = new Map(
        [...countedByWorkflow(definitions)].map(([name, slis]) => [
          name,
          Math.max(
            0,
            ...[...slis.values()].map((sli) => (sli.kind === 'outcomes' ? (sli.withinMs ?? 0) : 0)),
          ),
        ]),
      );
    }
    return longest.get(workflow) ?? 0;
  };
}

export interface SweepTotals {
  /** Partitions that could not be swept; the others were (J4). */
  readonly unswept: number;
  readonly overdue: number;
  readonly unjudged: number;
}

/** Records looked at in one store call: small enough that a call does not hold up ingest. */
const SWEEP_LIMIT = 500;

/**
 * Counts every execution that has passed a deadline as bad at that deadline (C3), in all partitions of all workflows.
 * `until` says up to which moment the deadlines of a workflow can be judged; up to `now` if absent. Safe to run twice and on several replicas.
 */
export async function sweep(
  store: Pick<CountStore, 'sweep'> & { readonly partitions: number },
  definitions: Definitions,
  now: number,
  log: Log,
  until: (workflow: string) => number = () => now,
): Promise<SweepTotals> {
  const parts = [...definitions.workflows.keys()].flatMap((workflow) => {
    const moment = until(workflow);
    return Array.from({ length: store.partitions }, (_, partition) => ({
      part: { workflow, partition },
      moment,
    }));
  });
  let overdue = 0;
  let unswept = 0;
  let unjudged = 0;
  await Promise.all(
    parts.map(async ({ part, moment }) => {
      try {
        let swept: number;
        do {
          const result = await store.sweep(part, moment, SWEEP_LIMIT);
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
