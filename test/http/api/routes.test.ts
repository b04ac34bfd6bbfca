import { parseAnnotation } from '../../../src/core/ports/annotation-request.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  parseAdjustment,
  parseAcknowledgement,
  parseNote,
  parseSignature,
} from '../../../src/core/adjustments/adjustment-request.ts';
import { parseSilence } from '../../../src/core/alerting/silence-request.ts';
import { parseHistoryQuery } from '../../../src/core/ports/history-query.ts';
import { readRowChoice } from '../../../src/core/ports/row-choice.ts';
import { readLetterChoice } from '../../../src/core/ports/letter-choice.ts';
import { parseGateOverride } from '../../../src/core/ports/gate-override.ts';
import { placeText } from '../../../src/core/ports/list-page.ts';
import { SLO_PICTURES } from '../../../src/core/slo/slo-pictures.ts';
import type { Parameters } from '../../../src/http/api/parameters.ts';
import type { HttpRoute } from '../../../src/http/api/route-table.ts';
import { createFinder, routesByPath } from '../../../src/http/api/route-table.ts';
import { ROUTES } from '../../../src/http/api/routes.ts';
import { NOW, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function routeOf(method: string, path: string): HttpRoute {
  return ROUTES.find((route) => route.method === method && route.path === path)!;
}

describe('the table of routes', () => {
  it('G1: takes no route without a scope, says the compiler', () => {
    const folder = mkdtempSync(join(tmpdir(), 'burnwatch-scope-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(ROOT, 'tsconfig.json'),
        compilerOptions: {
          typeRoots: [join(ROOT, 'node_modules/@types')],
          rewriteRelativeImportExtensions: false,
        },
        include: ['route.mts'],
      }),
    );
    const compile = (scope: string) => {
      const route = `{ method: 'GET', path: '/x', ${scope} summary: '', answer: { kind: 'json', statuses: [200] }, handler: async () => ({}) }`;
      const table = JSON.stringify(join(ROOT, 'src/http/api/route-table.ts'));
      const text = `import type { HttpRoute } from ${table};\nexport const ROUTE: HttpRoute = ${route};\n`;
      writeFileSync(join(folder, 'route.mts'), text);
      const compiler = join(ROOT, 'node_modules/.bin/tsc');
      const { status, stdout } = spawnSync(compiler, ['-p', folder], { encoding: 'utf8' });
      return { ok: status === 0, says: stdout };
    };
    for (const scope of ["scope: 'read',", "scope: 'public',"])
      expect(compile(scope)).toEqual({ ok: true, says: '' });
    const without = compile('');
    expect(without.ok).toBe(false);
    expect(without.says).toContain("Property 'scope' is missing");
    expect(compile("scope: 'everyone',").says).toContain('"everyone"');
  });

  it('has each method of a path once', () => {
    expect(() => routesByPath([...ROUTES, ROUTES[0]!])).toThrow('POST /v1/outcomes is there twice');
  });

  it('names a summary for every route, each a phrase', () => {
    for (const { summary } of ROUTES) expect(summary).toMatch(/^[a-z`].*[^.]$/s);
  });

  it('finds the longer path first, and tells paths apart by every character', () => {
    const find = createFinder(ROUTES);
    const found = (path: string) => {
      const at = find(path);
      return at && [at.path, at.params];
    };
    const history = '/v1/slos/{workflow}/{slo}/history';
    expect(found('/v1/slos/a/b')).toEqual(['/v1/slos/{workflow}/{slo}', { slo: 'a/b' }]);
    expect(found('/v1/slos/a/b/history')).toEqual([history, { slo: 'a/b' }]);
    expect(found('/v1/slos/a/history/history')).toEqual([history, { slo: 'a/history' }]);
    for (const name of ['history', 'charts', 'definitions', ...SLO_PICTURES])
      for (const slo of [`a/${name}`, `a%2F${name}`])
        expect(found(`/v1/slos/${slo}`)).toEqual(['/v1/slos/{workflow}/{slo}', { slo }]);
    for (const slash of ['%2F', '%2f'])
      expect(found(`/v1/slos/a${slash}b${slash}history`)).toEqual([history, { slo: `a${slash}b` }]);
    expect(found('/v1/adjustments/x%2Fy/end')).toEqual(['/v1/adjustments/{id}/end', { id: 'x%2Fy' }]);
    for (const path of [
      '/v1/slos/',
      '/V1/slos',
      '/v1/slos?',
      '/dashboard-css',
      '/v1/adjustments/x/y/end',
      '',
    ])
      expect(find(path)).toBeNull();
  });

  it('has below the address of an SLO what lets an SLO of the same name through, and pictures, whose names files may not use', () => {
    const below = ROUTES.flatMap(
      ({ path }) => /^\/v1\/slos\/\{workflow\}\/\{slo\}\/(.+)$/.exec(path)?.[1] ?? [],
    );
    expect(below.toSorted()).toEqual(['history', 'charts', 'definitions', ...SLO_PICTURES].toSorted());
  });

  it('shows an SLO that is called history in place of a history, and refuses what it does not declare', async () => {
    const { url, queries } = await startServer();
    queries.list = [sloDetail({ workflow: 'a', name: 'b' })];
    const read = async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, body: (await response.json()) as object };
    };
    expect((await read(`/v1/slos/${encodeURIComponent('a/b/history')}`)).body).toHaveProperty('points');
    expect(await read('/v1/slos/a/b/history?frm=1')).toMatchObject({
      status: 400,
      body: { code: 'invalid-query' },
    });
    expect(await read('/v1/adjustments?strange=1')).toMatchObject({
      status: 400,
      body: {
        detail: 'There is no parameter "strange"; there are state, slo, workflow, after, limit, fields.',
      },
    });
    expect((await read('/healthz?strange=1')).status).toBe(200);
    // A misspelt filter would list everything.
    expect((await read('/v1/slos?alerts=page')).status).toBe(400);
    expect((await fetch(`${url}/?strange=1`)).status).toBe(400);
  });
});

const START = new Date(NOW).toISOString();
const LATER = new Date(NOW + 3_600_000).toISOString();

describe('what a route declares', () => {
  const names = (parameters: Parameters | undefined) => Object.keys(parameters ?? {}).toSorted();

  /** The fields a parser says there are. */
  function fieldsOf(parse: (body: object) => object): string[] {
    const { problems } = parse({ 'no-such-field': 1 }) as { readonly problems: readonly string[] };
    return /there are (.+)\.$/.exec(problems[0]!)![1]!.split(', ').toSorted();
  }

  const common = { reason: 'x', by: 'sam' };
  const weekly = { rrule: 'FREQ=WEEKLY', start: START, timeZone: 'UTC', until: LATER };
  const bodies = [
    {
      path: '/v1/adjustments',
      parse: (body: object) => parseAdjustment(body, NOW),
      examples: [
        { ...common, slo: 'a/b', from: START, to: LATER },
        { ...common, workflow: 'a', ...weekly, duration: '1h' },
        { ...common, workflow: 'a', ...weekly, durationMs: 3_600_000 },
      ],
    },
    ...['', '/preview'].map((rest) => ({
      path: `/v1/silences${rest}`,
      parse: (body: object) => parseSilence(body, 'sam', NOW),
      examples: [
        { ...common, workflow: 'a', slo: 'a/*', owner: 'team', severity: 'page', from: START, until: LATER },
        { ...common, labels: { tier: 'gold' }, for: '1h' },
        { ...common, incident: 'mk2x1-a7f3', untilResolved: true },
        { ...common, incident: 'mk2x1-a7f3', untilMorning: true },
        { ...common, workflow: 'a', ...weekly, duration: '1h' },
        { ...common, workflow: 'a', ...weekly, durationMs: 3_600_000 },
      ],
    })),
    {
      path: '/v1/annotations',
      parse: (body: object) => parseAnnotation(body, NOW),
      examples: [
        {
          text: '7f3c',
          kind: 'deploy',
          at: START,
          to: LATER,
          workflow: 'a',
          link: 'https://x.example',
          id: 'd',
        },
        { text: 'x', slo: 'a/b' },
        { text: 'x', owner: 'team' },
      ],
    },
    {
      path: '/v1/gate/overrides',
      parse: (body: object) => parseGateOverride(body, 'sam'),
      examples: [
        { workflow: 'a', reason: 'x', by: 'sam', for: '1h' },
        { owner: 'team', reason: 'x' },
      ],
    },
    ...['end', 'withdraw'].map((verb) => ({
      path: `/v1/adjustments/{id}/${verb}`,
      parse: (body: object) => parseSignature(body),
      examples: [common],
    })),
    {
      path: '/v1/incidents/{id}/ack',
      parse: parseAcknowledgement,
      examples: [{ by: 'sam', note: 'on it', conversation: true }],
    },
    {
      path: '/v1/incidents/{id}/notes',
      parse: (body: object) => parseNote(body),
      examples: [{ by: 'sam', note: 'rolled back' }],
    },
    {
      path: '/v1/losses/{id}/ack',
      parse: (body: object) => parseSignature(body, 'note'),
      examples: [{ by: 'sam', note: 'a new disk' }],
    },
    ...['replay', 'drop'].map((verb) => ({
      path: `/v1/dead-letters/${verb}`,
      parse: (body: object) => readLetterChoice(body),
      examples: [{ id: 'all', source: 'stream:outcomes', after: 'mk2x1a7f3-1k2j3h' }],
    })),
    ...['retry', 'drop'].map((verb) => ({
      path: `/v1/outbox/${verb}`,
      parse: (body: object) => readRowChoice(body),
      examples: [{ id: 'all', after: placeText([1773144000000, 'x/1/pager'])! }],
    })),
  ];

  it.each(bodies)('is what the reader of the body takes: $path', ({ path, parse, examples }) => {
    const { body } = routeOf('POST', path);
    expect(names(body)).toEqual(fieldsOf(parse));
    expect([...new Set(examples.flatMap((example) => Object.keys(example)))].toSorted()).toEqual(names(body));
    for (const example of examples) expect(parse(example)).not.toHaveProperty('problems');
    for (const [name, { required }] of Object.entries(body!)) {
      if (required) {
        const { [name as 'by']: _left, ...rest } = examples[0] as { by: string };
        expect(parse(rest)).toHaveProperty('problems');
        continue;
      }
      // What is not required is absent from an example that is taken, or makes no difference in one.
      const taken = examples.some((example) => {
        const rest = Object.fromEntries(Object.entries(example).filter(([key]) => key !== name));
        return !('problems' in parse(rest));
      });
      expect([name, taken]).toEqual([name, true]);
    }
  });

  it('covers every route that takes a body', () => {
    const declared = ROUTES.filter(({ body }) => body).map(({ path }) => path);
    expect(declared.toSorted()).toEqual(bodies.map(({ path }) => path).toSorted());
  });

  it('is what the reader of the query of a history takes', () => {
    const { query } = routeOf('GET', '/v1/slos/{workflow}/{slo}/history');
    const none = { from: null, to: null, step: null };
    const own = names(query?.parameters).filter((name) => name !== 'fields');
    expect(own).toEqual(Object.keys(none).toSorted());
    expect(parseHistoryQuery(none, NOW)).not.toHaveProperty('problems');
    for (const name of own) {
      const { problems } = parseHistoryQuery({ ...none, [name]: 'x' }, NOW) as { problems: string[] };
      expect(problems.join(' ')).toContain(`${name} must be`);
    }
  });

  it('is what the outbox takes', async () => {
    const { url, operator } = await startServer();
    const { schema } = routeOf('GET', '/v1/outbox').query!.parameters['limit']!;
    const { minimum, maximum, default: usual } = schema;
    const limits = [null, minimum!, maximum!, minimum! - 1, maximum! + 1];
    const statuses: number[] = [];
    for (const limit of limits)
      statuses.push((await fetch(`${url}/v1/outbox${limit === null ? '' : `?limit=${limit}`}`)).status);
    expect(statuses).toEqual([200, 200, 200, 400, 400]);
    expect(operator.asked.map((asked) => asked.at(-1))).toEqual(
      [usual, minimum, maximum].map((limit) => ({ after: null, limit })),
    );
  });
});
