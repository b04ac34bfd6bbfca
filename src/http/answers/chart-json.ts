import type { Interval } from '../../core/adjustments/adjustment.ts';
import type { ChartData } from '../../core/ports/chart-data.ts';
import { iso } from '../../core/time/timestamp.ts';

/** What the charts of one SLO show, `GET /v1/slos/{workflow}/{slo}/charts`: as the report, with times as RFC 3339. */
export function chartJson(data: ChartData): object {
  const { burnDown, causes, durations, queues } = data;
  return {
    ...data,
    now: iso(data.now),
    range: interval(data.range),
    points: data.points.map(timed),
    burnDown: {
      ...burnDown,
      ...interval(burnDown),
      points: burnDown.points.map(at),
      exhaustsAt: burnDown.exhaustsAt === null ? null : iso(burnDown.exhaustsAt),
    },
    burnRates: data.burnRates.map((history) => ({ ...history, points: history.points.map(at) })),
    causes: { ...causes, bars: causes.bars.map(interval) },
    durations: durations.map((history) => ({ ...history, points: history.points.map(interval) })),
    queues: queues.map((history) => ({ ...history, points: history.points.map(at) })),
    incidents: data.incidents.map((span) => ({ ...timed(span), to: span.to === null ? null : iso(span.to) })),
    adjustments: data.adjustments.map(interval),
    annotations: data.annotations.map(at),
  };
}

function timed(value: { readonly from: number }): object {
  return { ...value, from: iso(value.from) };
}

function interval(value: Interval): object {
  return { ...value, from: iso(value.from), to: iso(value.to) };
}

function at(value: { readonly at: number }): object {
  return { ...value, at: iso(value.at) };
}
