import type { OutcomeCounts } from '../../statistics/outcome-counts.ts';
import type { StatisticCell } from '../../statistics/statistic-cells.ts';

/** What is counted of the steps of workflows and of their executions, whatever SLIs select them. */
export interface StatisticStore {
  /**
   * What was counted in each of some cells, in the order asked for: of each step once for each partition that has any of it. What
   * lies on a part of the store that is away is left out.
   */
  readStatistics(
    workflow: string,
    cells: readonly StatisticCell[],
  ): Promise<readonly (readonly SubjectCounts[])[]>;
}

export interface SubjectCounts {
  readonly of: CountedSubject;
  readonly counts: OutcomeCounts;
}

/** `execution`: executions as a whole. `others`: the steps past the bound, together. */
export type CountedSubject =
  | { readonly kind: 'execution' }
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'others' };

/**
 * How ends are counted in statistics: not at all (measurements, hand-overs), or as steps of their name. Of steps that the files do
 * not name (`bounded`) only so many are kept apart, `MAX_COUNTED_STEPS`; executions as a whole are `named`.
 */
export type StatisticsOf = 'none' | 'named' | 'bounded';

/** Steps kept apart in one partition, and in one minute, hour or day of it. */
export const MAX_COUNTED_STEPS = 50;
