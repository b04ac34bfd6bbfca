import { systemClock } from '../../support/clock.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTarget } from '../../../src/notify/target-kinds.ts';
import { WEBHOOK_JSON_SCHEMA } from '../../../src/notify/webhook/webhook-schema.ts';
import { OUTBOUND } from '../../support/outbound.ts';
import { ESCALATED, LINKS, OPENED, notificationOf } from '../example-facts.ts';
import { WEBHOOK_SECRET } from '../http/incident-services.ts';
import { type FormatReceiver, startReceiverOf } from '../http/kinds.ts';

const NEVER = new AbortController().signal;
const OPTIONS = {
  ...LINKS,
  mailServer: null,
  clock: systemClock,
  mailFrom: 'burnwatch@example.com',
  outbound: OUTBOUND,
};

let receiver: FormatReceiver;
beforeEach(async () => {
  receiver = await startReceiverOf('webhook');
});
afterEach(() => receiver.close());

describe('a webhook', () => {
  const headersOf = (index: number) => receiver.requests[index]!.headers as Record<string, string>;

  it('has the same delivery id on every try of a notification, and another one for another notification', async () => {
    const target = createTarget(receiver.definition, OPTIONS);
    receiver.answer({ status: 503 });
    const first = { ...notificationOf(OPENED), key: 'i/1/hook' };
    expect(await target.send(first, NEVER)).toMatchObject({ result: 'retry' });
    await target.send({ ...first, mayRepeat: true }, NEVER);
    await target.send({ ...notificationOf(ESCALATED), key: 'i/2/hook' }, NEVER);
    const ids = [0, 1, 2].map((index) => headersOf(index)['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('is signed so that a changed body, time or id is noticed', async () => {
    await createTarget(receiver.definition, OPTIONS).send(notificationOf(OPENED), NEVER);
    const { raw } = receiver.requests[0]!;
    const verify = (body: string, change: Record<string, string> = {}) =>
      new Webhook(WEBHOOK_SECRET).verify(body, { ...headersOf(0), ...change });
    expect(verify(raw)).toMatchObject({ type: 'incident.opened' });
    const later = String(Number(headersOf(0)['webhook-timestamp']) + 1);
    expect(() => verify(raw.replace('page', 'PAGE'))).toThrow('No matching signature');
    expect(() => verify(raw, { 'webhook-timestamp': later })).toThrow('No matching signature');
    expect(() => verify(raw, { 'webhook-id': 'msg_other' })).toThrow('No matching signature');
    const other = new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    expect(() => other.verify(raw, headersOf(0))).toThrow('No matching signature');
  });

  it('is not signed without a secret', async () => {
    const unsigned = { kind: 'webhook', name: 'hook', url: receiver.url, secret: null } as const;
    receiver.answer({ status: 200 });
    await createTarget(unsigned, OPTIONS).send(notificationOf(OPENED), NEVER);
    expect(headersOf(0)).not.toHaveProperty('webhook-signature');
    expect(headersOf(0)).toHaveProperty('webhook-id');
  });
});

it('docs/webhook.schema.json is the schema of what is sent', () => {
  const path = new URL('../../../docs/webhook.schema.json', import.meta.url);
  const text = `${JSON.stringify(WEBHOOK_JSON_SCHEMA, null, 2)}\n`;
  if (process.env['UPDATE_DOCS']) writeFileSync(path, text);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(text));
});
