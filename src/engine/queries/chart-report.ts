import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { burnRate } from '../../core/budget/burn-rate.ts';
import { MINUTE_EXACT } from '../../core/counters/cells.ts';
import { incidentHistory } from '../../core/alerting/incident-history.ts';
import type {
  BurnDownData,
  BurnRateHistory,
  CauseHistory,
  ChartAnnotation,
  ChartData,
  IncidentSpan,
  QueueHistory,
} from '../../core/ports/chart-data.ts';
import { queryFrom, windowStart } from '../../core/ports/chart-query.ts';
import type { HistoryQuery } from '../../core/ports/history-query.ts';
import type { QueueReport, SloReport } from '../../core/ports/queries.ts';
import { FAILURE_RETENTION } from '../../core/ports/store/counting.ts';
import type { IncidentRange } from '../../core/ports/store/incidents.ts';
import type { Store } from '../../core/ports/store/store.ts';
import type { BurnRateTier } from '../../core/slo/alert-policy.ts';
import { componentsOf } from '../../core/slo/series.ts';
import type { Slo, Workflow } from '../../core/slo/slo.ts';
import { endOfPeriod } from '../../core/time/calendar.ts';
import { DAY, HOUR, MINUTE, formatDuration } from '../../core/time/duration.ts';
import { unitOf } from '../../core/sli/sli-kinds.ts';
import type { Annotation } from '../../core/ports/store/annotations.ts';
import type { DefinitionChange } from '../../core/alerting/definition-history.ts';
import { annotationWords } from '../../core/ports/store/annotations.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { changeInBrief } from './definition-changes.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import { failuresOf } from '../counters/failure-breakdown.ts';
import { readDurations } from './duration-history.ts';
import type { PastCounts } from './past-counts.ts';
import { readPast } from './past-counts.ts';
import { readQueues } from './queue-depths.ts';
import { ratioOf, rounded } from './slo-report.ts';

export interface ChartSources {
  readonly store: Store;
  readonly adjustments: Adjustments;
  readonly annotations: Pick<Annotations, 'about'>;
  /** How the definition of an SLO changed. */
  readonly changesOf: (slo: string) => Promise<readonly DefinitionChange[]>;
}

/** Bars of causes, each of which is asked for by itself. */
const MOST_BARS = 28;
const MOST_CAUSES = 8;
const MOST_QUEUES = 4;
/** Incidents of all SLOs that are looked at for those of this one. */
const INCIDENTS_LOOKED_AT = 500;
const INCIDENTS_AT_ONCE = 100;

/** What the charts of an SLO show at `now`; `report` is what it reads then. Its cost does not grow with how many SLOs there are. */
export async function reportCharts(
  { store, adjustments, annotations, changesOf }: ChartSources,
  slo: Slo,
  workflow: Workflow | undefined,
  report: SloReport,
  query: HistoryQuery,
  now: number,
): Promise<ChartData> {
  const window = queryFrom(windowStart(slo.window, now), now);
  const tiers = slo.alerts.tiers.filter((tier): tier is BurnRateTier => tier.kind === 'burnRate');
  const longest = Math.max(0, ...tiers.map(({ long }) => long));
  const earliest = Math.min(window.from, query.from - longest - HOUR);
  const range = { from: query.from, to: query.to };
  const marked = { from: Math.min(window.from, query.from), to: Math.max(window.to, query.to) };
  const [past, causes, durations, queues, incidents, annotated, changes] = await Promise.all([
    readPast(store, adjustments, slo, earliest, now),
    readCauses(store, slo, range, now),
    readDurations(store, slo.workflow, stepOf(slo), range, now),
    workflow && query.to > now - DAY ? readQueues(store, firstQueues(workflow), now) : [],
    readIncidents(store, slo.id, report, marked),
    annotations.about({ ...slo, slo: slo.id }, marked.from, marked.to),
    changesOf(slo.value?.whole ?? slo.id),
  ]);
  // What was read is added up below; others get a turn before it (G2).
  await yieldToEventLoop();
  // To the minute, so that a picture stays the same for as long.
  const shownNow = Math.floor(now / MINUTE) * MINUTE;
  return {
    id: slo.id,
    workflow: slo.workflow,
    objective: slo.objective.ratio,
    window: slo.window.text,
    unit: unitOf(slo.sli),
    now: shownNow,
    range,
    points: stepsOf(query).map(({ from, to }) => ({ from, ...ratioOf(past.counted(from, to)) })),
    burnDown: burnDownOf(slo, report.budget, past, window, shownNow),
    burnRates: tiers.map((tier) => burnRatesOf(slo, tier, past, query)),
    causes,
    durations,
    queues: queues.map((queue) => queueHistory(queue, now)),
    incidents,
    adjustments: adjustedSpans(adjustments, slo, marked, now),
    annotations: [
      ...annotated.map(chartAnnotation),
      ...changes
        .filter(({ at }) => at >= marked.from && at <= marked.to)
        .map((change) => ({ at: change.at, text: changeInBrief(change) })),
    ].toSorted((one, other) => one.at - other.at),
  };
}

