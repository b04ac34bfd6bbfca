import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emailTarget } from '../../src/notify/email.ts';
import type { Mail } from '../../src/notify/email.ts';
import { logTarget } from '../../src/notify/log.ts';
import { composeMessage } from '../../src/notify/message.ts';
import { slackPayload } from '../../src/notify/slack-blocks.ts';
import type { SlackBlock } from '../../src/notify/slack-blocks.ts';
import type { Notification } from '../../src/core/target.ts';
import { memoryLog } from '../support/memory-log.ts';
import {
  ESCALATED,
  LINKS,
  OPENED,
  OVERDUE,
  OVERSPENT,
  RESOLVED,
  STEP,
  TEST,
  TICKET,
  notificationOf,
} from './example-facts.ts';

const SIGNAL = new AbortController().signal;
const RULE = '─'.repeat(80);

const EXAMPLES: Readonly<Record<string, Notification>> = {
  opened: notificationOf(OPENED),
  'ticket-about-a-step': notificationOf(STEP),
  overdue: notificationOf(OVERDUE),
  overspent: notificationOf(OVERSPENT),
  escalated: notificationOf(ESCALATED),
  'opened-and-escalated': notificationOf(TICKET, ESCALATED),
  resolved: notificationOf(RESOLVED),
  'fired-and-recovered': notificationOf(TICKET, ESCALATED, RESOLVED),
  test: notificationOf(TEST),
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

async function mailOf(notification: Notification): Promise<Mail> {
  const mails: Mail[] = [];
  const target = emailTarget('mailbox', ['oncall@example.com'], {
    transport: {
      secrets: [],
      async sendMail(mail) {
        mails.push(mail);
        return { rejected: [] };
      },
      close() {},
    },
    from: 'burnwatch@example.com',
    links: LINKS,
    timeoutMs: 10_000,
    log: memoryLog(),
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
