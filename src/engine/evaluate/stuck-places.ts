import type { Stuck } from '../../core/alerting/notification.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';

/** Looked at to see since when something is overdue. */
const OLDEST_LOOKED_AT = 200;

/** Where what is past a deadline hangs in a workflow. */
export async function stuckIn(
  store: Pick<CountStore, 'places' | 'slowest'>,
  workflow: string,
  now: number,
): Promise<readonly Stuck[]> {
  const places = (await store.places(workflow)).filter(({ overdue }) => overdue > 0);
  if (places.length === 0) return [];
  const slowest = await store.slowest(workflow, now, OLDEST_LOOKED_AT);
  return places.map(({ of, step, overdue }) => {
    const first = slowest.find((flight) => flight.overdue && flight.of === of && flight.step === step);
    return { of, step, count: overdue, oldest: first?.startedAt ?? first?.queuedAt ?? null };
  });
}
