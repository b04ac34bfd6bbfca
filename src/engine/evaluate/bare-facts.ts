import type { AlertDefinition } from '../../core/alerting/alert-definition.ts';
import type { Incident } from '../../core/alerting/incident.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { NO_FIGURES } from '../../core/alerting/notification.ts';
import { workflowOf } from '../../core/alerting/renamed-slos.ts';
import { EVERY_EXECUTION } from '../../core/sli/sli.ts';

/** What can be said of an incident without looking at counters. */
export function bareFacts(
  slo: string,
  { id, severity, openedAt, began, peakBurnRate, acknowledged }: Incident,
  { owner, description, runbook, objective, errorBudget, window }: AlertDefinition,
  now: number,
): Omit<NotificationFacts, 'kind' | 'cause' | 'timeZone' | 'notified'> {
  return {
    ...NO_FIGURES,
    slo,
    workflow: workflowOf(slo),
    owner,
    description,
    runbook,
    objective,
    errorBudget,
    window,
    sli: EVERY_EXECUTION,
    incident: id,
    severity,
    openedAt,
    at: now,
    peakBurnRate,
    began,
    acknowledged,
  };
}
