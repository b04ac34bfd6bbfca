import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useBrowser } from '../../support/browser.ts';
import { HOUR } from '../../../src/core/time/duration.ts';
import type { ServiceStatus } from '../../../src/core/ports/service-status.ts';
import {
  adjustment,
  burningSlo,
  exhaustedSlo,
  fixedStatus,
  journeySlo,
  NOW,
  silentSlo,
  sloDetail,
  valueReport,
  workflowReport,
  dependencyReport,
} from '../fakes.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startServer } from '../running-server.ts';

const HOSTILE = `<script>window.stolen=1</script><img src=x onerror="window.stolen=2">'" autofocus onfocus="window.stolen=3" '&`;
const PROBLEM =
  'slos/orders.yaml:7:16: objective is 105%; expected less than 100%\n    objective: 105%\n               ^^^^';

const openPage = useBrowser();

describe('the overview', () => {
  it('shows every SLO under its workflow, those that need people first, with words for everything', async () => {
    const running = await startServer();
    running.queries.list = [
      sloDetail(),
      silentSlo({ workflow: 'nightly', name: 'ran' }),
      exhaustedSlo({ workflow: 'billing/eu', name: 'sent' }),
      burningSlo({ workflow: 'signup', name: 'welcomed' }),
    ];
    const { page, complaints } = await openPage();
    await page.goto(running.url);
    expect(await page.locator('.card h2').allTextContents()).toEqual([
      '1 open incident',
      'signup',
      'billing/eu',
      'nightly',
      'order-fulfillment',
    ]);
    const row = (name: string) =>
      page.locator('.slos tr', { has: page.getByRole('link', { name, exact: true }) }).innerText();
    expect(await row('welcomed')).toMatch(
      /Page\s*failing since 25m ago[^]*95.6%[^]*of 95%[^]*12%\s*Low\s*gone in 3h 20m[^]*critical\s*14.9× over 1h/,
    );
    expect(await row('sent')).toMatch(/No alert[^]*−30%\s*Exhausted/);
    expect(await row('ran')).toMatch(/No alert[^]*–[^]*no data[^]*–/);
    expect(await row('fulfilled-in-10m')).toMatch(/No alert[^]*97.1%[^]*42%/);
    expect(await page.getByRole('img', { name: 'Error budget: −30% left' }).count()).toBe(1);
    expect(await page.locator('.totals').innerText()).toMatch(
      /4\s+SLOs\s+1\s+page\s+1\s+budget exhausted\s+1\s+budget low\s+1\s+without data/,
    );
    await page.getByRole('link', { name: 'sent', exact: true }).click();
    expect(page.url()).toBe(`${running.url}/slos/billing%2Feu/sent`);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('sent');
    expect(complaints).toEqual([]);
  });

  it('finds SLOs by text, alert, budget and data, and shows 200 at a time', async () => {
    const running = await startServer();
    running.queries.list = [
      burningSlo({ workflow: 'signup', name: 'welcomed', owner: 'growth' }),
      ...Array.from({ length: 300 }, (_, index) => sloDetail({ workflow: `w${index}` })),
    ];
    const { page } = await openPage({ javaScriptEnabled: false });
    await page.goto(running.url);
    expect(await page.locator('.slos tbody tr').count()).toBe(200);
    expect(await page.locator('.note').first().innerText()).toContain('1 to 200 of 301');
    // A click does not wait for the page that it leads to.
    await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name: 'Next' }).first().click()]);
    expect(await page.locator('.slos tbody tr').count()).toBe(101);
    expect(await page.locator('.note').first().innerText()).toContain('201 to 301 of 301');
    expect(await page.getByRole('link', { name: 'Next' }).count()).toBe(0);
    await page.getByRole('searchbox').fill('GROWTH');
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Filter' }).click()]);
    expect(await page.locator('.slos tbody th').allInnerTexts()).toEqual([
      expect.stringContaining('welcomed'),
    ]);
    await page.goto(`${running.url}/?alert=none&budget=ok&data=ok&q=w29`);
    expect(await page.locator('.slos tbody tr').count()).toBe(11);
    expect((await fetch(`${running.url}/?q=nowhere`)).status).toBe(200);
  });

  it('shows what is wrong with the SLO files and with the service, as it was written', async () => {
    const status: ServiceStatus = fixedStatus({
      sloProblems: [PROBLEM],
      checks: {
        store: { ok: true, message: 'answers' },
        counters: { ok: false, message: 'the store was wiped' },
      },
      outbox: { pending: 0, undeliverable: 2 },
    });
    const running = await startServer({ status: () => status });
    const { page } = await openPage();
    await page.goto(running.url);
    expect(await page.locator('pre').textContent()).toBe(PROBLEM);
    expect(await page.locator('.banner').allInnerTexts()).toEqual([
      expect.stringContaining('the store was wiped'),
      expect.stringContaining('The SLO files have a problem'),
      expect.stringContaining('2 notifications could not be delivered'),
    ]);
  });

  it('says what to do when there are no outcomes yet, with a command that works', async () => {
    const running = await startServer();
    running.queries.list = [silentSlo()];
    const { page } = await openPage();
    await page.goto(running.url);
    const command = (await page.locator('pre').textContent()) ?? '';
    const [, url, body] =
      /^curl (\S+) -H 'Content-Type: application\/json' \\\n {2}-d '(.*)'$/.exec(command) ?? [];
    expect(url).toBe(`${running.url}/v1/outcomes`);
    expect(await (await running.post(body!)).json()).toMatchObject({ accepted: 1 });
    running.queries.list = [];
    await page.goto(running.url);
    expect(await page.getByRole('heading', { name: 'No SLO is loaded yet' }).count()).toBe(1);
  });

  it('prefixes its links with the path of the public URL', async () => {
    const running = await startServer({ publicUrl: 'https://example.com/burnwatch/' });
    running.queries.list = [silentSlo()];
    const text = await (await fetch(running.url)).text();
    const links = [...text.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !link?.startsWith('/burnwatch/'))).toEqual([]);
    expect(text).toContain('curl https://example.com/burnwatch/v1/outcomes');
  });
});

