import { GATE_FIELDS, GATE_OVERRIDE_FIELDS } from '../answers/answer-fields.ts';
import { gateOf } from '../../core/ports/gate.ts';
import { iso } from '../../core/time/timestamp.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { GateOverrideReport } from '../../core/ports/gate-override.ts';
import { TIME_AND_ID, listPage } from '../../core/ports/list-page.ts';
import { PAGE_PARAMETERS, oneOf, pageJson, readPage } from './list-query.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { DURATION, TEXT } from './parameters.ts';
import { readableQueries } from './restricted.ts';
import type { Call, HttpRoute, Services } from './route-table.ts';

const STATES = ['active', 'over', 'all'] as const;

const OVERRIDE: Parameters = {
  workflow: { schema: TEXT, description: 'the workflow whose changes may go out; this or `owner`' },
  owner: { schema: TEXT, description: 'the team whose changes may go out' },
  reason: { schema: TEXT, description: 'why', required: true },
  by: { schema: TEXT, description: 'who does this; the name of the token if absent' },
  for: { schema: DURATION, description: 'how long it holds; 1h if absent, 1d at most' },
};

/** Whether a change may go out. */
export const GATE_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/gate',
    scope: 'read',
    summary: 'whether a change may go out: `allowed`, `denied` or `unknown`, why, and what would free it',
    query: {
      parameters: {
        workflow: {
          schema: { ...TEXT, examples: ['order-fulfillment'] },
          description: 'by the SLOs of this workflow; all SLOs without this and `owner`',
        },
        owner: { schema: TEXT, description: 'by the SLOs of this team' },
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    fields: GATE_FIELDS,
    handler: readGate,
  },
  {
    method: 'GET',
    path: '/v1/gate/overrides',
    scope: 'read',
    summary: 'overrides of the gate, past ones included, those made last first',
    query: {
      parameters: {
        state: { schema: { enum: STATES }, description: 'only those that hold, or those that are over' },
        ...PAGE_PARAMETERS,
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: GATE_OVERRIDE_FIELDS,
    async handler({ operator }, call) {
      const state = oneOf(call, 'state', STATES) ?? 'all';
      const page = readPage(call, TIME_AND_ID);
      const found = (await operator.gateOverrides(call.caller)).filter(
        ({ active }) => state === 'all' || (state === 'active') === active,
      );
      return pageJson(
        listPage(found, ({ createdAt, id }) => [-createdAt, id], page),
        overrideJson,
      );
    },
  },
  {
    method: 'POST',
    path: '/v1/gate/overrides',
    scope: 'write',
    audit: { what: 'gate.overridden', about: 'id' },
    summary: 'lets changes of a workflow or a team go out for a time, whatever its SLOs say',
    body: OVERRIDE,
    answer: { kind: 'json', statuses: [201] },
    handler: async ({ operator }, { body, caller }) =>
      overrideJson(
        answerOf(
          await operator.overrideGate(body, caller),
          'unknown-override',
          'invalid-fields',
          'too-many-overrides',
        ),
      ),
  },
  {
    method: 'DELETE',
    path: '/v1/gate/overrides/{id}',
    scope: 'write',
    audit: { what: 'gate.override-ended', about: 'id' },
    summary: 'ends an override of the gate before its time',
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { param, caller }) =>
      overrideJson(answerOf(await operator.endGateOverride(param('id'), caller), 'unknown-override')),
  },
];

function overrideJson(override: GateOverrideReport): object {
  const { createdAt, until, ended } = override;
  return {
    ...override,
    createdAt: iso(createdAt),
    until: iso(until),
    ended: ended && { ...ended, at: iso(ended.at) },
  };
}

async function readGate({ queries, operator, clock }: Services, { query, caller }: Call): Promise<object> {
  const [workflow, owner] = [query('workflow'), query('owner')];
  if (workflow !== null && owner !== null)
    throw new HttpProblem('invalid-query', 'Give workflow or owner, not both.');
  const all = await readableQueries(queries, caller).slos();
  const slos = all.filter(
    (slo) => (workflow ?? slo.workflow) === slo.workflow && (owner ?? slo.owner) === slo.owner,
  );
  // A misspelt name must not let anything through.
  if (slos.length === 0)
    throw new HttpProblem('unknown-workflow', `${noneOf(workflow, owner)}; GET /v1/slos lists them.`);
  const overrides = await operator.gateOverrides(caller);
  const { at, reasons, overriddenBy, ...gate } = gateOf(slos, overrides, clock.now());
  return {
    ...gate,
    at: iso(at),
    reasons: reasons.map((reason) => ({
      ...reason,
      freedAt: reason.freedAt === null ? null : iso(reason.freedAt),
    })),
    overriddenBy: overriddenBy && { ...overriddenBy, until: iso(overriddenBy.until) },
  };
}

function noneOf(workflow: string | null, owner: string | null): string {
  if (workflow !== null) return `No SLO is of the workflow ${JSON.stringify(workflow)}`;
  return owner === null ? 'No SLO may be read' : `No SLO is owned by ${JSON.stringify(owner)}`;
}
