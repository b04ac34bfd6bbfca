import { expect, it } from 'vitest';
import type { Transition, TransitionKind } from '../../../src/core/alerting/incident.ts';
import type { Severity } from '../../../src/core/slo/alert-policy.ts';
import { mostUrgentFirst } from '../../../src/engine/evaluate/transition-order.ts';

it('puts pages before tickets, what got worse before what got better, reminders last, the fastest burn first', () => {
  const sorted = mostUrgentFirst([
    change('reminder', 'page', 100),
    change('resolved', 'ticket', 9),
    change('opened', 'ticket', 50),
    change('resolved', 'page', 9),
    change('opened', 'page', 14),
    change('reminder', 'ticket', 1),
    change('unacknowledged', 'page', 20),
    change('escalated', 'page', 99),
  ]);
  expect(sorted.map(({ name }) => name)).toEqual([
    'escalated page 99',
    'unacknowledged page 20',
    'opened page 14',
    'opened ticket 50',
    'resolved page 9',
    'resolved ticket 9',
    'reminder page 100',
    'reminder ticket 1',
  ]);
});

function change(kind: TransitionKind, severity: Severity, peakBurnRate: number) {
  const incident: Transition['incident'] = {
    id: 'incident',
    openedAt: 0,
    began: 0,
    severity,
    tier: 'fast',
    peakBurnRate,
    pagedAt: null,
    stepsTaken: 0,
    lastNotifiedAt: 0,
    acknowledged: null,
    sequence: 1,
    notified: [],
  };
  const transition: Transition = {
    kind,
    incident,
    readings: [],
    step: null,
    cause: null,
    change: kind,
    mute: null,
    unmuted: null,
  };
  return { name: `${kind} ${severity} ${peakBurnRate}`, transition };
}
