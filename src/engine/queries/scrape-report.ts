import type { ScrapeReport, WorkflowScrape } from '../../core/ports/scrape.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { allSlos } from '../../core/slo/slo.ts';
import type { Definitions, Workflow } from '../../core/slo/slo.ts';
import type { ReadSliEvents } from '../counters/sli-events.ts';
import { readLatestDepths } from './queue-depths.ts';
import { createStepTotals } from './step-totals.ts';

/** Workflows read side by side. */
const SLICE = 20;
/** Steps, executions as a whole among them, of all workflows together: what is collected must have a bound. */
export const MAX_SCRAPED_STEPS = 2000;

/** Makes a function that reads what monitoring collects. */
export function scrapeReports(
  store: Store,
  readEvents: ReadSliEvents,
): (definitions: Definitions, now: number) => Promise<ScrapeReport> {
  const stepTotals = createStepTotals(store);

  async function readWorkflow(workflow: Workflow, now: number): Promise<WorkflowScrape> {
    const { name, owner } = workflow;
    const [{ running, overdue, waiting }, queues, steps] = await Promise.all([
      store.inFlight(name),
      readLatestDepths(store, workflow, now),
      stepTotals(name, now),
    ]);
    return { workflow: name, owner, running, overdue, waiting, queues, steps };
  }

  return async (definitions, now) => {
    const events = await readEvents(allSlos(definitions), now);
    const workflows: WorkflowScrape[] = [];
    const all = [...definitions.workflows.values()];
    let [room, stepsLeftOut] = [MAX_SCRAPED_STEPS, 0];
    for (let from = 0; from < all.length; from += SLICE) {
      const slice = all.slice(from, from + SLICE);
      for (const one of await Promise.all(slice.map((workflow) => readWorkflow(workflow, now)))) {
        const steps = one.steps.slice(0, room);
        room -= steps.length;
        stepsLeftOut += one.steps.length - steps.length;
        workflows.push({ ...one, steps });
      }
    }
    return { events, workflows, stepsLeftOut };
  };
}
