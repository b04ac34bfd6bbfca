import { createHash } from 'node:crypto';
import type { NodemailerError } from 'nodemailer';
import { isOfService } from '../../core/alerting/notification.ts';
import { timesAt } from '../../core/words/times.ts';
import { plainName } from '../message/wording.ts';
import type { MailServer } from '../../core/ports/outbound.ts';
import type { MessagePicture, MessagePictures } from '../../core/ports/message-pictures.ts';
import type { Delivery, Notification, Retry, TargetAdapter } from '../../core/ports/target.ts';
import { ANYWHERE, reachOf } from '../../outbound/addresses.ts';
import { guardedConnect } from '../../outbound/guarded-connect.ts';
import { ForbiddenAddress, type Resolve } from '../../outbound/guarded-lookup.ts';
import { emailHtml } from './email-html.ts';
import { type Links, type Message, composeMessage } from '../message/message.ts';
import { plainText } from '../message/plain-text.ts';
import { MAX_ANSWER_BYTES, failureCode } from '../message/peer-answer.ts';

/** A mail, complete but for what a mail server adds. */
export interface Mail {
  readonly from: string;
  readonly to: { name: string; address: string }[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: string;
  readonly priority: 'high' | 'normal';
  readonly headers: Record<string, string>;
  /** What the HTML shows by `cid:`. */
  readonly attachments: InlinePicture[];
}

/** A picture inside a mail. */
export interface InlinePicture {
  readonly cid: string;
  readonly filename: string;
  readonly contentType: 'image/png';
  readonly contentDisposition: 'inline';
  readonly content: Buffer;
}

/** What carries mails to a mail server, or stands in for it. */
export interface MailTransport {
  /** Resolves once the server has the mail, with the recipients it rejected and why. */
  sendMail(mail: Mail & { readonly signal: AbortSignal }): Promise<Accepted>;
  close(): void;
}

/** A mail that a server took for some recipients at least. */
export interface Accepted {
  readonly rejected: readonly unknown[];
  /** One for each of those that were rejected. */
  readonly rejectedErrors?: readonly NodemailerError[] | undefined;
}

export interface EmailOptions {
  /** From `mailTransport`; null when no mail server is configured, and then every mail is refused. Closed with the target. */
  readonly transport: MailTransport | null;
  /** The sender, as an address or `Name <address>`. */
  readonly from: string;
  readonly links: Links;
  /** Absent: mails have no pictures. */
  readonly pictures?: MessagePictures | undefined;
  /** For one try, from connecting to the server's last answer. */
  readonly timeoutMs: number;
}

/** Failures without a server's answer that another try would meet again: they lie in the configuration. */
const LASTING = new Set(['EENVELOPE', 'EMESSAGE', 'ECONFIG', 'EAUTH', 'ENOAUTH', 'EREQUIRETLS']);

const WITHOUT_TLS =
  'The mail server offers no TLS, so that user and password were not sent; see BURNWATCH_SMTP_PLAIN_LOGIN';

/** What enhanced codes (RFC 3463, without their class) and codes (RFC 5321, RFC 4954) that are often met say. */
const MEANINGS: Readonly<Record<string, string>> = {
  '.1.1': 'no such mailbox',
  '.1.2': 'no such domain',
  '.2.1': 'the mailbox is disabled',
  '.2.2': 'the mailbox is full',
  '.3.4': 'the mail is too large',
  '.7.1': 'not allowed by its policy',
  '.7.8': 'wrong user or password',
  '421': 'it is not available',
  '530': 'it asks for a login or for TLS',
  '535': 'wrong user or password',
};

/** What a URL cannot change: these are ours to say. */
const OURS = [
  'requireTLS',
  'ignoreTLS',
  'opportunisticTLS',
  'maxResponseSize',
  'dnsTimeout',
  'connectionTimeout',
  'greetingTimeout',
  'socketTimeout',
  'disableFileAccess',
  'disableUrlAccess',
  'socket',
  'connection',
  'proxy',
];

/**
 * A connection to a mail server, made for every mail: never to a link-local or metadata address. User and password go only
 * over TLS, unless the server is this machine or plain logins are allowed. Each of its waits ends after `timeoutMs`. Throws an error
 * without the address when that is not one.
 */
export function mailTransport(server: MailServer, timeoutMs: number, resolve?: Resolve): MailTransport {
  if (!/^smtps?:\/\//i.test(server.url) || !URL.canParse(server.url)) {
    throw new Error('The mail server is not an address such as smtp://user:password@host:587');
  }
  const url = new URL(server.url);
  for (const name of OURS) url.searchParams.delete(name);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isHere = host === 'localhost' || reachOf(host) === 'loopback';
  const hasLogin = url.username !== '' || url.password !== '';
  // Loaded for the first mail, so that a start does not wait for it.
  const openTransporter = async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url: url.href,
      requireTLS: hasLogin && !isHere && !server.plainLogin,
      ...(server.ca !== null && { tls: { ca: server.ca } }),
      dnsTimeout: timeoutMs,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      maxResponseSize: MAX_ANSWER_BYTES,
      disableFileAccess: true,
      disableUrlAccess: true,
      getSocket({ port, secure }, settle) {
        guardedConnect({
          host,
          port: Number(port ?? (secure ? 465 : 587)),
          // What is sent to this machine in the clear must not leave it, whatever its name resolves to.
          allowed: isHere ? ['loopback'] : ANYWHERE,
          timeoutMs,
          resolve,
        }).then(
          (connection) => settle(null, { connection }),
          (error: Error) => settle(error),
        );
      },
    });
  };
  let transporter: ReturnType<typeof openTransporter> | undefined;
  return {
    sendMail: async (mail) => (await (transporter ??= openTransporter())).sendMail(mail),
    close: () => void transporter?.then((opened) => opened.close()),
  };
}

