import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emailTarget } from '../../src/notify/email/email-target.ts';
import type { Mail } from '../../src/notify/email/email-target.ts';
import { logTarget } from '../../src/notify/log/log-target.ts';
import { createSignedLinks } from '../../src/engine/incidents/signed-links.ts';
import type { Links } from '../../src/notify/message/message.ts';
import { composeMessage } from '../../src/notify/message/message.ts';
import { slackPayload } from '../../src/notify/slack/slack-blocks.ts';
import type { SlackBlock } from '../../src/notify/slack/slack-blocks.ts';
import type { Notification } from '../../src/core/ports/target.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';
import * as examples from './example-facts.ts';
import { LINKS, notificationOf } from './example-facts.ts';

const SIGNAL = new AbortController().signal;
const RULE = '─'.repeat(80);

const EXAMPLES: Readonly<Record<string, Notification>> = {
  opened: notificationOf(examples.OPENED),
  'likely-cause': notificationOf(examples.LIKELY_CAUSE),
  'folded-in': notificationOf(examples.FOLDED),
  'no-longer-folded': notificationOf(examples.UNFOLDED),
  'last-page-at-once': notificationOf({
    ...examples.OPENED,
    flapping: {
      last: { pages: 3, within: HOUR, lasts: 15 * MINUTE },
      heldBack: { count: 2, since: examples.OPENED_AT - 2 * HOUR },
    },
  }),
  'stands-out': notificationOf(examples.STANDS_OUT),
  'called-by-failures': notificationOf(examples.CALLED_BY_FAILURES),
  'ticket-about-a-step': notificationOf(examples.STEP),
  overdue: notificationOf(examples.OVERDUE),
  overspent: notificationOf(examples.OVERSPENT),
  escalated: notificationOf(examples.ESCALATED),
  'opened-and-escalated': notificationOf(examples.TICKET, examples.ESCALATED),
  resolved: notificationOf(examples.RESOLVED),
  'fired-and-recovered': notificationOf(examples.TICKET, examples.ESCALATED, examples.RESOLVED),
  test: notificationOf(examples.TEST),
  outage: notificationOf(examples.OUTAGE),
  'tiny-volume': notificationOf(examples.TINY),
  'first-morning': notificationOf(examples.FIRST_MORNING),
  sudden: notificationOf(examples.SUDDEN),
  'no-data': notificationOf(examples.SILENT),
  'success-rate-of-measurements': notificationOf(examples.SUCCESS_RATE),
  'budget-low-of-slices': notificationOf(examples.BUDGET_LOW),
  'forecast-of-freshness': notificationOf(examples.FORECAST),
  'missed-ticks': notificationOf(examples.MISSED_TICKS),
  'first-miss': notificationOf(examples.FIRST_MISS),
  recovering: notificationOf(examples.RECOVERING),
  easing: notificationOf(examples.EASING),
  'in-a-time-zone': notificationOf(examples.IN_A_ZONE),
  'may-repeat': { ...notificationOf(examples.OPENED), mayRepeat: true },
  composite: notificationOf(examples.COMPOSITE),
  deescalated: notificationOf(examples.DEESCALATED),
  reminder: notificationOf(examples.REMINDER),
  'acknowledged-at-once': notificationOf(examples.ACKNOWLEDGED),
  'several-acknowledged': notificationOf(...examples.ACKNOWLEDGED_TOGETHER),
  'page-beside-acknowledged': notificationOf(...examples.ACKNOWLEDGED_TOGETHER.slice(0, 1), examples.JOINED),
  'opened-and-acknowledged': notificationOf(examples.OPENED, examples.ACKNOWLEDGED),
  'reminder-of-silence': notificationOf({ ...examples.SILENT, kind: 'reminder' }),
  unacknowledged: notificationOf(examples.UNACKNOWLEDGED),
  'postmortem-required': notificationOf(examples.POSTMORTEM),
  'definition-changed': notificationOf({ ...examples.RESOLVED, cause: 'definition-changed' }),
  'page-loosened': notificationOf({ ...examples.DEESCALATED, cause: 'definition-changed' }),
  removed: notificationOf({
    ...examples.RESOLVED,
    cause: 'removed',
    reasons: [],
    during: { good: 0, bad: 0 },
    budget: { allowed: 0, spent: 0, remaining: 0, remainingRatio: null },
    counted: 0,
    failures: [],
    lastFailed: [],
  }),
  'data-again': notificationOf(examples.DATA_AGAIN),
  report: notificationOf(examples.REPORT),
  'gate-overridden': notificationOf(examples.GATE_OVERRIDDEN),
};

/** Compares with `golden/<file>.txt`, or writes it when UPDATE_GOLDEN is set. */
function expectGolden(file: string, text: string): void {
  const path = new URL(`golden/${file}.txt`, import.meta.url);
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(path, 'utf8'));
}

describe.each(Object.entries(EXAMPLES))('D4: what a notification says: %s', (name, notification) => {
  it('in Slack', () => {
    const { text, blocks } = slackPayload(composeMessage(notification, LINKS));
    expectGolden(`${name}.slack`, [`[push] ${text}`, ...blocks.map(blockText)].join('\n\n'));
  });

  it('in mails', async () => {
    const { subject, text } = await mailOf(notification);
    expectGolden(`${name}.mail`, `Subject: ${subject}\n\n${text}`);
  });

  it('in a terminal: what the mail says, between rules', async () => {
    let written = '';
    const target = logTarget('terminal', (text) => (written += text), { links: LINKS });
    expect(await target.send(notification, SIGNAL)).toEqual({ result: 'delivered' });
    const { text } = await mailOf(notification);
    expect(written).toBe(`${RULE}\n${text}\n${RULE}\n`);
  });
});

describe('D4: what a notification says that can be acted on from', () => {
  const links = {
    ...LINKS,
    signLink: createSignedLinks(['a secret of these examples']).sign,
  };

  it.each([
    ['opened-with-links', notificationOf(examples.OPENED)],
    ['resolved-with-links', notificationOf(examples.RESOLVED)],
  ])('%s', async (name, notification) => {
    const { text, blocks } = slackPayload(composeMessage(notification, links));
    expectGolden(`${name}.slack`, [`[push] ${text}`, ...blocks.map(blockText)].join('\n\n'));
    const mail = await mailOf(notification, links);
    expectGolden(`${name}.mail`, `Subject: ${mail.subject}\n\n${mail.text}`);
  });
});

async function mailOf(notification: Notification, links: Links = LINKS): Promise<Mail> {
  const mails: Mail[] = [];
  const target = emailTarget('mailbox', ['oncall@example.com'], {
    transport: {
      async sendMail(mail) {
        mails.push(mail);
        return { rejected: [] };
      },
      close() {},
    },
    from: 'burnwatch@example.com',
    links,
    timeoutMs: 10_000,
  });
  await target.send(notification, SIGNAL);
  return mails[0]!;
}

function blockText(block: SlackBlock): string {
  switch (block.type) {
    case 'header':
      return `[header] ${block.text.text}`;
    case 'section':
      return 'fields' in block
        ? `[fields]\n${block.fields.map(({ text }) => `  ${text.replace('\n', ' ')}`).join('\n')}`
        : `[section] ${block.text.text}`;
    case 'context':
      return `[context] ${block.elements.map(({ text }) => text).join(' ')}`;
    default:
      return block satisfies never;
  }
}
