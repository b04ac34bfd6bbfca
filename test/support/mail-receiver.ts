import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** What happens to one mail: a number is an SMTP code to answer its data with; `hang` never answers. */
export type MailAnswer = 'accept' | 'hang' | number;

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly parsed: ParsedMail;
}

export interface MailReceiver {
  /** The server's address for `BURNWATCH_SMTP_URL`, with credentials when it asks for them. */
  readonly url: string;
  /** Accepted mails, oldest first. */
  readonly mails: readonly ReceivedMail[];
  /** The users who sent their password, right or wrong, and whether that was encrypted. */
  readonly logins: readonly { readonly username: string | undefined; readonly encrypted: boolean }[];
  /** How many mails came whole, whatever became of them. */
  received(): number;
  /** The answers to the next mails; after them all are accepted again. */
  answer(...answers: MailAnswer[]): void;
  /** Answers a recipient with this code from now on; 0 accepts it again. */
  rejectRecipient(address: string, code: number): void;
  close(): Promise<void>;
}

/**
 * A real SMTP server on a free loopback port. With `login` it asks for exactly these credentials; with `tls` it offers
 * STARTTLS, or speaks nothing but TLS.
 */
export async function startMailReceiver(
  login: { readonly user: string; readonly pass: string } | null = null,
  tls: {
    readonly cert: string;
    readonly key: string;
    readonly from: 'STARTTLS' | 'the beginning';
  } | null = null,
): Promise<MailReceiver> {
  const mails: ReceivedMail[] = [];
  const answers: MailAnswer[] = [];
  const logins: { readonly username: string | undefined; readonly encrypted: boolean }[] = [];
  let received = 0;
  const rejected = new Map<string, number>();
  const server = new SMTPServer({
    disabledCommands: [...(login ? [] : ['AUTH']), ...(tls ? [] : ['STARTTLS'])],
    ...(tls && { cert: tls.cert, key: tls.key, secure: tls.from === 'the beginning' }),
    disableReverseLookup: true,
    allowInsecureAuth: true,
    authOptional: login === null,
    closeTimeout: 100,
    onAuth({ username, password }, session, callback) {
      logins.push({ username, encrypted: session.secure });
      if (username === login?.user && password === login?.pass) callback(null, { user: username });
      // A careless server repeats what it was given.
      else callback(smtpError(535, `user ${username} with password ${password} is not known`));
    },
    onRcptTo({ address }, _session, callback) {
      const code = rejected.get(address);
      callback(!code ? null : smtpError(code, `mailbox ${address} is not available`));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        received++;
        const answer = answers.shift() ?? 'accept';
        if (answer === 'hang') return;
        if (answer !== 'accept') return callback(smtpError(answer, 'not now or never'));
        const raw = Buffer.concat(chunks).toString();
        const { mailFrom, rcptTo } = session.envelope;
        simpleParser(raw, (error, parsed) => {
          if (error) return callback(error);
          mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw,
            parsed,
          });
          callback();
        });
      });
    },
  });
  // Clients that give up break their connection; that is what some tests are about.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const credentials = login ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.pass)}@` : '';
  return {
    url: `${tls?.from === 'the beginning' ? 'smtps' : 'smtp'}://${credentials}127.0.0.1:${port}`,
    mails,
    logins,
    received: () => received,
    answer: (...next) => void answers.push(...next),
    rejectRecipient: (address, code) => void rejected.set(address, code),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function smtpError(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}