/**
 * Mailboxes behind a mail server; one mail goes to all of them. Sends once and says what became of it: temporary
 * answers, timeouts and broken connections are worth another try, permanent ones are refused. Where it is accepted for
 * some and rejected for others, only those others are tried again, or refused. Mails of one incident form one thread, and another try of
 * the same notification has the same Message-ID. No reason holds the server's password.
 */
export function emailTarget(name: string, to: readonly string[], options: EmailOptions): TargetAdapter {
  const { transport, links, timeoutMs, pictures } = options;
  return {
    name,
    kind: 'email',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      if (!transport) return { result: 'refused', reason: 'BURNWATCH_SMTP_URL is not set' };
      const picture = (await pictures?.make(notification, signal)) ?? null;
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const recipients = notification.recipients ?? to;
        const mail = composeMail(notification, recipients, options.from, links, picture);
        const accepted = await transport.sendMail({ ...mail, signal: AbortSignal.any([signal, timeout]) });
        return partly(accepted, recipients);
      } catch (error) {
        if (signal.aborted) return unanswered('Stopped before the mail server answered');
        if (timeout.aborted) return unanswered(`The mail server did not answer within ${timeoutMs} ms`);
        return classify(error as NodemailerError);
      }
    },
    async close() {
      transport?.close();
    },
  };
}

/** What became of a mail that a server took for some of its recipients at least. */
function partly({ rejected, rejectedErrors = [] }: Accepted, to: readonly string[]): Delivery {
  if (rejected.length === 0) return { result: 'delivered' };
  const refused = to.filter((address) => rejected.includes(address));
  const reason = `The mail server refused ${refused.join(', ')}: ${answerOf(rejectedErrors[0])}`;
  // What one of them was refused for good stays refused when the others are tried again.
  const passing = rejectedErrors.some((error) => error.permanent === false);
  return passing
    ? { ...retry(reason), recipients: refused }
    : { result: 'refused', reason, recipients: refused };
}

function classify(error: NodemailerError): Delivery {
  if (error instanceof ForbiddenAddress) {
    return { result: 'refused', reason: `Not sent to the mail server: ${error.message}` };
  }
  if (error.code === 'ETLS' && error.permanent === true) return { result: 'refused', reason: WITHOUT_TLS };
  const reason = `The mail server failed: ${answerOf(error)}`;
  const lasting = error.permanent ?? LASTING.has(error.code ?? '');
  if (lasting) return { result: 'refused', reason };
  const answered = error.responseCode !== undefined;
  const connected = error.syscall !== 'connect' && error.syscall !== 'getaddrinfo';
  return !answered && connected ? unanswered(reason) : retry(reason);
}

