import { describe, expect, it } from 'vitest';
import { burnOf } from '../../../src/http/dashboard/burn-word.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import { burningSlo, exhaustedSlo, fixedStatus, NOW, silentSlo, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const openPage = useBrowser();
const HTML = { Accept: 'text/html' };

const acknowledged = burningSlo({
  workflow: 'billing',
  name: 'sent',
  owner: 'finance',
  alert: 'ticket',
  incident: {
    ...burningSlo().incident!,
    severity: 'ticket',
    acknowledged: { at: NOW - 60_000, by: 'ann' },
    notified: ['finance-mail', 'finance-slack'],
  },
});
const LIST = [
  sloDetail(),
  sloDetail({ name: 'other' }),
  silentSlo({ workflow: 'nightly', name: 'ran' }),
  exhaustedSlo({ workflow: 'export', name: 'complete', owner: 'finance' }),
  acknowledged,
  burningSlo({ workflow: 'signup', name: 'welcomed', owner: 'growth' }),
];

describe('the overview', () => {
  it('shows open incidents first: pages, then tickets, by whom they were acknowledged and to whom they were sent', async () => {
    const running = await startServer();
    running.queries.list = LIST;
    const { page, complaints } = await openPage();
    await page.goto(running.url);
    expect(await page.locator('main section h2').first().innerText()).toBe('2 open incidents');
    const rows = await page.locator('#open-incidents tbody tr').allInnerTexts();
    expect(rows[0]).toMatch(/^signup\/welcomed\s*owned by growth\s*Page\s*25m ago\s*by no one/);
    expect(rows[1]).toMatch(/^billing\/sent[^]*Ticket[^]*by ann 1m ago\s*finance-mail, finance-slack/);
    expect(complaints).toEqual([]);
  });

  it('draws of each SLO the last 30 days and the last 24 hours, which say in words what they show', async () => {
    const running = await startServer();
    running.queries.list = [burningSlo()];
    const { page } = await openPage();
    await page.goto(running.url);
    const drawings = await page.evaluate(
      "[...document.querySelectorAll('.slos td svg.chart')].map((one) => one.ariaLabel)",
    );
    expect(drawings).toEqual([
      expect.stringMatching(/^Burn rate by hour over 24 hours, highest 0\.46×/),
      'Last 30 days: objective kept on 26 days, missed on 3 days, no outcomes on 1 day',
    ]);
  });

  it('is narrowed by labels, in its address and by its form, which is there where SLOs have some', async () => {
    const running = await startServer();
    running.queries.list = [
      sloDetail({ workflow: 'orders', name: 'gold', labels: { tier: 'gold' } }),
      sloDetail({ workflow: 'orders', name: 'silver', labels: { tier: 'silver' } }),
    ];
    const { page } = await openPage();
    const rows = () => page.locator('.slos tbody tr').allInnerTexts();
    await page.goto(running.url);
    expect(await rows()).toHaveLength(2);
    await page.locator('#choose-label').fill('tier=g*');
    await page.locator('.filter button').click();
    expect(new URL(page.url()).searchParams.get('label')).toBe('tier=g*');
    expect(await rows()).toEqual([expect.stringContaining('gold')]);
    expect(await page.locator('#choose-label').inputValue()).toBe('tier=g*');
    // The way to other views keeps it.
    expect(await page.locator('.filter a').getAttribute('href')).toContain('label=tier%3Dg*');
    expect((await fetch(`${running.url}/?label==x`)).status).toBe(400);
    running.queries.list = [sloDetail()];
    await page.goto(running.url);
    expect(await page.locator('#choose-label').count()).toBe(0);
  });

  it('is narrowed and grouped by its address, which its form makes, without a script', async () => {
    const running = await startServer();
    running.queries.list = LIST;
    const { page } = await openPage({ javaScriptEnabled: false });
    await page.goto(running.url);
    await page.getByLabel('Owner', { exact: true }).selectOption('finance');
    await page.getByLabel('Group by').selectOption('owner');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(new URL(page.url()).searchParams.get('owner')).toBe('finance');
    expect(await page.locator('.slos tbody tr').count()).toBe(2);
    expect(await page.getByRole('heading', { name: 'finance' }).count()).toBe(1);
    expect(await page.locator('.slos tbody th').first().innerText()).toMatch(/sent\s*billing/);
    await page.goto(`${running.url}/?workflow=order-fulfillment`);
    expect(await page.locator('.slos tbody tr').count()).toBe(2);
    await page.goto(`${running.url}/?alert=page`);
    expect(await page.locator('.slos tbody tr').count()).toBe(1);
    await page.goto(`${running.url}/?group=none`);
    expect(await page.locator('.slos').count()).toBe(1);
    expect(await page.locator('.slos tbody th a').allInnerTexts()).toEqual([
      'welcomed',
      'sent',
      'complete',
      'ran',
      'fulfilled-in-10m',
      'other',
    ]);
  });

  it('refuses what it does not know, in words and as a page for those who read pages', async () => {
    const running = await startServer();
    for (const query of [
      '?owners=x',
      '?alert=red',
      '?group=team',
      '?page=0',
      '?page=x',
      '?q=a&q=b',
      '?view=big',
    ]) {
      const response = await fetch(`${running.url}/${query}`, { headers: HTML });
      expect([query, response.status, response.headers.get('content-type')]).toEqual([
        query,
        400,
        'text/html; charset=utf-8',
      ]);
      expect(await response.text()).toContain('This address asks for something that there is not');
    }
    expect((await fetch(`${running.url}/?q=&alert=&owner=&group=workflow`)).status).toBe(200);
  });

  it('folds what is well on a phone, and shows it there when asked to, without a script', async () => {
    const running = await startServer();
    running.queries.list = LIST;
    const { page } = await openPage({ javaScriptEnabled: false, viewport: { width: 400, height: 800 } });
    await page.goto(running.url);
    expect(await page.getByRole('link', { name: 'welcomed', exact: true }).isVisible()).toBe(true);
    expect(await page.getByRole('link', { name: 'other' }).isVisible()).toBe(false);
    await page.getByLabel('Show the 2 healthy').check();
    expect(await page.getByRole('link', { name: 'other' }).isVisible()).toBe(true);
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(await page.getByLabel('Show the 2 healthy').isVisible()).toBe(false);
    expect(await page.getByRole('link', { name: 'other' }).isVisible()).toBe(true);
  });

  it('fits a screen on the wall: large, those that need people first, with nothing to press', async () => {
    const running = await startServer();
    running.queries.list = [
      ...LIST,
      ...Array.from({ length: 100 }, (_, index) => sloDetail({ name: `n${index}` })),
    ];
    const { page } = await openPage({ viewport: { width: 1920, height: 1080 } });
    await page.goto(`${running.url}/?view=tv`);
    expect(await page.locator('.slos tbody tr').count()).toBe(24);
    expect(await page.getByRole('searchbox').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Pause updates' }).isVisible()).toBe(false);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.slos td')).fontSize")).toBe('22px');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1920);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shows 10,000 SLOs 200 at a time, and the worst of them first', async () => {
    const running = await startServer();
    const many = Array.from({ length: 10_000 }, (_, index) =>
      sloDetail({ workflow: `w${index % 500}`, name: `n${index}` }),
    );
    running.queries.list = [...many, burningSlo({ workflow: 'signup', name: 'welcomed' })];
    const text = await (await fetch(running.url)).text();
    expect(text.match(/<tr id="slo:/g)).toHaveLength(200);
    expect(text.indexOf('slo:signup/welcomed')).toBeLessThan(text.indexOf('slo:w0/n0'));
    expect(text).toContain('1 to 200 of 10,001');
    const last = await (await fetch(`${running.url}/?page=51`)).text();
    expect(last.match(/<tr id="slo:/g)).toHaveLength(1);
    expect((await fetch(`${running.url}/?page=999`)).status).toBe(200);
  });
});

describe('the word for a burn rate', () => {
  it.each([
    [null, null, 'no data'],
    [0, 0, 'none'],
    [0.4, 0.03, 'slow'],
    [1, 0.07, 'steady'],
    [3, 0.22, 'fast'],
    [3, 0.5, 'elevated'],
    [14.9, 1, 'critical'],
    [0.1, 1.2, 'critical'],
  ])('%s over an hour, %s of the way to a page: %s', (rate, pageNearness, word) => {
    expect(burnOf({ burnRates: { '5m': 9, '1h': rate, '6h': 2 }, pageNearness }).word).toBe(word);
  });

  it('is of the window next to an hour where none is of one, and of nothing without any', () => {
    expect(burnOf({ burnRates: { '2m': 9, '15m': 1.5 }, pageNearness: null })).toEqual({
      word: 'fast',
      window: '15m',
      rate: 1.5,
    });
    expect(burnOf({ burnRates: {}, pageNearness: null })).toEqual({
      word: 'no data',
      window: null,
      rate: null,
    });
  });
});

describe('an address where there is no page', () => {
  it('is a page in a browser, and a problem for programs', async () => {
    const running = await startServer();
    const { page } = await openPage();
    const response = await page.goto(`${running.url}/nowhere/<b>`);
    expect(response?.status()).toBe(404);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('There is nothing here');
    expect(await page.locator('main b').count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('link', { name: 'All SLOs' }).click();
    expect(page.url()).toBe(`${running.url}/`);
    const program = await fetch(`${running.url}/nowhere`);
    expect(program.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    // What is asked of the API is answered as the API answers, whoever asks.
    const api = await fetch(`${running.url}/v1/slos/no/such`, { headers: HTML });
    expect(api.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  });
});

describe('the theme', () => {
  it('is that of the system, or the one that a reader chose, without a script, on every page', async () => {
    const running = await startServer();
    const { page } = await openPage({ javaScriptEnabled: false, colorScheme: 'light' });
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const [light, dark] = ['rgb(246, 245, 243)', 'rgb(20, 18, 16)'];
    await page.goto(`${running.url}/?q=order`);
    expect(await ground()).toBe(light);
    await page.getByRole('button', { name: 'dark' }).click();
    expect(page.url()).toBe(`${running.url}/?q=order`);
    expect(await ground()).toBe(dark);
    expect(await page.getByRole('button', { name: 'dark' }).getAttribute('aria-pressed')).toBe('true');
    await page.goto(`${running.url}/nowhere`);
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ media: 'print' });
    await page.goto(running.url);
    expect(await ground()).toBe('rgb(255, 255, 255)');
    expect(await page.getByRole('button', { name: 'dark' }).isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('button', { name: 'system' }).click();
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).toBe(dark);
  });

  it('is not set by a page of another site, nor to anything else, and leads nowhere else', async () => {
    const { url } = await startServer();
    const send = (theme: string, headers: Record<string, string>) =>
      fetch(`${url}/theme`, {
        method: 'POST',
        body: new URLSearchParams({ theme }),
        headers,
        redirect: 'manual',
      });
    expect((await send('dark', { Origin: 'https://elsewhere.example' })).status).toBe(403);
    const own = { Origin: url, Referer: 'https://elsewhere.example//evil.example/x' };
    const answer = await send('dark; Domain=example', own);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    expect(answer.headers.get('set-cookie')).toBe(
      'burnwatch_theme=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly',
    );
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
    ['dark', 400],
  ] as const)('has no accessibility problem in any page, %s and %d wide', async (colorScheme, width) => {
    const running = await startServer({
      status: () => fixedStatus({ checks: { store: { ok: false, message: 'away' } }, deadLetters: 2 }),
    });
    running.queries.list = LIST;
    const { page } = await openPage({ colorScheme, viewport: { width, height: 800 } });
    const paths = [
      '/',
      '/?group=owner&alert=page',
      '/?group=none',
      '/?view=tv',
      '/?page=x',
      '/nowhere',
      '/slos/signup/welcomed',
      '/workflows/order-fulfillment',
      '/dependencies/bank',
      '/incidents',
      '/login',
    ];
    for (const path of paths) {
      await page.goto(running.url + path);
      expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, width]);
    }
  });
});
