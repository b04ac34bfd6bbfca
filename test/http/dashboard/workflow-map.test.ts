import { describe, expect, it } from 'vitest';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import { burningSlo, sloDetail, workflowReport } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const PATH = '/workflows/order-fulfillment';
const openPage = useBrowser();

async function start(changes: Partial<ReturnType<typeof workflowReport>> = {}) {
  const running = await startServer();
  running.queries.list = [
    sloDetail({ name: 'fulfilled' }),
    burningSlo({ name: 'charged' }),
    sloDetail({ name: 'handed-over' }),
  ];
  running.queries.workflows = [{ ...workflowReport('order-fulfillment'), ...changes }];
  return running;
}

/** A graph that no one would like to draw. */
function largeMap(count: number): Partial<ReturnType<typeof workflowReport>> {
  const steps = Array.from({ length: count }, (_, index) => `${index}-${'n'.repeat(124)}`);
  const after = Object.fromEntries(
    steps.map((step, index) => [
      step,
      index === 0 ? [] : index < count - 1 ? [steps[0]!] : steps.slice(1, -1),
    ]),
  );
  const handOver = (from: string, to: string) => ({
    from,
    to,
    slo: 'order-fulfillment/handed-over',
    within: '5m',
    lastHour: null,
  });
  return { steps, after, handOvers: [handOver(steps[1]!, steps[2]!), handOver(steps[2]!, steps[1]!)] };
}

describe('the map of a workflow', () => {
  it('shows every part in words, and leads to the SLO of each or to its numbers', async () => {
    const { url } = await start();
    const { page, complaints } = await openPage();
    await page.goto(`${url}${PATH}`);
    const map = page.getByRole('group', { name: 'Map of order-fulfillment' });
    const parts = await map
      .locator('> a, > g:has(text)')
      .evaluateAll((all) =>
        all.map((one) => [
          [...one.querySelectorAll('text')].map(({ textContent }) => textContent).join(', '),
          one.getAttribute('href'),
        ]),
      );
    expect(parts).toEqual([
      [
        'Executions, 90% of 100 succeeded, p50 2.55 s, p95 1 min, 20% of attempts are retries, 1,204 in flight, 3 of them overdue, 1,200 with no step yet',
        '/slos/order-fulfillment/fulfilled',
      ],
      ['reserve, nothing ended in the last 1h', '#step-0'],
      [
        'charge-card, Page: charged, 90% of 100 succeeded, p50 2.55 s, p95 1 min, 20% of attempts are retries, 4 executions got this far, 3 of them overdue',
        '/slos/order-fulfillment/charged',
      ],
      ['ship, nothing ended in the last 1h', null],
      [
        'charge-cards, not in the map, 90% of 100 succeeded, p50 2.55 s, p95 1 min, 20% of attempts are retries',
        '#step-2',
      ],
      [
        'to ship, 96 within 5m, 4 late or lost in 1h, 2 not taken yet, 1 of them overdue',
        '/slos/order-fulfillment/handed-over',
      ],
      ['dlq-depth, depth 12', '#queues'],
      ['bank, 80% of 100 calls in 1h, 20 failed in charge-card', '/dependencies/bank'],
    ]);
    await map.getByRole('link', { name: /^charge-cards / }).focus();
    await page.keyboard.press('Enter');
    expect(page.url()).toMatch(/#step-2$/);
    expect(await page.locator('#step-2').innerText()).toContain('charge-cards');
    await map.getByRole('link', { name: /^charge-card / }).click();
    expect(page.url()).toMatch(/\/slos\/order-fulfillment\/charged$/);
    expect(complaints).toEqual([]);
  });

  it('has all of its numbers in tables, too', async () => {
    const { url } = await start();
    const { page } = await openPage({ javaScriptEnabled: false });
    await page.goto(`${url}${PATH}`);
    const rows = await page
      .getByRole('region', { name: 'Between steps' })
      .locator('tbody tr')
      .allInnerTexts();
    expect(rows.map((row) => row.split(/\s*\t\s*/))).toEqual([
      ['charge-card → ship', 'handed-over within 5m', '96', '4', '2, 1 overdue'],
    ]);
    const slos = await page.getByRole('region', { name: 'SLOs' }).locator('tbody th').allInnerTexts();
    expect(slos.map((text) => text.split('\n')[0])).toEqual(['charged', 'fulfilled', 'handed-over']);
  });

  it.each([
    [
      'no step and nothing reported',
      { steps: [], after: {}, places: [], unmapped: [], handOvers: [], calls: [] },
    ],
    ['one step', { steps: ['only'], after: { only: [] } }],
    ['fifty steps with long names, a wide fan and a circle', largeMap(50)],
    ['a thousand steps', largeMap(1000)],
  ])('of %s fits narrow and wide screens, in both themes', async (_, changes) => {
    const { url } = await start(changes);
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1240, 400]) {
        const { page, complaints } = await openPage({ colorScheme, viewport: { width, height: 800 } });
        await page.goto(`${url}${PATH}`, { waitUntil: 'domcontentloaded' });
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([colorScheme, width, overflow]).toEqual([colorScheme, width, 0]);
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(complaints).toEqual([]);
      }
    }
  });

  it('of too many parts says so, and the tables have them', async () => {
    const { url } = await start(largeMap(1000));
    const { page } = await openPage({ javaScriptEnabled: false });
    await page.goto(`${url}${PATH}`);
    expect(await page.getByRole('region', { name: 'Map' }).innerText()).toMatch(/1,0\d\d parts are too many/);
  });
});