export function stepsOf({
  from,
  to,
  step,
}: HistoryQuery): readonly { readonly from: number; readonly to: number }[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => ({
    from: from + index * step,
    to: Math.min(from + (index + 1) * step, to),
  }));
}

/** What was left at the end of each step: all of the budget, less what was spent since the window began. */
export function burnDownOf(
  slo: Slo,
  budget: Pick<SloReport['budget'], 'allowed' | 'remainingRatio' | 'exhaustsAt'>,
  past: PastCounts,
  window: HistoryQuery,
  now: number,
): BurnDownData {
  const known = budget.remainingRatio !== null && budget.allowed > 0;
  return {
    from: window.from,
    to: slo.window.kind === 'calendar' ? endOfPeriod(slo.window, now) : now,
    points: stepsOf(window).map(({ from, to }) => {
      const { good, bad } = past.counted(from, to);
      const spent = past.counted(window.from, to).bad;
      // What is over now is what the report says, which may hold the part of an hour that is not shown.
      const at = Math.min(to, now);
      return { at, remaining: known && good + bad > 0 ? rounded(1 - spent / budget.allowed, 9) : null };
    }),
    remainingRatio: budget.remainingRatio,
    exhaustsAt: budget.exhaustsAt,
  };
}

function burnRatesOf(
  slo: Slo,
  { name, severity, factor, long, short }: BurnRateTier,
  past: PastCounts,
  query: HistoryQuery,
): BurnRateHistory {
  const rate = (to: number, length: number): number | null => {
    const start = to - Math.max(MINUTE, Math.ceil(length / MINUTE) * MINUTE);
    const isWhole = start >= past.minutesFrom;
    // Of minutes that are not kept any more nothing is known, and a window of a few of them would be one of an hour.
    if (!isWhole && length < HOUR) return null;
    const from = isWhole && length <= MINUTE_EXACT ? start : Math.floor(start / HOUR) * HOUR;
    const found = burnRate(slo.objective, past.counted(from, to));
    return found === null ? null : rounded(found, 6);
  };
  return {
    tier: name,
    severity,
    factor,
    long: formatDuration(long),
    short: formatDuration(short),
    points: stepsOf(query).map(({ to }) => ({ at: to, long: rate(to, long), short: rate(to, short) })),
  };
}