describe('the page of an SLO', () => {
  it('shows its tiers, what failed and which executions', async () => {
    const running = await startServer();
    running.queries.list = [burningSlo()];
    const { page, complaints } = await openPage();
    await page.goto(`${running.url}/slos/order-fulfillment/fulfilled-in-10m`);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/Page: opened 25m ago[^]*highest burn rate so far is 18.4×/);
    expect(text).toMatch(/12%\s*left/);
    expect(await page.locator('section[aria-label="Alert tiers"] tbody tr').first().innerText()).toMatch(
      /fast\s+page\s+burns 13.44× or faster over 1h and 5m\s+14.9× over 1h, 17.2× over 5m\s+firing/,
    );
    expect(await page.locator('.bars').first().innerText()).toMatch(/charge-card\s+43\s+ship\s+9/);
    expect(text).toMatch(
      /order-4711\s+2m ago\s+charge-card\s+card-api\s+timeout\s+0af7651916cd43dd8448eb211c80319c/,
    );
    expect(await page.getByRole('link', { name: 'Runbook' }).getAttribute('href')).toBe(
      'https://wiki.example.com/runbooks/fulfillment',
    );
    expect(complaints).toEqual([]);
    expect((await fetch(`${running.url}/slos/no/such`)).status).toBe(404);
  });

  it('shows windows, members, tiers of every kind, the freeze, who acknowledged and what is adjusted', async () => {
    const running = await startServer();
    running.queries.list = [journeySlo()];
    const { page, complaints } = await openPage();
    await page.goto(`${running.url}/slos/checkout-journey/whole-journey`);
    const section = (name: string) => page.locator(`section[aria-label="${name}"]`).innerText();
    expect(await section('Incident')).toMatch(
      /Tier outage fired, and so does below-98%; the highest burn rate so far is 20×[^]*Acknowledged by sam 1h ago/,
    );
    expect(await section('Error budget policy')).toMatch(/Deploys are frozen[^]*overspent by 29.9%/);
    expect(await section('Error budget')).toMatch(
      /of outcomes over 28d[^]*Outcomes\s+10,000[^]*Deploys\s+frozen/,
    );
    expect(await section('Windows')).toMatch(
      /28d\s[^]*7d\s+100%\s+0 of 2,000\s+100%[^]*month \(Europe\/Berlin\)\s*since 2026-02-28 23:00 UTC, ends in 21d\s+97.21%\s+98 of 3,500\s+44.3%/,
    );
    expect(await section('Members')).toMatch(
      /order-fulfillment\/fulfilled-in-10m\s+3\s+92%\s+90%[^]*signup\/welcomed\s+1\s+–\s+0%/,
    );
    expect(await section('Alert tiers')).toMatch(
      /outage\s+page\s+5 consecutive bad outcomes, more than chance explains[^]*12 of 5 in a row\s+firing[^]*−29.9% left[^]*no outcomes for 1h\s+outcomes are coming\s+quiet/,
    );
    expect(await section('Adjustments')).toMatch(
      /another data centre\s*all SLOs of order-fulfillment\s+2026-03-10 11:00 to 13:00 UTC\s+sam\s+active, ends in 1h\s+weekly backup[^]*FREQ=WEEKLY;BYDAY=SU;BYHOUR=2 for 2h, Europe\/Berlin[^]*starts in 3d[^]*whole hours[^]*ended by kim 2d ago/,
    );
    await page.goto(running.url);
    expect(await page.locator('.slos tbody tr').innerText()).toMatch(
      /Page\s+failing since 2h ago\s+acknowledged by sam\s+deploys frozen/,
    );
    await page.goto(`${running.url}/slos/checkout-journey/whole-journey`);
    running.queries.list = [sloDetail({ workflow: 'billing/eu', name: 'invoice-sent' })];
    await page.getByRole('link', { name: 'billing/eu/invoice-sent' }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('invoice-sent');
    expect(
      await page
        .locator(
          'section[aria-label="Windows"], section[aria-label="Members"], section[aria-label="Adjustments"]',
        )
        .count(),
    ).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('G2: shows what producers and files say as text, whatever it is', async () => {
    const running = await startServer({ status: () => fixedStatus({ sloProblems: [HOSTILE] }) });
    const failures = [{ step: HOSTILE, dependency: HOSTILE, error: HOSTILE, count: 3 }];
    const at = NOW - HOUR;
    const lastFailed = [
      { execution: HOSTILE, at, step: HOSTILE, dependency: HOSTILE, error: HOSTILE, traceId: HOSTILE },
    ];
    running.queries.list = [
      burningSlo({
        name: HOSTILE,
        owner: HOSTILE,
        description: HOSTILE,
        runbook: 'javascript:alert(1)',
        window: HOSTILE,
        failures,
        lastFailed,
        windows: journeySlo().windows.map((window) => ({ ...window, window: HOSTILE })),
        members: [{ slo: `a/${HOSTILE}`, weight: 1, ratio: 1, share: 1 }],
        each: HOSTILE,
        value: { whole: `a/${HOSTILE}`, attribute: HOSTILE, value: HOSTILE },
        values: [valueReport({ value: HOSTILE, slo: `a/${HOSTILE}` })],
        adjustments: [
          adjustment({ reason: HOSTILE, createdBy: HOSTILE, workflow: HOSTILE, notes: [HOSTILE] }),
          adjustment({ active: false, ended: { at, by: HOSTILE, actor: HOSTILE, reason: HOSTILE } }),
        ],
        budgetPolicy: { name: HOSTILE, deploys: 'frozen', reasons: [HOSTILE], postmortemAbove: null },
        incident: {
          ...burningSlo().incident!,
          id: HOSTILE,
          tier: HOSTILE,
          firing: [HOSTILE],
          acknowledged: { at, by: HOSTILE },
        },
        tiers: sloDetail().tiers.map((tier) => ({
          ...tier,
          name: HOSTILE,
          condition: HOSTILE,
          now: HOSTILE,
        })),
      }),
    ];
    const shown = workflowReport(HOSTILE);
    running.queries.workflows = [
      {
        ...shown,
        owner: HOSTILE,
        runbook: 'javascript:alert(1)',
        places: shown.places.map((place) => ({ ...place, step: HOSTILE })),
        slowest: shown.slowest.map((flight) => ({
          ...flight,
          execution: HOSTILE,
          step: HOSTILE,
          traceId: HOSTILE,
        })),
      },
    ];
    const { page, complaints } = await openPage();
    for (const path of [
      '/',
      `/?q=${encodeURIComponent(HOSTILE)}&owner=${encodeURIComponent(HOSTILE)}`,
      `/?${encodeURIComponent(HOSTILE)}=x`,
      `/${encodeURIComponent(HOSTILE)}`,
      `/slos/order-fulfillment/${encodeURIComponent(HOSTILE)}`,
      `/slos/a/${encodeURIComponent(HOSTILE)}`,
      `/workflows/${encodeURIComponent(HOSTILE)}`,
    ]) {
      await page.goto(running.url + path);
      expect(
        await page.locator('main script, main img, [onerror], [onfocus], a[href^="javascript:"]').count(),
      ).toBe(0);
      expect(await page.evaluate('window.stolen')).toBeUndefined();
      // Where there is no page, its address is shown as it came.
      const shown = path.startsWith('/%3C')
        ? path
        : path.startsWith('/?%3C')
          ? JSON.stringify(HOSTILE.slice(0, 100))
          : HOSTILE;
      expect(await page.locator('main').textContent()).toContain(shown);
    }
    expect(complaints.filter((text) => !/\b40[04]\b/.test(text))).toEqual([]);
  });
});

it('shows of an SLO with `each` the SLOs of its values, and of one of those the whole', async () => {
  const running = await startServer();
  const whole = 'order-fulfillment/done';
  running.queries.list = [
    sloDetail({
      name: 'done',
      each: 'region',
      values: [
        valueReport({ value: 'eu', slo: `${whole}@eu`, firing: ['fast'] }),
        valueReport({ value: 'a/b', slo: `${whole}@a-b~x1`, alert: 'page', firing: ['fast'] }),
        valueReport({ value: 'us', slo: `${whole}@us` }),
      ],
    }),
    sloDetail({ name: 'done@a-b~x1', value: { whole, attribute: 'region', value: 'a/b' } }),
  ];
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page: read } = await openPage({ colorScheme, bypassCSP: true });
    for (const id of [whole, `${whole}@a-b~x1`]) {
      await read.goto(`${running.url}/slos/${id}`);
      expect(await accessibilityProblems(read)).toEqual([]);
    }
  }
  const { page, complaints } = await openPage();
  await page.goto(`${running.url}/slos/${whole}`);
  const rows = await page.locator('section[aria-label="SLOs by region"] tbody tr').allInnerTexts();
  expect(
    rows.map((row) =>
      row
        .split(/\s*\t\s*/)
        .at(-1)!
        .trim(),
    ),
  ).toEqual(['burns', 'Page', 'quiet']);
  await page.getByRole('link', { name: 'a/b' }).click();
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('done@a-b~x1');
  expect(await page.locator('.heading .meta').innerText()).toContain('region a/b of order-fulfillment/done');
  await page.getByRole('link', { name: whole }).click();
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('done');
  expect(complaints).toEqual([]);
});

