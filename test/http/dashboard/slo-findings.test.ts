import { expect, it } from 'vitest';
import { HOUR } from '../../../src/core/time/duration.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import { NOW, sloDetail, workflowReport } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const PATH = '/slos/order-fulfillment/fulfilled-in-10m';
const openPage = useBrowser();

it('shows of an SLO what fails against usual, what is stuck or missed, who is notified and where it is defined', async () => {
  const running = await startServer({ traceUrl: 'https://traces.example/t/{traceId}?a=1' });
  const [flight] = workflowReport('order-fulfillment').slowest;
  running.queries.list = [
    sloDetail({
      stuck: [{ ...flight!, traceId: 'a/b' }],
      missedRun: {
        tick: NOW - 2 * HOUR,
        missed: 'finish',
        started: true,
        startBy: null,
        finishBy: NOW - HOUR,
      },
    }),
  ];
  const { page, complaints } = await openPage({ javaScriptEnabled: false });
  await page.goto(`${running.url}${PATH}`);
  const rows = async (name: string) =>
    (await page.getByRole('region', { name }).locator('tbody tr').allInnerTexts()).map((row) =>
      row.split(/\s*[\t\n]\s*/),
    );
  expect(await rows('Failures against usual')).toEqual([
    ['charge-card', 'far more than usual', 'step', '43', '2', '82.7%', '20%', '22×'],
    ['ship', 'step', '9', '8', '17.3%', '80%', '1.1×'],
    ['not said', 'dependency', '9', '–', '17.3%', '–', '–'],
    ['timeout', 'far more than usual', 'error', '41', '0', '78.8%', '20%', 'new'],
    ['eu', 'region', '91', '80', '91%', '20%', '–'],
  ]);
  expect(await rows('Stuck executions')).toEqual([['order-1001', 'charge-card', '2h ago', '1h ago', 'a/b']]);
  expect(await rows('Who is notified')).toEqual([
    ['a page', 'pager (pagerduty)', 'Send a test'],
    ['a page unacknowledged for 15m', 'head (email)', 'Send a test'],
    ['a ticket', 'payments-chat (slack)', 'Send a test'],
  ]);
  expect(await rows('Time to alert')).toEqual([
    ['everything', 'outage (page)', '5m', 'outage', '5m', '0.3%'],
    ['1x budget (5%)', 'creep (ticket)', '3d', 'never', '–', '10.7%'],
    ['0.1%', 'never', '–', 'never', '–', '–'],
  ]);
  expect(await page.getByRole('region', { name: 'Last missed run' }).innerText()).toContain(
    'was to succeed by 2026-03-10 11:00 UTC and did not; something did start for it.',
  );
  expect(await page.locator('.heading .meta').innerText()).toContain('defined in slos/orders.yaml:14');
  const definition = page.getByRole('region', { name: 'Definition' });
  expect(await definition.locator('pre').isVisible()).toBe(false);
  await definition.locator('summary').click();
  expect(await definition.locator('pre').innerText()).toContain('apiVersion: openslo/v1');
  const links = await page
    .locator('a[href*="traces.example"]')
    .evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  expect(links).toEqual([
    'https://traces.example/t/a%2Fb?a=1',
    'https://traces.example/t/0af7651916cd43dd8448eb211c80319c?a=1',
  ]);
  expect(complaints).toEqual([]);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page: read } = await openPage({ colorScheme, viewport: { width: 400, height: 800 } });
    await read.goto(`${running.url}${PATH}`, { waitUntil: 'domcontentloaded' });
    expect(await accessibilityProblems(read)).toEqual([]);
    expect(await read.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  }
});