/** Failures are filed by the hour and kept for some days: of the time before, there are no bars. */
async function readCauses(
  store: Store,
  slo: Slo,
  range: { readonly from: number; readonly to: number },
  now: number,
): Promise<CauseHistory> {
  const first = Math.floor(Math.max(range.from, now - FAILURE_RETENTION) / HOUR) * HOUR;
  // The hour that is running belongs to it.
  const last = (Math.floor(Math.min(range.to - 1, now) / HOUR) + 1) * HOUR;
  const length = Math.max(1, Math.ceil((last - first) / HOUR / MOST_BARS)) * HOUR;
  const bars: { from: number; to: number }[] = [];
  for (let from = first; from < last; from += length) bars.push({ from, to: Math.min(from + length, last) });
  const found = await Promise.all(bars.map(({ from, to }) => failuresOf(store, slo, from, to - 1)));
  const totals = new Map<string, number>();
  const keyed = found.map((failures) => {
    const counts = new Map<string, number>();
    for (const { step, dependency, error, count } of failures) {
      const key = JSON.stringify([step, dependency, error]);
      counts.set(key, count);
      totals.set(key, (totals.get(key) ?? 0) + count);
    }
    return counts;
  });
  const causes = [...totals].toSorted(([, a], [, b]) => b - a).slice(0, MOST_CAUSES);
  return {
    causes: causes.map(([key]) => {
      const [step, dependency, error] = JSON.parse(key) as readonly (string | null)[];
      return { step: step ?? null, dependency: dependency ?? null, error: error ?? null };
    }),
    bars: bars.map((bar, index) => {
      const named = causes.map(([key]) => keyed[index]!.get(key) ?? 0);
      const all = [...keyed[index]!.values()].reduce((sum, count) => sum + count, 0);
      return { ...bar, counts: [...named, all - named.reduce((sum, count) => sum + count, 0)] };
    }),
  };
}

export function chartAnnotation({ at, ...annotation }: Annotation): ChartAnnotation {
  return { at, text: annotationWords(annotation) };
}

/** The step that an SLO is about; null: executions as a whole. */
function stepOf({ sli }: Slo): string | null {
  return sli.kind === 'outcomes' ? sli.step : null;
}

function firstQueues({ name, queues }: Workflow): Pick<Workflow, 'name' | 'queues'> {
  return { name, queues: queues.slice(0, MOST_QUEUES) };
}

/** By hour, with those that no reading is known of. */
function queueHistory({ name, history }: QueueReport, now: number): QueueHistory {
  const byHour = new Map(history.map((hour) => [hour.from, hour]));
  const last = Math.floor(now / HOUR) * HOUR;
  return {
    name,
    points: Array.from({ length: DAY / HOUR }, (_, index) => {
      const at = last - (DAY / HOUR - 1 - index) * HOUR;
      const found = byHour.get(at);
      return { at, mean: found?.mean ?? null, highest: found?.highest ?? null };
    }),
  };
}

async function readIncidents(
  store: Store,
  id: string,
  { incident }: SloReport,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly IncidentSpan[]> {
  const spans: IncidentSpan[] = [];
  let before: IncidentRange['before'] = null;
  for (let looked = 0; looked < INCIDENTS_LOOKED_AT;) {
    const batch = await store.incidents({ from, to: to + 1, before, limit: INCIDENTS_AT_ONCE });
    for (const stored of batch) {
      const history = incidentHistory(stored.id, stored.events);
      if (history?.first.slo !== id) continue;
      const isOpen = incident?.id === history.id;
      // One whose end was never seen ended at the latest with the last that is known of it.
      const end = history.resolvedAt ?? (isOpen ? null : history.last.at);
      spans.push({ id: history.id, severity: history.severity, from: history.first.openedAt, to: end });
    }
    looked += batch.length;
    before = batch.at(-1) ?? null;
    if (batch.length < INCIDENTS_AT_ONCE) break;
  }
  if (incident && !spans.some((span) => span.id === incident.id))
    spans.push({ id: incident.id, severity: incident.severity, from: incident.openedAt, to: null });
  return spans.toSorted((one, other) => one.from - other.from);
}

/** With its reasons where they are those of the SLO or its workflow; of a composite they may be those of others. */
export function adjustedSpans(
  adjustments: Adjustments,
  slo: Slo,
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): ChartData['adjustments'] {
  const own = slo.sli.kind === 'composite' ? [] : adjustments.overlapping(slo, from, to, now);
  const reason = [...new Set(own.map((adjustment) => adjustment.reason))].join('; ') || 'adjustment';
  return componentsOf(slo)
    .flatMap((component) => adjustments.intervals(component, from, to))
    .map((interval) => ({ ...interval, reason }));
}
