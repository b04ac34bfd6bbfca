import { DAY, HOUR, MINUTE, SECOND } from '../core/time/duration.ts';
import type { ReportedOutcome } from './reported-outcome.ts';
import { seededRandom } from './seeded-random.ts';

/** When the job of `slos/nightly-invoices.yaml` is due, from midnight UTC. */
const DUE_AT = 1.5 * HOUR;
const MAX_START_DELAY = 40 * SECOND;
const SHORTEST_RUN = 55 * MINUTE;
const LONGEST_RUN = 80 * MINUTE;

/** The steps of a run, each with the share of the run at which it ends. */
const STEPS = [
  ['collect-orders', 0.2],
  ['render-invoices', 0.7],
  ['send-invoices', 1],
] as const;

/**
 * The outcomes of all nightly runs from one timestamp up to another, which is not included, in order of time. They
 * depend on nothing else, so that history and live traffic agree on the run that is under way where they meet. Every
 * run starts and succeeds in time: the window holds so few that one failure could exhaust its budget.
 */
export function nightlyOutcomes(from: number, to: number): ReportedOutcome[] {
  const outcomes: ReportedOutcome[] = [];
  for (let midnight = Math.floor(from / DAY) * DAY; midnight < to; midnight += DAY) {
    outcomes.push(...runAfter(midnight).filter(({ at }) => at >= from && at < to));
  }
  return outcomes;
}

function runAfter(midnight: number): ReportedOutcome[] {
  const random = seededRandom(midnight / DAY);
  const start = midnight + DUE_AT + Math.round(MAX_START_DELAY * random());
  const length = SHORTEST_RUN + (LONGEST_RUN - SHORTEST_RUN) * random();
  const date = new Date(midnight).toISOString().slice(0, 10);
  const run = { workflow: 'nightly-invoices', execution: `invoices-${date}` };
  const outcomes: ReportedOutcome[] = [{ ...run, status: 'started', at: start }];
  let begun = start;
  for (const [step, share] of STEPS) {
    const ended = start + Math.round(length * share);
    outcomes.push(
      { ...run, step, status: 'started', at: begun },
      { ...run, step, status: 'succeeded', at: ended, durationMs: ended - begun },
    );
    begun = ended;
  }
  return [...outcomes, { ...run, status: 'succeeded', at: begun, durationMs: begun - start }];
}
