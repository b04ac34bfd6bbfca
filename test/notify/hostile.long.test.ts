import { systemClock } from '../support/clock.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { Notification } from '../../src/core/ports/target.ts';
import { emailHtml } from '../../src/notify/email/email-html.ts';
import { emailTarget, mailTransport } from '../../src/notify/email/email-target.ts';
import { composeMessage } from '../../src/notify/message/message.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import { plainText } from '../../src/notify/message/plain-text.ts';
import { slackPayload } from '../../src/notify/slack/slack-blocks.ts';
import { mailServerAt } from '../support/outbound.ts';
import { startMailReceiver } from '../support/mail-receiver.ts';
import * as examples from './example-facts.ts';
import { ESCALATED, LINKS, OPENED, notificationOf } from './example-facts.ts';
import { factsWithTexts } from './texts-of-others.ts';
import { hostileText, randomFacts } from './random-facts.ts';
import { Format } from './http/format.ts';
import { RECEIVER_KINDS, type RequestKind } from './http/kinds.ts';
import { slackLimitsBroken, slackTexts } from './slack/slack-limits.ts';

const RUNS = { numRuns: 300 };
/** One of every kind of transition, tier and SLI. */
const BASES: readonly NotificationFacts[] = [
  OPENED,
  ESCALATED,
  examples.RESOLVED,
  examples.TEST,
  examples.OUTAGE,
  examples.SILENT,
  examples.SUCCESS_RATE,
  examples.BUDGET_LOW,
  examples.FORECAST,
  examples.MISSED_TICKS,
  examples.COMPOSITE,
  examples.DEESCALATED,
  examples.REMINDER,
  examples.UNACKNOWLEDGED,
  examples.POSTMORTEM,
  examples.DATA_AGAIN,
];

/** Facts whose every text is hostile, beside the same facts with tame texts. */
const HOSTILE = fc
  .record({
    base: fc.constantFrom(...BASES),
    mute: fc.constantFrom('silence', 'flapping', 'dependency', 'none'),
    isFolded: fc.boolean(),
    texts: fc.uniqueArray(hostileText(), { minLength: 8, maxLength: 8 }),
  })
  .map(({ base, mute, isFolded, texts }) => {
    const filled = (text: (index: number) => string) => {
      let at = 0;
      const next = () => text(at++ % texts.length);
      const silenced = { since: base.openedAt - 60_000, until: base.at, by: next(), because: next() };
      return notificationOf({
        ...factsWithTexts(base, next),
        runbook: base.runbook,
        after: { at: base.openedAt, text: next(), link: 'https://wiki.example.com/deploys/7f3c' },
        conversation: { id: next(), openedAt: base.openedAt, slo: next(), others: 2 },
        ...(isFolded && { folded: { incident: next(), slo: next(), because: next() } }),
        ...(mute !== 'none' && { silenced: { ...(mute !== 'silence' && { reason: mute }), ...silenced } }),
      });
    };
    return { hostile: filled((index) => texts[index]!), tame: filled((index) => `tame-${index}`) };
  });

const slackOf = (notification: Notification) => slackPayload(composeMessage(notification, LINKS));
const htmlOf = (notification: Notification) => emailHtml(composeMessage(notification, LINKS));
const textOf = (notification: Notification) => plainText(composeMessage(notification, LINKS));

