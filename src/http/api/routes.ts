import { withFields } from './field-choice.ts';
import {
  AUDIT_FIELDS,
  DEPENDENCY_DETAIL_FIELDS,
  DEPENDENCY_FIELDS,
  EXECUTION_FIELDS,
  WORKFLOW_FIELDS,
} from '../answers/answer-fields.ts';
import { TIME_AND_ID, listPage } from '../../core/ports/list-page.ts';
import { HttpProblem } from '../answers/problems.ts';
import {
  auditJson,
  dependencyDetailJson,
  dependencyJson,
  executionJson,
  statisticsJson,
  workflowJson,
} from '../answers/report-json.ts';
import { Reply } from '../answers/respond.ts';
import { ANNOTATION_ROUTES } from './annotation-routes.ts';
import { CHART_ROUTES } from './chart-routes.ts';
import { DEAD_LETTER_ROUTES } from './dead-letter-routes.ts';
import { INCIDENT_PAGE_ROUTES } from './incident-page-routes.ts';
import { GATE_ROUTES } from './gate-routes.ts';
import { INCIDENT_ROUTES } from './incident-routes.ts';
import { LINK_ROUTES } from './link-routes.ts';
import { ON_CALL_ROUTES } from './on-call-routes.ts';
import { OPERATOR_ROUTES, answerOf } from './operator-routes.ts';
import { OUTBOX_PAGE_ROUTES } from './outbox-page-routes.ts';
import { OUTBOX_ROUTES } from './outbox-routes.ts';
import { PAGE_ROUTES } from './page-routes.ts';
import { PICTURE_ROUTES } from './picture-routes.ts';
import { PING_ROUTES } from './ping-routes.ts';
import { DURATION, TEXT, TIMESTAMP } from './parameters.ts';
import { readableQueries } from './restricted.ts';
import { METRICS_ROUTES } from './metrics-routes.ts';
import { PAGE_PARAMETERS, oneOf, pageJson, readPage } from './list-query.ts';
import { readTime } from './query-times.ts';
import { SLO_ROUTES } from './slo-routes.ts';
import { REPORT_ROUTES } from './report-routes.ts';
import { SILENCE_PAGE_ROUTES } from './silence-page-routes.ts';
import { SLO_PAGE_ROUTES } from './slo-page-routes.ts';
import { SILENCE_ROUTES } from './silence-routes.ts';
import { SLACK_ROUTES } from './slack-routes.ts';
import { SIGN_IN_ROUTES } from './sign-in-routes.ts';
import type { HttpRoute } from './route-table.ts';

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
    fields: WORKFLOW_FIELDS,
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
    fields: EXECUTION_FIELDS,
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

const PROMISES = ['kept', 'broken'] as const;

const DEPENDENCY_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/dependencies',
    scope: 'read',
    summary:
      'every declared dependency: calls that succeeded, this month, today and in the last hour, against its SLA',
    query: {
      parameters: {
        owner: { schema: TEXT, description: 'only those of this owner' },
        workflow: { schema: TEXT, description: 'only those that this workflow called this month' },
        promise: { schema: { enum: PROMISES }, description: 'only those whose SLA was kept, or broken' },
        ...PAGE_PARAMETERS,
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: DEPENDENCY_FIELDS,
    async handler({ queries }, call) {
      const [owner, workflow] = [call.query('owner'), call.query('workflow')];
      const promise = oneOf(call, 'promise', PROMISES);
      const page = readPage(call, ['string']);
      const found = (await readableQueries(queries, call.caller).dependencies(null)).filter(
        (one) =>
          (owner === null || one.owner === owner) &&
          (workflow === null || one.workflows.some((caller) => caller.workflow === workflow)) &&
          (promise === null || one.promise === promise),
      );
      return pageJson(
        listPage(found, ({ name }) => [name], page),
        dependencyJson,
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/dependencies/{dependency}',
    scope: 'read',
    summary: 'one dependency, with the failed calls of the last hour by workflow, step and error',
    answer: { kind: 'json', statuses: [200] },
    fields: DEPENDENCY_DETAIL_FIELDS,
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
        who: { schema: TEXT, description: 'only what the token of this name did, or this `proxy:` user' },
        what: { schema: TEXT, description: 'only this, such as `adjustment.created`' },
        about: { schema: TEXT, description: 'only what was done to the one of this id' },
        from: { schema: TIMESTAMP, description: 'only entries of this time or later' },
        to: { schema: TIMESTAMP, description: 'only entries before this time' },
        ...PAGE_PARAMETERS,
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: AUDIT_FIELDS,
    async handler({ audit }, call) {
      const [who, what, about] = [call.query('who'), call.query('what'), call.query('about')];
      const from = readTime('from', call.query('from')) ?? 0;
      const to = readTime('to', call.query('to')) ?? Infinity;
      const page = readPage(call, TIME_AND_ID);
      const found = (await audit.entries()).filter(
        (entry) =>
          (who === null || entry.who === who) &&
          (what === null || entry.what === what) &&
          (about === null || entry.about === about) &&
          entry.at >= from &&
          entry.at < to,
      );
      return pageJson(
        listPage(found, ({ at, id }) => [-at, id], page),
        auditJson,
      );
    },
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

const ALL_ROUTES: readonly HttpRoute[] = [
  ...INGEST_ROUTES,
  ...PING_ROUTES,
  ...PRODUCER_ROUTES,
  ...SLO_ROUTES,
  ...WORKFLOW_ROUTES,
  ...DEPENDENCY_ROUTES,
  ...GATE_ROUTES,
  ...INCIDENT_ROUTES,
  ...LINK_ROUTES,
  ...SILENCE_ROUTES,
  ...SLACK_ROUTES,
  ...OPERATOR_ROUTES,
  ...ANNOTATION_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...METRICS_ROUTES,
  ...ON_CALL_ROUTES,
  ...OUTBOX_ROUTES,
  ...SERVICE_ROUTES,
  ...REPORT_ROUTES,
  ...PAGE_ROUTES,
  ...INCIDENT_PAGE_ROUTES,
  ...OUTBOX_PAGE_ROUTES,
  ...SILENCE_PAGE_ROUTES,
  ...SLO_PAGE_ROUTES,
  ...CHART_ROUTES,
  ...PICTURE_ROUTES,
  ...SIGN_IN_ROUTES,
];

/** Everything that the service can be asked. */
export const ROUTES: readonly HttpRoute[] = ALL_ROUTES.map(withFields);

function unknownWorkflow(name: string): HttpProblem {
  return new HttpProblem('unknown-workflow', `No SLO file defines the workflow ${JSON.stringify(name)}.`);
}
