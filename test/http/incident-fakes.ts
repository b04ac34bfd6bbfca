import type { IncidentChanged, IncidentEvent } from '../../src/core/alerting/incident-event.ts';
import type { IncidentReport } from '../../src/core/ports/queries.ts';
import type { IncidentStore } from '../../src/core/ports/store/incidents.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';

/** As of all that these fakes say. */
const NOW = Date.UTC(2026, 2, 10, 12);

/** The incident whose history a fixed operator has. */
export function openIncident(): IncidentReport {
  return {
    id: 'mk2x1-a7f3',
    slo: 'orders/done',
    workflow: 'orders',
    owner: 'payments',
    severity: 'page',
    tier: 'fast',
    firing: ['fast'],
    openedAt: NOW,
    began: NOW,
    notified: ['pager'],
    peakBurnRate: 18.4,
    acknowledged: { at: NOW + MINUTE, by: 'sam' },
    silenced: null,
  };
}

/** What happened to an incident; what people and programs chose in it is hostile. */
export function incidentEvents(incident: IncidentReport): readonly IncidentEvent[] {
  const { slo, workflow, owner, severity, tier, openedAt, began, notified, peakBurnRate } = incident;
  const opened: IncidentChanged = {
    kind: 'opened',
    at: openedAt,
    tier,
    cause: null,
    slo,
    workflow,
    owner,
    runbook: 'https://runbooks.example/orders',
    severity,
    objective: 0.99,
    window: '28d',
    openedAt,
    began,
    failedUntil: null,
    during: { good: 10, bad: 90 },
    peakBurnRate,
    stuck: [{ of: 'execution', step: 'charge', count: 37, oldest: NOW - HOUR }],
    likelyCause: null,
    standsOut: null,
    notified,
    postmortem: { policy: 'strict', above: 0.2, spent: 0.4 },
    budgetRemaining: 0.6,
    budgetSpent: 0.4,
    failures: [
      { step: 'charge', dependency: 'bank', error: 'timeout', count: 80 },
      { step: '# <b>ship', dependency: null, error: '[x](https://evil.example)', count: 10 },
    ],
    lastFailed: [
      { execution: 'o-1 | x', at: NOW, step: 'charge', dependency: 'bank', error: 'timeout', traceId: null },
    ],
  };
  return [
    opened,
    { kind: 'delivered', at: NOW, target: 'pager', of: ['opened'], tries: 2, reason: null },
    { kind: 'undeliverable', at: NOW, target: 'mail', of: ['opened'], tries: 1, reason: 'refused: 550' },
    { kind: 'note', at: NOW + MINUTE, by: 'sam', text: '<img src=x> rolled back', actor: null },
  ];
}

/** The history of incidents in memory, in the order in which they opened. */
export function incidentsInMemory(kept: Map<string, readonly IncidentEvent[]>): IncidentStore {
  const stored = (id: string) => ({ id, events: kept.get(id)! });
  return {
    async incidents({ from, to, before, limit }) {
      const openedAt = (id: string) => (kept.get(id)![0] as IncidentChanged).openedAt;
      const latestFirst = [...kept.keys()]
        .toReversed()
        .filter((id) => openedAt(id) >= from && openedAt(id) < to);
      return latestFirst
        .map((id) => ({ ...stored(id), openedAt: openedAt(id) }))
        .toSorted((one, other) => other.openedAt - one.openedAt || (one.id < other.id ? 1 : -1))
        .filter(
          (one) =>
            before === null ||
            one.openedAt < before.openedAt ||
            (one.openedAt === before.openedAt && one.id < before.id),
        )
        .slice(0, limit);
    },
    incident: async (id) => (kept.has(id) ? stored(id) : null),
    async addIncidentEvent(id, event) {
      const events = kept.get(id);
      if (events) kept.set(id, [...events, event]);
      return events !== undefined;
    },
    forgetIncidents: () => Promise.resolve(0),
  };
}
