import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { token } from '../../support/tokens.ts';
import { startServer } from '../running-server.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

it('signs a browser in and out, without its script and from where a link led', async () => {
  // The browser has a clock of its own, by which cookies end.
  const { url } = await startServer({
    tokens: [token('sam', 'read', 'a token of sam')],
    clock: { now: () => Date.now() },
  });
  const context = await browser.newContext({ javaScriptEnabled: false });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));

  await page.goto(`${url}/slos/order-fulfillment/fulfilled-in-10m`);
  expect(await page.title()).toBe('Sign in · Burnwatch');
  const field = page.getByLabel('Token');
  expect(await page.evaluate('document.activeElement.id')).toBe('token');
  await field.fill('no such token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').innerText()).toContain('This token is not known');
  await page.getByLabel('Token').fill('a token of sam');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(page.url()).toBe(`${url}/slos/order-fulfillment/fulfilled-in-10m`);
  expect(await page.locator('.sign-out').innerText()).toMatch(/sam\s+Sign out/);
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ name: 'burnwatch', httpOnly: true, sameSite: 'Strict' });

  await page.getByRole('button', { name: 'Sign out' }).click();
  expect(page.url()).toBe(`${url}/login`);
  expect(await context.cookies()).toEqual([]);
  await page.goto(url);
  expect(await page.title()).toBe('Sign in · Burnwatch');
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
});

it('is legible in light and dark, and named for screen readers', async () => {
  const { url } = await startServer({ tokens: [token('sam', 'read', 'a token of sam')] });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme });
    onTestFinished(() => page.close());
    await page.goto(`${url}/login`);
    const snapshot = await page.locator('body').ariaSnapshot();
    expect(snapshot).toContain('heading "Sign in" [level=1]');
    expect(snapshot).toContain('textbox "Token"');
    expect(snapshot).toContain('button "Sign in"');
    const [ground, text] = await page.evaluate<string[]>(
      '[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector("#hint small")).color]',
    );
    expect(contrast(ground!, text!)).toBeGreaterThan(4.5);
  }
});

it.each(['light', 'dark'] as const)(
  'has nothing that axe-core finds hard to use, in %s colours, whatever it says',
  async (colorScheme) => {
    const { url } = await startServer({ tokens: [token('sam', 'read', 'a token of sam')] });
    const page = await browser.newPage({ colorScheme });
    onTestFinished(() => page.close());
    await page.goto(`${url}/login`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Token').fill('no such token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('This token is not known');
    expect(await accessibilityProblems(page)).toEqual([]);
  },
);

it('axe-core finds what is hard to use', async () => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.setContent('<main><input><p style="color: #999; background: #aaa">faint</p></main>');
  expect((await accessibilityProblems(page)).map((problem) => problem.split(':')[0])).toEqual(
    expect.arrayContaining(['color-contrast', 'label']),
  );
});

/** The contrast ratio of two colours as WCAG 2 defines it. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
