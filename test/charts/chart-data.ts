import type { ChartData } from '../../src/core/ports/chart-data.ts';
import { DAY, HOUR } from '../../src/core/time/duration.ts';

export const NOW = Date.parse('2026-11-25T14:00:00Z');

const wave = (index: number, of: number): number => Math.sin((index / of) * 6.28);

/** A plausible SLO over its window of 28 days, in steps of `step`: traffic by day, an outage, a gap, and what was marked then. */
export function chartData({
  step = 6 * HOUR,
  from = NOW - 28 * DAY,
  outage = 0.4,
}: { readonly step?: number; readonly from?: number; readonly outage?: number } = {}): ChartData {
  const points: { from: number; good: number; bad: number; total: number; ratio: number | null }[] = [];
  for (let at = from; at < NOW; at += step) {
    const part = (at - from) / (NOW - from);
    const total =
      part > 0.3 && part < 0.36 ? 0 : Math.round((400 + 250 * wave(at % DAY, DAY)) * (step / HOUR));
    const bad = Math.round(total * (part > 0.72 && part < 0.76 ? outage : 0.02));
    points.push({
      from: at,
      good: total - bad,
      bad,
      total,
      ratio: total === 0 ? null : (total - bad) / total,
    });
  }
  const allowed = points.reduce((sum, { total }) => sum + total, 0) * 0.05;
  let spent = 0;
  const remaining = points.map(({ from: start, bad, total }) => {
    spent += bad;
    return { at: start + step, remaining: total === 0 ? null : 1 - spent / allowed };
  });
  const at = (part: number): number => from + part * (NOW - from);
  const hours = Array.from({ length: 28 }, (_, index) => ({
    from: at(index / 28),
    to: at((index + 1) / 28),
  }));
  return {
    id: 'order-fulfillment/fulfilled-in-10m',
    workflow: 'order-fulfillment',
    objective: 0.95,
    window: '28d',
    unit: 'executions',
    now: NOW,
    range: { from, to: NOW },
    points,
    burnDown: {
      from,
      to: NOW,
      points: remaining,
      remainingRatio: 1 - spent / allowed,
      exhaustsAt: NOW + 3 * DAY,
    },
    burnRates: [
      {
        tier: 'fast',
        severity: 'page',
        factor: 13.44,
        long: '1h',
        short: '5m',
        points: points.map(({ from: start, ratio }, index) => ({
          at: start,
          long: ratio === null ? null : (1 - ratio) / 0.05 + 6 * (ratio < 0.9 ? 1 : 0),
          short:
            ratio === null
              ? null
              : ((1 - ratio) / 0.05) * (1 + 0.5 * wave(index, 7)) + 8 * (ratio < 0.9 ? 1 : 0),
        })),
      },
    ],
    causes: {
      causes: [
        { step: 'charge-card', dependency: 'adyen', error: 'timeout' },
        { step: 'reserve-stock', dependency: null, error: 'out of stock' },
        { step: 'ship', dependency: 'dhl', error: null },
        { step: null, dependency: null, error: 'deadline' },
      ],
      bars: hours.map((hour, index) => ({
        ...hour,
        counts: [index === 20 || index === 21 ? 400 : 20, 30 + index, index % 5, 12, index % 3],
      })),
    },
    durations: [
      {
        step: null,
        points: hours.map((hour, index) => ({
          ...hour,
          ...(index === 9
            ? { p50Ms: null, p95Ms: null, p99Ms: null }
            : {
                p50Ms: 90_000 + 20_000 * wave(index, 9),
                p95Ms: 240_000 + 60_000 * wave(index, 9),
                p99Ms: 520_000 + 90_000 * wave(index, 5),
              }),
        })),
      },
    ],
    queues: [
      {
        name: 'payments',
        points: hours.map(({ from: start }, index) => ({
          at: start,
          mean: index === 5 ? null : 40 + 30 * wave(index, 8),
          highest: index === 5 ? null : 90 + 50 * wave(index, 8),
        })),
      },
    ],
    incidents: [
      { id: '01J9', severity: 'page', from: at(0.72), to: at(0.77) },
      { id: '01J7', severity: 'ticket', from: at(0.5), to: at(0.56) },
    ],
    adjustments: [{ from: at(0.1), to: at(0.15), reason: 'maintenance of the warehouse' }],
    annotations: [
      { at: at(0.71), text: 'deploy 7f3c' },
      { at: at(0.712), text: 'deploy 7f3d' },
      { at: at(0.9), text: 'deploy 81aa, rollback' },
    ],
  };
}
