import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAILURES_A_MINUTE } from '../../../src/http/guard/failure-limit.ts';
import { DAY, MINUTE } from '../../../src/core/time/duration.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import type { LinkedIncidents } from '../../support/linked-incidents.ts';
import { LINK_SECRET, linkIncidents } from '../../support/linked-incidents.ts';
import { token } from '../../support/tokens.ts';
import { fixedOperator } from '../fakes.ts';
import type { StartOptions } from '../running-server.ts';
import { startServer } from '../running-server.ts';

const openView = useBrowser();
const PHONE = { viewport: { width: 360, height: 740 }, javaScriptEnabled: false } as const;
const TOKENS = [token('sam', 'read+respond', 'a token of sam'), token('api', 'admin', 'api-secret')];

let linked: LinkedIncidents;
beforeEach(async () => {
  linked = await linkIncidents();
});
afterEach(() => linked.world.close());

const start = (options: StartOptions = {}) =>
  startServer({
    tokens: TOKENS,
    operator: { ...fixedOperator(), ...linked.incidents, ...linked.silences, ...linked.links },
    clock: linked.world.clock,
    ...options,
  });
const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers });
const takers = async () =>
  (await linked.incidents.incidents()).map(({ acknowledged }) => acknowledged?.by ?? null);

describe('on a phone, without a login and without a script', () => {
  it.each(['light', 'dark'] as const)(
    'a link acknowledges, says so, and the next time by whom, in %s colours',
    async (colorScheme) => {
      const { url, audit } = await start();
      const { page, complaints } = await openView({ ...PHONE, colorScheme });
      linked.world.clock.advance(14 * MINUTE);
      const address = `${url}/links/${linked.link('acknowledge')}`;
      await page.goto(address);
      expect(await page.locator('#main .notice').innerText()).toMatch(
        /Page orders\/done is burning: open for 14m, highest burn rate 18\.4×?, owned by payments\./,
      );
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      expect(await takers()).toEqual([null, null, null]);
      await page.getByLabel('Your name').fill('Eva');
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      expect(await page.getByRole('status').innerText()).toMatch(/^orders\/done was acknowledged by Eva/);
      expect(await takers()).toEqual(['Eva', null, null]);

      linked.world.clock.advance(5 * MINUTE);
      await page.goto(address);
      expect(await page.getByRole('status').innerText()).toMatch(
        /acknowledged by Eva 5m(in)? ago, at .* UTC\. This link is used: following it again changes nothing\./,
      );
      expect(await page.locator('form').count()).toBe(0);
      expect((await audit.entries()).map(({ who, what, about }) => [who, what, about])).toEqual([
        ['link:Eva', 'incident.acknowledged', 'orders-1'],
      ]);
      expect(complaints).toEqual([]);
    },
  );

  it('a link silences', async () => {
    const { url, audit } = await start();
    const { page } = await openView(PHONE);
    await page.goto(`${url}/links/${linked.link('silence')}`);
    await page.getByLabel('Your name').fill('Eva');
    await page.getByLabel('Why').fill('a deploy');
    await page.getByLabel('Until').selectOption('4h');
    await page.getByRole('button', { name: 'Silence' }).click();
    expect(await page.getByRole('status').innerText()).toMatch(
      /^orders\/done was silenced by Eva .* until .* UTC\./,
    );
    expect((await audit.entries()).map(({ who, what }) => [who, what])).toEqual([
      ['link:Eva', 'silence.created'],
    ]);
  });

  it.each(['light', 'dark'] as const)(
    'axe-core finds nothing hard to use, in %s colours',
    async (colorScheme) => {
      const { url } = await start();
      // It is a script itself.
      const { page } = await openView({ viewport: PHONE.viewport, colorScheme });
      const links = [linked.link('acknowledge'), linked.link('silence'), 'nonsense'];
      for (const link of links) {
        await page.goto(`${url}/links/${link}`);
        expect(await accessibilityProblems(page), link).toEqual([]);
      }
      await page.goto(`${url}/links/${links[0]}`);
      await page.getByLabel('Your name').fill('Eva');
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      expect(await accessibilityProblems(page)).toEqual([]);
    },
  );
});

