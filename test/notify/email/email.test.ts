import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TargetAdapter } from '../../../src/core/ports/target.ts';
import { emailTarget, mailTransport } from '../../../src/notify/email/email-target.ts';
import type { EmailOptions, MailTransport } from '../../../src/notify/email/email-target.ts';
import { mailServerAt } from '../../support/outbound.ts';
import { startMailReceiver } from '../../support/mail-receiver.ts';
import type { MailReceiver } from '../../support/mail-receiver.ts';
import { until } from '../../support/until.ts';
import { ACKNOWLEDGED, ESCALATED, LINKS, OPENED, RESOLVED, notificationOf } from '../example-facts.ts';

const NOTIFICATION = notificationOf(OPENED);
const NEVER = new AbortController().signal;
const TO = ['oncall@example.com', 'lead@example.com'];

let mail: MailReceiver;
const opened: TargetAdapter[] = [];

beforeEach(async () => {
  mail = await startMailReceiver();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((target) => target.close()));
  await mail.close();
});

function targetAt(
  url: string,
  options: Partial<EmailOptions> & { readonly to?: readonly string[] } = {},
): TargetAdapter {
  const { to = TO, timeoutMs = 10_000 } = options;
  const target = emailTarget('mailbox', to, {
    transport: mailTransport(mailServerAt(url), timeoutMs),
    from: 'Burnwatch <burnwatch@alerts.example.com>',
    links: LINKS,
    timeoutMs,
    ...options,
  });
  opened.push(target);
  return target;
}

describe('a mail', () => {
  it('goes to all recipients at once, as text and as HTML', async () => {
    expect(await targetAt(mail.url).send(NOTIFICATION, NEVER)).toEqual({ result: 'delivered' });
    expect(mail.mails).toHaveLength(1);
    const { from, to, parsed } = mail.mails[0]!;
    expect(from).toBe('burnwatch@alerts.example.com');
    expect(to).toEqual(TO);
    expect(parsed.subject).toBe('order-fulfillment: fulfilled-in-10m failing (22 Nov 19:06)');
    expect(parsed.text).toMatch(
      /^PAGE order-fulfillment\/fulfilled-in-10m: 65.9% failing at charge-card \(timeout\), 41% budget left/,
    );
    const sentence = '118 of 179 executions failed in the last 5 minutes (65.9%; the objective allows 5%)';
    expect(parsed.text).toContain(sentence);
    expect(parsed.html).toContain(sentence);
    expect(parsed.html).not.toMatch(/<(img|script|link|iframe)\b/);
    expect(parsed.headers.get('priority')).toBe('high');
  });

  it('says that a program sent it, and about what', async () => {
    await targetAt(mail.url).send(NOTIFICATION, NEVER);
    const { headers } = mail.mails[0]!.parsed;
    expect(headers.get('list')).toEqual({
      id: { name: 'Burnwatch alerts', id: 'burnwatch.alerts.example.com' },
    });
    for (const [name, value] of [
      ['auto-submitted', 'auto-generated'],
      ['x-auto-response-suppress', 'All'],
      ['x-burnwatch-event', 'opened'],
      ['x-burnwatch-severity', 'page'],
      ['x-burnwatch-slo', 'order-fulfillment/fulfilled-in-10m'],
      ['x-burnwatch-incident', 'mi9x2k00-4f7a'],
      ['x-burnwatch-owner', 'payments'],
    ] as const) {
      expect([name, headers.get(name)]).toEqual([name, value]);
    }
  });

  it('D2: stands in one thread with the other mails of its incident, and in no other', async () => {
    const target = targetAt(mail.url);
    const other = { ...OPENED, incident: 'mi9x2k00-0001', openedAt: OPENED.openedAt + 60_000 };
    for (const facts of [OPENED, ESCALATED, ACKNOWLEDGED, RESOLVED, other])
      await target.send(notificationOf(facts), NEVER);
    const parsed = mail.mails.map((received) => received.parsed);
    const roots = parsed.map(({ inReplyTo }) => inReplyTo);
    expect(roots[0]).toMatch(/^<incident\.[0-9a-f]{32}@alerts\.example\.com>$/);
    expect(new Set(roots.slice(0, 4)).size).toBe(1);
    expect(roots[4]).not.toBe(roots[0]);
    expect(parsed.map(({ references }) => references)).toEqual(roots);
    // Gmail makes another thread of another subject.
    const subjects = parsed.map(({ subject }) => subject);
    expect(new Set(subjects.slice(0, 4)).size).toBe(1);
    expect(subjects[4]).not.toBe(subjects[0]);
    const ids = parsed.map(({ messageId }) => messageId);
    expect(new Set([...ids, ...roots]).size).toBe(7);
  });

  it('D3: has the same Message-ID when it is sent again', async () => {
    await targetAt(mail.url).send(NOTIFICATION, NEVER);
    await targetAt(mail.url).send(NOTIFICATION, NEVER);
    const [first, second] = mail.mails.map(({ parsed }) => parsed.messageId);
    expect(first).toMatch(/^<notification\.[0-9a-f]{32}@alerts\.example\.com>$/);
    expect(second).toBe(first);
  });
});

