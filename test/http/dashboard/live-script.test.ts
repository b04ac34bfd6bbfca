import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../running-server.ts';
import { burningSlo, exhaustedSlo, fixedStatus, NOW, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';
import { useBrowser } from '../../support/browser.ts';
import { token } from '../../support/tokens.ts';

const openPage = useBrowser();
const PATIENT = { timeout: 20_000 };

/** A service whose pages can be made to show something new. */
async function startLive(options: StartOptions = {}) {
  let lastAt = NOW;
  let checks = fixedStatus().checks;
  const running = await startServer({
    status: () => fixedStatus({ checks, evaluation: { ...fixedStatus().evaluation, lastAt } }),
    rhythm: { look: 20, beat: 200 },
    ...options,
  });
  return {
    ...running,
    evaluate: () => void (lastAt += 5000),
    fail: (name: string, message: string) => void (checks = { ...checks, [name]: { ok: false, message } }),
  };
}

const searchBox = (page: Page) => page.getByRole('searchbox');
const freshness = (page: Page) => page.locator('#freshness');

describe('an open page', () => {
  it('is changed in place: focus, scroll, selection and what is open stay', async () => {
    const running = await startLive();
    running.queries.list = [
      sloDetail(),
      ...Array.from({ length: 40 }, (_, index) => sloDetail({ name: `n${index}` })),
    ];
    const { page, complaints } = await openPage({ viewport: { width: 1000, height: 400 } });
    await page.goto(running.url);
    expect(await page.title()).toBe('Error budgets · Burnwatch');
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))");
    await page.getByRole('link', { name: 'n30', exact: true }).focus();
    const top = await page.evaluate('scrollY');
    expect(top).toBeGreaterThan(0);
    running.queries.list = [
      exhaustedSlo({ workflow: 'zzz', name: 'spent' }),
      ...running.queries.list,
      burningSlo({ workflow: 'signup', name: 'welcomed' }),
    ];
    await page.evaluate('window.kept = document.activeElement');
    running.evaluate();
    await page.getByRole('link', { name: 'welcomed', exact: true }).waitFor();
    expect(await page.evaluate('kept === document.activeElement && kept.textContent')).toBe('n30');
    expect(await page.evaluate('getSelection().toString()')).toBe('Error budgets');
    expect(await page.locator('main').count()).toBe(1);
    expect(await page.title()).toBe('1 page · Burnwatch');
    expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/dashboard.svg?alert=page');
    expect(await freshness(page).textContent()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('goes on while someone types in its search box, and keeps what is typed there and left', async () => {
    const running = await startLive();
    const { page } = await openPage();
    await page.goto(`${running.url}/?q=order`);
    await searchBox(page).fill('half a wo');
    running.queries.list = [burningSlo({ name: 'first' })];
    running.evaluate();
    await page.getByRole('link', { name: 'first', exact: true }).waitFor();
    expect(await searchBox(page).inputValue()).toBe('half a wo');
    expect(await page.evaluate('document.activeElement.id')).toBe('q');
    await page.getByRole('link', { name: 'first', exact: true }).focus();
    running.queries.list = [burningSlo({ name: 'second' })];
    running.evaluate();
    await page.getByRole('link', { name: 'second', exact: true }).waitFor();
    expect(await searchBox(page).inputValue()).toBe('half a wo');
    expect(page.url()).toBe(`${running.url}/?q=order`);
  });

  it('says in words and by colour that it has lost its connection, keeps what it shows, and finds back', async () => {
    const running = await startLive();
    const { page } = await openPage();
    await page.clock.install();
    await page.goto(running.url);
    expect(await page.locator('.site').getAttribute('class')).toBe('site');
    await page.route('**/*', (route) => route.abort());
    await running.server.close();
    await expect
      .poll(async () => {
        await page.clock.runFor(1000);
        return freshness(page).textContent();
      }, PATIENT)
      .toMatch(/^No connection since .+; what you see is of then\.$/);
    expect(await page.locator('.site').getAttribute('class')).toBe('site old');
    expect(await page.getByRole('link', { name: 'fulfilled-in-10m', exact: true }).count()).toBe(1);
    const waits: number[] = [];
    page.on('request', () => waits.push(Date.now()));
    await page.clock.runFor(120_000);
    // With a wait that grows to half a minute, and no faster than it may.
    expect(waits.length).toBeGreaterThan(2);
    expect(waits.length).toBeLessThan(12);
    await page.unroute('**/*');
    await page.route('**/*', async (route) => {
      if (route.request().url().endsWith('/live')) return route.abort();
      return route.fulfill({ contentType: 'text/html', body: '<main id="main">back again</main>' });
    });
    await expect
      .poll(async () => {
        await page.clock.runFor(1000);
        return page.getByText('back again').count();
      }, PATIENT)
      .toBe(1);
    expect(await freshness(page).textContent()).toBe('');
  });

  it('notices a connection on which nothing arrives any more', async () => {
    const running = await startLive({ rhythm: { look: 20, beat: 3_600_000 } });
    const { page } = await openPage();
    await page.clock.install();
    await page.goto(running.url);
    await page.route('**/*', (route) => route.abort());
    await page.clock.runFor(20_000);
    expect(await freshness(page).textContent()).toBe('');
    await page.clock.runFor(20_000);
    await page.getByText('No connection since').waitFor();
  });

  it('says that what it shows is old because nothing is evaluated any more', async () => {
    const running = await startLive();
    const { page } = await openPage();
    await page.goto(running.url);
    running.fail('evaluation', 'nothing was evaluated for 40s by this replica, which leads');
    await page.getByText('nothing was evaluated for 40s').waitFor();
  });

  it('says that its session is over, and where to sign in', async () => {
    let tokens = [token('viewer', 'read', 'read-secret')];
    const running = await startLive({ tokens, access: { tokens: () => tokens } });
    const { page } = await openPage();
    await page.goto(running.url);
    await page.getByLabel('Token').fill('read-secret');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'fulfilled-in-10m', exact: true }).waitFor();
    tokens = [];
    running.evaluate();
    await page.getByText('Signed out since').waitFor();
    expect(await page.locator('.site').getAttribute('class')).toBe('site old');
    expect(await page.getByRole('link', { name: 'fulfilled-in-10m', exact: true }).count()).toBe(1);
    await page.getByRole('link', { name: 'Sign in' }).click();
    expect(await page.getByLabel('Token').count()).toBe(1);
  });

  it('stands still while it is paused, says so, and goes on when it is resumed', async () => {
    const running = await startLive();
    const { page } = await openPage();
    await page.goto(running.url);
    await page.getByRole('button', { name: 'Pause updates' }).click();
    expect(await freshness(page).textContent()).toMatch(/^Paused since .+; what you see is of then\.$/);
    let asked = 0;
    page.on('request', () => asked++);
    running.queries.list = [burningSlo({ name: 'new' })];
    running.evaluate();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(0);
    await page.getByRole('button', { name: 'Resume updates' }).click();
    await page.getByRole('link', { name: 'new', exact: true }).waitFor();
    expect(await freshness(page).textContent()).toBe('');
  });

  it('is brought up to date while it is out of sight, only less often, and holds no connection', async () => {
    const running = await startLive();
    const { page } = await openPage();
    await page.clock.install();
    await page.addInitScript("Object.defineProperty(document, 'hidden', { get: () => true })");
    const streams: string[] = [];
    page.on('request', (request) => request.url().endsWith('/live') && streams.push(request.url()));
    await page.goto(running.url);
    running.queries.list = [burningSlo()];
    running.evaluate();
    await page.clock.runFor(25_000);
    expect(await page.title()).toBe('Error budgets · Burnwatch');
    await page.clock.runFor(10_000);
    await expect.poll(() => page.title(), PATIENT).toMatch(/^1 page/);
    expect(streams).toEqual([]);
  });

  it('reads without its script, and then shows no button that would do nothing', async () => {
    const running = await startLive();
    const { page } = await openPage({ javaScriptEnabled: false });
    await page.goto(running.url);
    expect(await page.getByRole('link', { name: 'fulfilled-in-10m', exact: true }).count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Pause updates' }).count()).toBe(0);
  });
});
