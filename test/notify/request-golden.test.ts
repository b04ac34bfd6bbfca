import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Notification } from '../../src/core/ports/target.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import { OUTBOUND } from '../support/outbound.ts';
import * as examples from './example-facts.ts';
import { LINKS, notificationOf } from './example-facts.ts';
import { RECEIVER_KINDS, type RequestKind } from './http/kinds.ts';

/** One of every kind of transition. */
const TRANSITIONS: Readonly<Record<string, Notification>> = {
  opened: notificationOf(examples.OPENED),
  escalated: notificationOf(examples.ESCALATED),
  unacknowledged: notificationOf(examples.UNACKNOWLEDGED),
  reminder: notificationOf(examples.REMINDER),
  acknowledged: notificationOf({
    ...examples.REMINDER,
    acknowledged: { by: 'ana', at: examples.REMINDER.at - 60_000 },
  }),
  deescalated: notificationOf(examples.DEESCALATED),
  resolved: notificationOf(examples.RESOLVED),
  'fired-and-recovered': notificationOf(examples.TICKET, examples.ESCALATED, examples.RESOLVED),
  test: notificationOf(examples.TEST),
};
const SIGNAL = new AbortController().signal;

/** That somebody looks after it, alone and with what waits beside it. */
const ACKNOWLEDGED: Readonly<Record<string, Notification>> = {
  'acknowledged-at-once': notificationOf(examples.ACKNOWLEDGED),
  'opened-and-acknowledged': notificationOf(examples.OPENED, examples.ACKNOWLEDGED),
  'acknowledged-and-escalated': notificationOf(examples.ACKNOWLEDGED, examples.ESCALATED),
  'acknowledged-and-resolved': notificationOf(examples.ACKNOWLEDGED, examples.RESOLVED),
};

/** What is sent of a notification, as people can compare it. */
async function sentOf(kind: RequestKind, notification: Notification): Promise<string> {
  const sent: string[] = [];
  const { definition, judge: _, secrets } = RECEIVER_KINDS[kind];
  const target = createTarget(definition('https://receiver.example.com'), {
    ...LINKS,
    mailServer: null,
    mailFrom: 'burnwatch@example.com',
    outbound: OUTBOUND,
    clock: { now: () => examples.OPENED_AT + 3 * 3_600_000 },
    async fetch(url, init) {
      const { method = '', headers, body } = init!;
      const head = Object.entries(headers as Record<string, string>).map(
        ([name, value]) => `${name}: ${value}`,
      );
      const text = JSON.stringify(JSON.parse(body as string), null, 2);
      sent.push([`${method} ${url}`, ...head, '', text].join('\n'));
      // What all of them take for their own.
      const taken = { status: 'success', requestId: '1', id: '1', ok: true, event: 'message' };
      return new Response(JSON.stringify(taken));
    },
  });
  expect(await target.send(notification, SIGNAL)).toEqual({ result: 'delivered' });
  return secrets.reduce((text, secret) => text.replaceAll(secret, '…'), sent.join('\n\n'));
}

describe.each(Object.keys(RECEIVER_KINDS) as RequestKind[])('D4: what %s is sent', (kind) => {
  it.each(Object.entries(TRANSITIONS))('%s', (name, notification) => expectGolden(kind, name, notification));
});

describe.each(['pagerduty', 'opsgenie', 'webhook', 'teams', 'discord', 'telegram', 'ntfy'] as const)(
  'D2: what %s is sent of an acknowledgement',
  (kind) => {
    it.each(Object.entries(ACKNOWLEDGED))('%s', (name, notification) =>
      expectGolden(kind, name, notification),
    );
  },
);

async function expectGolden(kind: RequestKind, name: string, notification: Notification): Promise<void> {
  const path = new URL(`golden/${kind}.${name}.txt`, import.meta.url);
  const text = `${await sentOf(kind, notification)}\n`;
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
