import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/core/ports/target.ts';
import { emailTarget, mailTransport } from '../../../src/notify/email/email-target.ts';
import type { Resolve } from '../../../src/outbound/guarded-lookup.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { type MailReceiver, startMailReceiver } from '../../support/mail-receiver.ts';
import { mailServerAt } from '../../support/outbound.ts';
import { LINKS, OPENED, notificationOf } from '../example-facts.ts';

const LOGIN = { user: 'burnwatch', pass: 'correct-horse-battery' };
const TIMEOUT = 10_000;

let certificates: Certificates;
let mail: MailReceiver | null = null;

beforeAll(async () => {
  certificates = await makeCertificates();
});
afterEach(() => mail?.close());

/** DNS that knows one address for every name. */
const dns =
  (address: string): Resolve =>
  (_host, _options, callback) =>
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);

async function send(
  server: Partial<ReturnType<typeof mailServerAt>> & { readonly url: string },
  resolve: Resolve = dns('127.0.0.1'),
): Promise<Delivery> {
  const target = emailTarget('mailbox', ['oncall@example.com'], {
    transport: mailTransport({ ...mailServerAt(server.url), ...server }, TIMEOUT, resolve),
    from: 'burnwatch@example.com',
    links: LINKS,
    timeoutMs: TIMEOUT,
  });
  const delivery = await target.send(notificationOf(OPENED), new AbortController().signal);
  await target.close();
  return delivery;
}

/** The receiver's address as a server elsewhere has it: only then is it not this machine. */
const elsewhere = (url: string) => url.replace('127.0.0.1', 'mail.example.com');

describe('the login of a mail server', () => {
  it.each(['STARTTLS', 'the beginning'] as const)('is sent over TLS from %s', async (from) => {
    mail = await startMailReceiver(LOGIN, { ...certificates, from });
    expect(await send({ url: elsewhere(mail.url), ca: certificates.ca })).toEqual({ result: 'delivered' });
    expect(mail.logins).toEqual([{ username: LOGIN.user, encrypted: true }]);
    expect(mail.mails).toHaveLength(1);
  });

  it.each(['STARTTLS', 'the beginning'] as const)(
    'is not sent to a server whose certificate is not trusted: TLS from %s',
    async (from) => {
      mail = await startMailReceiver(LOGIN, { ...certificates, from });
      const other = await makeCertificates();
      for (const ca of [null, other.ca]) {
        expect(await send({ url: elsewhere(mail.url), ca })).toMatchObject({ result: 'retry' });
      }
      expect(mail.logins).toEqual([]);
    },
  );

  it.each(['', '/?ignoreTLS=true', '/?opportunisticTLS=true', '/?requireTLS=false'])(
    'is not sent to a server without TLS, whatever its URL says: %j',
    async (query) => {
      mail = await startMailReceiver(LOGIN);
      const delivery = await send({ url: elsewhere(mail.url) + query });
      expect(delivery).toEqual({
        result: 'refused',
        reason:
          'The mail server offers no TLS, so that user and password were not sent; see BURNWATCH_SMTP_PLAIN_LOGIN',
      });
      expect(mail.logins).toEqual([]);
    },
  );

  it('is sent without TLS where BURNWATCH_SMTP_PLAIN_LOGIN says so, and to this machine', async () => {
    mail = await startMailReceiver(LOGIN);
    expect(await send({ url: elsewhere(mail.url), plainLogin: true })).toEqual({ result: 'delivered' });
    expect(await send({ url: mail.url })).toEqual({ result: 'delivered' });
    expect(mail.logins.map(({ encrypted }) => encrypted)).toEqual([false, false]);
  });
});

describe('the address of a mail server', () => {
  it.each([
    ['smtp://169.254.169.254:25', '127.0.0.1'],
    ['smtp://[::ffff:169.254.169.254]:25', '127.0.0.1'],
    ['smtp://mail.example.com:25', '169.254.169.254'],
    ['smtps://mail.example.com', 'fe80::1'],
  ])('is never link-local: %s at %s', async (url, address) => {
    expect(await send({ url }, dns(address))).toEqual({
      result: 'refused',
      reason: 'Not sent to the mail server: its address is link-local, of a metadata service or of no host',
    });
  });

  it('named localhost is this machine, whatever DNS says', async () => {
    mail = await startMailReceiver(LOGIN);
    const url = mail.url.replace('127.0.0.1', 'localhost');
    expect(await send({ url }, dns('10.0.0.1'))).toMatchObject({ result: 'refused' });
    expect(mail.logins).toEqual([]);
  });
});
