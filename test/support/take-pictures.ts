import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './browser.ts';
import { killServices, startService } from './service.ts';
import { until } from './until.ts';

// Takes the pictures of the documentation anew, of the demo as it is built: npm run build && npx tsx test/support/take-pictures.ts

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

mkdirSync(FOLDER, { recursive: true });
const demo = await startService({ LOG_LEVEL: 'warn' }, ['demo']);
const browser = await startBrowser();
try {
  // Its incident begins soon; a page is what people come to see.
  await until(
    'the first page',
    async () => {
      const answer = await fetch(`${demo.url}/v1/incidents?severity=page`).catch(() => null);
      return answer !== null && answer.ok && ((await answer.json()) as { items: unknown[] }).items.length > 0;
    },
    180_000,
  );
  const page = await browser.newPage({ colorScheme: 'light' });
  for (const { name, path, height } of PICTURES) {
    await page.setViewportSize({ width: WIDTH, height });
    await page.goto(demo.url + path, { waitUntil: 'domcontentloaded' });
    const file = join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    if (size > LARGEST) throw new Error(`${file} has ${size} bytes, more than ${LARGEST}`);
    process.stdout.write(`${file}: ${size} bytes\n`);
  }
} finally {
  await browser.close();
  await demo.stop();
  killServices();
}
