import { manualClock } from '../support/clock.ts';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { MessagePictures } from '../../src/core/ports/message-pictures.ts';
import { PAGERDUTY, createInbox } from '../../src/demo/inbox.ts';
import type { Inbox } from '../../src/demo/inbox.ts';
import { renderSlack } from '../../src/demo/slack-rendering.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import { EVERY_EXECUTION } from '../../src/core/sli/sli.ts';
import { startServer } from '../http/running-server.ts';
import { OUTBOUND } from '../support/outbound.ts';
import { memoryLog } from '../support/memory-log.ts';

const HOSTILE = `"><script>alert(1)</script>'<!channel>&amp;`;

const FACTS: NotificationFacts = {
  kind: 'opened',
  cause: null,
  slo: 'orders/done',
  workflow: 'orders',
  owner: 'shop',
  description: `Orders are done ${HOSTILE}`,
  runbook: 'https://wiki.example.com/orders?a=1&b=2',
  objective: 0.99,
  errorBudget: 0.01,
  window: '28d',
  sli: EVERY_EXECUTION,
  incident: 'i-1',
  severity: 'page',
  openedAt: 1_790_000_000_000,
  began: null,
  at: 1_790_000_000_000,
  timeZone: null,
  failing: null,
  failedUntil: null,
  recovering: null,
  missedRun: null,
  waiting: 0,
  stuck: [],
  likelyCause: null,
  standsOut: null,
  reasons: [
    {
      kind: 'burnRate',
      tier: 'fast',
      severity: 'page',
      factor: 13.44,
      long: { duration: 3_600_000, good: 80, bad: 20, burnRate: 20 },
      short: { duration: 300_000, good: 8, bad: 2, burnRate: 20 },
    },
  ],
  budget: { allowed: 100, spent: 20, remaining: 80, remainingRatio: 0.8 },
  counted: 10_000,
  exhaustsAt: null,
  pace: null,
  peakBurnRate: 20,
  during: { good: 80, bad: 20 },
  acknowledged: null,
  waited: null,
  members: [],
  postmortem: null,
  failures: [{ step: 'pack', dependency: null, error: HOSTILE, count: 20 }],
  lastFailed: [
    {
      execution: HOSTILE,
      at: 1_790_000_000_000,
      step: 'pack',
      dependency: null,
      error: HOSTILE,
      traceId: null,
    },
  ],
  notified: ['pager'],
  insteadOf: null,
};

