import { describe, expect, it } from 'vitest';
import { PATH_PARAMETERS } from '../../../src/http/api/openapi-examples.ts';
import { ROUTES } from '../../../src/http/api/routes.ts';
import { NOW, adjustment, dataLoss, dependencyReport, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

/** Every GET that answers with a list, by the word of the route table that it has pages. */
const LISTS = ROUTES.filter(
  ({ method, path, query }) => method === 'GET' && path.startsWith('/v1/') && query?.parameters['limit'],
).map(({ path }) => path);

function example(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PATH_PARAMETERS[name]!.example);
}

interface Page {
  readonly items: readonly { readonly id?: string; readonly name?: string }[];
  readonly next: string | null;
}

it('every list has items, next, after and limit, and says what is wrong with them', async () => {
  expect(LISTS.toSorted()).toEqual([
    '/v1/adjustments',
    '/v1/annotations',
    '/v1/audit',
    '/v1/dead-letters',
    '/v1/dependencies',
    '/v1/gate/overrides',
    '/v1/incidents',
    '/v1/losses',
    '/v1/outbox',
    '/v1/silences',
    '/v1/slos',
    '/v1/slos/{workflow}/{slo}/definitions',
  ]);
  const { url } = await startServer();
  for (const path of LISTS.map(example)) {
    const answer = await fetch(url + path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(await answer.json()).toMatchObject({ items: expect.any(Array) as object, next: null });
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'nothing=1', 'limit=1&limit=2']) {
      const refused = await fetch(`${url}${path}?${query}`);
      expect([path, refused.status]).toEqual([path, 400]);
      expect(await refused.json()).toMatchObject({ code: 'invalid-query' });
    }
    // Those of dead letters are their ids, whatever they look like.
    if (path === '/v1/dead-letters') continue;
    const refused = (await (await fetch(`${url}${path}?after=yesterday`)).json()) as { detail: string };
    expect(refused.detail).toBe(
      'after must be the next of an answer to the same list, not "yesterday"; leave it out to begin.',
    );
  }
});

it('no answer of the API is a bare array', async () => {
  const { url } = await startServer();
  const plain = ROUTES.filter(
    ({ method, path, answer }) => method === 'GET' && answer.kind === 'json' && !path.includes('{'),
  );
  expect(plain.length).toBeGreaterThan(LISTS.length);
  for (const { path } of plain)
    expect([path, Array.isArray(await (await fetch(url + path)).json())]).toEqual([path, false]);
});

