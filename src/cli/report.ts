import type { IncidentSummary } from '../core/ports/incident-reports.ts';
import type { DependencyOutcome, PeriodReport, SloOutcome } from '../core/ports/period-report.ts';
import { formatCount, formatPercent, formatShare, formatSpan, formatTime } from '../core/words/figures.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';
import type { Cell } from './terminal-table.ts';
import { terminalTable } from './terminal-table.ts';

/** Which report, as on the command line; they are the parameters of `GET /v1/reports`. */
export interface ReportOptions {
  readonly period?: string;
  readonly at?: string;
  readonly owner?: string;
}

/** An incident and a report as the API writes them, as far as they are read here. */
interface ReportedIncident extends Pick<IncidentSummary, 'id' | 'slo' | 'severity' | 'state'> {
  readonly openedAt: string;
  readonly pagedAt: string | null;
  readonly resolvedAt: string | null;
  readonly acknowledged: { readonly by: string; readonly at: string } | null;
}
interface WrittenReport extends Omit<PeriodReport, 'from' | 'to' | 'at' | 'incidents' | 'causesSince'> {
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly incidents: readonly ReportedIncident[];
  readonly causesSince: string;
}

/** `burnwatch report`: what became of all promises in a week or month. */
export function reportTables(
  choice: ReportOptions,
  { format, colored }: { readonly format: string; readonly colored: boolean },
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const report = await ask<WrittenReport>(`/v1/reports?${new URLSearchParams({ ...choice }).toString()}`);
    if (format === 'json') return { ok: true, text: JSON.stringify(report, null, 2) };
    if (report.slos.length === 0) {
      const whose = report.owner === null ? '' : ` of ${JSON.stringify(report.owner)}`;
      return { ok: true, text: `There are no SLOs${whose}.` };
    }
    const parts = [
      heading(report),
      table(
        null,
        ['PROMISE', 'SLO', 'OWNER', 'GOOD', 'OF', 'SPENT', 'BEFORE', 'INCIDENTS', 'ADVICE'],
        report.slos.map(sloRow),
        colored,
      ),
      table(
        report.moreIncidents ? 'Incidents, the latest:' : 'Incidents:',
        ['SEVERITY', 'SLO', 'OPENED', 'TOOK', 'ACKNOWLEDGED AFTER', 'ID'],
        report.incidents.map((incident) => incidentRow(incident, Date.parse(report.at))),
        colored,
      ),
      table(
        report.causesSince > report.from
          ? `What failed most, since ${formatTime(Date.parse(report.causesSince))}:`
          : 'What failed most:',
        ['FAILURES', 'WORKFLOW', 'WHAT'],
        report.causes.map(({ workflow, count, step, dependency, error }) => [
          { text: formatCount(count) },
          { text: workflow },
          { text: [step, dependency, error].filter((part) => part !== null).join(' · ') || 'not said' },
        ]),
        colored,
      ),
      table(
        'Dependencies:',
        ['PROMISE', 'DEPENDENCY', 'PROMISED', 'OBSERVED', 'CALLS'],
        report.dependencies.map(dependencyRow),
        colored,
      ),
      report.silent.length === 0 ? null : `Nothing was counted of: ${report.silent.join(', ')}`,
    ];
    return { ok: true, text: parts.filter((part) => part !== null).join('\n\n') };
  });
}

function heading({ period, from, to, at, timeZone, owner, totals }: WrittenReport): string {
  const { met, missed, withoutData, pages, tickets } = totals;
  const whose = owner === null ? '' : `, ${owner}`;
  const soFar = at < to ? ', as far as it has come' : '';
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone }).format(Date.parse(from));
  return [
    `${period === 'week' ? 'Week' : 'Month'} of ${date} (${timeZone})${whose}${soFar}`,
    `${formatCount(met)} of ${formatCount(met + missed)} promises kept, ${formatCount(withoutData)} without data; ` +
      `pages: ${formatCount(pages)}, tickets: ${formatCount(tickets)}`,
  ].join('\n');
}

/** Nothing where there are no rows. */
function table(
  title: string | null,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  colored: boolean,
): string | null {
  if (rows.length === 0) return null;
  const body = terminalTable(columns, rows, colored);
  return title === null ? body : `${title}\n${body}`;
}

function sloRow(slo: SloOutcome): readonly Cell[] {
  const { id, owner, objective, counts, met, spent, spentBefore, incidents, advice } = slo;
  return [
    promiseCell(met),
    { text: id },
    { text: owner },
    { text: counts.ratio === null ? '-' : formatPercent(counts.ratio, 3) },
    { text: formatPercent(objective, 9) },
    { text: spent === null ? '-' : formatShare(spent) },
    { text: spentBefore === null ? '-' : formatShare(spentBefore) },
    { text: formatCount(incidents) },
    {
      text:
        advice === null
          ? '-'
          : `${advice.kind === 'too-tight' ? 'too tight' : 'too loose'}: ${formatPercent(advice.objective, 9)} would have fitted`,
    },
  ];
}

function promiseCell(kept: boolean | null): Cell {
  if (kept === null) return { text: 'no data' };
  return kept ? { text: 'kept', tone: 'good' } : { text: 'missed', tone: 'bad' };
}

function incidentRow(incident: ReportedIncident, now: number): readonly Cell[] {
  const { id, slo, severity, state, openedAt, pagedAt, resolvedAt, acknowledged } = incident;
  const opened = Date.parse(openedAt);
  const span = (from: number, to: number) => formatSpan(Math.max(0, to - from));
  const took = resolvedAt === null ? `${span(opened, now)} so far` : span(opened, Date.parse(resolvedAt));
  return [
    { text: severity, tone: severity === 'page' ? 'bad' : 'warning' },
    { text: slo },
    { text: formatTime(opened) },
    { text: state === 'lost' ? 'not known' : took },
    {
      text: acknowledged
        ? span(Date.parse(pagedAt ?? openedAt), Date.parse(acknowledged.at))
        : 'not acknowledged',
    },
    { text: id },
  ];
}

function dependencyRow({ name, promised, calls, kept }: DependencyOutcome): readonly Cell[] {
  return [
    promiseCell(kept),
    { text: name },
    { text: formatPercent(promised, 9) },
    { text: calls.ratio === null ? '-' : formatPercent(calls.ratio, 3) },
    { text: formatCount(calls.total) },
  ];
}
