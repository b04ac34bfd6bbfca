import { validate } from '@readme/openapi-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { ROUTES } from '../../../src/http/api/routes.ts';
import { openapi } from '../../../src/http/api/openapi.ts';
import { PROBLEMS } from '../../../src/http/answers/problems.ts';
import { signedBySlack } from '../../support/slack-signature.ts';
import { NOW } from '../fakes.ts';
import { SIGNING_SECRET, startServer } from '../running-server.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly example?: string;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: object | string }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>>; readonly $ref?: string }>
  >;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const described = openapi(ROUTES, '0.0.0') as Description;
const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

describe('the description of the API', () => {
  it('is valid OpenAPI, with every route and a name of its own for each', async () => {
    const { url } = await startServer();
    const served = (await (await fetch(`${url}/openapi.json`)).json()) as Description;
    const { valid, ...problems } = await validate(structuredClone(served) as never);
    expect([valid, problems]).toMatchObject([true, { warnings: [] }]);
    expect(Object.keys(served.paths)).toEqual(Object.keys(described.paths));
    expect(operations.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(
      ROUTES.map(({ path, method }) => `${method} ${path}`).toSorted(),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const code of Object.keys(PROBLEMS)) expect(JSON.stringify(served)).toContain(`\`${code}\``);
  });

  it.each(operations)(
    '$method $path: its example is answered as is described',
    async ({ path, method, operation }) => {
      const { url } = await startServer();
      const place = operation.parameters
        .filter((parameter) => parameter.in === 'path')
        .reduce((text, { name, example }) => text.replace(`{${name}}`, example ?? expect.fail(name)), path);
      const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
      if (body && type !== 'text/plain') expect([path, body.example]).not.toEqual([path, undefined]);
      const response = await fetch(url + place, {
        method,
        redirect: 'manual',
        headers: {
          ...(type !== undefined && { 'Content-Type': type }),
          ...(path === '/v1/slack/interactivity' &&
            signedBySlack(body!.example as string, SIGNING_SECRET, NOW)),
        },
        ...(body && {
          body: typeof body.example === 'object' ? JSON.stringify(body.example) : (body.example ?? 'text'),
        }),
      });
      // A stream has no end.
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      const text = isStream ? '' : await response.text();
      if (isStream) await response.body!.cancel();
      const answer = operation.responses[String(response.status)];
      expect([response.status < 400, text]).toEqual([true, text]);
      expect([response.status, Object.keys(operation.responses)]).toEqual([
        response.status,
        expect.arrayContaining([String(response.status)]),
      ]);
      if (!answer?.content) return;
      const sent = response.headers.get('content-type')!.split(';')[0];
      expect(Object.keys(answer.content)).toContain(sent);
      if (sent === 'application/json') expect(() => void JSON.parse(text)).not.toThrow();
    },
  );

  it('describes problems as they are sent', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}/v1/slos/none/none`);
    const problem = (await response.json()) as Readonly<Record<string, unknown>>;
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const { required, properties } = (
      openapi(ROUTES, '0') as {
        components: { schemas: { Problem: { required: string[]; properties: Record<string, object> } } };
      }
    ).components.schemas.Problem;
    expect(Object.keys(problem)).toEqual(expect.arrayContaining(required));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(problem)));
  });
});

it('is a page for people, too', async () => {
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const { url } = await startServer();
  for (const width of [1280, 360]) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, bypassCSP: true });
    await page.goto(`${url}/reference`);
    const text = await page.locator('main').innerText();
    for (const { path, method } of operations.filter(({ path }) => path.startsWith('/v1/')))
      expect(text).toContain(`${method} ${path}`);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  }
});