describe('what becomes of one try to send a mail', () => {
  it('refuses without a mail server', async () => {
    const target = emailTarget('mailbox', TO, {
      transport: null,
      from: 'burnwatch@example.com',
      links: LINKS,
      timeoutMs: 10_000,
    });
    expect(await target.send(NOTIFICATION, NEVER)).toEqual({
      result: 'refused',
      reason: 'BURNWATCH_SMTP_URL is not set',
    });
  });

  it.each([
    [451, 'retry', ''],
    [421, 'retry', ' (it is not available)'],
    [550, 'refused', ''],
    [554, 'refused', ''],
  ])('D3: the server answers %i: %s', async (code, result, words) => {
    mail.answer(code);
    const delivery = await targetAt(mail.url).send(NOTIFICATION, NEVER);
    expect(delivery.result).toBe(result);
    expect(delivery).toHaveProperty('reason', `The mail server failed: ${code}${words}`);
    expect(mail.mails).toEqual([]);
  });

  it('D3: a mailbox refused among several is refused alone, with the reason of the server', async () => {
    mail.rejectRecipient('lead@example.com', 550);
    expect(await targetAt(mail.url).send(NOTIFICATION, NEVER)).toEqual({
      result: 'refused',
      reason: expect.stringContaining('refused lead@example.com: ') as string,
      recipients: ['lead@example.com'],
    });
    expect(mail.mails.map(({ to }) => to)).toEqual([['oncall@example.com']]);
  });

  it('D3: a mailbox that is full for now is tried again alone', async () => {
    mail.rejectRecipient('lead@example.com', 452);
    const target = targetAt(mail.url);
    const first = await target.send(NOTIFICATION, NEVER);
    expect(first).toMatchObject({ result: 'retry', recipients: ['lead@example.com'] });
    expect(first).not.toHaveProperty('mayHaveArrived');
    mail.rejectRecipient('lead@example.com', 0);
    const again = { ...NOTIFICATION, recipients: ['lead@example.com'] };
    expect(await target.send(again, NEVER)).toEqual({ result: 'delivered' });
    expect(mail.mails.map(({ to }) => to)).toEqual([['oncall@example.com'], ['lead@example.com']]);
  });

  it.each([
    ['for good', [550, 550], 'refused'],
    ['for now', [451, 451], 'retry'],
    ['one for good, one for now', [550, 451], 'retry'],
    ['one for now, one for good', [451, 550], 'retry'],
  ])('D3: the server rejects all recipients %s', async (_, codes, result) => {
    TO.forEach((address, index) => mail.rejectRecipient(address, codes[index]!));
    const delivery = await targetAt(mail.url).send(NOTIFICATION, NEVER);
    expect(delivery.result).toBe(result);
    expect(mail.mails).toEqual([]);
  });

  it('D3: gives up on a server that does not answer, to try again', async () => {
    mail.answer('hang');
    expect(await targetAt(mail.url, { timeoutMs: 1000 }).send(NOTIFICATION, NEVER)).toEqual({
      result: 'retry',
      reason: 'The mail server did not answer within 1000 ms',
      after: null,
      mayHaveArrived: true,
    });
  });

  it('D3: gives up on a server that accepts connections and says nothing, to try again', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    try {
      const target = targetAt(`smtp://127.0.0.1:${port}`, { timeoutMs: 200 });
      expect(await target.send(NOTIFICATION, NEVER)).toMatchObject({ result: 'retry', after: null });
    } finally {
      await new Promise((resolve) => mute.close(resolve));
    }
  });

  it('G2: gives up at once on a server that says more than it could have to say', async () => {
    const talker = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(`220 ${'a'.repeat(200_000)}`);
    });
    await new Promise<void>((resolve) => talker.listen(0, '127.0.0.1', resolve));
    const { port } = talker.address() as AddressInfo;
    try {
      const target = targetAt(`smtp://127.0.0.1:${port}`, { timeoutMs: 20_000 });
      const begun = performance.now();
      const { result } = await target.send(NOTIFICATION, NEVER);
      expect(result).not.toBe('delivered');
      expect(performance.now() - begun).toBeLessThan(10_000);
    } finally {
      await new Promise((resolve) => talker.close(resolve));
    }
  });

  it('G1: reads no file and asks no address for the text of a mail', async () => {
    const transport = mailTransport(mailServerAt(mail.url), 5000);
    const sent = async (text: object): Promise<unknown> =>
      transport
        .sendMail({ from: 'a@example.com', to: TO, subject: 'a', text } as unknown as Parameters<
          MailTransport['sendMail']
        >[0])
        .catch((error: unknown) => error);
    expect(String(await sent({ path: import.meta.filename }))).toContain('File access rejected');
    expect(String(await sent({ href: 'http://127.0.0.1:9/' }))).toContain('Url access rejected');
    transport.close();
  });

  it('stops at once when it is told to, to try again', async () => {
    const stop = new AbortController();
    mail.answer('hang');
    const sent = targetAt(mail.url, { timeoutMs: 600_000 }).send(NOTIFICATION, stop.signal);
    await until('the mail', () => mail.received() === 1);
    stop.abort();
    expect(await sent).toEqual({
      result: 'retry',
      reason: 'Stopped before the mail server answered',
      after: null,
      mayHaveArrived: true,
    });
  });

  it('D3: tries again when nobody listens', async () => {
    const { url } = mail;
    await mail.close();
    const delivery = await targetAt(url).send(NOTIFICATION, NEVER);
    expect(delivery).toMatchObject({ result: 'retry', after: null });
    expect(delivery).toHaveProperty('reason', expect.stringContaining('ECONNREFUSED'));
    mail = await startMailReceiver();
  });
});

