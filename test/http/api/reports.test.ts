import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { startServer } from '../running-server.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

it('is read as JSON, CSV and a page', async () => {
  const { url } = await startServer();
  const json = await fetch(`${url}/v1/reports?period=week&at=2026-03-04T00:00:00Z&owner=payments`);
  expect(json.headers.get('content-type')).toContain('application/json');
  expect(await json.json()).toMatchObject({
    from: '2026-03-02T00:00:00.000Z',
    totals: { met: 1, missed: 1 },
    incidents: [{ openedAt: '2026-03-04T00:00:00.000Z', cost: { bad: 90 } }],
  });
  const csv = await fetch(`${url}/v1/reports?format=csv`);
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="burnwatch-week-2026-03-02.csv"');
  expect((await csv.text()).split('\r\n')).toEqual([
    'slo,workflow,owner,objective,good,bad,ratio,met,budget_spent,budget_spent_before,incidents,advice,fitting_objective',
    `"orders/=HYPERLINK(""x""), <b>",orders,'=cmd|x,0.99,90,10,0.9,false,10,2,1,too-tight,0.9`,
    'orders/done,orders,payments,0.99,999,1,0.999,true,0.1,,0,,',
    'nightly/ran,nightly,payments,0.99,0,0,,,,,0,,',
    '',
  ]);
  const html = await fetch(`${url}/v1/reports?format=html`);
  expect(html.headers.get('content-type')).toContain('text/html');
  expect(await html.text()).toBe(await (await fetch(`${url}/reports`)).text());
  for (const query of ['format=pdf', 'period=year', 'perod=week']) {
    const refused = await fetch(`${url}/v1/reports?${query}`);
    expect([query, refused.status, await refused.json()]).toMatchObject([
      query,
      400,
      { code: 'invalid-query' },
    ]);
  }
});

it('shows what was missed, what it cost, what to look at, as it was written', async () => {
  const { url } = await startServer();
  const page = await browser.newPage({ javaScriptEnabled: false });
  onTestFinished(() => page.close());
  await page.goto(`${url}/reports`);
  const section = (name: string) => page.getByRole('region', { name, exact: true }).innerText();
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Week of 2 March 2026: payments');
  expect(await section('Totals')).toMatch(/1 of 2[^]*Missed\s*1/);
  expect(await section('Promises missed')).toMatch(/<b>[^]*90%[^]*of 99%[^]*1,000%[^]*200%/);
  expect(await section('Incidents')).toMatch(/orders\/done[^]*2h[^]*4m[^]*90 of 100 bad/);
  expect(await section('What failed most')).toMatch(/Of the last days only[^]*error <img src=x>/);
  expect(await section('Dependencies')).toMatch(/bank[^]*99.5%[^]*90%/);
  expect(await section('Objectives to look at')).toMatch(/too tight[^]*90%/);
  expect(await section('Silent workflows')).toContain('nightly');
  expect(await page.locator('main img, td b b').count()).toBe(0);
  const before = await page.getByRole('link', { name: 'The week before' }).getAttribute('href');
  expect(before).toBe(`/reports?period=week&owner=payments&at=${Date.UTC(2026, 2, 2) - 1}`);
});

it.each(['light', 'dark'] as const)(
  'has nothing that axe-core finds hard to use, in %s colours',
  async (colorScheme) => {
    const { url } = await startServer();
    for (const width of [1280, 360]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await page.goto(`${url}/reports`);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      await page.close();
    }
  },
);
