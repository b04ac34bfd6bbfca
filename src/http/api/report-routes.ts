import type { PeriodReport } from '../../core/ports/period-report.ts';
import { REPORT_PERIODS } from '../../core/slo/report-schedule.ts';
import { HttpProblem } from '../answers/problems.ts';
import { Reply } from '../answers/respond.ts';
import { periodReportCsv, periodReportJson } from '../answers/period-report-text.ts';
import { answerOf } from './operator-routes.ts';
import { viewerOf } from './page-routes.ts';
import type { Parameters } from './parameters.ts';
import { TEXT, TIMESTAMP } from './parameters.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';

const FORMATS = ['json', 'html', 'csv'] as const;
const JSON_TYPE = 'application/json; charset=utf-8';
const HTML_TYPE = 'text/html; charset=utf-8';

const REPORT: Parameters = {
  period: { schema: { enum: REPORT_PERIODS }, description: '`week` if absent, from Monday' },
  at: { schema: TIMESTAMP, description: 'a time of the period; the last one that is over if absent' },
  owner: { schema: TEXT, description: 'only of this team, in its time zone' },
};

/** Reports of weeks and months. */
export const REPORT_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/v1/reports',
    scope: 'read',
    summary:
      'what became of all promises in a week or month: budgets, incidents, causes, dependencies, advice',
    query: {
      parameters: { ...REPORT, format: { schema: { enum: FORMATS }, description: '`json` if absent' } },
      others: 'refused',
    },
    answer: { kind: 'text', type: JSON_TYPE, statuses: [200] },
    async handler(services, call) {
      const asked = call.query('format');
      const format = asked === null ? 'json' : FORMATS.find((known) => known === asked);
      if (!format) throw new HttpProblem('invalid-query', 'format must be json, html or csv.');
      const report = await reportOf(services, call);
      if (format === 'json') return JSON.stringify(periodReportJson(report));
      if (format === 'html') {
        const { status, body } = await services.dashboard.report(
          async () => report,
          viewerOf(services, call),
        );
        return new Reply(status, body, { 'Content-Type': HTML_TYPE });
      }
      const name = `burnwatch-${report.period}-${new Date(report.from).toISOString().slice(0, 10)}.csv`;
      return new Reply(200, periodReportCsv(report), {
        'Content-Type': 'text/csv; charset=utf-8; header=present',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    },
  },
  {
    method: 'GET',
    path: '/reports',
    scope: 'read',
    summary: 'the page of the same',
    query: { parameters: REPORT, others: 'ignored' },
    answer: { kind: 'html', type: HTML_TYPE, statuses: [200, 503] },
    handler: (services, call) =>
      services.dashboard.report(() => reportOf(services, call), viewerOf(services, call)),
  },
];

async function reportOf({ operator }: Services, { query, caller }: Call): Promise<PeriodReport> {
  const asked = { period: query('period'), at: query('at'), owner: query('owner') };
  return answerOf(await operator.periodReport(asked, caller), 'invalid-query', 'invalid-query');
}
