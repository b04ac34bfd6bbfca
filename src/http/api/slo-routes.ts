import { listPage } from '../../core/ports/list-page.ts';
import { isAskedFor } from '../../core/ports/slo-filter.ts';
import {
  CHART_FIELDS,
  DEFINITION_CHANGE_FIELDS,
  HISTORY_FIELDS,
  SLO_DETAIL_FIELDS,
  SLO_FIELDS,
} from '../answers/answer-fields.ts';
import { OtherFields, chosenOf, fieldsText } from '../answers/fields.ts';
import { readChoice } from './field-choice.ts';
import { chartJson } from '../answers/chart-json.ts';
import { historyJson, sloDetailJson, sloJson } from '../answers/report-json.ts';
import { pageChunks, sharedText } from '../answers/shared-text.ts';
import { CHART_QUERY, chartDataOf, readChartQuery, unknownSlo } from './chart-query-texts.ts';
import { iso } from '../../core/time/timestamp.ts';
import { PAGE_PARAMETERS, pageJson, readPage } from './list-query.ts';
import { answerOf } from './operator-routes.ts';
import { DURATION, TIMESTAMP } from './parameters.ts';
import { readableQueries } from './restricted.ts';
import type { Call, HttpRoute, Services } from './route-table.ts';
import { SLO_FILTER, readSloFilter } from './slo-filter.ts';

/** Written before others get a turn of the event loop. */
const SLICE_SLOS = 100;

/** SLOs, and what became of each. */
export const SLO_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/slos',
    scope: 'read',
    summary: 'every SLO: alert, counts, budget, burn rates, incident',
    query: { parameters: { ...SLO_FILTER, ...PAGE_PARAMETERS }, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    itemFields: SLO_FIELDS,
    async handler({ queries }, call) {
      const filter = readSloFilter(call);
      const page = readPage(call, ['string']);
      const choice = readChoice(call, SLO_FIELDS);
      const slos = await readableQueries(queries, call.caller).slos();
      return sharedText(slos, `list ${JSON.stringify([filter, page])} ${fieldsText(choice)}`, () => {
        const found = slos.filter((slo) => isAskedFor(slo, filter));
        const shown = listPage(found, ({ id }) => [id], page);
        return pageChunks(shown, (slo) => chosenOf(sloJson(slo), choice) as object, SLICE_SLOS);
      });
    },
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}',
    scope: 'read',
    summary:
      'one SLO, with its tiers, failures of the last hour by step, dependency and error, and the last failed executions',
    answer: { kind: 'json', statuses: [200] },
    fields: SLO_DETAIL_FIELDS,
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
    fields: HISTORY_FIELDS,
    handler: readHistory,
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/definitions',
    scope: 'read',
    summary:
      'how the definition of one SLO changed, the latest first: which fields, from what to what, and since when',
    query: { parameters: PAGE_PARAMETERS, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    itemFields: DEFINITION_CHANGE_FIELDS,
    handler: readDefinitions,
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/charts',
    scope: 'read',
    summary:
      'what the charts of one SLO show: burn-down, good share, burn rates by window, causes, durations, queues, incidents',
    query: { parameters: CHART_QUERY, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    fields: CHART_FIELDS,
    handler: readCharts,
  },
];

async function readDefinitions(services: Services, call: Call): Promise<object> {
  const queries = readableQueries(services.queries, call.caller);
  const id = call.param('slo');
  // An SLO may be called definitions itself.
  const namesake = await queries.slo(`${id}/definitions`);
  if (namesake) return new OtherFields(SLO_DETAIL_FIELDS, sloDetailJson(namesake));
  const page = readPage(call, ['number']);
  const found = await queries.definitionChanges(id);
  if (!found) throw unknownSlo(id);
  return pageJson(
    listPage(found, ({ sequence }) => [-sequence], page),
    ({ at, ...change }) => ({ ...change, at: iso(at) }),
  );
}

async function readHistory(services: Services, { param, query, caller }: Call): Promise<object> {
  const queries = readableQueries(services.queries, caller);
  const id = param('slo');
  // An SLO may be called history itself.
  const namesake = await queries.slo(`${id}/history`);
  if (namesake) return new OtherFields(SLO_DETAIL_FIELDS, sloDetailJson(namesake));
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
  if (namesake) return new OtherFields(SLO_DETAIL_FIELDS, sloDetailJson(namesake));
  return chartJson(await chartDataOf(queries, id, readChartQuery(call)));
}
