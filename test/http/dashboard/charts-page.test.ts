import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { NOW, fixedStatus, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const PATH = '/slos/order-fulfillment/fulfilled-in-10m';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function openPage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage(options);
  onTestFinished(() => page.close());
  return page;
}

describe('the charts of an SLO', () => {
  it('are seen without a script, each once, wide or narrow', async () => {
    const { url } = await startServer();
    for (const width of [1240, 320]) {
      const page = await openPage({ javaScriptEnabled: false, viewport: { width, height: 800 } });
      await page.goto(`${url}${PATH}`);
      expect(await page.locator('.charts svg:visible').count()).toBe(7);
    }
  });

  it('are of the time and zone that the address says, with links to the others', async () => {
    const { url, queries } = await startServer();
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(`${url}${PATH}?range=6h&zone=europe/berlin`);
    expect(queries.queries.at(-1)).toMatchObject({ range: '6h', from: null, to: null });
    expect(await page.locator('.ranges [aria-current]').textContent()).toBe('6h');
    expect(await page.locator('.chart-choice .note').textContent()).toContain('Times in Europe/Berlin');
    await page.getByRole('link', { name: 'window (28d)' }).click();
    expect(queries.queries.at(-1)).toMatchObject({ range: 'window' });
    expect(new URL(page.url()).searchParams.get('zone')).toBe('Europe/Berlin');
    await page.getByLabel('From').fill('2026-11-20T00:00:00Z');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(queries.queries.at(-1)).toMatchObject({ range: 'custom', from: '2026-11-20T00:00:00Z' });
  });

  it('are of the usual time when the address says none that there is', async () => {
    const { url, queries } = await startServer();
    const charts = queries.charts.bind(queries);
    queries.charts = (id, texts) =>
      texts.range === '9h' ? Promise.resolve({ refused: 'invalid', problems: ['no'] }) : charts(id, texts);
    const page = await openPage({ javaScriptEnabled: false });
    const response = await page.goto(`${url}${PATH}?range=9h&zone=Mars`);
    expect(response!.status()).toBe(200);
    expect(await page.locator('.ranges [aria-current]').textContent()).toBe('1d');
    expect(await page.locator('.chart-choice .note').textContent()).toContain('Times in UTC');
  });

  it('are offered in the time zone of the browser, and nothing breaks the security policy', async () => {
    const { url } = await startServer();
    const page = await openPage({ timezoneId: 'Asia/Tokyo' });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => void complaints.push(String(error)));
    await page.goto(`${url}${PATH}?range=6h`, { waitUntil: 'domcontentloaded' });
    await page.getByRole('link', { name: 'in your time zone' }).click();
    await page.waitForURL(/zone=Asia%2FTokyo/, { waitUntil: 'domcontentloaded' });
    expect(await page.locator('.chart-choice .note').textContent()).toContain('Times in Asia/Tokyo');
    expect(await page.getByRole('link', { name: 'in your time zone' }).count()).toBe(0);
    expect(new URL(page.url()).searchParams.get('range')).toBe('6h');
    expect(complaints).toEqual([]);
  });

  describe('are read value by value', () => {
    async function openCharts(options: Parameters<Browser['newPage']>[0] = {}) {
      const { url, queries } = await startServer();
      const page = await openPage({ viewport: { width: 1240, height: 900 }, ...options });
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => void complaints.push(String(error)));
      await page.goto(`${url}${PATH}?range=6h&zone=Asia/Tokyo`, { waitUntil: 'domcontentloaded' });
      const chart = page.locator('.charts > div', { has: page.locator('#chart-sli-title') });
      return { page, queries, chart, readout: page.locator('.readout'), complaints };
    }

    it('under the pointer, in the time zone of the charts, and nothing breaks the security policy', async () => {
      const { page, chart, readout, complaints } = await openCharts();
      expect(await page.locator('.over-chart').count()).toBe(0);
      await chart.hover();
      await readout.waitFor();
      expect(await readout.textContent()).toMatch(/^\d+ \w+, \d\d:\d\d \S+good: \d+(\.\d+)?%$/);
      expect(await readout.textContent()).toContain('GMT+9');
      await page.mouse.move(0, 0);
      await readout.waitFor({ state: 'hidden' });
      expect(await page.locator('.over-chart').count()).toBe(0);
      expect(complaints).toEqual([]);
    });

    it('as the drawing shows them: the line goes through what is said', async () => {
      const { page, chart, readout } = await openCharts();
      await chart.hover();
      await readout.waitFor();
      const isOnLine = await page.evaluate(`(() => {
        const cursor = document.querySelector('.u-cursor-pt').getBoundingClientRect();
        const drawing = document.getElementById('chart-sli-title').closest('svg');
        const middle = new DOMPoint(cursor.left + cursor.width / 2, cursor.top + cursor.height / 2);
        const place = middle.matrixTransform(drawing.getScreenCTM().inverse());
        return [...drawing.querySelectorAll('path[stroke-linejoin]')].some((line) => {
          line.setAttribute('stroke-width', '4');
          return line.isPointInStroke(place);
        });
      })()`);
      expect(isOnLine).toBe(true);
    });

    it('by the keyboard alone', async () => {
      const { page, chart, readout } = await openCharts();
      await chart.focus();
      await readout.waitFor();
      const last = await readout.textContent();
      await page.keyboard.press('ArrowLeft');
      const before = await readout.textContent();
      expect(before).not.toBe(last);
      await page.keyboard.press('ArrowRight');
      expect(await readout.textContent()).toBe(last);
      await page.keyboard.press('Home');
      expect(await readout.textContent()).not.toBe(last);
      await page.keyboard.press('Escape');
      await readout.waitFor({ state: 'hidden' });
    });

    it('and stay where they are read when the page is changed in place', async () => {
      let lastAt = NOW;
      const running = await startServer({
        status: () => fixedStatus({ evaluation: { ...fixedStatus().evaluation, lastAt } }),
        rhythm: { look: 20, beat: 200 },
      });
      const page = await openPage({ viewport: { width: 1240, height: 900 } });
      await page.goto(`${running.url}${PATH}`, { waitUntil: 'domcontentloaded' });
      const chart = page.locator('.charts > div', { has: page.locator('#chart-sli-title') });
      const readout = page.locator('.readout');
      await chart.focus();
      await readout.waitFor();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      const read = await readout.textContent();
      const changed = page.evaluate(
        `new Promise((resolve) => document.addEventListener('burnwatch:changed', () => setTimeout(resolve, 200)))`,
      );
      lastAt += 5000;
      running.queries.list = [sloDetail({ description: 'In other words' })];
      await changed;
      expect(await page.getByText('In other words').count()).toBeGreaterThan(0);
      await readout.waitFor();
      expect(await readout.textContent()).toBe(read);
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowRight');
      expect(await readout.textContent()).toBe(read);
      expect(await page.locator('.over-chart').count()).toBe(1);
    });

    it('and the time that is drawn over with the mouse is shown in all of them', async () => {
      const { page, queries, chart, readout } = await openCharts();
      await chart.hover();
      await readout.waitFor();
      const box = (await page.locator('.u-over').boundingBox())!;
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.25, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 });
      await page.mouse.up();
      await page.waitForURL(/range=custom/);
      expect(new URL(page.url()).searchParams.get('zone')).toBe('Asia/Tokyo');
      expect(queries.queries.at(-1)).toMatchObject({
        range: 'custom',
        from: expect.stringMatching(/:00\.000Z$/) as string,
        to: expect.stringMatching(/:00\.000Z$/) as string,
      });
    });
  });

  it.each(['light', 'dark'] as const)(
    'have nothing that axe-core finds hard to use, in %s colours, wide or narrow',
    async (colorScheme) => {
      const { url } = await startServer();
      for (const width of [1240, 320]) {
        const page = await openPage({ colorScheme, viewport: { width, height: 800 } });
        for (const path of [PATH, '/summary/order-fulfillment/fulfilled-in-10m']) {
          await page.goto(`${url}${path}`, { waitUntil: 'domcontentloaded' });
          expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect([path, width, overflow]).toEqual([path, width, 0]);
        }
      }
    },
  );
});
