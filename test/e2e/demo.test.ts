import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SloReport } from '../../src/core/ports/queries.ts';
import { dataAtStart } from '../demo/data-at-start.ts';
import { startBrowser } from '../support/browser.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** As much of its headline as there always is room for. */
const HEADLINE = /PAGE order-fulfillment.*…card-succeeds: /;
const CHARGE_CARD = 'order-fulfillment/charge-card-succeeds';
const WITHIN = 60_000;

/** As much of an SLO of `GET /v1/slos` as is looked at here. */
interface ListedSlo extends Pick<SloReport, 'id' | 'workflow' | 'alert' | 'data' | 'budget' | 'incident'> {
  readonly windows: readonly { readonly from: string }[];
  readonly dataThrough: string;
}

describe('burnwatch demo', () => {
  let folder: string;
  let startedAt: number;
  let demo: Service;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), 'burnwatch-demo-test-'));
    startedAt = performance.now();
    demo = await startService({ LOG_LEVEL: '', TMPDIR: folder }, ['demo', '--port', '0']);
  });

  afterAll(async () => {
    killServices();
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What is left of the minute in which the page must come. */
  function remaining(): number {
    return startedAt + WITHIN - performance.now();
  }

  async function slos(): Promise<ListedSlo[]> {
    return ((await (await fetch(`${demo.url}/v1/slos`)).json()) as { items: ListedSlo[] }).items;
  }

  /** Opens a page of the demo. What its policy stops or its script stumbles over ends up in `complaints`. */
  async function open(path: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(demo.url + path);
    return page;
  }

  it('begins with every example healthy and budgets partly spent', async () => {
    const all = await slos();
    expect(all.map(({ workflow }) => workflow)).toEqual(
      expect.arrayContaining(['order-fulfillment', 'clickstream-pipeline', 'nightly-invoices']),
    );
    for (const report of all) {
      const { id, alert, data, budget } = report;
      const expected = dataAtStart({
        id,
        windows: report.windows.map(({ from }) => ({ from: Date.parse(from) })),
        dataThrough: Date.parse(report.dataThrough),
      });
      expect({ id, alert, data }).toEqual({ id, alert: 'none', data: expected });
      if (expected === 'none') continue;
      expect(budget.remainingRatio, id).toBeGreaterThan(0.3);
      expect(budget.remainingRatio, id).toBeLessThanOrEqual(1);
    }
    expect(demo.output()).toContain(`${demo.url}/inbox`);
  });

  it('pages within a minute of the start: in the terminal, in the inbox without a reload, over HTTP and on the dashboard', async () => {
    const inbox = await open('/inbox');
    expect(await inbox.getByText('Nothing yet').isVisible()).toBe(true);

    const burning = await until(
      'the incident',
      async () =>
        (await slos()).find(({ id, incident }) => id === CHARGE_CARD && incident?.severity === 'page'),
      remaining(),
    );
    expect(burning).toMatchObject({ alert: 'page', incident: { severity: 'page', tier: 'fast' } });

    await until('the page in the terminal', () => HEADLINE.test(demo.output()), remaining());
    const output = demo.output();
    expect(output.indexOf('begins to time out: ')).toBeGreaterThan(0);
    expect(output.indexOf('begins to time out: ')).toBeLessThan(output.search(HEADLINE));

    const slack = inbox
      .locator('article')
      .filter({ hasText: '#payments-oncall' })
      .filter({ hasText: CHARGE_CARD })
      // The ticket comes before it.
      .filter({ hasText: HEADLINE });
    await slack.waitFor({ timeout: remaining() });
    expect(await slack.locator('h3').textContent()).toMatch(HEADLINE);
    expect(await slack.locator('code').allTextContents()).toEqual(
      expect.arrayContaining(['charge-card', 'payment-gateway', 'timeout']),
    );
    expect(await slack.getByRole('link', { name: 'Budget' }).getAttribute('href')).toBe(
      `${demo.url}/slos/${CHARGE_CARD}`,
    );

    const mail = inbox
      .locator('article')
      .filter({ hasText: 'payments@mail.invalid' })
      .filter({ hasText: 'card-succeeds' })
      .filter({ hasText: HEADLINE });
    await mail.waitFor({ timeout: remaining() });
    const frame = (await (await mail.locator('iframe').elementHandle()).contentFrame())!;
    expect(await frame.locator('h1').textContent()).toMatch(HEADLINE);
    // The styles of the mail apply: its own policy allows them.
    expect(await frame.evaluate(`getComputedStyle(document.querySelector('h1')).fontSize`)).toBe('19px');
    expect((await inbox.screenshot({ fullPage: true })).length).toBeGreaterThan(20_000);
    await inbox.close();

    const dashboard = await open('/');
    await dashboard.getByText('Page', { exact: true }).first().waitFor({ timeout: WITHIN });
    expect(await dashboard.locator('body').innerText()).toContain('charge-card-succeeds');
    expect((await dashboard.screenshot({ fullPage: true })).length).toBeGreaterThan(20_000);
    await dashboard.close();
    expect(complaints).toEqual([]);
  });

  it('says nothing but its story, and stops cleanly on SIGTERM', async () => {
    expect(demo.output()).not.toContain('{"level"');
    expect(await readdir(folder)).toHaveLength(1);
    expect(await demo.stop('SIGTERM')).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops cleanly on SIGINT while it is still starting', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'demo', '--port', '0'], {
      env: { PATH: process.env['PATH'], TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]);
    expect(await readdir(folder)).toHaveLength(1);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(await readdir(folder)).toEqual([]);
  });
});
