import { readFileSync } from 'node:fs';
import type { ServerOptions } from '../http/server.ts';
import type { SlackPayload } from '../notify/slack/slack-blocks.ts';
import type { TargetOptions } from '../notify/target-kinds.ts';
import type { CaughtMessage } from './caught-message.ts';
import { MAIL_SANDBOX, inboxPage } from './inbox-page.ts';

export interface Inbox {
  /** Stand in for Slack and for the mail server: everything is accepted, and goes nowhere else. */
  readonly slackFetch: NonNullable<TargetOptions['slackFetch']>;
  readonly mailTransport: NonNullable<TargetOptions['mailTransport']>;
  /** Adds the page `/inbox` to the service. */
  readonly mount: NonNullable<ServerOptions['extra']>;
}

/** Older messages are dropped. */
const MAX_MESSAGES = 200;

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For the HTML of a mail: its styles stand in it, and nothing of it may run or load. */
const MAIL_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  `sandbox ${MAIL_SANDBOX}`,
].join('; ');

/** Makes an empty inbox. It shows what Slack and the mailbox would have shown, newest first. */
export function createInbox(): Inbox {
  const messages: CaughtMessage[] = [];
  let lastId = 0;

  function keep(message: CaughtMessage): void {
    messages.unshift(message);
    messages.length = Math.min(messages.length, MAX_MESSAGES);
  }

  return {
    async slackFetch(url, init) {
      const payload = JSON.parse(init?.body as string) as SlackPayload;
      keep({ kind: 'slack', id: ++lastId, at: Date.now(), webhook: String(url), payload });
      return new Response('ok');
    },
    mailTransport: {
      secrets: [],
      async sendMail(mail) {
        keep({ kind: 'mail', id: ++lastId, at: Date.now(), mail });
        return { rejected: [] };
      },
      close() {},
    },
    mount(app) {
      for (const [path, type, text] of [
        ['/inbox.css', 'text/css', readAsset('inbox.css')],
        ['/inbox.js', 'text/javascript', readAsset('inbox.js')],
      ] as const) {
        app.get(path, (_request, response) => {
          response.type(type).set('Cache-Control', 'no-cache').send(text);
        });
      }
      app.get('/inbox', (_request, response) => {
        response
          .set({ 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-store' })
          .send(inboxPage(messages));
      });
      app.get('/inbox/mails/:id', (request, response, next) => {
        const message = messages.find(({ kind, id }) => kind === 'mail' && String(id) === request.params.id);
        if (message?.kind !== 'mail') {
          next();
          return;
        }
        response
          .set({ 'Content-Security-Policy': MAIL_POLICY, 'X-Frame-Options': 'SAMEORIGIN' })
          // Without it a link would open inside the frame.
          .send(message.mail.html.replace('<head>', '<head><base target="_blank">'));
      });
    },
  };
}

function readAsset(name: string): string {
  return readFileSync(new URL(`browser/${name}`, import.meta.url), 'utf8');
}
