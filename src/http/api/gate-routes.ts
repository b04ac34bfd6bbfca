import { GATE_FIELDS } from '../answers/answer-fields.ts';
import { gateOf } from '../../core/ports/gate.ts';
import { iso } from '../../core/time/timestamp.ts';
import { HttpProblem } from '../answers/problems.ts';
import { TEXT } from './parameters.ts';
import { readableQueries } from './restricted.ts';
import type { Call, HttpRoute, Services } from './route-table.ts';

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
];

async function readGate({ queries, clock }: Services, { query, caller }: Call): Promise<object> {
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
  const { at, reasons, ...gate } = gateOf(slos, clock.now());
  return {
    ...gate,
    at: iso(at),
    reasons: reasons.map((reason) => ({
      ...reason,
      freedAt: reason.freedAt === null ? null : iso(reason.freedAt),
    })),
  };
}

function noneOf(workflow: string | null, owner: string | null): string {
  if (workflow !== null) return `No SLO is of the workflow ${JSON.stringify(workflow)}`;
  return owner === null ? 'No SLO may be read' : `No SLO is owned by ${JSON.stringify(owner)}`;
}
