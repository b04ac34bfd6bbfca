import { isAskedFor } from '../../core/ports/queries.ts';
import { HttpProblem } from '../answers/problems.ts';
import {
  auditJson,
  dependencyDetailJson,
  dependencyJson,
  executionJson,
  historyJson,
  sloDetailJson,
  sloJson,
  statisticsJson,
  workflowJson,
} from '../answers/report-json.ts';
import { Reply } from '../answers/respond.ts';
import { jsonChunks, sharedText } from '../answers/shared-text.ts';
import { CHART_QUERY, chartDataOf, readChartQuery, unknownSlo } from './chart-query-texts.ts';
import { ANNOTATION_ROUTES } from './annotation-routes.ts';
import { CHART_ROUTES } from './chart-routes.ts';
import { chartJson } from '../answers/chart-json.ts';
import { DEAD_LETTER_ROUTES } from './dead-letter-routes.ts';
import { INCIDENT_PAGE_ROUTES } from './incident-page-routes.ts';
import { GATE_ROUTES } from './gate-routes.ts';
import { INCIDENT_ROUTES } from './incident-routes.ts';
import { OPERATOR_ROUTES, answerOf } from './operator-routes.ts';
import { OUTBOX_PAGE_ROUTES } from './outbox-page-routes.ts';
import { OUTBOX_ROUTES } from './outbox-routes.ts';
import { PAGE_ROUTES } from './page-routes.ts';
import { PICTURE_ROUTES } from './picture-routes.ts';
import { PING_ROUTES } from './ping-routes.ts';
import { DURATION, TIMESTAMP } from './parameters.ts';
import { SLO_FILTER, readSloFilter } from './slo-filter.ts';
import { readableQueries } from './restricted.ts';
import { METRICS_ROUTES } from './metrics-routes.ts';
import { ROW_LIMIT, rowLimit } from './row-limit.ts';
import { REPORT_ROUTES } from './report-routes.ts';
import { SILENCE_PAGE_ROUTES } from './silence-page-routes.ts';
import { SILENCE_ROUTES } from './silence-routes.ts';
import { SIGN_IN_ROUTES } from './sign-in-routes.ts';
import type { Call, HttpRoute, Services } from './route-table.ts';

/** Written before others get a turn of the event loop. */
const SLICE_SLOS = 100;

const INGEST_ROUTES: readonly HttpRoute[] = [
  {
    method: 'POST',
    path: '/v1/outcomes',
    scope: 'ingest',
    summary: 'reports what happened to executions and steps',
    answer: { kind: 'ingest', records: 'outcomes' },
  },
  {
    method: 'POST',
    path: '/v1/measurements',
    scope: 'ingest',
    summary: 'reports what was measured',
    answer: { kind: 'ingest', records: 'measurements' },
  },
  {
    method: 'POST',
    path: '/v1/traces',
    scope: 'ingest',
    summary: 'takes OpenTelemetry spans (OTLP/HTTP) as what happened to executions and steps',
    answer: { kind: 'ingest', records: 'spans' },
  },
  {
    method: 'POST',
    path: '/v1/metrics',
    scope: 'ingest',
    summary: 'takes OpenTelemetry metrics (OTLP/HTTP): sums as counts of outcomes, gauges as measurements',
    answer: { kind: 'ingest', records: 'points' },
  },
  {
    method: 'POST',
    path: '/v1/events',
    scope: 'ingest',
    summary: 'takes CloudEvents as what happened to executions and steps',
    answer: { kind: 'ingest', records: 'events' },
  },
];

const PRODUCER_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/exec.sh',
    scope: 'public',
    summary:
      'runs a command and reports how it ended: `burnwatch exec` as a shell script, for hosts without Node',
    answer: { kind: 'text', type: 'text/x-shellscript; charset=utf-8', statuses: [200] },
    handler: async ({ execScript }) => execScript,
  },
];

