import { messageOf } from '../../core/outcomes/message.ts';
import { readPingVerb } from '../../core/outcomes/ping-verb.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { Content, ContentRoute, Services } from './route-table.ts';
import type { Call } from './route-table.ts';
import { TEXT } from './parameters.ts';

const SUMMARY = {
  GET: 'reports by fetching a URL: `start`, `ok`, `fail`, `log` or an exit code; may also be `/v1/ping/{token}/…`',
  POST: 'the same, with a text as its message',
};

/** For all that can fetch a URL and no more. */
export const PING_ROUTES: readonly ContentRoute[] = (
  ['/v1/ping/{workflow}/{verb}', '/v1/ping/{workflow}/{execution}/{verb}'] as const
).flatMap((path) => (['GET', 'POST'] as const).map((method) => pingRoute(method, path)));

function pingRoute(method: keyof typeof SUMMARY, path: string): ContentRoute {
  return {
    method,
    path,
    scope: 'ingest',
    changes: true,
    summary: path.includes('{execution}')
      ? SUMMARY[method]
      : `${SUMMARY[method]}; of the execution that is open`,
    query: {
      parameters: {
        step: { schema: TEXT, description: 'it is about this step' },
        attempt: { schema: { type: 'integer', minimum: 1 }, description: 'which try it is; 1 if absent' },
      },
      others: 'refused',
    },
    ...(method === 'POST' && { text: true }),
    answer: { kind: 'text', type: 'text/plain; charset=utf-8', statuses: [200] },
    handler: (services, call) => ping(services, call, path.includes('{execution}')),
  };
}

async function ping({ pings, metrics }: Services, call: Call, isNamed: boolean): Promise<Content> {
  const verb = call.param('verb');
  const meaning = readPingVerb(verb);
  if (!meaning) {
    throw new HttpProblem(
      'not-found',
      'A ping ends with start, ok, fail, log or an exit code from 0 to 255; a / in a name is written %2F.',
    );
  }
  const attempt = call.query('attempt');
  if (attempt !== null && !/^[1-9]\d{0,6}$/.test(attempt))
    throw new HttpProblem('invalid-query', 'attempt must be a whole number from 1.');
  const rejection = await pings.take(
    {
      workflow: call.param('workflow'),
      execution: isNamed ? call.param('execution') : null,
      meaning,
      step: call.query('step'),
      attempt,
      message: messageOf(call.text),
    },
    call.caller,
  );
  if (!rejection) return 'ok\n';
  metrics.rejected(rejection.code);
  throw new HttpProblem('nothing-accepted', `${rejection.code}: ${rejection.message}`);
}
