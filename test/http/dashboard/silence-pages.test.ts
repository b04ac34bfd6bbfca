import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { refuse } from '../../../src/core/ports/refused.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { token } from '../../support/tokens.ts';
import { NOW, sloDetail } from '../fakes.ts';
import { incidentEvents, openIncident } from '../incident-fakes.ts';
import { startServer } from '../running-server.ts';
import { silenceReport } from '../silence-fakes.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function openPage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ javaScriptEnabled: false, ...options });
  onTestFinished(() => page.close());
  return page;
}

const SILENCED = {
  kind: 'silence' as const,
  id: 'mk2x1-5e6f7a8b',
  by: 'alice',
  reason: 'a deploy',
  since: NOW - HOUR,
  until: NOW + 3 * HOUR,
  untilResolved: false,
};

describe('the page of silences', () => {
  it('lists them, previews a new one, makes it and ends one, without a script', async () => {
    const { url, operator, audit } = await startServer();
    const page = await openPage();
    await page.goto(`${url}/`);
    await page.getByRole('link', { name: 'Silences' }).click();
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(
        /workflow order-fulfillment, tickets only[^]*holds[^]*2026-03-10 15:00 UTC[^]*no open incident[^]*sam[^]*migration/,
      ),
    ]);
    await page.getByLabel('Workflow', { exact: true }).fill('order-*');
    await page.getByLabel('Label').fill('tier=g*');
    await page.getByLabel('Severity').selectOption('page');
    await page.getByLabel('Why').fill('a move');
    await page.getByLabel('Who', { exact: true }).fill('alice');
    await page.getByRole('button', { name: 'Show what it would mute' }).click();
    expect(await page.getByLabel('Preview').innerText()).toContain('order-fulfillment/fulfilled-in-10m');
    expect(await page.getByLabel('Workflow', { exact: true }).inputValue()).toBe('order-*');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    expect(new URL(page.url()).pathname).toBe('/silences');
    const wanted = { workflow: 'order-*', labels: { tier: 'g*' }, severity: 'page', for: '1h', by: 'alice' };
    const made = operator.asked.filter(([name]) => name === 'previewSilence' || name === 'createSilence');
    expect(made.map(([name, request]) => [name, request])).toEqual([
      ['previewSilence', expect.objectContaining(wanted)],
      ['createSilence', expect.objectContaining(wanted)],
    ]);
    await page.getByRole('button', { name: 'End the silence of workflow order-fulfillment' }).click();
    expect(operator.asked.find(([name]) => name === 'endSilence')?.[1]).toBe(silenceReport().id);
    expect(audit.noted.map(({ what }) => what)).toEqual(['silence.created', 'silence.ended']);
  });

  it('says what is wrong, and keeps what was filled in', async () => {
    const { url, operator } = await startServer();
    const page = await openPage();
    await page.goto(`${url}/silences`);
    operator.silenced = refuse('invalid', 'No loaded SLO matches all of this.');
    await page.getByLabel('Workflow', { exact: true }).fill('<b>nothing</b>');
    await page.getByLabel('Why').fill('x');
    await page.getByLabel('Who', { exact: true }).fill('alice');
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    expect((await answered).status()).toBe(400);
    expect(await page.getByRole('alert').innerText()).toContain('No loaded SLO matches all of this.');
    expect(await page.getByLabel('Workflow', { exact: true }).inputValue()).toBe('<b>nothing</b>');
  });

  it('offers nothing to those who may only read', async () => {
    const { url } = await startServer({
      tokens: [token('reader', 'read', 'reader-secret')],
    });
    const page = await openPage({ extraHTTPHeaders: { Authorization: 'Bearer reader-secret' } });
    await page.goto(`${url}/silences`);
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(await page.locator('main button').allInnerTexts()).toEqual(['system', 'light', 'dark']);
  });

  it.each(['light', 'dark'] as const)('has no accessibility problems, %s', async (colorScheme) => {
    const { url, operator } = await startServer();
    const page = await openPage({ javaScriptEnabled: true, colorScheme });
    for (const state of ['active', 'coming', 'ended'] as const) {
      operator.silenced = silenceReport({ state });
      await page.goto(`${url}/silences`);
      expect(await accessibilityProblems(page)).toEqual([]);
    }
    await page.getByLabel('Why').fill('x');
    await page.getByLabel('Who', { exact: true }).fill('alice');
    await page.getByRole('button', { name: 'Show what it would mute' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe('an incident that is silenced', () => {
  const incident = { ...openIncident(), acknowledged: null, notified: [], silenced: SILENCED };

  it('says so on every page that shows it, and no one is alarmed that it reached no one', async () => {
    const { url, operator, queries } = await startServer();
    operator.open = [incident];
    operator.histories.clear();
    operator.histories.set(incident.id, [
      ...incidentEvents(incident),
      {
        kind: 'silenced',
        at: NOW - 5 * MINUTE,
        silence: SILENCED.id,
        by: 'alice',
        because: 'a deploy',
        until: SILENCED.until,
        untilResolved: false,
        of: 'opened',
      },
    ]);
    const { workflow: _workflow, slo: _slo, owner: _owner, ...open } = incident;
    queries.list = [sloDetail({ workflow: 'orders', name: 'done', alert: 'page', incident: open })];
    const page = await openPage();
    const words = 'silenced by alice until 2026-03-10 15:00 UTC';
    for (const path of ['/', '/slos/orders/done', `/incidents/${incident.id}`]) {
      await page.goto(url + path);
      const text = await page.locator('main').innerText();
      expect(text).toContain(words);
      expect(text).not.toMatch(/no one was notified/i);
    }
    expect(await page.getByLabel('Timeline').innerText()).toContain(
      'Not notified (opened): silenced by alice until 2026-03-10 15:00 UTC: a deploy',
    );
  });

  it('can be silenced from its page', async () => {
    const { url, operator, audit } = await startServer();
    operator.open = [incident];
    operator.histories.set(incident.id, incidentEvents(incident));
    const page = await openPage();
    const asked = { resolved: { untilResolved: true }, morning: { untilMorning: true }, '4h': { for: '4h' } };
    for (const [span, when] of Object.entries(asked)) {
      await page.goto(`${url}/incidents/${incident.id}`);
      await page.locator('#silence-by').fill('alice');
      await page.getByLabel('Why').fill('known');
      await page.getByLabel('Until').selectOption(span);
      await page.getByRole('button', { name: 'Silence', exact: true }).click();
      expect(operator.asked.at(-1)?.slice(0, 2)).toEqual([
        'createSilence',
        { incident: incident.id, reason: 'known', by: 'alice', ...when },
      ]);
    }
    expect(audit.noted).toHaveLength(3);
  });
});
