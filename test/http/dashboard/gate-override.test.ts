import { expect, it } from 'vitest';
import { HOUR } from '../../../src/core/time/duration.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import { NOW, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const PATH = '/slos/order-fulfillment/fulfilled-in-10m';
const OVERRIDE = { id: 'mk2x1-a7f3', by: 'sam', reason: 'the fix <i>of the bank</i>', until: NOW + 2 * HOUR };
const openPage = useBrowser();

it('an override of the gate is shown with who, why and until when: of an SLO, among all, and by the API', async () => {
  const running = await startServer();
  const { page, complaints } = await openPage({ viewport: { width: 400, height: 800 } });
  const banner = page.getByRole('region', { name: 'Override of the gate' });
  await page.goto(`${running.url}${PATH}`, { waitUntil: 'domcontentloaded' });
  expect(await banner.count()).toBe(0);
  running.queries.list = [sloDetail({ gateOverride: OVERRIDE })];
  await page.goto(`${running.url}${PATH}`, { waitUntil: 'domcontentloaded' });
  expect(await banner.innerText()).toMatch(
    /overridden until 2026-03-10 14:00 UTC\s+sam lets deploys pass, whatever this SLO says: the fix <i>of the bank<\/i>\s+burnwatch gate --end-override mk2x1-a7f3/,
  );
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.goto(running.url, { waitUntil: 'domcontentloaded' });
  expect(await page.locator('tbody tr').first().innerText()).toContain(
    'gate overridden by sam until 2026-03-10 14:00 UTC: the fix <i>of the bank</i>',
  );
  expect(complaints).toEqual([]);
  const answer = await fetch(`${running.url}/v1/slos?fields=id,gateOverride`);
  expect(await answer.json()).toMatchObject({
    items: [{ gateOverride: { ...OVERRIDE, until: '2026-03-10T14:00:00.000Z' } }],
  });
});