describe('a list whose items go and come between pages', () => {
  const six = ['a', 'b', 'c', 'd', 'e', 'f'];
  const cases: readonly {
    readonly path: string;
    /** Makes the list have these and no others. */
    readonly fill: (server: Awaited<ReturnType<typeof startServer>>, ids: readonly string[]) => void;
  }[] = [
    {
      path: '/v1/slos',
      fill: ({ queries }, ids) => (queries.list = ids.map((name) => sloDetail({ workflow: 'w', name }))),
    },
    {
      path: '/v1/dependencies',
      fill: ({ queries }, ids) => (queries.calls = ids.map((name) => dependencyReport(name, ['w']))),
    },
    {
      path: '/v1/adjustments',
      fill: ({ operator }, ids) =>
        (operator.adjustments = async () => ids.map((id) => ({ ...adjustment(), id }))),
    },
    {
      path: '/v1/losses',
      fill: ({ operator }, ids) => (operator.losses = async () => ids.map((id) => ({ ...dataLoss(), id }))),
    },
    {
      path: '/v1/audit',
      fill: ({ audit }, ids) =>
        (audit.entries = async () =>
          ids.map((id) => ({ id, at: NOW, who: 'sam', what: 'x', about: null, address: '::1' }))),
    },
  ];

  it.each(cases)('$path: nothing comes twice or is passed over', async ({ path, fill }) => {
    const server = await startServer();
    const page = async (after: string | null) => {
      const query = after === null ? '' : `&after=${after}`;
      const { items, next } = (await (await fetch(`${server.url}${path}?limit=2${query}`)).json()) as Page;
      return { ids: items.map(({ id, name }) => (id ?? name)!.replace(/^w\//, '')), next };
    };
    fill(server, six.toReversed());
    const first = await page(null);
    expect(first.ids).toEqual(['a', 'b']);
    fill(server, ['f', 'aa', 'cc', 'e', 'c']);
    const second = await page(first.next);
    expect(second.ids).toEqual(['c', 'cc']);
    fill(server, ['f', 'e']);
    expect(await page(second.next)).toEqual({ ids: ['e', 'f'], next: null });
  });
});

describe('lists are narrowed', () => {
  it('of adjustments by state, SLO and workflow; of losses by state; of audit entries by all they say', async () => {
    const { url, operator, audit, queries } = await startServer();
    const ids = async (path: string) =>
      ((await (await fetch(url + path)).json()) as Page).items.map(({ id, name }) => id ?? name);
    const occurrence = { from: NOW + 1, to: NOW + 2 };
    operator.adjustments = async () => [
      { ...adjustment(), id: 'now', active: true, occurrence, slo: 'a/b', workflow: null },
      { ...adjustment(), id: 'later', active: false, occurrence, slo: null, workflow: 'a' },
      { ...adjustment(), id: 'past', active: false, occurrence: null, slo: null, workflow: 'b' },
    ];
    expect(await ids('/v1/adjustments?state=active')).toEqual(['now']);
    expect(await ids('/v1/adjustments?state=coming')).toEqual(['later']);
    expect(await ids('/v1/adjustments?state=over')).toEqual(['past']);
    expect(await ids('/v1/adjustments?slo=a/b')).toEqual(['now']);
    expect(await ids('/v1/adjustments?workflow=b')).toEqual(['past']);
    const acknowledged = { at: NOW, by: 'sam', note: null, actor: null };
    operator.losses = async () => [
      { ...dataLoss(), id: 'open', acknowledged: null },
      { ...dataLoss(), id: 'seen', acknowledged },
    ];
    expect(await ids('/v1/losses?state=open')).toEqual(['open']);
    expect(await ids('/v1/losses?state=acknowledged')).toEqual(['seen']);
    expect((await fetch(`${url}/v1/losses?state=gone`)).status).toBe(400);
    audit.entries = async () => [
      { id: '1', at: NOW, who: 'sam', what: 'x', about: 'i', address: '::1' },
      { id: '2', at: NOW + 5, who: 'kim', what: 'y', about: null, address: '::1' },
    ];
    for (const query of ['who=sam', 'what=x', 'about=i', `to=${NOW + 5}`])
      expect(await ids(`/v1/audit?${query}`)).toEqual(['1']);
    expect(await ids(`/v1/audit?from=${NOW + 1}`)).toEqual(['2']);
    expect((await fetch(`${url}/v1/audit?from=yesterday`)).status).toBe(400);
    queries.calls = [
      { ...dependencyReport('bank', ['orders']), owner: 'acme', promise: 'broken' },
      { ...dependencyReport('mail', ['news']), owner: 'post', promise: 'kept' },
    ];
    for (const query of ['owner=acme', 'workflow=orders', 'promise=broken'])
      expect(await ids(`/v1/dependencies?${query}`)).toEqual(['bank']);
  });
});

describe('the route table', () => {
  const READ = ROUTES.filter(
    ({ method, path, changes }) => method === 'GET' && path.startsWith('/v1/') && !changes,
  );

  it.each(READ)('$path refuses parameters that it does not have, as a problem', async ({ path, query }) => {
    const { url } = await startServer();
    const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PATH_PARAMETERS[name]!.example);
    expect(query?.others ?? 'refused').toBe('refused');
    for (const parameter of ['no-such-parameter', 'field', 'offset']) {
      const answer = await fetch(`${url}${place}?${parameter}=1`);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await answer.json()).toMatchObject({ code: 'invalid-query', status: 400 });
    }
    for (const name of Object.keys(query?.parameters ?? {})) {
      const twice = await fetch(`${url}${place}?${name}=1&${name}=2`);
      expect([path, name, twice.status]).toEqual([path, name, 400]);
    }
  });

  it.each(READ)(
    '$path has a tag, is not sent again to who has it, and is packed when it is long',
    async ({ path }) => {
      const { url, queries } = await startServer();
      const reports = await queries.slos();
      queries.slos = () => Promise.resolve(reports);
      const place = url + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PATH_PARAMETERS[name]!.example);
      const plain = await fetch(place, { headers: { 'Accept-Encoding': 'identity' } });
      const length = (await plain.arrayBuffer()).byteLength;
      const etag = plain.headers.get('etag')!;
      expect([path, plain.status, etag]).toEqual([path, 200, expect.stringMatching(/^(W\/)?"/)]);
      const again = await fetch(place, { headers: { 'If-None-Match': `"x", ${etag}` } });
      expect([path, again.status, await again.text()]).toEqual([path, 304, '']);
      const head = await fetch(place, { method: 'HEAD' });
      expect([path, head.status, head.headers.get('etag')]).toEqual([path, 200, etag]);
      const packed = await fetch(place, { headers: { 'Accept-Encoding': 'gzip' } });
      await packed.arrayBuffer();
      const isPicture = plain.headers.get('content-type')!.startsWith('image/png');
      expect([path, packed.headers.get('content-encoding')]).toEqual([
        path,
        length >= 2048 && !isPicture ? 'gzip' : null,
      ]);
      if (length >= 2048 && !isPicture) expect(packed.headers.get('etag')).toBe(etag);
    },
  );
});
