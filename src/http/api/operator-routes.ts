import { ADJUSTMENT_FIELDS, LOSS_FIELDS } from '../answers/answer-fields.ts';
import { TIME_AND_ID, listPage } from '../../core/ports/list-page.ts';
import type { AdjustmentReport } from '../../core/ports/queries.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused } from '../../core/ports/refused.ts';
import type { ProblemCode } from '../answers/problems.ts';
import { HttpProblem } from '../answers/problems.ts';
import { adjustmentJson, dataLossJson } from '../answers/report-json.ts';
import { PAGE_PARAMETERS, oneOf, pageJson, readPage } from './list-query.ts';
import { readableAdjustments } from './restricted.ts';
import type { Parameters } from './parameters.ts';
import { DURATION, MILLISECONDS, TEXT, TIMESTAMP } from './parameters.ts';
import type { JsonRoute } from './route-table.ts';

export const BY = { schema: TEXT, description: 'who does this', required: true } as const;

const ADJUSTMENT: Parameters = {
  slo: { schema: TEXT, description: 'the id of the SLO; this or `workflow`' },
  workflow: { schema: TEXT, description: 'the name of a workflow, for all its SLOs' },
  reason: { schema: TEXT, description: 'why', required: true },
  by: BY,
  from: { schema: TIMESTAMP, description: 'the beginning of one that happens once' },
  to: { schema: TIMESTAMP, description: 'the end of one that happens once' },
  rrule: { schema: TEXT, description: 'the RFC 5545 rule of one that recurs' },
  start: { schema: TIMESTAMP, description: 'what its rule starts from' },
  duration: { schema: DURATION, description: 'the length of each occurrence; this or `durationMs`' },
  durationMs: { schema: MILLISECONDS, description: 'the same in milliseconds' },
  timeZone: { schema: TEXT, description: 'the IANA name of the zone whose clocks it follows; UTC if absent' },
  until: { schema: TIMESTAMP, description: 'no occurrence starts later' },
};

const CLOSING: Parameters = { by: BY, reason: { schema: TEXT, description: 'why' } };

export const ACKNOWLEDGEMENT: Parameters = {
  by: BY,
  note: { schema: TEXT, description: 'what others should know' },
};

const LOSS_STATES = ['open', 'acknowledged', 'all'] as const;
const ADJUSTMENT_STATES = ['active', 'coming', 'over', 'all'] as const;

/** What people do to a running Burnwatch, and what can be read of it. */
export const OPERATOR_ROUTES: readonly JsonRoute[] = [
  {
    method: 'GET',
    path: '/v1/losses',
    scope: 'read',
    everyWorkflow: true,
    summary: 'losses of stored data that were found, oldest first',
    query: {
      parameters: {
        state: { schema: { enum: LOSS_STATES }, description: 'only those acknowledged, or not' },
        ...PAGE_PARAMETERS,
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: LOSS_FIELDS,
    async handler({ operator }, call) {
      const state = oneOf(call, 'state', LOSS_STATES) ?? 'all';
      const page = readPage(call, TIME_AND_ID);
      const found = (await operator.losses()).filter(
        ({ acknowledged }) => state === 'all' || (state === 'open') === (acknowledged === null),
      );
      return pageJson(
        listPage(found, ({ at, id }) => [at, id], page),
        dataLossJson,
      );
    },
  },
  {
    method: 'POST',
    path: '/v1/losses/{id}/ack',
    scope: 'respond',
    everyWorkflow: true,
    audit: { what: 'loss.acknowledged', about: 'id' },
    summary: 'acknowledges one; takes it off the dashboard',
    body: ACKNOWLEDGEMENT,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { param, body, caller }) =>
      dataLossJson(answerOf(await operator.acknowledgeLoss(param('id'), body, caller), 'unknown-loss')),
  },
  {
    method: 'GET',
    path: '/v1/adjustments',
    scope: 'read',
    summary: 'all adjustments, past ones included, those made last first',
    query: {
      parameters: {
        state: {
          schema: { enum: ADJUSTMENT_STATES },
          description:
            'only those that take something out now, those that will, or those that will not any more',
        },
        slo: { schema: TEXT, description: 'only those of the SLO of this id itself' },
        workflow: { schema: TEXT, description: 'only those of all SLOs of this workflow' },
        ...PAGE_PARAMETERS,
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: ADJUSTMENT_FIELDS,
    async handler({ operator, queries }, call) {
      const state = oneOf(call, 'state', ADJUSTMENT_STATES) ?? 'all';
      const [slo, workflow] = [call.query('slo'), call.query('workflow')];
      const page = readPage(call, TIME_AND_ID);
      const all = await readableAdjustments(await operator.adjustments(), queries, call.caller);
      const found = all.filter(
        (one) =>
          (state === 'all' || state === stateOf(one)) &&
          (slo === null || one.slo === slo) &&
          (workflow === null || one.workflow === workflow),
      );
      return pageJson(
        listPage(found, ({ createdAt, id }) => [-createdAt, id], page),
        adjustmentJson,
      );
    },
  },
  {
    method: 'POST',
    path: '/v1/adjustments',
    scope: 'write',
    audit: { what: 'adjustment.created', about: 'id' },
    summary: 'takes the outcomes of a time, once or recurring, out of the budget',
    body: ADJUSTMENT,
    answer: { kind: 'json', statuses: [201] },
    handler: async ({ operator }, { body, caller }) =>
      adjustmentJson(answerOf(await operator.adjust(body, caller), 'unknown-adjustment')),
  },
  closing('end', 'ended', 'ends one: outcomes count again from then on'),
  closing('withdraw', 'withdrawn', 'withdraws one: it never applied'),
];

function stateOf({ active, occurrence }: AdjustmentReport): (typeof ADJUSTMENT_STATES)[number] {
  if (active) return 'active';
  return occurrence === null ? 'over' : 'coming';
}

function closing(verb: string, kind: 'ended' | 'withdrawn', summary: string): JsonRoute {
  return {
    method: 'POST',
    path: `/v1/adjustments/{id}/${verb}`,
    scope: 'write',
    audit: { what: `adjustment.${kind}`, about: 'id' },
    summary,
    body: CLOSING,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { param, body, caller }) =>
      adjustmentJson(
        answerOf(await operator.endAdjustment(param('id'), kind, body, caller), 'unknown-adjustment'),
      ),
  };
}

/** What was answered, unless it was refused: then throws the `HttpProblem` to answer with. */
export function answerOf<Answer extends object>(
  answer: Answer | Refused,
  unknown: ProblemCode,
  invalid: ProblemCode = 'invalid-fields',
  tooMany: ProblemCode = 'too-many-adjustments',
): Answer {
  if (!isRefused(answer)) return answer;
  const detail = answer.problems.join(' ');
  switch (answer.refused) {
    case 'invalid':
      throw new HttpProblem(invalid, detail);
    case 'unknown':
      throw new HttpProblem(unknown, detail);
    case 'forbidden':
      throw new HttpProblem('forbidden', detail);
    case 'over':
      throw new HttpProblem('adjustment-over', detail);
    case 'too-many':
      throw new HttpProblem(tooMany, detail);
    default:
      return answer.refused satisfies never;
  }
}