it('shows of a workflow where its executions are, in the order of its map, and those there longest', async () => {
  const running = await startServer();
  const { page, complaints } = await openPage();
  await page.goto(running.url);
  await page.getByRole('link', { name: 'order-fulfillment', exact: true }).click();
  expect(await page.title()).toBe('order-fulfillment · Burnwatch');
  const rows = (name: string) => page.locator(`section[aria-label="${name}"] tbody tr`).allInnerTexts();
  expect((await rows('In flight')).map((row) => row.split(/\s*\t\s*/))).toEqual([
    ['no step yet', '1,200', '0', '–'],
    ['charge-card', '4', '3', '2h ago'],
    ['charge-card -> ship', '2', '1', '1h ago'],
  ]);
  expect(await page.locator('section[aria-label="In flight"]').innerText()).toContain(
    'Not in the map of this workflow: charge-cards (meant charge-card?).',
  );
  expect((await rows('Queues')).map((row) => row.split(/\s*\t\s*/))).toEqual([
    ['dlq-depth', 'ship', '12', '1m ago', '0.5 8', '12'],
  ]);
  expect(await rows('In flight longest')).toEqual([
    expect.stringMatching(/order-1001\s+charge-card, 1h ago\s+2h ago\s+1h ago overdue\s+1/),
  ]);
  expect((await rows('Success and duration')).map((row) => row.split(/\s*\t\s*/))).toEqual([
    ['end to end', '90', '10', '0', '90%', '2.55 s', '1 min', '1 min', '125', '20%'],
    ['reserve', '0', '0', '0', '–', '–', '–', '–', '0', '–'],
    ['charge-card', '90', '10', '0', '90%', '2.55 s', '1 min', '1 min', '125', '20%'],
    ['charge-cards\nnot in the map', '90', '10', '0', '90%', '2.55 s', '1 min', '1 min', '125', '20%'],
    ['other steps', '90', '10', '0', '90%', '2.55 s', '1 min', '1 min', '125', '20%'],
  ]);
  const windows = page.getByRole('navigation', { name: 'Window' });
  expect(await windows.locator('[aria-current]').innerText()).toBe('1h');
  await windows.getByRole('link', { name: '7d' }).click();
  expect(await windows.locator('[aria-current]').innerText()).toBe('7d');
  expect(await page.locator('section[aria-label="Success and duration"] header').innerText()).toContain(
    'over the last 7d',
  );
  // A link to a page must not break because of what is in its query.
  expect((await page.goto(`${running.url}/workflows/order-fulfillment?window=soon`))!.status()).toBe(200);
  expect(await windows.locator('[aria-current]').innerText()).toBe('1h');
  expect(complaints).toEqual([]);
  expect((await page.goto(`${running.url}/workflows/unknown`))!.status()).toBe(404);
});

