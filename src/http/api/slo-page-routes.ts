import { isRefused } from '../../core/ports/refused.ts';
import { may, maySome } from '../../core/ports/token.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { Reply } from '../answers/respond.ts';
import { readCharts } from '../dashboard/chart-cards.tsx';
import { routeTargets } from '../dashboard/finding-cards.tsx';
import type { SloNotice, SloVisitor } from '../dashboard/slo-page.tsx';
import { CHART_QUERY, chartDataOf, readChartQuery, timeZoneOf } from './chart-query-texts.ts';
import { STATUSES } from './incident-page-routes.ts';
import { shared, viewerOf } from './page-routes.ts';
import { TEXT } from './parameters.ts';
import { readableQueries } from './restricted.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';

const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;
const USUAL_CHARTS = { range: null, from: null, to: null, timeZone: 'UTC' } as const;

/** The page of an SLO, and what its forms do. */
export const SLO_PAGE_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/slos/{workflow}/{slo}',
    scope: 'read',
    summary: 'the page of one SLO',
    query: {
      parameters: {
        ...CHART_QUERY,
        zone: { schema: TEXT, description: 'the time zone of the charts; UTC if absent' },
      },
      others: 'ignored',
    },
    answer: { ...HTML, statuses: [200, 404, 503] },
    handler: (services, call) =>
      shared(services, call, (viewer) =>
        services.dashboard.slo(
          call.param('slo'),
          { ...readChartQuery(call), timeZone: timeZoneOf(call.query('zone')) ?? 'UTC' },
          call.request.headers.host,
          visitorOf(call, null),
          viewer,
        ),
      ),
  },
  {
    method: 'GET',
    path: '/charts/{workflow}/{slo}',
    scope: 'read',
    summary: 'the values that the charts on the page of an SLO show, for its script',
    query: { parameters: CHART_QUERY, others: 'refused' },
    answer: { kind: 'text', type: 'application/json; charset=utf-8', statuses: [200] },
    async handler({ queries }, call) {
      const data = await chartDataOf(
        readableQueries(queries, call.caller),
        call.param('slo'),
        readChartQuery(call),
      );
      return JSON.stringify(readCharts(data));
    },
  },
  {
    // Not below the path of the SLO: an SLO may be called test itself.
    method: 'POST',
    path: '/targets/{target}/test',
    scope: 'write',
    summary: 'sends a test to a target that is notified of an SLO, from the page of the SLO',
    form: { slo: { schema: TEXT, description: 'the id of the SLO', required: true } },
    answer: { ...HTML, statuses: [200, 403, 404, 429, 503] },
    handler: testTarget,
  },
];

async function testTarget(services: Services, call: Call): Promise<Reply<string>> {
  const { caller, param, field } = call;
  const target = param('target');
  if (!maySome(caller, 'read'))
    throw new HttpProblem(
      'forbidden',
      'This needs the scope read as well: the answer is the page of the SLO.',
    );
  const slo = await readableQueries(services.queries, caller).slo(field('slo'));
  // The page says so.
  if (!slo) return show(services, call, null);
  const refused = (status: number, text: string) => show(services, call, { status, ok: false, text });
  if (!may(caller, 'write', slo)) return refused(403, `This token may not send tests for ${slo.id}.`);
  // Targets of others are none of their business.
  if (!routeTargets(slo.route).some(({ name }) => name === target))
    return refused(404, `${slo.id} notifies no target ${target}.`);
  const found = await services.operator.testTarget(target);
  if (isRefused(found))
    return refused(found.refused === 'too-many' ? 429 : STATUSES[found.refused], found.problems.join(' '));
  await services.audit.note({
    who: caller.name,
    what: 'target.tested',
    about: target,
    address: caller.address,
  });
  return show(services, call, { status: 200, ok: found.delivered, text: found.message });
}

function show(services: Services, call: Call, notice: SloNotice | null): Promise<Reply<string>> {
  return services.dashboard.slo(
    call.field('slo'),
    USUAL_CHARTS,
    call.request.headers.host,
    visitorOf(call, notice),
    viewerOf(services, call),
  );
}

function visitorOf({ caller }: Call, notice: SloNotice | null): SloVisitor {
  return { mayTest: (slo) => may(caller, 'write', slo), notice };
}