describe('who may follow a link', () => {
  it('looking acts on nothing, whoever looks and however: scanners of mails open what is in them', async () => {
    const { url } = await start();
    for (const link of [linked.link('acknowledge'), linked.link('silence')]) {
      for (const method of ['GET', 'HEAD'])
        expect((await fetch(`${url}/links/${link}`, { method })).status).toBe(200);
    }
    expect(await takers()).toEqual([null, null, null]);
    expect(await linked.world.store.records('silences')).toEqual([]);
  });

  it('a token or cookie neither helps nor is needed', async () => {
    const { url } = await start();
    const link = `${url}/links/${linked.link('acknowledge', 'orders', 'page', 'another secret, as long')}`;
    const bearer = { Authorization: 'Bearer api-secret' };
    expect((await post(link, { by: 'eva' }, bearer)).status).toBe(404);
    const wrong = { Authorization: 'Bearer no-such-token' };
    expect((await post(`${url}/links/${linked.link('acknowledge')}`, { by: 'eva' }, wrong)).status).toBe(200);
    expect(await takers()).toEqual(['eva', null, null]);
    const [record] = await linked.world.store.records('acknowledgements');
    expect(record!.value).toMatchObject({ actor: 'link:eva' });
  });

  it('fills in who is signed in', async () => {
    const { url } = await start({ clock: { now: () => Date.now() } });
    const { page } = await openView(PHONE);
    await page.goto(`${url}/login`);
    await page.getByLabel('Token').fill('a token of sam');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`${url}/links/${linked.link('acknowledge')}`);
    expect(await page.getByLabel('Your name').inputValue()).toBe('sam');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    expect(await takers()).toEqual(['sam', null, null]);
  });

  it('works where no token is needed at all', async () => {
    const { url } = await start({ tokens: [] });
    expect((await post(`${url}/links/${linked.link('acknowledge')}`, { by: 'eva' })).status).toBe(200);
  });

  it('a form on a page of another site is refused', async () => {
    const { url } = await start();
    const link = `${url}/links/${linked.link('acknowledge')}`;
    for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }])
      expect((await post(link, { by: 'eva' }, headers as unknown as Record<string, string>)).status).toBe(
        403,
      );
    expect(await takers()).toEqual([null, null, null]);
  });

  it('who tries many links is asked to wait, and a true one goes on', async () => {
    const { url } = await start();
    const forged = (index: number) =>
      `${url}/links/ap.zzzzzzzz.orders-1.${createHmac('sha256', `${index}`).update(LINK_SECRET).digest('base64url')}`;
    for (let index = 0; index < FAILURES_A_MINUTE; index++)
      expect((await fetch(forged(index))).status).toBe(404);
    const more = await fetch(forged(FAILURES_A_MINUTE));
    expect([more.status, more.headers.get('retry-after')]).toEqual([429, '60']);
    expect((await post(forged(1), { by: 'eva' })).status).toBe(429);
    expect((await fetch(`${url}/links/${linked.link('acknowledge')}`)).status).toBe(200);
    const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer api-secret' } });
    expect(await metrics.text()).toContain('burnwatch_authentication_failures_total{by="link"} 22');
  });
});

it('says what became of a link that does nothing, and its status', async () => {
  const { url } = await start();
  const seen = async (answer: Response) => [
    answer.status,
    /<h1>([^<]*)/.exec(await answer.text())![1],
    answer.headers.get('x-robots-tag'),
  ];
  const links = (['acknowledge', 'silence'] as const).map((action) => `${url}/links/${linked.link(action)}`);
  for (const link of links) expect((await post(link, { by: 'eva', span: '1h' })).status).toBe(200);
  expect(await seen(await post(links[0]!, { by: 'leo' }))).toEqual([409, 'Already acknowledged', 'noindex']);
  expect(await seen(await post(links[1]!, { by: 'leo', span: '1h' }))).toEqual([
    409,
    'Already silenced',
    'noindex',
  ]);

  const mails = [linked.link('acknowledge', 'mails'), linked.link('acknowledge', 'mails', 'ticket')];
  const [page, ticket] = mails.map((link) => `${url}/links/${link}`);
  expect(await seen(await post(ticket!, { by: 'eva' }))).toEqual([
    410,
    'The incident became a page',
    'noindex',
  ]);
  expect(await seen(await post(page!, { by: '' }))).toEqual([400, 'Acknowledge this incident', 'noindex']);
  linked.world.clock.advance(DAY);
  expect(await seen(await post(page!, { by: 'eva' }))).toEqual([410, 'This link has expired', 'noindex']);
  const fresh = `${url}/links/${linked.link('acknowledge', 'mails')}`;
  await linked.stands('mails', null);
  expect(await seen(await post(fresh, { by: 'eva' }))).toEqual([410, 'The incident is over', 'noindex']);
  expect(await seen(await post(`${url}/links/x`, { by: 'eva' }))).toEqual([
    404,
    'This link is not valid',
    'noindex',
  ]);
});

it('what people type into the form is shown as they typed it, and is nothing else', async () => {
  const { url } = await start();
  const { page, complaints } = await openView({ viewport: PHONE.viewport });
  const hostile =
    '"><script>document.title="taken"</script><b>[x](https://evil.example)</b> <!channel> @here';
  const address = `${url}/links/${linked.link('silence')}`;
  await page.goto(address);
  await page.getByLabel('Your name').fill(hostile);
  await page.getByLabel('Why').fill(hostile);
  await page.getByRole('button', { name: 'Silence' }).click();
  expect(await page.getByRole('status').innerText()).toContain(hostile);
  expect(await page.title()).toBe('Silenced · Burnwatch');
  expect(await page.locator('main a').count()).toBe(1);

  // What is refused is shown again in its field.
  const long = await post(`${url}/links/${linked.link('acknowledge')}`, {
    by: `${'x'.repeat(200)}${hostile}`,
  });
  const text = await long.text();
  expect([long.status, text.includes('<script>'), text.includes('&lt;script&gt;')]).toEqual([
    400,
    false,
    true,
  ]);
  const split = await post(`${url}/links/${linked.link('acknowledge')}`, { by: 'eva\r\nSet-Cookie: a=b' });
  expect([split.status, split.headers.get('set-cookie')]).toEqual([400, null]);
  expect(complaints).toEqual([]);
});