const SLO_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/slos',
    scope: 'read',
    summary: 'every SLO: alert, counts, budget, burn rates, incident',
    query: { parameters: SLO_FILTER, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    async handler({ queries }, call) {
      const filter = readSloFilter(call);
      const slos = await readableQueries(queries, call.caller).slos();
      return sharedText(slos, `list ${JSON.stringify(filter)}`, () =>
        jsonChunks(
          slos.filter((slo) => isAskedFor(slo, filter)),
          sloJson,
          SLICE_SLOS,
        ),
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}',
    scope: 'read',
    summary:
      'one SLO, with its tiers, failures of the last hour by step, dependency and error, and the last failed executions',
    answer: { kind: 'json', statuses: [200] },
    async handler({ queries }, { param, caller }) {
      const slo = await readableQueries(queries, caller).slo(param('slo'));
      if (!slo) throw unknownSlo(param('slo'));
      return sloDetailJson(slo);
    },
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/history',
    scope: 'read',
    summary: 'good, bad and budget left, step by step; what adjustments took out',
    query: {
      parameters: {
        from: { schema: TIMESTAMP, description: 'the beginning; a day before `to` if absent' },
        to: { schema: TIMESTAMP, description: 'the end; now if absent' },
        step: { schema: DURATION, description: 'from one point to the next, whole minutes or hours' },
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    handler: readHistory,
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/charts',
    scope: 'read',
    summary:
      'what the charts of one SLO show: burn-down, good share, burn rates by window, causes, durations, queues, incidents',
    query: { parameters: CHART_QUERY, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    handler: readCharts,
  },
];

const WORKFLOW_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/workflows/{workflow}',
    scope: 'read',
    summary:
      'one workflow: what is in flight and where, what for longest, and success rate, durations and retries by step',
    query: {
      parameters: {
        window: { schema: DURATION, description: 'of the statistics; 5m, 1h, 1d, 7d and 28d if absent' },
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    async handler(services, { param, query, caller }) {
      const queries = readableQueries(services.queries, caller);
      const name = param('workflow');
      const [workflow, statistics] = await Promise.all([
        queries.workflow(name),
        queries.statistics(name, query('window')),
      ]);
      if (!workflow || !statistics) throw unknownWorkflow(name);
      return {
        ...workflowJson(workflow),
        ...statisticsJson(answerOf(statistics, 'unknown-workflow', 'invalid-query')),
      };
    },
  },
  {
    method: 'GET',
    path: '/v1/executions/{workflow}/{execution}',
    scope: 'read',
    summary: 'one execution: what is remembered of it and its steps, what each counts for, and why',
    answer: { kind: 'json', statuses: [200] },
    async handler({ queries }, { param, caller }) {
      const [workflow, execution] = [param('workflow'), param('execution')];
      const report = await readableQueries(queries, caller).execution(workflow, execution);
      if (!report) throw unknownWorkflow(workflow);
      if (report.subjects.length > 0) return executionJson(report);
      throw new HttpProblem(
        'unknown-execution',
        `Nothing is remembered of the execution ${JSON.stringify(execution)} of ${workflow}: it was not reported as a whole, or ended more than a day ago.`,
      );
    },
  },
];

const DEPENDENCY_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/dependencies',
    scope: 'read',
    summary:
      'every declared dependency: calls that succeeded, this month, today and in the last hour, against its SLA',
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ queries }, { caller }) =>
      (await readableQueries(queries, caller).dependencies(null)).map(dependencyJson),
  },
  {
    method: 'GET',
    path: '/v1/dependencies/{dependency}',
    scope: 'read',
    summary: 'one dependency, with the failed calls of the last hour by workflow, step and error',
    answer: { kind: 'json', statuses: [200] },
    async handler({ queries }, { param, caller }) {
      const name = param('dependency');
      const dependency = await readableQueries(queries, caller).dependency(name, null);
      if (dependency) return dependencyDetailJson(dependency);
      throw new HttpProblem(
        'unknown-dependency',
        `No dependency ${JSON.stringify(name)} is declared; GET /v1/dependencies lists those that are.`,
      );
    },
  },
];

