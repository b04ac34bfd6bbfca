import { setImmediate } from 'node:timers/promises';
import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import type { SloReport, WindowReport } from '../../core/ports/queries.ts';
import type { ScrapeReport } from '../../core/ports/scrape.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import { escaped, header, joined, labelsOf, line } from './exposition.ts';

const SLO_LABELS = ['slo', 'workflow'] as const;

/**
 * What every SLO has: name, labels and what each says. A series without outcomes under it is absent. What may change while an SLO
 * stays the same, such as its owner, is a label of `info` alone, so that no series ends when it does.
 */
export const SLO_METRICS = {
  info: {
    name: 'burnwatch_slo_info',
    labelNames: [...SLO_LABELS, 'name', 'owner', 'window'],
    help: 'Always 1; the name of the SLO within its workflow, its owner and its window.',
  },
  period: {
    name: 'burnwatch_slo_period_seconds',
    labelNames: SLO_LABELS,
    help: 'Length of the window of the SLO; of a calendar window that of the period that is running.',
  },
  allowance: {
    name: 'burnwatch_error_budget_ratio',
    labelNames: SLO_LABELS,
    help: 'The bad share that the objective allows: 1 without the objective.',
  },
  events: {
    name: 'burnwatch_sli_events_total',
    labelNames: [...SLO_LABELS, 'result'],
    type: 'counter',
    help: 'Outcomes (or slices, minutes, ticks) that the SLI counted, by result: good or bad; the same on every replica, and absent for composites.',
  },
  objective: {
    name: 'burnwatch_slo_objective_ratio',
    labelNames: SLO_LABELS,
    help: 'The good share promised.',
  },
  good: {
    name: 'burnwatch_slo_good',
    labelNames: SLO_LABELS,
    help: 'Good outcomes (or slices, minutes, ticks) in the time window of the SLO.',
  },
  bad: {
    name: 'burnwatch_slo_bad',
    labelNames: SLO_LABELS,
    help: 'Bad outcomes (or slices, minutes, ticks) in the time window of the SLO.',
  },
  budgetRemaining: {
    name: 'burnwatch_error_budget_remaining_ratio',
    labelNames: SLO_LABELS,
    help: 'Share of the error budget that is left, negative when overspent.',
  },
  windowBudget: {
    name: 'burnwatch_window_budget_remaining_ratio',
    labelNames: [...SLO_LABELS, 'window'],
    help: 'Share of the error budget that is left over each window of the SLO, the first of them included.',
  },
  deploysFrozen: {
    name: 'burnwatch_deploys_frozen',
    labelNames: SLO_LABELS,
    help: '1 while the error budget policy of the SLO freezes deploys, else 0; absent without a policy.',
  },
  burnRate: {
    name: 'burnwatch_burn_rate',
    labelNames: [...SLO_LABELS, 'window'],
    help: 'Error rate over a window divided by the error budget: 5m, 30m, 1h, 2h, 6h, 1d, 3d, period (all of the window of the SLO), and the windows of its tiers.',
  },
  alert: {
    name: 'burnwatch_slo_alert',
    labelNames: [...SLO_LABELS, 'alert'],
    help: 'Severity of the open incident: 1 for what it is and 0 for the others of page, ticket, none.',
  },
  unnotified: {
    name: 'burnwatch_incident_unnotified',
    labelNames: SLO_LABELS,
    help: '1 while an incident is open that no target was notified of, else 0.',
  },
  budget: {
    name: 'burnwatch_slo_budget',
    labelNames: [...SLO_LABELS, 'budget'],
    help: 'State of the error budget: 1 for what it is and 0 for the others of exhausted, low, ok.',
  },
  readShare: {
    name: 'burnwatch_slo_read_ratio',
    labelNames: SLO_LABELS,
    help: 'Share of the executions of the SLO that could be read; absent while no shard of the store is away.',
  },
  saturated: {
    name: 'burnwatch_slo_saturated',
    labelNames: SLO_LABELS,
    help: '1 while a counter in the windows of the SLO is full, so that its counts are too low; absent otherwise.',
  },
  data: {
    name: 'burnwatch_slo_data',
    labelNames: [...SLO_LABELS, 'data'],
    help: 'Whether there is data: 1 for what it is and 0 for the others of none, warming-up, ok.',
  },
} as const;

const made = new WeakMap<
  readonly SloReport[],
  { readonly events: ScrapeReport['events']; readonly text: Promise<Buffer> }
>();

/** Rendering this many takes a few milliseconds; then everybody else gets a turn of the event loop. */
const SLICE_SLOS = 50;

/**
 * The gauges of all SLOs in the Prometheus text format. Written by hand because ten thousand SLOs are 200,000
 * series, for which a registry of gauges blocks for seconds; and once for all who ask while the report is the same.
 */