/**
 * What a server answered, as its code and enhanced code (RFC 3463), `550 5.1.1`; else why there is no answer. Its words are
 * not repeated: they may hold what it was sent, the password among it, or anything else.
 */
function answerOf(error: NodemailerError | undefined): string {
  if (error?.responseCode === undefined) return failureCode(error);
  const { responseCode, response = '' } = error;
  const enhanced = /^\d{3}[ -]\d(\.\d{1,3}\.\d{1,3}) /.exec(response.slice(0, 20))?.[1];
  const code =
    enhanced === undefined ? String(responseCode) : `${responseCode} ${response.charAt(4)}${enhanced}`;
  const meaning = MEANINGS[enhanced ?? ''] ?? MEANINGS[responseCode];
  return meaning === undefined ? code : `${code} (${meaning})`;
}

/** The server may have the mail, and its answer was lost. */
function unanswered(reason: string): Retry {
  return { ...retry(reason), mayHaveArrived: true };
}

function retry(reason: string): Retry {
  return { result: 'retry', reason, after: null };
}

function composeMail(
  notification: Notification,
  to: readonly string[],
  from: string,
  links: Links,
  picture: MessagePicture | null,
): Mail {
  const message = composeMessage(notification, links);
  const domain = /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? 'localhost';
  // No mail has this id. All mails of an incident answer to it, so that they are one thread in
  // whatever order, and from whichever transition on, a mailbox receives them.
  const root = messageId('incident', threadOf(notification), domain);
  const cid = messageId('picture', notification.key, domain).slice(1, -1);
  return {
    from,
    to: to.map((address) => ({ name: '', address })),
    subject: subjectOf(message, notification),
    text: plainText(message),
    html: emailHtml(message, picture && { ...picture, cid }),
    messageId: messageId('notification', notification.key, domain),
    inReplyTo: root,
    references: root,
    priority: message.tone === 'page' ? 'high' : 'normal',
    headers: {
      'List-Id': `Burnwatch alerts <burnwatch.${domain}>`,
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Burnwatch-Event': message.event,
      'X-Burnwatch-Severity': message.severity,
      'X-Burnwatch-SLO': message.slo,
      'X-Burnwatch-Incident': message.incident,
      'X-Burnwatch-Owner': message.owner,
    },
    attachments: picture === null ? [] : [inlinePicture(picture, cid)],
  };
}

function inlinePicture({ png }: MessagePicture, cid: string): InlinePicture {
  return {
    cid,
    filename: 'budget.png',
    contentType: 'image/png',
    contentDisposition: 'inline',
    content: Buffer.from(png.buffer, png.byteOffset, png.byteLength),
  };
}

/** The conversation of a notification; a list of several is none of theirs. */
function threadOf({ facts, key }: Notification): string {
  const threads = new Set(facts.map(({ conversation, incident }) => conversation?.id ?? incident));
  return threads.size === 1 ? [...threads][0]! : key;
}

/** Some readers take mails with another subject for another thread. What is new stands in the first line. */
function subjectOf({ event, headline }: Message, notification: Notification): string {
  const facts = notification.facts.at(-1)!;
  if (isOfService(event) && !facts.loss?.ofIncident) return headline;
  if (threadOf(notification) === notification.key) return headline;
  // That of the first mail of the thread.
  const { slo, openedAt } = facts.conversation ?? facts;
  const workflow = facts.conversation ? slo.slice(0, Math.max(0, slo.indexOf('/'))) : facts.workflow;
  const name = slo.startsWith(`${workflow}/`) ? slo.slice(workflow.length + 1) : slo;
  const opened = timesAt(openedAt, facts.timeZone).dated(openedAt);
  return `${plainName(workflow, 100)}: ${plainName(name, 100)} failing (${opened})`;
}

function messageId(of: string, key: string, domain: string): string {
  const digest = createHash('sha256').update(`${of} ${key}`).digest('hex').slice(0, 32);
  return `<${of}.${digest}@${domain}>`;
}
