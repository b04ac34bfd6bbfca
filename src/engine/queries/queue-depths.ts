import type { QueueReport } from '../../core/ports/queries.ts';
import { PartUnavailable, type Store } from '../../core/ports/store/store.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import { queueDepth } from '../../core/sli/queue-depth.ts';
import type { Workflow } from '../../core/slo/slo.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../core/time/duration.ts';
import { countsAt, readSeries } from '../counters/block-reader.ts';

/** How deep the queues of a workflow are, and were in the last 24 hours. */
export function readQueues(
  store: Store,
  { name: workflow, queues }: Pick<Workflow, 'name' | 'queues'>,
  now: number,
): Promise<readonly QueueReport[]> {
  return Promise.all(
    queues.map(async ({ name, after }) => {
      const depths = await readDepths(store, workflow, name, DAY, now);
      const [last] = depths.slice(-1);
      return { name, after, depth: last?.depth ?? null, at: last?.at ?? null, history: byHour(depths) };
    }),
  );
}

/** How deep the queues of a workflow are, by the latest minute with a reading in the last hour; without those that had none. */
export async function readLatestDepths(
  store: Store,
  { name: workflow, queues }: Pick<Workflow, 'name' | 'queues'>,
  now: number,
): Promise<readonly { readonly queue: string; readonly depth: number }[]> {
  const found = await Promise.all(
    queues.map(async ({ name }) => ({ name, depths: await readDepths(store, workflow, name, HOUR, now) })),
  );
  return found.flatMap(({ name, depths }) => depths.slice(-1).map(({ depth }) => ({ queue: name, depth })));
}

interface Depth {
  /** The beginning of a minute. */
  readonly at: number;
  /** The mean of its readings. */
  readonly depth: number;
}

/** By minute, oldest first; what is on a part of the store that is away is not among them. */
async function readDepths(
  store: Store,
  workflow: string,
  queue: string,
  reach: number,
  now: number,
): Promise<Depth[]> {
  const series = { workflow, fingerprint: fingerprint(queueDepth(queue)) };
  const last = minuteOf(now);
  const first = minuteOf(now - reach) + 1;
  const hours = Array.from(
    { length: Math.floor(last / 60) - Math.floor(first / 60) + 1 },
    (_, index) => Math.floor(first / 60) + index,
  );
  try {
    const [cells, sums] = await Promise.all([
      readSeries(store, series, 'minute', hours),
      store.readSums(series, now - reach, now),
    ]);
    const depths: Depth[] = [];
    for (let minute = first; minute <= last; minute++) {
      const { good, bad } = countsAt(cells, 'minute', minute);
      if (good + bad > 0) depths.push({ at: minute * MINUTE, depth: (sums.get(minute) ?? 0) / (good + bad) });
    }
    return depths;
  } catch (error) {
    if (error instanceof PartUnavailable) return [];
    throw error;
  }
}

function byHour(depths: readonly Depth[]): QueueReport['history'] {
  const hours = new Map<number, number[]>();
  for (const { at, depth } of depths) {
    const hour = Math.floor(at / HOUR);
    hours.set(hour, [...(hours.get(hour) ?? []), depth]);
  }
  return [...hours].map(([hour, of]) => ({
    from: hour * HOUR,
    mean: of.reduce((sum, depth) => sum + depth, 0) / of.length,
    highest: Math.max(...of),
  }));
}
