import { describe, expect, it, onTestFinished } from 'vitest';
import { refuse } from '../../../src/core/ports/refused.ts';
import { createTestTargets } from '../../../src/engine/deliver/target-test.ts';
import { createTargets } from '../../../src/notify/target-registry.ts';
import { LINKS } from '../../notify/example-facts.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { OUTBOUND } from '../../support/outbound.ts';
import { startSlackReceiver } from '../../support/slack-receiver.ts';
import { token } from '../../support/tokens.ts';
import { sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const SLO = 'order-fulfillment/fulfilled-in-10m';
const TOKENS = [
  token('lead', 'read+write', 'token-of-lead'),
  token('one-of-shop', 'read+write@other', 'token-of-one-of-shop'),
  token('reader', 'read+respond', 'token-of-reader'),
  token('blind', 'write', 'token-of-blind'),
  token('narrow', 'read@other+write', 'token-of-narrow'),
];
const openPage = useBrowser();

describe('a test of a target', () => {
  it('goes from a button to the real target, and the page says what became of it, without a script', async () => {
    const slack = await startSlackReceiver();
    onTestFinished(() => slack.close());
    const targets = createTargets({
      ...LINKS,
      mailServer: null,
      mailFrom: 'burnwatch@example.com',
      outbound: OUTBOUND,
      clock: manualClock(),
      write: () => {},
    });
    await targets.replace(
      new Map([['payments-chat', { kind: 'slack', name: 'payments-chat', webhook: slack.url }]]),
    );
    onTestFinished(() => targets.close());
    const log = memoryLog();
    let now = 0;
    const running = await startServer();
    const { url, operator, audit } = running;
    const tests = createTestTargets({
      targetOf: targets.get,
      definitions: () => define([defineSlo()]),
      clock: manualClock(),
      elapsed: () => now,
      log,
    });
    operator.testTarget = (name) => tests.testTarget(name);
    const { page } = await openPage({ javaScriptEnabled: false });
    const press = async () => {
      await page.goto(`${url}/slos/${SLO}`);
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.getByRole('button', { name: 'Send a test to payments-chat' }).click();
      return (await answered).status();
    };
    expect(await press()).toBe(200);
    expect(await page.getByRole('status', { name: 'Test' }).innerText()).toMatch(
      /The test was sent\s+Delivered a test notification to payments-chat \(slack\)\./,
    );
    expect(slack.requests).toHaveLength(1);
    expect(slack.requests[0]!.payload.text).toContain('TEST');
    // The page is that of the SLO, with a way back.
    expect(await page.locator('h1').innerText()).toContain('fulfilled-in-10m');
    await page.getByRole('link', { name: 'Back to the page as it is now' }).click();
    expect(page.url()).toBe(`${url}/slos/${SLO}`);
    expect(await page.getByRole('region', { name: 'Test' }).count()).toBe(0);

    expect(await press()).toBe(429);
    expect(await page.getByRole('alert').innerText()).toContain('try again in 60 s');
    now += 60_000;
    slack.answer({ status: 404, body: 'no_service' });
    expect(await press()).toBe(200);
    expect(await page.getByRole('alert').innerText()).toMatch(
      /The test was not delivered\s+payments-chat \(slack\) refused it permanently: .*404/,
    );
    expect(slack.requests).toHaveLength(2);
    // What was refused was not done.
    expect(audit.noted).toEqual(
      [1, 2].map(() => ({ who: null, what: 'target.tested', about: 'payments-chat', address: '127.0.0.1' })),
    );
    const said = JSON.stringify([await page.content(), log.entries]);
    expect(said).not.toContain(new URL(slack.url).pathname.slice(1));
  });

  it('keeps the answer on the page that has a script, and is easy to use in both colours', async () => {
    const { url, operator } = await startServer();
    operator.tested = { delivered: false, message: 'pager (pagerduty) refused it permanently: 400 <b>.' };
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await openPage({ colorScheme, viewport: { width: 400, height: 800 } });
      await page.goto(`${url}/slos/${SLO}`, { waitUntil: 'domcontentloaded' });
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.getByRole('button', { name: 'Send a test to pager' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toContain('400 <b>.');
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      expect(complaints).toEqual([]);
    }
  });

  it('is there for who may write to the SLO, and for no one else', async () => {
    const { url, operator, audit } = await startServer({ tokens: TOKENS });
    const post = async (who: string, target = 'pager', slo = SLO) => {
      const answer = await fetch(`${url}/targets/${target}/test`, {
        method: 'POST',
        headers: { Authorization: `Bearer token-of-${who}` },
        body: new URLSearchParams({ slo }),
      });
      return [answer.status, await answer.text()] as const;
    };
    const shown = async (who: string) =>
      (
        await (
          await fetch(`${url}/slos/${SLO}`, { headers: { Authorization: `Bearer token-of-${who}` } })
        ).text()
      ).includes('Send a test');
    expect([await shown('lead'), await shown('one-of-shop'), await shown('reader')]).toEqual([
      true,
      false,
      false,
    ]);
    expect((await post('reader'))[0]).toBe(403);
    const [status, body] = await post('one-of-shop');
    expect([status, body.includes('This token may not send tests for')]).toEqual([403, true]);
    expect((await post('narrow'))[0]).toBe(404);
    expect((await post('blind'))[0]).toBe(403);
    expect((await post('lead', 'pager', 'order-fulfillment/none'))[0]).toBe(404);
    expect((await post('lead', 'other-team'))[1]).toContain('notifies no target other-team');
    expect(operator.asked).toEqual([]);
    expect(audit.noted).toEqual([]);
    // That of the escalation, too.
    expect((await post('lead', 'head'))[0]).toBe(200);
    expect(operator.asked).toEqual([['testTarget', 'head']]);
    expect(audit.noted).toEqual([
      { who: 'lead', what: 'target.tested', about: 'head', address: '127.0.0.1' },
    ]);
    operator.tested = refuse('unknown', 'There is no target "head".');
    expect((await post('lead', 'head'))[0]).toBe(404);
  });

  it('is not taken from a page of another site', async () => {
    const { url, operator } = await startServer();
    const answer = await fetch(`${url}/targets/pager/test`, {
      method: 'POST',
      headers: { Origin: 'https://elsewhere.example' },
      body: new URLSearchParams({ slo: SLO }),
    });
    expect(answer.status).toBe(403);
    expect(operator.asked).toEqual([]);
  });

  it('is not offered for a name that no target has', async () => {
    const running = await startServer();
    const { route } = sloDetail();
    running.queries.list = [sloDetail({ route: { ...route, page: [{ name: 'gone', kind: null }] } })];
    const text = await (await fetch(`${running.url}/slos/${SLO}`)).text();
    expect(text).toContain('gone (not defined)');
    expect(text).not.toContain('Send a test to gone');
  });
});
