import type { SilenceReport } from '../../src/core/ports/silences.ts';
import { HOUR } from '../../src/core/time/duration.ts';

/** The moment that fakes are about, as in `fakes.ts`. */
const NOW = Date.parse('2026-03-10T12:00:00Z');

/** A silence of tickets that holds for three more hours, and mutes nothing at this moment. */
export function silenceReport(changes: Partial<SilenceReport> = {}): SilenceReport {
  return {
    id: 'mk2x1-5e6f7a8b',
    matching: {
      workflow: 'order-fulfillment',
      slo: null,
      owner: null,
      severity: 'ticket',
      labels: {},
      incident: null,
    },
    within: null,
    when: { kind: 'once', from: NOW - HOUR, to: NOW + 3 * HOUR },
    reason: 'the migration of the order database',
    createdAt: NOW - HOUR,
    createdBy: 'sam',
    actor: null,
    ended: null,
    state: 'active',
    occurrence: { from: NOW - HOUR, to: NOW + 3 * HOUR },
    mutes: {
      slos: ['order-fulfillment/fulfilled-in-10m'],
      sloCount: 1,
      incidents: [],
      incidentCount: 0,
    },
    ...changes,
  };
}
