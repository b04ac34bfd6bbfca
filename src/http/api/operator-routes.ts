import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import type { Operator } from '../../core/ports/operator.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused } from '../../core/ports/refused.ts';
import { acknowledgementJson, adjustmentJson, incidentJson } from '../answers/report-json.ts';
import { sendJson } from '../answers/respond.ts';
import type { Guard } from '../guard/auth.ts';
import type { Scope } from '../../core/ports/token.ts';
import { readJson } from '../requests/json-body.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { ProblemCode } from '../answers/problems.ts';

/** Adds the requests that change something; each demands its own scope, so they come before the demand for `read`. */
export function addWriting(app: Express, operator: Operator, guard: Guard): void {
  writing(app, guard, 'admin', '/v1/adjustments', 201, async (request) =>
    adjustmentJson(answerOf(await operator.adjust(await readJson(request)), 'unknown-adjustment')),
  );
  for (const [verb, kind] of [
    ['end', 'ended'],
    ['withdraw', 'withdrawn'],
  ] as const) {
    writing(app, guard, 'admin', `/v1/adjustments/:id/${verb}`, 200, async (request) =>
      adjustmentJson(
        answerOf(
          await operator.endAdjustment(idOf(request), kind, await readJson(request)),
          'unknown-adjustment',
        ),
      ),
    );
  }
  writing(app, guard, 'write', '/v1/incidents/:id/ack', 200, async (request) =>
    acknowledgementJson(
      answerOf(await operator.acknowledge(idOf(request), await readJson(request)), 'unknown-incident'),
    ),
  );
}

/** Adds what can be read of the same, and says of the rest that it cannot. */
export function addOperatorReading(app: Express, operator: Operator): void {
  listing(
    app,
    '/v1/adjustments',
    async () => (await operator.adjustments()).map(adjustmentJson),
    'GET, HEAD, POST',
  );
  listing(app, '/v1/incidents', async () => (await operator.incidents()).map(incidentJson), 'GET, HEAD');
  for (const path of ['/v1/adjustments/:id/end', '/v1/adjustments/:id/withdraw', '/v1/incidents/:id/ack']) {
    app.route(path).all(() => {
      throw new HttpProblem('method-not-allowed', 'This is done with POST.', { Allow: 'POST' });
    });
  }
}

/** What was answered, unless it was refused: then throws the `HttpProblem` to answer with. */
export function answerOf<Answer extends object>(
  answer: Answer | Refused,
  unknown: ProblemCode,
  invalid: ProblemCode = 'invalid-fields',
): Answer {
  if (!isRefused(answer)) return answer;
  const detail = answer.problems.join(' ');
  switch (answer.refused) {
    case 'invalid':
      throw new HttpProblem(invalid, detail);
    case 'unknown':
      throw new HttpProblem(unknown, detail);
    case 'over':
      throw new HttpProblem('adjustment-over', detail);
    case 'too-many':
      throw new HttpProblem('too-many-adjustments', detail);
    default:
      return answer.refused satisfies never;
  }
}

function writing(
  app: Express,
  guard: Guard,
  scope: Scope,
  path: string,
  status: number,
  answer: (request: Request) => Promise<object>,
): void {
  const demand: RequestHandler = (request: Request, _response: Response, next: NextFunction) => {
    guard.demand(request, scope);
    next();
  };
  app.post(path, demand, async (request, response) => {
    sendJson(response, status, JSON.stringify(await answer(request)));
  });
}

function listing(app: Express, path: string, read: () => Promise<readonly object[]>, allow: string): void {
  app
    .route(path)
    .get(async (_request, response) => sendJson(response, 200, JSON.stringify(await read())))
    .all(() => {
      throw new HttpProblem('method-not-allowed', 'This cannot be done here.', { Allow: allow });
    });
}

function idOf(request: Request): string {
  return String(request.params['id']);
}