export function renderSloMetrics(
  slos: readonly SloReport[],
  events: ScrapeReport['events'],
): Promise<Buffer> {
  const known = made.get(slos);
  if (known?.events === events) return known.text;
  const text = make(slos, events);
  made.set(slos, { events, text });
  return text;
}

async function make(slos: readonly SloReport[], events: ScrapeReport['events']): Promise<Buffer> {
  const names = Object.keys(SLO_METRICS) as (keyof typeof SLO_METRICS)[];
  const parts = new Map(names.map((key) => [key, [Buffer.from(header(SLO_METRICS[key]))]]));
  for (let from = 0; from < slos.length; from += SLICE_SLOS) {
    if (from > 0) await setImmediate();
    const text = sliceOf(slos.slice(from, from + SLICE_SLOS), events);
    for (const key of names) parts.get(key)!.push(Buffer.from(text[key]));
  }
  return joined([...parts.values()].flat());
}

function sliceOf(
  slos: readonly SloReport[],
  events: ScrapeReport['events'],
): Record<keyof typeof SLO_METRICS, string> {
  const text: Record<keyof typeof SLO_METRICS, string> = {
    info: '',
    period: '',
    allowance: '',
    events: '',
    objective: '',
    good: '',
    bad: '',
    budgetRemaining: '',
    windowBudget: '',
    deploysFrozen: '',
    burnRate: '',
    alert: '',
    unnotified: '',
    budget: '',
    readShare: '',
    saturated: '',
    data: '',
  };
  for (const slo of slos) {
    const labels = labelsOf({ slo: slo.id, workflow: slo.workflow });
    const { name, owner, window: period } = slo;
    text.info += line(SLO_METRICS.info.name, `${labels},${labelsOf({ name, owner, window: period })}`, 1);
    const [{ from, to }] = slo.windows as [WindowReport];
    text.period += line(SLO_METRICS.period.name, labels, Math.round((to - from) / 1000));
    text.allowance += line(SLO_METRICS.allowance.name, labels, rounded(1 - slo.objective));
    text.events += eventLines(labels, events.get(slo.id));
    text.objective += line(SLO_METRICS.objective.name, labels, slo.objective);
    text.alert += stateSet('alert', labels, ALERT_LEVELS, slo.alert);
    const unnotified = slo.incident?.notified.length === 0 ? 1 : 0;
    text.unnotified += line(SLO_METRICS.unnotified.name, labels, unnotified);
    text.budget += stateSet('budget', labels, BUDGET_STATES, slo.budget.state);
    text.data += stateSet('data', labels, DATA_STATES, slo.data);
    if (slo.readShare < 1) text.readShare += line(SLO_METRICS.readShare.name, labels, slo.readShare);
    if (slo.warnings.some(({ code }) => code === 'saturated'))
      text.saturated += line(SLO_METRICS.saturated.name, labels, 1);
    if (slo.sli.total > 0) {
      text.good += line(SLO_METRICS.good.name, labels, slo.sli.good);
      text.bad += line(SLO_METRICS.bad.name, labels, slo.sli.bad);
    }
    const { remainingRatio } = slo.budget;
    if (remainingRatio !== null) {
      text.budgetRemaining += line(SLO_METRICS.budgetRemaining.name, labels, remainingRatio);
    }
    for (const { window, budget } of slo.windows) {
      if (budget.remainingRatio === null) continue;
      const series = `${labels},window="${escaped(window)}"`;
      text.windowBudget += line(SLO_METRICS.windowBudget.name, series, budget.remainingRatio);
    }
    if (slo.budgetPolicy) {
      const frozen = slo.budgetPolicy.deploys === 'frozen' ? 1 : 0;
      text.deploysFrozen += line(SLO_METRICS.deploysFrozen.name, labels, frozen);
    }
    const { total, bad } = slo.sli;
    const overPeriod = total === 0 ? null : rounded(bad / total / (1 - slo.objective));
    for (const [window, rate] of [...Object.entries(slo.burnRates), ['period', overPeriod] as const]) {
      if (rate === null) continue;
      text.burnRate += line(SLO_METRICS.burnRate.name, `${labels},window="${escaped(window)}"`, rate);
    }
  }
  return text;
}

function eventLines(
  labels: string,
  counts: { readonly good: number; readonly bad: number } | undefined,
): string {
  if (!counts) return '';
  const { name } = SLO_METRICS.events;
  return (['good', 'bad'] as const)
    .map((result) => line(name, `${labels},result="${result}"`, rounded(counts[result])))
    .join('');
}

/** Without the noise of sums of fractions. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toFixed(12));
}

/** One series for each member, so that a rule never waits for one that is absent. */
function stateSet(
  metric: 'alert' | 'budget' | 'data',
  labels: string,
  members: readonly string[],
  present: string,
): string {
  const { name } = SLO_METRICS[metric];
  return members
    .map((member) => line(name, `${labels},${metric}="${member}"`, member === present ? 1 : 0))
    .join('');
}