it('leads with counts where a window is too young for a percentage', async () => {
  const running = await startServer();
  const sli = { kind: 'outcomes', unit: 'executions', good: 43, bad: 2, total: 45, ratio: 43 / 45 } as const;
  const budget = { allowed: 10.1, spent: 2, remaining: 8.1, remainingRatio: null, state: 'ok' } as const;
  const [month] = journeySlo().windows.slice(-1);
  running.queries.list = [
    sloDetail({
      sli,
      budget: { ...budget, expectedTotal: 10_080, exhaustsAt: null },
      windows: [{ ...month!, sli, budget: { ...budget, expectedTotal: 10_080 } }],
    }),
  ];
  const { page } = await openPage();
  await page.goto(running.url);
  expect(await page.locator('tbody tr').innerText()).toMatch(/2 bad of 45 so far/);
  expect(await page.locator('main').innerText()).not.toMatch(/Exhausted|Low|overspent/);
  await page.goto(`${running.url}/slos/order-fulfillment/fulfilled-in-10m`);
  const section = (name: string) => page.locator(`section[aria-label="${name}"]`).innerText();
  expect(await section('Error budget')).toMatch(
    /2 bad of 45 so far[^]*Executions\s+45\s+Expected in all\s+10,080\s+Allowed bad\s+10/,
  );
  expect(await section('Windows')).toMatch(/2 of 45\s+2 bad of 45 so far/);
});

