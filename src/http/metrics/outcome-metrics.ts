import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { header, labelsOf, line } from './exposition.ts';

/** What was stored of the outcomes of each workflow since the process started. */
export const OUTCOME_METRICS = {
  outcomes: {
    name: 'burnwatch_outcomes_total',
    labelNames: ['workflow', 'result'],
    type: 'counter',
    help: 'Outcomes stored, by workflow and result: accepted, or duplicate of one stored before.',
  },
  conflicts: {
    name: 'burnwatch_outcomes_conflicts_total',
    labelNames: ['workflow'],
    type: 'counter',
    help: 'Outcomes not counted because their attempt had been recorded to end otherwise.',
  },
} as const;

/** What became of valid outcomes. */
export interface StoredOutcomes {
  readonly accepted: number;
  readonly duplicates: number;
  readonly conflicts: number;
}

/** Workflows written before others get a turn of the event loop. */
const SLICE_WORKFLOWS = 200;

/** Counts by workflow; a registry of counters would write those of thousands in one turn of the event loop (G2). */
export class WorkflowOutcomes {
  readonly #stored = new Map<string, { accepted: number; duplicates: number; conflicts: number }>();

  /** Adds what became of outcomes of a workflow. */
  add(workflow: string, { accepted, duplicates, conflicts }: StoredOutcomes): void {
    let sums = this.#stored.get(workflow);
    if (!sums) this.#stored.set(workflow, (sums = { accepted: 0, duplicates: 0, conflicts: 0 }));
    sums.accepted += accepted;
    sums.duplicates += duplicates;
    sums.conflicts += conflicts;
  }

  /** All of them in the Prometheus text format. */
  async render(): Promise<Buffer> {
    const { outcomes, conflicts } = OUTCOME_METRICS;
    const ofOutcomes = [header(outcomes)];
    const ofConflicts = [header(conflicts)];
    let written = 0;
    for (const [workflow, sums] of this.#stored) {
      if (++written % SLICE_WORKFLOWS === 0) await yieldToEventLoop();
      const labels = labelsOf({ workflow });
      ofOutcomes.push(
        line(outcomes.name, `${labels},result="accepted"`, sums.accepted),
        line(outcomes.name, `${labels},result="duplicate"`, sums.duplicates),
      );
      ofConflicts.push(line(conflicts.name, labels, sums.conflicts));
    }
    return Buffer.from([...ofOutcomes, ...ofConflicts].join(''));
  }
}
