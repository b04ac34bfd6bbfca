import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { startBrowser } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { LOOKS, lookOf } from './message-looks.ts';
import { killServices, startService } from './service.ts';
import { until } from './until.ts';

// Takes the pictures of the documentation anew, of the demo as it is built: npm run build && npx tsx test/support/take-pictures.ts
// With `messages`, only those of what the demo sends.

const FOLDER = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
/** So that a page loads no slower for them. */
const LARGEST = 200_000;
const WIDTH = 1180;

/** What is shown, from the top of its page. */
const PICTURES = [
  { name: 'overview', path: '/', height: 800 },
  { name: 'slo', path: '/slos/order-fulfillment/charge-card-succeeds', height: 1150 },
  { name: 'workflow', path: '/workflows/order-fulfillment', height: 950 },
] as const;

/** When the demo starts whose page is shown as a message. */
const MESSAGE_AT = Date.parse('2026-11-25T14:03:20Z');
const LINKS = { publicUrl: 'https://burnwatch.example.com', traceUrl: null };

mkdirSync(FOLDER, { recursive: true });

async function takeMessages(browser: Browser): Promise<void> {
  const { facts, picture } = await demoPage(MESSAGE_AT);
  const page = await browser.newPage({ colorScheme: 'light', viewport: { width: 760, height: 400 } });
  for (const look of LOOKS) {
    await page.setContent(lookOf(look, facts, picture, LINKS));
    const file = join(FOLDER, `message-${look}.jpg`);
    await page.screenshot({ path: file, type: 'jpeg', quality: 82, fullPage: true });
    checkSize(file);
  }
}

function checkSize(file: string): void {
  const { size } = statSync(file);
  if (size > LARGEST) throw new Error(`${file} has ${size} bytes, more than ${LARGEST}`);
  process.stdout.write(`${file}: ${size} bytes\n`);
}

async function takePages(browser: Browser, url: string): Promise<void> {
  // Its incident begins soon; a page is what people come to see.
  await until(
    'the first page',
    async () => {
      const answer = await fetch(`${url}/v1/incidents?severity=page`).catch(() => null);
      return answer !== null && answer.ok && ((await answer.json()) as { items: unknown[] }).items.length > 0;
    },
    180_000,
  );
  const page = await browser.newPage({ colorScheme: 'light' });
  for (const { name, path, height } of PICTURES) {
    await page.setViewportSize({ width: WIDTH, height });
    await page.goto(url + path, { waitUntil: 'domcontentloaded' });
    const file = join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file });
    checkSize(file);
  }
}

const browser = await startBrowser();
try {
  await takeMessages(browser);
  if (process.argv[2] !== 'messages') {
    const demo = await startService({ LOG_LEVEL: 'warn' }, ['demo']);
    try {
      await takePages(browser, demo.url);
    } finally {
      await demo.stop();
    }
  }
} finally {
  await browser.close();
  killServices();
}
