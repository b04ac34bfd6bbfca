import type { Counts } from '../counters/cells.ts';
import type { StepTotals } from '../statistics/step-totals.ts';

/** What monitoring collects beside the reports of SLOs: counts that only grow, and what goes on in workflows. */
export interface ScrapeReport {
  /** By the id of their SLO; without composites, whose members have counts of their own, and those that cannot be read in full. */
  readonly events: ReadonlyMap<string, SliEvents>;
  readonly workflows: readonly WorkflowScrape[];
  /** Steps that are not in it, because so many others are. */
  readonly stepsLeftOut: number;
}

/** What an SLI counted since a moment, each correction as an event of its own; adjustments take nothing out of it. */
export interface SliEvents extends Counts {
  /** The counts begin anew at this moment, for all SLIs at once. */
  readonly since: number;
}

/** What goes on in a workflow. */
export interface WorkflowScrape {
  readonly workflow: string;
  readonly owner: string;
  readonly running: number;
  readonly overdue: number;
  readonly waiting: number;
  /** Those with a reading in the last hour. */
  readonly queues: readonly { readonly queue: string; readonly depth: number }[];
  readonly steps: readonly StepScrape[];
}

/** How a step ended since this process began to look. */
export interface StepScrape {
  /** Null: executions as a whole. */
  readonly step: string | null;
  readonly totals: StepTotals;
}
