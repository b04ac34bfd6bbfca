import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { DurationHistory } from '../../core/ports/chart-data.ts';
import type { StatisticStore, SubjectCounts } from '../../core/ports/store/statistics.ts';
import type { OutcomeCounts } from '../../core/statistics/outcome-counts.ts';
import { addCounts, statisticsOf } from '../../core/statistics/outcome-counts.ts';
import type { StatisticCell } from '../../core/statistics/statistic-cells.ts';
import { SPANS } from '../../core/statistics/statistic-cells.ts';

/** Steps that a page has room for. */
const MOST_STEPS = 3;
/** Cells looked through before others get a turn of the event loop (G2). */
const CELLS_PER_TURN = 8;

/**
 * How long executions and steps of a workflow took over time, by minute, hour or day, as finely as is still kept: `only` that step,
 * or null for executions as a whole and the steps that were tried most.
 */
export async function readDurations(
  store: StatisticStore,
  workflow: string,
  only: string | null,
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): Promise<readonly DurationHistory[]> {
  const { span, length } = SPANS.find(({ serves }) => from >= now - serves - 1) ?? SPANS.at(-1)!;
  const cells: StatisticCell[] = [];
  for (let index = Math.floor(from / length); index * length < to; index++) cells.push({ span, index });
  const found = await store.readStatistics(workflow, cells);
  const subjects = new Map<string | null, Map<number, number>[]>();
  for (const [place, counted] of found.entries()) {
    if (place % CELLS_PER_TURN === CELLS_PER_TURN - 1) await yieldToEventLoop();
    for (const { of, counts } of counted) {
      const step = nameOf(of);
      if (step === undefined || (only !== null && step !== only)) continue;
      let ofStep = subjects.get(step);
      if (!ofStep) subjects.set(step, (ofStep = cells.map(() => new Map<number, number>())));
      addCounts(ofStep[place]!, counts);
    }
  }
  const histories: DurationHistory[] = [];
  for (const step of shownSteps(subjects, only)) {
    await yieldToEventLoop();
    const points = cells.map(({ index }, place) => {
      const { p50Ms, p95Ms, p99Ms } = statisticsOf(subjects.get(step)?.[place] ?? new Map<number, number>());
      return { from: index * length, to: (index + 1) * length, p50Ms, p95Ms, p99Ms };
    });
    histories.push({ step, points });
  }
  return histories;
}

function shownSteps(
  subjects: ReadonlyMap<string | null, readonly OutcomeCounts[]>,
  only: string | null,
): readonly (string | null)[] {
  if (only !== null) return [only];
  const volume = (step: string): number =>
    subjects
      .get(step)!
      .reduce((sum, counts) => sum + [...counts.values()].reduce((all, count) => all + count, 0), 0);
  const steps = [...subjects.keys()].filter((step) => step !== null);
  const most = steps.map((step) => ({ step, volume: volume(step) })).toSorted((a, b) => b.volume - a.volume);
  return [null, ...most.slice(0, MOST_STEPS).map(({ step }) => step)];
}

/** Null: executions as a whole; undefined: steps that are not told apart. */
function nameOf(of: SubjectCounts['of']): string | null | undefined {
  if (of.kind === 'execution') return null;
  return of.kind === 'step' ? of.step : undefined;
}