it('says of which SLOs not all is counted, and since when', async () => {
  const running = await startServer();
  const since = NOW - 2 * HOUR;
  running.queries.list = [
    sloDetail({ name: 'full', warnings: [{ code: 'saturated', since, message: 'A counter is full.' }] }),
    sloDetail({ name: 'sound' }),
  ];
  const { page } = await openPage();
  await page.goto(running.url);
  expect(
    await page.locator('.slos tbody tr', { hasText: 'not all is counted' }).allInnerTexts(),
  ).toHaveLength(1);
  await page.goto(`${running.url}/slos/order-fulfillment/full`);
  expect(await page.locator('section[aria-label="Warnings"]').innerText()).toMatch(
    /Not all is counted\s+A counter is full. Since .*2h ago/,
  );
  await page.goto(`${running.url}/slos/order-fulfillment/sound`);
  expect(await page.locator('section[aria-label="Warnings"]').count()).toBe(0);
});

/** What the tab of a page shows: its title and its icon. */
async function tab(page: Page): Promise<[string, string | null]> {
  return [await page.title(), await page.locator('link[rel="icon"]').getAttribute('href')];
}

describe('the tab', () => {
  it('says what is open, whatever is left of the budgets, and its icon comes from here', async () => {
    const running = await startServer();
    const spent = exhaustedSlo().budget;
    const five = Array.from({ length: 5 }, (_, index) => burningSlo({ name: `n${index}`, budget: spent }));
    running.queries.list = [...five, exhaustedSlo({ name: 'spent' })];
    const { page, complaints } = await openPage();
    await page.goto(running.url);
    expect(await tab(page)).toEqual(['5 pages · Burnwatch', '/dashboard.svg?alert=page']);
    expect(await page.locator('.totals').innerText()).toMatch(/6\s+SLOs\s+5\s+pages\s+6\s+budgets exhausted/);
    expect(await page.locator('.slos .badge.page').count()).toBe(5);
    await page.goto(`${running.url}/slos/order-fulfillment/n3`);
    expect(await tab(page)).toEqual(['Page: order-fulfillment/n3 · Burnwatch', '/dashboard.svg?alert=page']);
    running.queries.list = [
      burningSlo({ name: 'a', alert: 'ticket', incident: { ...burningSlo().incident!, severity: 'ticket' } }),
      ...five.slice(0, 2),
    ];
    await page.goto(`${running.url}/?q=nowhere`);
    expect((await tab(page))[0]).toBe('2 pages, 1 ticket · Burnwatch');
    running.queries.list = running.queries.list.slice(0, 1);
    await page.goto(running.url);
    expect(await tab(page)).toEqual(['1 ticket · Burnwatch', '/dashboard.svg?alert=ticket']);
    running.queries.list = [exhaustedSlo()];
    await page.goto(running.url);
    expect(await tab(page)).toEqual(['Error budgets · Burnwatch', '/dashboard.svg?alert=none']);
    expect(await page.locator('.totals').innerText()).toMatch(
      /1\s+SLO\s+no open alert\s+1\s+budget exhausted/,
    );
    const icons = await Promise.all(
      ['page', 'ticket', 'none', 'nonsense'].map(async (alert) => {
        const response = await fetch(`${running.url}/dashboard.svg?alert=${alert}`);
        expect(response.headers.get('content-type')).toBe('image/svg+xml');
        return response.text();
      }),
    );
    expect(new Set(icons).size).toBe(3);
    expect(icons[3]).toBe(icons[2]);
    expect(complaints).toEqual([]);
  });
});

