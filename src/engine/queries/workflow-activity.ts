import { sumCells } from '../../core/counters/cells.ts';
import type { WorkflowActivity } from '../../core/ports/queries.ts';
import { CONFLICTS } from '../../core/ports/store/counting.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { HOUR, minuteOf } from '../../core/time/duration.ts';

/** What is going on in a workflow. */
export async function readActivity(store: Store, workflow: string, now: number): Promise<WorkflowActivity> {
  const [inFlight, conflicts] = await Promise.all([
    store.inFlight(workflow),
    countConflicts(store, workflow, now),
  ]);
  return { workflow, ...inFlight, conflicts };
}

/** How many outcomes of a workflow were conflicts in the last hour. */
async function countConflicts(store: Store, workflow: string, now: number): Promise<number> {
  const last = minuteOf(now);
  const first = minuteOf(now - HOUR) + 1;
  const hours = [...new Set([Math.floor(first / 60), Math.floor(last / 60)])];
  const wanted = hours.flatMap((block) =>
    Array.from({ length: store.partitions }, (_, partition) => ({
      workflow,
      partition,
      fingerprint: CONFLICTS,
      resolution: 'minute' as const,
      block,
    })),
  );
  const blocks = await store.readBlocks(wanted);
  return blocks.reduce((sum, cells, index) => {
    const begin = wanted[index]!.block * 60;
    return sum + sumCells(cells, Math.max(0, first - begin), Math.min(59, last - begin)).bad;
  }, 0);
}
