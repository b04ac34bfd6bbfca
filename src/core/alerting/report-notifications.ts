import { iso } from '../time/timestamp.ts';
import type { ReportSeries } from '../slo/report-schedule.ts';
import type { FailureCount, NotificationFacts, OutboxRow } from './notification.ts';
import { ABOUT_SERVICE, newRow } from './notification.ts';
import type { ReportFacts } from './report-facts.ts';

/** The notifications of one report: the same rows whoever makes them, and however often. */
export function rowsOfReport(
  { id, targets, timeZone }: Pick<ReportSeries, 'id' | 'targets' | 'timeZone'>,
  report: ReportFacts,
  failures: readonly FailureCount[],
  now: number,
): readonly OutboxRow[] {
  const incident = `report/${id}/${iso(report.from)}`;
  const facts: NotificationFacts = {
    ...ABOUT_SERVICE,
    kind: 'report',
    report,
    slo: 'burnwatch/reports',
    owner: report.owner ?? 'all teams',
    incident,
    severity: 'ticket',
    timeZone,
    openedAt: now,
    at: now,
    failures,
    notified: targets,
  };
  return [...new Set(targets)].map((target) => newRow(`${incident}/${target}`, target, facts));
}