describe('what Slack would show', () => {
  const section = (text: string) =>
    renderSlack({ text: '', blocks: [{ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }] });

  it.each([
    ['*Burn rate*\n13.4x', '<b>Burn rate</b><br>13.4x'],
    ['`a*b*c` and `&lt;b&gt;`', '<code>a*b*c</code> and <code>&lt;b&gt;</code>'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['a &amp;lt; b', 'a &amp;lt; b'],
    [
      '<https://a.example/?x=1&amp;y=2|Run &amp; book> · <https://b.example>',
      '<a href="https://a.example/?x=1&amp;y=2" target="_blank" rel="noopener noreferrer">Run &amp; book</a> · ' +
        '<a href="https://b.example" target="_blank" rel="noopener noreferrer">https://b.example</a>',
    ],
    ['<javascript:alert(1)|x>', '&lt;javascript:alert(1)|x&gt;'],
  ])('%j', (text, html) => {
    expect(section(text)).toBe(`<p class="slack-section">${html}</p>`);
  });

  it('D4: makes no markup of any text but that of Slack', () => {
    const tag =
      /<\/?(b|code|p)( class="slack-section")?>|<br>|<a href="https?:[^"<>]*" target="_blank" rel="noopener noreferrer">|<\/a>/g;
    const piece = constantFrom(
      '`',
      '*',
      '<',
      '>',
      '|',
      '"',
      "'",
      '&',
      '&lt;',
      '\n',
      'https://x',
      'onload=',
      'b',
    );
    assert(
      property(array(oneof(piece, string()), { maxLength: 30 }), (pieces) => {
        expect(section(pieces.join('')).replaceAll(tag, '')).not.toMatch(/[<>"']/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the inbox', () => {
  let inbox: Inbox;
  let url: string;
  let pictures: MessagePictures | null;

  beforeEach(async () => {
    pictures = null;
    inbox = createInbox();
    ({ url } = await startServer({ routes: inbox.routes }));
  });

  const options = () => ({
    publicUrl: null,
    traceUrl: null,
    mailServer: null,
    outbound: OUTBOUND,
    clock: manualClock(),
    mailFrom: 'burnwatch@localhost',
    log: memoryLog(),
    fetch: inbox.fetch,
    mailTransport: inbox.mailTransport,
    ...(pictures && { pictures }),
  });

  async function send(facts: NotificationFacts, key = 'k'): Promise<void> {
    for (const definition of [
      { kind: 'slack', name: 'chat', webhook: 'https://slack.invalid/services/shop-oncall' },
      { kind: 'email', name: 'mail', to: ['shop@mail.invalid'] },
    ] as const) {
      const target = createTarget(definition, options());
      const delivery = await target.send({ facts: [facts], key }, AbortSignal.timeout(10_000));
      expect(delivery).toEqual({ result: 'delivered' });
    }
  }

  const page = async () => (await fetch(`${url}/inbox`)).text();

  it('shows what the targets sent, newest first, each in the colour of its kind', async () => {
    await send(FACTS);
    await send({ ...FACTS, kind: 'resolved', at: FACTS.at + 600_000 }, 'k2');
    const html = await page();
    const articles = [
      ...html.matchAll(/<article id="message-(\d+)" class="(\w+)">\s*<header><h2>(\w+) <span>([^<]+)/g),
    ];
    expect(articles.map(([, ...parts]) => parts)).toEqual([
      ['4', 'over', 'Mail', 'shop@mail.invalid'],
      ['3', 'over', 'Slack', '#shop-oncall'],
      ['2', 'page', 'Mail', 'shop@mail.invalid'],
      ['1', 'page', 'Slack', '#shop-oncall'],
    ]);
    expect(html).toContain('20 of 100 executions');
    expect(html).toContain('Message-ID');
  });

  it('D4: runs nothing that a producer wrote, in its page or in a mail', async () => {
    await send(FACTS);
    const answer = await fetch(`${url}/inbox`);
    const html = await answer.text();
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain('<script src="/inbox.js" defer></script>');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);

    const mail = await fetch(`${url}/inbox/mails/2`);
    expect(await mail.text()).not.toContain('<script');
    const policy = mail.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox');
    expect(policy).not.toContain('allow-scripts');
    expect(policy).not.toContain('script-src');
    expect(mail.headers.get('x-frame-options')).toBe('SAMEORIGIN');
  });

  it('shows the picture that came with a mail, and lets a mail load nothing else', async () => {
    const png = new Uint8Array([137, 80, 78, 71]);
    pictures = {
      make: async () => ({ png, width: 600, height: 430, title: 'Budget', alt: `41% left ${HOSTILE}` }),
      notTaken() {},
    };
    await send(FACTS);
    const mail = await fetch(`${url}/inbox/mails/2`);
    const html = await mail.text();
    expect(html).toContain(
      '<img src="data:image/png;base64,iVBORw==" width="600" alt="41% left &quot;&gt;&lt;script',
    );
    expect(html).not.toContain('cid:');
    expect(mail.headers.get('content-security-policy')).toContain('; img-src data:;');
  });

  it('keeps the newest 200 messages, and has no page for any but mails', async () => {
    for (let round = 0; round < 101; round++) await send(FACTS, String(round));
    const ids = [...(await page()).matchAll(/<article id="message-(\d+)"/g)].map(([, id]) => Number(id));
    expect(ids).toHaveLength(200);
    expect([ids[0], ids.at(-1)]).toEqual([202, 3]);
    expect((await fetch(`${url}/inbox/mails/4`)).status).toBe(200);
    for (const id of ['2', '3', '999', 'x'])
      expect((await fetch(`${url}/inbox/mails/${id}`)).status).toBe(404);
  });

  it('D4: shows what a pager would have shown, from its trigger to its end', async () => {
    const pager = createTarget(
      { kind: 'pagerduty', name: 'pager', routingKey: 'shop', url: `https://${PAGERDUTY}` },
      options(),
    );
    for (const kind of ['opened', 'acknowledged', 'resolved'] as const) {
      const facts = { ...FACTS, kind, acknowledged: { by: 'ana', at: FACTS.at, note: null } };
      const message = { facts: [kind === 'opened' ? FACTS : facts], key: kind };
      expect(await pager.send(message, AbortSignal.timeout(10_000))).toEqual({ result: 'delivered' });
    }
    const html = await page();
    const found = [...html.matchAll(/<h2>PagerDuty <span>(\w+)<[^]*?<dt>Status<\/dt><dd>(\w+)/g)];
    expect(found.map(([, ...parts]) => parts)).toEqual([
      ['shop', 'Resolved'],
      ['shop', 'Acknowledged'],
      ['shop', 'Triggered'],
    ]);
    expect(html).not.toContain(HOSTILE);
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  it('says that nothing has come yet while nothing has', async () => {
    expect(await page()).toContain('Nothing yet.');
  });
});