const SERVICE_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/openapi.json',
    scope: 'read',
    summary: 'all of this as OpenAPI 3.1',
    answer: { kind: 'text', type: 'application/json; charset=utf-8', statuses: [200] },
    handler: async (services) => services.openapi(),
  },
  {
    method: 'GET',
    path: '/v1/audit',
    scope: 'admin',
    summary: 'who did what, when and from where, latest first; kept 90 days',
    query: {
      parameters: {
        limit: { ...ROW_LIMIT, description: 'the most entries' },
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ audit }, { query }) => (await audit.entries(rowLimit(query('limit')))).map(auditJson),
  },
  {
    method: 'GET',
    path: '/healthz',
    scope: 'public',
    summary: 'the process lives',
    answer: { kind: 'json', statuses: [200] },
    handler: async () => ({ status: 'ok' }),
  },
  {
    method: 'GET',
    path: '/readyz',
    scope: 'public',
    summary:
      '`200` when the store answers, SLO files are loaded and evaluation goes on (`status` is `degraded` while a source has stood still for over an hour), else `503`; details need `read`',
    answer: { kind: 'json', statuses: [200, 503] },
    async handler({ status, guard }, { request }) {
      const { ready, degraded, checks, sloProblems } = status();
      const details = guard.permitsAll(request, 'read') ? { checks, sloProblems } : {};
      if (ready) return { status: degraded.length > 0 ? 'degraded' : 'ready', ...details };
      return new Reply(503, { status: 'not-ready', ...details });
    },
  },
];

/** Everything that the service can be asked. */
export const ROUTES: readonly HttpRoute[] = [
  ...INGEST_ROUTES,
  ...PING_ROUTES,
  ...PRODUCER_ROUTES,
  ...SLO_ROUTES,
  ...WORKFLOW_ROUTES,
  ...DEPENDENCY_ROUTES,
  ...GATE_ROUTES,
  ...INCIDENT_ROUTES,
  ...SILENCE_ROUTES,
  ...OPERATOR_ROUTES,
  ...ANNOTATION_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...METRICS_ROUTES,
  ...OUTBOX_ROUTES,
  ...SERVICE_ROUTES,
  ...REPORT_ROUTES,
  ...PAGE_ROUTES,
  ...INCIDENT_PAGE_ROUTES,
  ...OUTBOX_PAGE_ROUTES,
  ...SILENCE_PAGE_ROUTES,
  ...CHART_ROUTES,
  ...PICTURE_ROUTES,
  ...SIGN_IN_ROUTES,
];

async function readHistory(services: Services, { param, query, caller }: Call): Promise<object> {
  const queries = readableQueries(services.queries, caller);
  const id = param('slo');
  // An SLO may be called history itself.
  const namesake = await queries.slo(`${id}/history`);
  if (namesake) return sloDetailJson(namesake);
  const texts = { from: query('from'), to: query('to'), step: query('step') };
  const found = await queries.history(id, texts);
  if (!found) throw unknownSlo(id);
  return historyJson(answerOf(found, 'unknown-slo', 'invalid-query'));
}

async function readCharts(services: Services, call: Call): Promise<object> {
  const queries = readableQueries(services.queries, call.caller);
  const id = call.param('slo');
  // An SLO may be called charts itself.
  const namesake = await queries.slo(`${id}/charts`);
  if (namesake) return sloDetailJson(namesake);
  return chartJson(await chartDataOf(queries, id, readChartQuery(call)));
}

function unknownWorkflow(name: string): HttpProblem {
  return new HttpProblem('unknown-workflow', `No SLO file defines the workflow ${JSON.stringify(name)}.`);
}
