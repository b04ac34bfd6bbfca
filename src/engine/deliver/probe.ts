import type { OutboxRow } from '../../core/alerting/notification.ts';
import { ABOUT_SERVICE, newRow } from '../../core/alerting/notification.ts';

/** Where a probe goes: nowhere. SLO files can define no target of this name. */
export const PROBE_TARGET = 'burnwatch:probe';

/** A row that is only to be written, claimed and settled, by the process that made it or another. */
export function probeRow(owner: string, now: number): OutboxRow {
  const incident = `probe/${owner}`;
  return newRow(`${incident}/${now.toString(36)}`, PROBE_TARGET, {
    ...ABOUT_SERVICE,
    kind: 'test',
    slo: 'burnwatch/outbox',
    owner: 'admins',
    incident,
    severity: 'ticket',
    openedAt: now,
    at: now,
    notified: [],
  });
}
