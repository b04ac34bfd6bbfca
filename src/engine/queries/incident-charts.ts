import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { BudgetChartData } from '../../core/ports/chart-data.ts';
import { queryFrom, windowStart } from '../../core/ports/chart-query.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import { unitOf } from '../../core/sli/sli-kinds.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { ChartSources } from './chart-report.ts';
import { adjustedSpans, burnDownOf, chartAnnotation, stepsOf } from './chart-report.ts';
import { readPast } from './past-counts.ts';
import { ratioOf } from './slo-report.ts';

export interface IncidentChartSources extends Omit<ChartSources, 'changesOf'> {
  readonly definitions: () => Definitions;
}

/** What a notification's picture shows; null where there is nothing to show. Rejects when counters cannot be read. */
export type ReadIncidentCharts = (facts: NotificationFacts) => Promise<BudgetChartData | null>;

/** How much of the time before an incident is shown, so that one sees what changed; and at least that. */
const BEFORE = 0.5;
const LEAST_BEFORE = HOUR;

/**
 * Reads the charts of a notification as of its moment: what is left of the budget is what it says, whenever and however often it is sent. Of an
 * SLO that was removed or means something else by now there are none.
 */
export function createIncidentCharts({
  store,
  adjustments,
  annotations,
  definitions,
}: IncidentChartSources): ReadIncidentCharts {
  return async (facts) => {
    if (facts.counted === 0) return null;
    const slo = allSlos(definitions()).find(({ id }) => id === facts.slo);
    if (!slo || !isSame(slo, facts)) return null;
    const { at, incident, severity, openedAt, kind } = facts;
    const window = queryFrom(windowStart(slo.window, at), at);
    const began = Math.min(openedAt, facts.began ?? openedAt, facts.failing?.since ?? openedAt);
    const before = Math.max(LEAST_BEFORE, (at - began) * BEFORE);
    const query = queryFrom(began - before, at);
    const earliest = Math.min(window.from, query.from);
    const [past, annotated] = await Promise.all([
      readPast(store, adjustments, slo, earliest, at),
      annotations.about({ ...slo, slo: slo.id }, earliest, at),
    ]);
    // What was read is added up below; others get a turn before it (G2).
    await yieldToEventLoop();
    const { allowed, remainingRatio } = facts.budget;
    const { exhaustsAt } = facts;
    return {
      id: slo.id,
      workflow: slo.workflow,
      objective: slo.objective.ratio,
      window: slo.window.text,
      unit: unitOf(slo.sli),
      now: at,
      range: { from: query.from, to: query.to },
      points: stepsOf(query).map(({ from, to }) => ({ from, ...ratioOf(past.counted(from, to)) })),
      burnDown: burnDownOf(slo, { allowed, remainingRatio, exhaustsAt }, past, window, at),
      incidents: [{ id: incident, severity, from: openedAt, to: kind === 'resolved' ? at : null }],
      adjustments: adjustedSpans(adjustments, slo, { from: earliest, to: at }, at),
      annotations: annotated.map(chartAnnotation),
    };
  };
}

/** Whether what an SLO counts and promises is still what the facts are about. */
function isSame(slo: Slo, facts: NotificationFacts): boolean {
  return (
    slo.objective.ratio === facts.objective &&
    slo.window.text === facts.window &&
    fingerprint(slo.sli) === fingerprint(facts.sli)
  );
}
