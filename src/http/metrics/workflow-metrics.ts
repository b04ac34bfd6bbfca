import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { ScrapeReport, StepScrape, WorkflowScrape } from '../../core/ports/scrape.ts';
import { DURATION_BOUNDS } from '../../core/statistics/step-totals.ts';
import { escaped, header, joined, labelsOf, line } from './exposition.ts';

const WORKFLOW = ['workflow'] as const;
const STEP = ['workflow', 'step'] as const;

/** What every workflow has. */
export const WORKFLOW_METRICS = {
  running: {
    name: 'burnwatch_in_flight',
    labelNames: WORKFLOW,
    help: 'Executions and steps that started and have not ended.',
  },
  overdue: {
    name: 'burnwatch_in_flight_overdue',
    labelNames: WORKFLOW,
    help: 'Of those, the ones whose deadline has passed.',
  },
  waiting: {
    name: 'burnwatch_ends_waiting',
    labelNames: WORKFLOW,
    help: 'Ends that cannot be judged before their start is reported.',
  },
  depth: {
    name: 'burnwatch_queue_depth',
    labelNames: ['workflow', 'queue'],
    help: 'Mean of the latest minute with a reading of a queue; absent when there was none for an hour.',
  },
  ended: {
    name: 'burnwatch_step_ended_total',
    labelNames: [...STEP, 'result'],
    type: 'counter',
    help: 'Steps that ended, by result: succeeded, failed, cancelled, skipped; step is empty for executions as a whole.',
  },
  attempts: {
    name: 'burnwatch_step_attempts_total',
    labelNames: [...STEP, 'attempt'],
    type: 'counter',
    help: 'Attempts of steps that ended, by attempt: first, or retry; step is empty for executions as a whole.',
  },
  duration: {
    name: 'burnwatch_step_duration_seconds',
    labelNames: [...STEP, 'le'],
    type: 'histogram',
    help: 'How long steps that succeeded or failed took from their first start; step is empty for executions as a whole.',
  },
  leftOut: {
    name: 'burnwatch_steps_left_out',
    labelNames: [],
    help: 'Steps without series of their own, because 2,000 others have them.',
  },
} as const;

type Key = keyof typeof WORKFLOW_METRICS;

/** Written before others get a turn of the event loop. */
const SLICE_WORKFLOWS = 50;
const BOUNDS = [...DURATION_BOUNDS.map((bound) => String(bound / 1000)), '+Inf'];

/** The metrics of all workflows in the Prometheus text format. */
export async function renderWorkflowMetrics({
  workflows,
  stepsLeftOut,
}: Pick<ScrapeReport, 'workflows' | 'stepsLeftOut'>): Promise<Buffer> {
  const keys = Object.keys(WORKFLOW_METRICS) as Key[];
  const parts = new Map(keys.map((key) => [key, [Buffer.from(header(WORKFLOW_METRICS[key]))]]));
  for (let from = 0; from < workflows.length; from += SLICE_WORKFLOWS) {
    if (from > 0) await yieldToEventLoop();
    // One buffer a slice: thousands of small ones take longer to put together than to write.
    const texts = workflows.slice(from, from + SLICE_WORKFLOWS).map(seriesOf);
    for (const key of keys) parts.get(key)!.push(Buffer.from(texts.map((text) => text[key]).join('')));
  }
  parts.get('leftOut')!.push(Buffer.from(`${WORKFLOW_METRICS.leftOut.name} ${stepsLeftOut}\n`));
  return joined([...parts.values()].flat());
}

function seriesOf({
  workflow,
  running,
  overdue,
  waiting,
  queues,
  steps,
}: WorkflowScrape): Record<Key, string> {
  const labels = labelsOf({ workflow });
  const depths = queues.map(({ queue, depth }) =>
    line(WORKFLOW_METRICS.depth.name, `${labels},queue="${escaped(queue)}"`, depth),
  );
  return {
    running: line(WORKFLOW_METRICS.running.name, labels, running),
    overdue: line(WORKFLOW_METRICS.overdue.name, labels, overdue),
    waiting: line(WORKFLOW_METRICS.waiting.name, labels, waiting),
    depth: depths.join(''),
    ended: steps.map((step) => endedLines(labels, step)).join(''),
    attempts: steps.map((step) => attemptLines(labels, step)).join(''),
    duration: steps.map((step) => durationLines(labels, step)).join(''),
    leftOut: '',
  };
}

function endedLines(workflow: string, { step, totals }: StepScrape): string {
  const labels = stepLabels(workflow, step);
  return (['succeeded', 'failed', 'cancelled', 'skipped'] as const)
    .map((result) => line(WORKFLOW_METRICS.ended.name, `${labels},result="${result}"`, totals[result]))
    .join('');
}

function attemptLines(workflow: string, { step, totals }: StepScrape): string {
  const labels = stepLabels(workflow, step);
  const { name } = WORKFLOW_METRICS.attempts;
  return (
    line(name, `${labels},attempt="first"`, totals.firstAttempts) +
    line(name, `${labels},attempt="retry"`, totals.retries)
  );
}

/** A duration of exactly a bound counts as above it, where the format would have it below: bins begin with their edge. */
function durationLines(workflow: string, { step, totals }: StepScrape): string {
  const labels = stepLabels(workflow, step);
  const { name } = WORKFLOW_METRICS.duration;
  const buckets = [...totals.below, totals.timed].map((count, index) =>
    line(`${name}_bucket`, `${labels},le="${BOUNDS[index]!}"`, count),
  );
  return (
    buckets.join('') +
    line(`${name}_sum`, labels, totals.duration / 1000) +
    line(`${name}_count`, labels, totals.timed)
  );
}

function stepLabels(workflow: string, step: string | null): string {
  return `${workflow},step="${escaped(step ?? '')}"`;
}
