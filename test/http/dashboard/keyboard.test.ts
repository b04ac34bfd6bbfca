import { describe, expect, it } from 'vitest';
import { useBrowser } from '../../support/browser.ts';
import { burningSlo, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const openPage = useBrowser();

/** What a tabulator can come to, in its order, and whether the reader sees that it is there. */
const STOPS = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.type !== 'hidden' && (one.checkVisibility() || one.matches('.skip')))
  .length`;
const FOCUSED = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  document.stops ??= [];
  const again = document.stops.includes(at);
  document.stops.push(at);
  return {
    what: at.tagName + ' ' + (at.textContent.trim() || at.name || at.getAttribute('aria-label')).slice(0, 40),
    again,
    isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 && box.width > 0 && box.right > 0 && box.left < innerWidth,
  };
})()`;
interface Focused {
  readonly what: string;
  readonly again: boolean;
  readonly isSeen: boolean;
}

async function startPages() {
  const running = await startServer();
  running.queries.list = [sloDetail(), burningSlo({ workflow: 'signup', name: 'welcomed' })];
  return running;
}

const PATHS = [
  '/',
  '/slos/order-fulfillment/fulfilled-in-10m',
  '/workflows/order-fulfillment',
  '/incidents',
  '/silences',
  '/on-call',
  '/reports',
];

describe('with the keyboard alone', () => {
  it.each(PATHS)('every stop of %s is come to once, and seen', async (path) => {
    const { url } = await startPages();
    const { page } = await openPage({ viewport: { width: 1240, height: 900 } });
    await page.goto(url + path, { waitUntil: 'domcontentloaded' });
    const stops = await page.evaluate<number>(STOPS);
    expect(stops).toBeGreaterThan(3);
    const found: Focused[] = [];
    for (let count = 0; count < stops; count++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate<Focused | null>(FOCUSED);
      if (focused) found.push(focused);
    }
    expect(found.filter(({ isSeen }) => !isSeen)).toEqual([]);
    expect(found.filter(({ again }) => again)).toEqual([]);
    expect(found).toHaveLength(stops);
    expect(found[0]!.what).toBe('A Skip to content');
  });

  it('what is in every head of a page can be left out', async () => {
    const { url } = await startPages();
    const { page } = await openPage();
    await page.goto(url);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.closest('main') !== null`)).toBe(true);
  });

  it('SLOs are chosen, and one of them opened', async () => {
    const { url } = await startPages();
    const { page } = await openPage();
    await page.goto(url);
    await page.locator('input[name="search"], input[type="search"]').first().focus();
    await page.keyboard.type('welcomed');
    await page.keyboard.press('Enter');
    await page.waitForURL(/welcomed/);
    await page.getByRole('link', { name: 'welcomed', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/slos\/signup\/welcomed$/);
  });
});

describe('for who wants no motion', () => {
  const MOVING = `[...document.querySelectorAll('*')]
    .filter((one) => {
      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(one);
      return parseFloat(transitionDuration) > 0 || animationName !== 'none' || scrollBehavior === 'smooth';
    }).length`;

  it.each(PATHS)('nothing of %s moves, whatever else its style sheet says', async (path) => {
    const { url } = await startPages();
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      const { page } = await openPage({ reducedMotion });
      // The sheet as it may come to be: with something that moves.
      await page.route('**/dashboard.css', async (route) => {
        const sheet = await (await route.fetch()).text();
        const moving =
          '@keyframes turn { to { rotate: 1turn } } * { transition: all 1s; animation: turn 1s infinite }';
        await route.fulfill({ contentType: 'text/css', body: `${moving}\n${sheet}` });
      });
      await page.goto(url + path, { waitUntil: 'load' });
      const moving = await page.evaluate<number>(MOVING);
      expect([path, reducedMotion, moving > 0]).toEqual([path, reducedMotion, reducedMotion !== 'reduce']);
    }
  });
});
