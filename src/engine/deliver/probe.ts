import type { OutboxRow } from '../../core/alerting/notification.ts';
import { NO_FIGURES, newRow } from '../../core/alerting/notification.ts';
import { EVERY_EXECUTION } from '../../core/sli/sli.ts';

/** Where a probe goes: nowhere. SLO files can define no target of this name. */
export const PROBE_TARGET = 'burnwatch:probe';

/** A row that is only to be written, claimed and settled, by the process that made it or another. */
export function probeRow(owner: string, now: number): OutboxRow {
  const incident = `probe/${owner}`;
  return newRow(`${incident}/${now.toString(36)}`, PROBE_TARGET, {
    ...NO_FIGURES,
    kind: 'test',
    cause: null,
    slo: 'burnwatch/outbox',
    workflow: 'burnwatch',
    owner: 'admins',
    description: null,
    runbook: null,
    objective: 1,
    errorBudget: 0,
    window: '',
    sli: EVERY_EXECUTION,
    incident,
    severity: 'ticket',
    openedAt: now,
    at: now,
    timeZone: null,
    peakBurnRate: 0,
    began: null,
    acknowledged: null,
    notified: [],
  });
}
