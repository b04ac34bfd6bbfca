import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../src/core/alerting/incident-event.ts';
import { changedEvent } from '../../../src/core/alerting/incident-event.ts';
import { incidentHistory } from '../../../src/core/alerting/incident-history.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { OPENED, OPENED_AT, TICKET } from '../../notify/example-facts.ts';

const TICKETED = changedEvent(TICKET, 'opened', 'drift');
const PAGED = changedEvent({ ...OPENED, at: OPENED_AT + 10 * MINUTE }, 'escalated', 'fast');
const EASED = changedEvent({ ...TICKET, at: OPENED_AT + 20 * MINUTE }, 'deescalated', 'drift');
const OVER = changedEvent({ ...OPENED, at: OPENED_AT + 30 * MINUTE }, 'resolved', 'fast');
const takenBy = (by: string, minute: number): IncidentEvent => ({
  kind: 'acknowledged',
  at: OPENED_AT + minute * MINUTE,
  by,
  note: null,
  actor: null,
});

describe('who acknowledged an incident, by its history', () => {
  it.each<[string, readonly IncidentEvent[], string | null]>([
    ['no one', [TICKETED, PAGED], null],
    ['who took the ticket, while it is one', [TICKETED, takenBy('ana', 1)], 'ana'],
    ['not who took the ticket, once it is a page', [TICKETED, takenBy('ana', 1), PAGED], null],
    ['who took the page then', [TICKETED, takenBy('ana', 1), PAGED, takenBy('leo', 11)], 'leo'],
    ['the first of the page', [PAGED, takenBy('leo', 11), takenBy('eva', 12)], 'leo'],
    ['who took the page, when it came down to a ticket', [PAGED, takenBy('leo', 11), EASED], 'leo'],
    ['who took the page, when it is over', [TICKETED, PAGED, takenBy('leo', 11), OVER], 'leo'],
  ])('%s', (_, events, by) => {
    expect(incidentHistory('i-1', events)?.acknowledged?.by ?? null).toBe(by);
  });
});