/** Anything that is not seen, but for line ends. */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('facts of any size', () => {
  const notification = fc
    .array(randomFacts(), { minLength: 1, maxLength: 3 })
    .map((facts) => notificationOf(...facts));
  const links = fc.constantFrom(LINKS, { publicUrl: null, traceUrl: null }, { publicUrl: '', traceUrl: 'x' });

  it('D4: say nothing that is not a number or a word', () => {
    fc.assert(
      fc.property(notification, links, (facts, where) => {
        const message = composeMessage(facts, where);
        const shown = [plainText(message), emailHtml(message), JSON.stringify(slackPayload(message))];
        for (const text of [...slackTexts(slackPayload(message)), shown[0]!, shown[1]!]) {
          expect(text).not.toMatch(/NaN|\bnull\b|undefined|Infinity|∞|\[object|Invalid|-0\b(?![.\d:-])/);
        }
        expect(message.headline.length).toBeGreaterThan(10);
      }),
      RUNS,
    );
  });

  it("keep within Slack's limits", () => {
    fc.assert(
      fc.property(notification, links, (facts, where) => {
        expect(slackLimitsBroken(slackPayload(composeMessage(facts, where)))).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('D4: hostile texts', () => {
  it("keep within Slack's limits", () => {
    fc.assert(
      fc.property(HOSTILE, ({ hostile }) => {
        expect(slackLimitsBroken(slackOf(hostile))).toEqual([]);
      }),
      RUNS,
    );
  });

  it.each(['<', '&', '"', '\\', '`', '🔥', 'x'])(
    "keep within Slack's limits when all are long and of %s",
    (character) => {
      const facts = factsWithTexts(
        { ...ESCALATED, lastFailed: Array.from({ length: 20 }, () => OPENED.lastFailed[0]!) },
        () => character.repeat(5000),
      );
      const lastFailed = facts.lastFailed.map((one, index) => ({
        ...one,
        execution: `${index}${one.execution}`,
      }));
      const links = {
        publicUrl: `https://x.example/${'y'.repeat(500)}`,
        traceUrl: `https://x.example/${'z'.repeat(900)}`,
      };
      const message = composeMessage(notificationOf({ ...facts, lastFailed, slo: 'a'.repeat(300) }), links);
      expect(message.lastFailed).toHaveLength(5);
      expect(slackLimitsBroken(slackPayload(message))).toEqual([]);
    },
  );

  it('are escaped even where only our own words are expected', () => {
    const message = { ...composeMessage(notificationOf(OPENED), LINKS), sentence: ['<!channel> & <@U1>'] };
    const { text, blocks } = slackPayload(message);
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;@U1&gt;');
    expect(JSON.stringify(blocks)).not.toMatch(/<[!@]/);
  });

  it('neither ping nor link nor format in Slack', () => {
    fc.assert(
      fc.property(HOSTILE, ({ hostile }) => {
        for (const text of slackTexts(slackOf(hostile))) {
          expect(text).not.toMatch(INVISIBLE);
          // Apart from the links of the message itself nothing is left that Slack reads as markup.
          const bare = text.replace(
            /<https:\/\/(wiki\.example\.com|burnwatch\.example\.com|trace\.example\.com)\/[^<>|\s`]*\|(Runbook|Budget|What came before|Burnwatch|trace)>/g,
            '',
          );
          expect(bare).not.toMatch(/[<>]/);
          expect(bare.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&');
        }
        for (const block of slackOf(hostile).blocks) {
          const parts =
            block.type === 'context' ? block.elements : 'fields' in block ? block.fields : [block.text];
          for (const part of parts) {
            if (part.type === 'plain_text') {
              expect(part.text).not.toContain('\n');
              continue;
            }
            expect(part.verbatim).toBe(true);
            // Outside code spans, titles and links there are only our own words.
            const own = part.text
              .replaceAll(/`[^`\n]+`/g, '')
              .replaceAll(/<[^>]*>/g, '')
              .replaceAll(/^\*[A-Z][a-z ]+\*$/gm, '');
            expect(own).not.toMatch(/[`*_~@#]|evil|victim/);
          }
        }
      }),
      RUNS,
    );
  });

  it('leave the blocks and lines in Slack as they are with tame ones', () => {
    const shape = (notification: Notification) =>
      slackOf(notification).blocks.map((block) => ('fields' in block ? block.fields.length : block.type));
    fc.assert(
      fc.property(HOSTILE, ({ hostile, tame }) => {
        expect(shape(hostile)).toEqual(shape(tame));
      }),
      RUNS,
    );
  });

  it('leave the tags of a mail as they are with tame ones, and its links ours', () => {
    const tags = (html: string) => html.replaceAll(/(<style>)[^]*?(<\/style>)/g, '$1$2').match(/<[^>]*>/g)!;
    const kinds = (html: string) => tags(html).map((tag) => /^<[!/]?\w*/.exec(tag)![0]);
    fc.assert(
      fc.property(HOSTILE, ({ hostile, tame }) => {
        const html = htmlOf(hostile);
        expect(kinds(html)).toEqual(kinds(htmlOf(tame)));
        expect(html).not.toMatch(INVISIBLE);
        for (const [, url] of html.matchAll(/href="([^"]*)"/g)) {
          expect(url).toMatch(/^https:\/\/(wiki|burnwatch|trace)\.example\.com\//);
        }
        for (const tag of tags(html)) expect(tag).not.toMatch(/\son\w+=|javascript:/i);
      }),
      RUNS,
    );
  });

  it('leave the lines of a plain text as they are with tame ones, without links of their own', () => {
    fc.assert(
      fc.property(HOSTILE, ({ hostile, tame }) => {
        const text = textOf(hostile);
        expect(text.split('\n').length).toBe(textOf(tame).split('\n').length);
        expect(text).not.toMatch(INVISIBLE);
        for (const [, host] of text.matchAll(/\w:\/\/([^/\s]*)/g)) {
          expect(host).toMatch(/^(wiki|burnwatch|trace)\.example\.com$/);
        }
      }),
      RUNS,
    );
  });

  it('add no header, recipient or part to a mail that goes through a mail server', async () => {
    const receiver = await startMailReceiver();
    const target = emailTarget('mailbox', ['oncall@example.com'], {
      transport: mailTransport(mailServerAt(receiver.url), 10_000),
      from: 'burnwatch@example.com',
      links: LINKS,
      timeoutMs: 10_000,
    });
    const signal = new AbortController().signal;
    try {
      await fc.assert(
        fc.asyncProperty(HOSTILE, async ({ hostile, tame }) => {
          for (const notification of [tame, hostile]) {
            expect(await target.send(notification, signal)).toEqual({ result: 'delivered' });
          }
          const [expected, mail] = receiver.mails.slice(-2);
          expect(mail!.to).toEqual(['oncall@example.com']);
          expect([...mail!.parsed.headers.keys()]).toEqual([...expected!.parsed.headers.keys()]);
          expect(mail!.parsed.attachments).toEqual([]);
          const { event, headline } = composeMessage(hostile, LINKS);
          const subject = /^[^\n]+: [^\n]+ failing \((\d{1,2} \w{3} \d\d:\d\d|an unknown time)\)$/;
          if (event === 'test') expect(mail!.parsed.subject).toBe(headline);
          else expect(mail!.parsed.subject).toMatch(subject);
          expect(mail!.parsed.text!.trimEnd()).toBe(textOf(hostile));
        }),
        { numRuns: 15 },
      );
    } finally {
      await target.close();
      await receiver.close();
    }
  });
});

describe.each(Object.keys(RECEIVER_KINDS) as RequestKind[])('what %s is sent', (kind) => {
  const { judge, definition } = RECEIVER_KINDS[kind];
  const signal = new AbortController().signal;
  let broken: string[] = [];
  let bodies: unknown[] = [];
  const target = createTarget(definition('https://receiver.example.com'), {
    ...LINKS,
    mailServer: null,
    clock: systemClock,
    mailFrom: 'burnwatch@example.com',
    outbound: { http: 'never', hosts: null },
    async fetch(url, init) {
      const { pathname, search } = new URL(url);
      const { method = '', headers, body } = init!;
      const raw = body as string;
      const names = Object.entries(headers as Record<string, string>).map(([name, value]) => {
        expect(value).toMatch(/^[\x20-\x7e]+$/);
        return [name.toLowerCase(), value];
      });
      const format = new Format();
      const request = {
        method,
        path: pathname + search,
        headers: Object.fromEntries(names) as Record<string, string>,
        raw,
        bytes: Buffer.from(raw),
      };
      const answer = judge(format, request, JSON.parse(raw));
      broken.push(...format.broken);
      bodies.push(JSON.parse(raw));
      return new Response(answer.status === 204 ? null : (answer.body ?? null), { status: answer.status });
    },
  });
  const sentOf = async (notification: Notification) => {
    [broken, bodies] = [[], []];
    const delivery = await target.send(notification, signal);
    expect([delivery, broken]).toEqual([{ result: 'delivered' }, []]);
    return bodies;
  };

  it('D4: is in its format whatever the facts are', async () => {
    const notification = fc
      .array(randomFacts(), { minLength: 1, maxLength: 3 })
      .map((facts) => notificationOf(...facts));
    await fc.assert(
      fc.asyncProperty(notification, async (facts) => void (await sentOf(facts))),
      RUNS,
    );
  });

  it('D4: is in its format with texts of any length', async () => {
    for (const character of ['<', '&', '"', '\\', '`', '🔥', 'x', '[', '*']) {
      const long = factsWithTexts(
        { ...ESCALATED, lastFailed: Array.from({ length: 20 }, () => OPENED.lastFailed[0]!) },
        () => character.repeat(5000),
      );
      await sentOf(notificationOf(long));
      await sentOf(notificationOf({ ...long, kind: 'resolved' }));
    }
  });

  it('D4: has no markup, link or invisible character of others', async () => {
    await fc.assert(
      fc.asyncProperty(HOSTILE, async ({ hostile, tame }) => {
        const ours = await sentOf(tame);
        const texts = textsOf(await sentOf(hostile));
        expect(texts.length).toBeGreaterThan(0);
        expect(bodies.length).toBe(ours.length);
        for (const text of texts) {
          expect(text).not.toMatch(INVISIBLE);
          for (const [, host] of text.matchAll(/\w:\/\/([^/\s]*)/g)) {
            expect(host).toMatch(/^((wiki|burnwatch|trace)\.example\.com|adaptivecards\.io)$/);
          }
          expect(markupOf[kind]?.(text) ?? []).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** What of a text the receiver reads as markup, beside what is ours. */
const markupOf: { readonly [Kind in RequestKind]?: (text: string) => readonly string[] } = {
  pagerduty: brackets,
  opsgenie: brackets,
  alertmanager: brackets,
  discord(text) {
    const own = text
      // The addresses of the embed itself, and its footer, in which nothing is read.
      .replaceAll(/^https:\/\/\S+$|^.* · incident .*$/gm, '')
      .replaceAll(/`[^`\n]+`|\\[^A-Za-z0-9\s]/g, '')
      .replaceAll(
        /\[(Runbook|Budget|What came before|Burnwatch|trace)\]\(https:\/\/\w+\.example\.com\/[^()\s]*\)/g,
        '',
      );
    return own.match(/[\\*_~`|>#[\]<@]/g) ?? [];
  },
  telegram(text) {
    const own = text.replaceAll(/<code>[^<]*<\/code>|<a href="[^"]*">[^<]*<\/a>|<\/?b>|&\S+;/g, '');
    return own.match(/[@#$]\w|(?<![\w:])\/\w|evil/g) ?? [];
  },
};

function brackets(text: string): readonly string[] {
  return text.match(/[<>]/g) ?? [];
}

/** Every text in a value, at any depth. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
