import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DAY } from '../../../src/core/time/duration.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { token } from '../../support/tokens.ts';
import { NOW } from '../fakes.ts';
import { incidentEvents, openIncident } from '../incident-fakes.ts';
import { startServer } from '../running-server.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function openPage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ javaScriptEnabled: false, ...options });
  onTestFinished(() => page.close());
  return page;
}

const INCIDENT = { ...openIncident(), acknowledged: null };

/** A server on which an incident is open, and one like it is over. */
async function start(options: Parameters<typeof startServer>[0] = {}) {
  const running = await startServer(options);
  const { histories } = running.operator;
  running.operator.open = [INCIDENT];
  histories.clear();
  const earlier = incidentEvents({ ...INCIDENT, id: 'earlier', openedAt: NOW - DAY });
  const [opened] = earlier;
  histories.set('earlier', [
    ...earlier,
    { ...opened!, kind: 'resolved', at: NOW - DAY / 2 } as typeof opened & {},
  ]);
  histories.set(INCIDENT.id, incidentEvents(INCIDENT));
  return running;
}

describe('the list of incidents', () => {
  it('shows the open ones, finds those of the past, and leads to each', async () => {
    const { url } = await start();
    const page = await openPage();
    await page.goto(`${url}/`);
    await page.getByRole('link', { name: 'Incidents' }).click();
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(
        /orders\/done[^]*Page[^]*open[^]*step charge, dependency bank[^]*40% of the budget/,
      ),
    ]);
    await page.getByLabel('State').selectOption('resolved');
    await page.getByLabel('SLO, owner or failure').fill('BANK');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([expect.stringContaining('resolved')]);
    expect(await page.getByLabel('State').inputValue()).toBe('resolved');
    await page.getByRole('link', { name: 'orders/done' }).click();
    expect(new URL(page.url()).pathname).toBe('/incidents/earlier');
    await page.goto(`${url}/incidents?state=nonsense&from=never&strange=1`);
    expect(await page.locator('tbody tr').count()).toBe(1);
  });

  it('goes on where it ended', async () => {
    const { url, operator } = await start();
    for (let index = 0; index < 120; index++)
      operator.histories.set(`i${index}`, incidentEvents({ ...INCIDENT, id: `i${index}` }));
    const page = await openPage();
    await page.goto(`${url}/incidents?state=all`);
    const seen: string[] = [];
    for (;;) {
      for (const link of await page.locator('tbody th a').all())
        seen.push((await link.getAttribute('href')) ?? '');
      const more = page.getByRole('link', { name: 'Further incidents' });
      if ((await more.count()) === 0) break;
      await more.click();
    }
    expect(seen).toHaveLength(122);
    expect(new Set(seen).size).toBe(122);
  });
});

describe('the page of an incident', () => {
  it('says what it is, what failed and everything that happened, as it was written', async () => {
    const { url } = await start();
    const page = await openPage();
    await page.goto(`${url}/incidents/${INCIDENT.id}`);
    const text = await page.locator('main').innerText();
    for (const part of [
      '90 of 100 bad (90%), 40% of the error budget',
      'Stuck in charge: 37 executions',
      'Opened as a page: tier fast fired at a burn rate of 18.4x; for pager',
      'Delivered to pager (opened) at try 2',
      'Could not be delivered to mail (opened): refused: 550',
      'sam: <img src=x> rolled back',
      'step # <b>ship, error [x](https://evil.example)',
    ])
      expect(text).toContain(part);
    expect(await page.locator('main img, main b b').count()).toBe(0);
    await page.getByRole('region', { name: 'Similar incidents' }).getByRole('link').click();
    expect(await page.locator('main').innerText()).toContain('resolved');
    expect((await page.goto(`${url}/incidents/none`))?.status()).toBe(404);
  });

  it('takes an acknowledgement and notes by its forms, without a script', async () => {
    const { url, operator, audit } = await start();
    const page = await openPage();
    await page.goto(`${url}/incidents/${INCIDENT.id}`);
    const actions = page.getByRole('region', { name: 'Actions' });
    await actions.getByLabel('Who').first().fill('sam');
    await actions.getByLabel('Note (may be empty)').fill('on it');
    await actions.getByRole('button', { name: 'Acknowledge' }).click();
    expect(new URL(page.url()).pathname).toBe(`/incidents/${INCIDENT.id}`);
    await page.locator('#notes-by').fill('sam');
    await actions.getByLabel('Note', { exact: true }).fill('rolled back');
    await actions.getByRole('button', { name: 'Add a note' }).click();
    expect(operator.asked.map(([verb, id, body]) => [verb, id, body])).toEqual([
      ['acknowledge', INCIDENT.id, { by: 'sam', note: 'on it', conversation: false }],
      ['noteIncident', INCIDENT.id, { by: 'sam', note: 'rolled back' }],
    ]);
    expect(audit.noted.map(({ what, about }) => [what, about])).toEqual([
      ['incident.acknowledged', INCIDENT.id],
      ['incident.noted', INCIDENT.id],
    ]);
    operator.note = { refused: 'too-many', problems: ['As much is kept as can be.'] };
    await page.locator('#notes-by').fill('sam');
    await actions.getByLabel('Note', { exact: true }).fill('more');
    await actions.getByRole('button', { name: 'Add a note' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('As much is kept as can be.');
  });

  it('G1: has no forms for who may only read, and takes none from another site', async () => {
    const { url, operator } = await start({ tokens: [token('reader', 'read', 'r')] });
    const page = await openPage({ extraHTTPHeaders: { Authorization: 'Bearer r' } });
    await page.goto(`${url}/incidents/${INCIDENT.id}`);
    expect(await page.getByRole('region', { name: 'Timeline' }).count()).toBe(1);
    expect(await page.getByRole('region', { name: 'Actions' }).count()).toBe(0);
    const open = await start();
    const send = (headers: Readonly<Record<string, string>>) =>
      fetch(`${open.url}/incidents/${INCIDENT.id}/ack`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body: 'by=eve',
      });
    expect((await send({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await send({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect(open.operator.asked).toEqual([]);
    expect((await send({})).status).toBe(303);
    expect(operator.asked).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'has nothing that axe-core finds hard to use, in %s colours, wide or narrow',
    async (colorScheme) => {
      const { url } = await start();
      for (const width of [1280, 360]) {
        const page = await openPage({
          colorScheme,
          javaScriptEnabled: true,
          viewport: { width, height: 900 },
          bypassCSP: true,
        });
        for (const path of [
          '/incidents',
          '/incidents?state=all',
          `/incidents/${INCIDENT.id}`,
          '/incidents/none',
        ]) {
          await page.goto(url + path);
          expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect([path, width, overflow]).toEqual([path, width, 0]);
        }
      }
    },
  );
});