describe('the credentials of the mail server', () => {
  const login = { user: 'burnwatch@example.com', pass: 'pässw0rd/with:odd@signs' };
  const PARTS = [login.pass, encodeURIComponent(login.pass), Buffer.from(login.pass).toString('base64')];
  let guarded: MailReceiver;

  beforeEach(async () => {
    guarded = await startMailReceiver(login);
  });

  afterEach(() => guarded.close());

  it('are used', async () => {
    expect(await targetAt(guarded.url).send(NOTIFICATION, NEVER)).toEqual({ result: 'delivered' });
  });

  it('D3: are refused when they are wrong, and no reason tells them though the server repeats them', async () => {
    const url = new URL(guarded.url);
    url.username = 'somebody';
    const delivery = await targetAt(url.href).send(NOTIFICATION, NEVER);
    expect(delivery).toMatchObject({ result: 'refused' });
    expect(delivery).toHaveProperty('reason', 'The mail server failed: 535 (wrong user or password)');
    for (const part of PARTS) expect(JSON.stringify(delivery)).not.toContain(part);
  });

  it('are in no error about an address that is none', () => {
    for (const url of [`http://u:${login.pass}@x`, `smtp//u:hunter2@x`, '', `smtp://u:hunter2@[x`]) {
      let thrown: unknown;
      try {
        mailTransport(mailServerAt(url), 1000);
      } catch (error) {
        thrown = error;
      }
      expect(String(thrown)).toBe(
        'Error: The mail server is not an address such as smtp://user:password@host:587',
      );
    }
  });
});
