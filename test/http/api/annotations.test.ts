import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { annotate } from '../../../src/cli/annotate.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { token } from '../../support/tokens.ts';
import { NOW } from '../fakes.ts';
import { openIncident } from '../incident-fakes.ts';
import { startServer } from '../running-server.ts';

const DEPLOY = { text: '7f3c', kind: 'deploy', workflow: 'order-fulfillment', id: 'deploy-7f3c' };
const NOTED = {
  ...DEPLOY,
  at: '2026-03-10T12:00:00.000Z',
  to: null,
  link: null,
  slo: null,
  owner: null,
  actor: null,
  createdAt: '2026-03-10T12:00:00.000Z',
};

const json = async (answer: Promise<Response>): Promise<[number, unknown]> => {
  const response = await answer;
  return [response.status, await response.json()];
};

describe('/v1/annotations', () => {
  it('makes, lists and removes them, and notes in the audit log who did', async () => {
    const { url, post, audit } = await startServer();
    const made = () => json(post(JSON.stringify(DEPLOY), {}, '/v1/annotations'));
    expect(await made()).toEqual([201, NOTED]);
    expect(await made()).toEqual([201, NOTED]);
    const list = (query = '?kind=deploy') => json(fetch(`${url}/v1/annotations${query}`));
    expect(await list('')).toMatchObject([200, { items: [NOTED, { text: 'the spring sale' }], next: null }]);
    expect(await list('?limit=1')).toMatchObject([
      200,
      { items: [NOTED], next: expect.any(String) as string },
    ]);
    expect(await list()).toEqual([200, { items: [NOTED], next: null }]);
    expect(await list('?workflow=other')).toEqual([200, { items: [], next: null }]);
    expect(await list('?from=2026-03-10T12:00:01Z')).toEqual([200, { items: [], next: null }]);
    expect(await list('?from=yesterday')).toMatchObject([400, { code: 'invalid-query' }]);
    const remove = () => json(fetch(`${url}/v1/annotations/deploy-7f3c`, { method: 'DELETE' }));
    expect(await remove()).toEqual([200, NOTED]);
    expect(await remove()).toMatchObject([404, { code: 'unknown-annotation' }]);
    expect(await list()).toEqual([200, { items: [], next: null }]);
    expect(audit.noted.map(({ what, about }) => [what, about])).toEqual([
      ['annotation.created', 'deploy-7f3c'],
      ['annotation.created', 'deploy-7f3c'],
      ['annotation.removed', 'deploy-7f3c'],
    ]);
  });

  it('says what can be done at its paths, and refuses what a page of another site has a browser send', async () => {
    const { url, operator } = await startServer();
    const other = await fetch(`${url}/v1/annotations/x`, { method: 'POST' });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'DELETE']);
    const forged = await fetch(`${url}/v1/annotations/x`, {
      method: 'DELETE',
      headers: { Origin: 'https://evil.example.com' },
    });
    expect(forged.status).toBe(403);
    expect(operator.asked).toEqual([]);
  });

  it('G1: takes the scope write', async () => {
    const { url } = await startServer({ tokens: [token('reader', 'read', 'a'), token('ci', 'write', 'b')] });
    const send = (secret: string, method: string, path = '') =>
      fetch(`${url}/v1/annotations${path}`, {
        method,
        headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
        ...(method === 'POST' && { body: JSON.stringify(DEPLOY) }),
      });
    expect((await send('a', 'POST')).status).toBe(403);
    expect((await send('b', 'POST')).status).toBe(201);
    expect((await send('a', 'GET')).status).toBe(200);
    expect((await send('a', 'DELETE', '/deploy-7f3c')).status).toBe(403);
    expect((await send('b', 'DELETE', '/deploy-7f3c')).status).toBe(200);
  });
});

it('an incident shows what was noted from half an hour before it until its end', async () => {
  const { url, post, operator } = await startServer();
  const incident = openIncident();
  operator.open = [incident];
  const note = (text: string, at: number, link?: string) =>
    post(JSON.stringify({ text, at, kind: 'deploy', workflow: 'orders', link }), {}, '/v1/annotations');
  await note('too-early', incident.began - 31 * MINUTE);
  await note('7f3c', incident.began - 4 * MINUTE, 'https://git.example.com/7f3c');
  await note('fix*', NOW);
  const path = `/v1/incidents/${incident.id}`;
  const [, found] = await json(fetch(`${url}${path}`));
  const { annotations } = found as { readonly annotations: readonly { readonly text: string }[] };
  expect(annotations.map(({ text }) => text)).toEqual(['7f3c', 'fix*']);
  const markdown = await (await fetch(`${url}${path}/postmortem.md`)).text();
  expect(markdown).toContain('11:56:00.000Z Noted: deploy 7f3c\n');
  expect(markdown).toContain('Noted: deploy fix\\*');
  expect(markdown).not.toContain('too-early');
  const page = await (await fetch(`${url}/incidents/${incident.id}`)).text();
  expect(page).toContain('<a href="https://git.example.com/7f3c">Noted: deploy 7f3c</a>');
  expect(page.indexOf('deploy 7f3c')).toBeLessThan(page.indexOf('Outcomes began to fail'));
});

describe('burnwatch annotate', () => {
  it('notes it, and says what was wrong when it cannot', async () => {
    const { url } = await startServer();
    const run = (options: object, at = url) => annotate('7f3c', options, 'text', { BURNWATCH_URL: at });
    expect(await run({ kind: 'deploy', workflow: 'order-fulfillment', id: 'x' })).toEqual({
      ok: true,
      text: 'Noted as x: deploy 7f3c, 2026-03-10T12:00:00.000Z, of order-fulfillment.',
    });
    expect(await run({ workflow: 'order' })).toMatchObject({
      ok: false,
      text: expect.stringContaining('No workflow "order" is loaded') as string,
    });
    expect((await run({}, 'http://127.0.0.1:9')).ok).toBe(false);
  });
});

describe('docs/annotations.md', () => {
  const blocks = [
    ...readFileSync(new URL('../../../docs/annotations.md', import.meta.url), 'utf8').matchAll(
      /```yml\n([^]*?)```/g,
    ),
  ].map(([, text]) => parseAllDocuments(text!)[0]!.toJS() as unknown);
  const action = (blocks[0] as { run: string }[])[0]!.run;
  const job = (blocks[1] as { 'note-deploy': { script: string[] } })['note-deploy'].script[0]!;

  it.each([
    ['the step of GitHub Actions', action],
    ['the job of GitLab', job],
  ])('%s notes the deploy once, and never fails', async (_name, script) => {
    const { url } = await startServer();
    const run = (at: string) =>
      promisify(execFile)('sh', ['-ec', script], {
        env: {
          ...process.env,
          BURNWATCH_URL: at,
          BURNWATCH_TOKEN: 'x',
          GITHUB_SHA: '7f3c',
          CI_COMMIT_SHORT_SHA: '7f3c',
          CI_COMMIT_SHA: '7f3c',
        },
      });
    await run(url);
    await run(url);
    expect(await json(fetch(`${url}/v1/annotations?kind=deploy`))).toEqual([
      200,
      { items: [NOTED], next: null },
    ]);
    expect((await run('http://127.0.0.1:9')).stderr).toContain('could not be noted');
  });
});
