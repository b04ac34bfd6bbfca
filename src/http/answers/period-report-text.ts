import type { PeriodReport } from '../../core/ports/period-report.ts';
import { iso } from '../../core/time/timestamp.ts';
import { incidentSummaryJson } from './incident-json.ts';

/** `GET /v1/reports?format=json`. */
export function periodReportJson(report: PeriodReport): object {
  const { from, to, at, incidents, causesSince } = report;
  return {
    ...report,
    from: iso(from),
    to: iso(to),
    at: iso(at),
    incidents: incidents.map(incidentSummaryJson),
    causesSince: iso(causesSince),
  };
}

const COLUMNS = [
  'slo',
  'workflow',
  'owner',
  'objective',
  'good',
  'bad',
  'ratio',
  'met',
  'budget_spent',
  'budget_spent_before',
  'incidents',
  'advice',
  'fitting_objective',
] as const;

/** `GET /v1/reports?format=csv`: a row for each SLO (RFC 4180); what is not known is empty. */
export function periodReportCsv({ slos }: PeriodReport): string {
  const rows = slos.map(
    ({ id, workflow, owner, objective, counts, met, spent, spentBefore, incidents, advice }) => [
      id,
      workflow,
      owner,
      objective,
      counts.good,
      counts.bad,
      counts.ratio,
      met,
      spent,
      spentBefore,
      incidents,
      advice?.kind ?? null,
      advice?.objective ?? null,
    ],
  );
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula gets an apostrophe, which says that it is none. */
function field(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
