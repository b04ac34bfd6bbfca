import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** Starts a real Chromium that asks nothing of the network by itself: its headless shell, which is the engine without the windows and takes half the time. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium-headless-shell',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page as a person has it open. */
export interface View {
  readonly page: Page;
  /** Whatever the page complained about: errors, and what its security policy stopped. */
  readonly complaints: string[];
}

/** Gives what opens pages in a browser that all tests of a file share. */
export function useBrowser(): (options?: Parameters<Browser['newPage']>[0]) => Promise<View> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  return async (options = {}) => {
    const page = await browser.newPage(options);
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    return { page, complaints };
  };
}