describe('the look', () => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
    ['dark', 400],
  ] as const)(
    'fits %s screens %d wide, with text that stands out from its ground',
    async (colorScheme, width) => {
      const running = await startServer({ status: () => fixedStatus({ sloProblems: [PROBLEM] }) });
      running.queries.list = [
        burningSlo({ workflow: 'a'.repeat(128), name: 'b'.repeat(100), owner: 'c'.repeat(100) }),
        exhaustedSlo(),
        silentSlo({ name: 'silent' }),
        sloDetail({ name: 'warming', data: 'warming-up' }),
        sloDetail({ name: 'well' }),
        journeySlo(),
      ];
      const { page } = await openPage({ viewport: { width, height: 800 }, colorScheme });
      for (const path of [
        '/',
        `/slos/${'a'.repeat(128)}/${'b'.repeat(100)}`,
        '/slos/checkout-journey/whole-journey',
      ]) {
        await page.goto(running.url + path);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        expect(await page.evaluate(WEAK_TEXTS)).toEqual([]);
        expect(await page.locator('h1, main, header.site, [lang]').count()).toBeGreaterThanOrEqual(4);
      }
    },
  );
});

/** Texts whose contrast with the ground they stand on is below 4.5 to 1 (WCAG 2.1 AA). */
const WEAK_TEXTS = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    throw new Error('no ground');
  };
  const weak = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own) continue;
    const [one, other] = [channels(getComputedStyle(element).color), ground(element)].map(luminance).sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) weak.push(element.textContent.trim() + ' ' + contrast.toFixed(2));
  }
  return weak;
})()`;

describe('dependencies', () => {
  it('are listed against what was promised, what needs people first, each with a page', async () => {
    const running = await startServer();
    const fine = {
      ...dependencyReport('carrier', []),
      owner: null,
      status: 'javascript:alert(1)',
      promise: null,
      burning: false,
      budget: { allowed: 0, spent: 0, remaining: 0, remainingRatio: null },
      month: { from: NOW, to: NOW, good: 0, bad: 0, total: 0, ratio: null },
    };
    running.queries.calls = [fine, { ...dependencyReport('bank', ['order-fulfillment']), owner: HOSTILE }];
    const { page, complaints } = await openPage();
    await page.goto(running.url);
    const card = page.getByRole('region', { name: 'Dependencies' });
    const rows = await card.locator('tbody tr').allInnerTexts();
    expect(rows[0]).toMatch(
      /^bank[^]*status page[^]*99.5%[^]*98%[^]*promise broken[^]*96.1%[^]*80%[^]*burning[^]*1 workflow/,
    );
    expect(rows[1]).toMatch(/^carrier[^]*99.5%[^]*–[^]*no calls yet/);
    expect(await card.locator('a[href^="javascript"]').count()).toBe(0);
    await card.getByRole('link', { name: 'bank' }).click();
    expect(page.url()).toBe(`${running.url}/dependencies/bank`);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/The promise is broken, and it burns now/);
    expect(text).toMatch(/Promised\s+99.5%\s+This month\s+98%\s+Today \(UTC\)\s+96.1%\s+Last hour\s+80%/);
    expect(text).toMatch(
      /Called by[^]*order-fulfillment[^]*10,000[^]*Failed calls[^]*charge-card\s+timeout\s+20/,
    );
    expect(text).toContain('order-1042');
    expect(await page.evaluate('window.stolen')).toBeUndefined();
    expect((await fetch(`${running.url}/dependencies/nothing`)).status).toBe(404);
    expect(complaints).toEqual([]);
  });
});

describe('a breakdown', () => {
  it('shows which values of an attribute fail more than the rest', async () => {
    const running = await startServer();
    const { page, complaints } = await openPage();
    await page.goto(`${running.url}/slos/order-fulfillment/fulfilled-in-10m`);
    const card = page.getByRole('region', { name: 'By region' });
    expect(await card.locator('p').innerText()).toBe(
      'outcomes of the last hour; there are more values than are told apart',
    );
    const rows = await card.locator('tbody tr').allInnerTexts();
    expect(rows[0]).toMatch(/^eu\s+stands out\s+9%\s+91\s+91%\s+20%$/);
    expect(rows[1]).toMatch(/^other or none\s+97.75%\s+9\s+9%\s+80%$/);
    expect(complaints).toEqual([]);
  });
});
