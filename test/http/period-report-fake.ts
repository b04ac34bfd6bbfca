import type { PeriodReport } from '../../src/core/ports/period-report.ts';
import { DAY, HOUR } from '../../src/core/time/duration.ts';
import { openIncident } from './incident-fakes.ts';

const FROM = Date.UTC(2026, 2, 2);

/** A report of a week; what people and programs chose in it is hostile. */
export function periodReport(): PeriodReport {
  const openedAt = FROM + 2 * DAY;
  return {
    period: 'week',
    from: FROM,
    to: FROM + 7 * DAY,
    at: FROM + 9 * DAY,
    timeZone: 'Europe/Berlin',
    owner: 'payments',
    totals: { slos: 3, met: 1, missed: 1, withoutData: 1, pages: 1, tickets: 0 },
    slos: [
      {
        id: 'orders/=HYPERLINK("x"), <b>',
        workflow: 'orders',
        owner: '=cmd|x',
        objective: 0.99,
        counts: { good: 90, bad: 10, total: 100, ratio: 0.9 },
        met: false,
        spent: 10,
        spentBefore: 2,
        incidents: 1,
        advice: { kind: 'too-tight', objective: 0.9 },
      },
      {
        id: 'orders/done',
        workflow: 'orders',
        owner: 'payments',
        objective: 0.99,
        counts: { good: 999, bad: 1, total: 1000, ratio: 0.999 },
        met: true,
        spent: 0.1,
        spentBefore: null,
        incidents: 0,
        advice: null,
      },
      {
        id: 'nightly/ran',
        workflow: 'nightly',
        owner: 'payments',
        objective: 0.99,
        counts: { good: 0, bad: 0, total: 0, ratio: null },
        met: null,
        spent: null,
        spentBefore: null,
        incidents: 0,
        advice: null,
      },
    ],
    incidents: [
      {
        ...openIncident(),
        openedAt,
        pagedAt: openedAt,
        acknowledged: { at: openedAt + 4 * 60_000, by: 'sam' },
        state: 'resolved',
        resolvedAt: openedAt + 2 * HOUR,
        cause: null,
        cost: { at: openedAt + 2 * HOUR, good: 10, bad: 90, budget: 0.4 },
        topFailure: null,
      },
    ],
    moreIncidents: false,
    causes: [{ workflow: 'orders', step: 'charge', dependency: 'bank', error: '<img src=x>', count: 80 }],
    causesSince: FROM + DAY,
    dependencies: [
      {
        name: 'bank',
        owner: 'acme',
        promised: 0.995,
        calls: { good: 90, bad: 10, total: 100, ratio: 0.9 },
        kept: false,
      },
    ],
    silent: ['nightly'],
  };
}
