import { readFileSync } from 'node:fs';
import { HttpProblem } from '../http/answers/problems.ts';
import type { ContentRoute } from '../http/api/route-table.ts';
import type { Mail } from '../notify/email/email-target.ts';
import type { SlackPayload } from '../notify/slack/slack-blocks.ts';
import type { TargetOptions } from '../notify/target-kinds.ts';
import type { CaughtMessage } from './caught-message.ts';
import { MAIL_SANDBOX, inboxPage } from './inbox-page.ts';

export interface Inbox {
  /** Stand in for Slack and for the mail server: everything is accepted, and goes nowhere else. */
  readonly slackFetch: NonNullable<TargetOptions['fetch']>;
  readonly mailTransport: NonNullable<TargetOptions['mailTransport']>;
  /** The page `/inbox` and what belongs to it. */
  readonly routes: readonly ContentRoute[];
}

/** Older messages are dropped. */
const MAX_MESSAGES = 200;

const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

/** For the HTML of a mail: its styles stand in it, and nothing of it may run or load. */
const MAIL_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    'img-src data:',
    "form-action 'none'",
    "frame-ancestors 'self'",
    `sandbox ${MAIL_SANDBOX}`,
  ].join('; '),
  'X-Frame-Options': 'SAMEORIGIN',
};

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
      keep({ kind: 'slack', id: ++lastId, at: Date.now(), webhook: url, payload });
      return new Response('ok');
    },
    mailTransport: {
      async sendMail(mail) {
        keep({ kind: 'mail', id: ++lastId, at: Date.now(), mail });
        return { rejected: [] };
      },
      close() {},
    },
    routes: [
      page('/inbox', 'what Slack and the mailbox would have shown', PAGE_HEADERS, async () =>
        inboxPage(messages),
      ),
      page(
        '/inbox/mails/{id}',
        'one mail of the inbox, as HTML',
        MAIL_HEADERS,
        async (_services, { param }) => {
          const message = messages.find(({ kind, id }) => kind === 'mail' && String(id) === param('id'));
          if (message?.kind !== 'mail') throw new HttpProblem('not-found', 'There is no such mail.');
          // Without it a link would open inside the frame.
          return withPictures(message.mail).replace('<head>', '<head><base target="_blank">');
        },
      ),
      asset('inbox.css', 'text/css; charset=utf-8', 'the style sheet of the inbox'),
      asset('inbox.js', 'text/javascript; charset=utf-8', 'the script of the inbox'),
    ],
  };
}

/** The HTML of a mail with the pictures that came with it, as a mail reader shows them. */
function withPictures({ html, attachments }: Mail): string {
  return attachments.reduce(
    (shown, { cid, contentType, content }) =>
      shown.replace(`"cid:${cid}"`, `"data:${contentType};base64,${content.toString('base64')}"`),
    html,
  );
}

function page(
  path: string,
  summary: string,
  headers: Readonly<Record<string, string>>,
  handler: ContentRoute['handler'],
): ContentRoute {
  return {
    method: 'GET',
    path,
    scope: 'read',
    summary,
    answer: { kind: 'html', type: 'text/html; charset=utf-8', statuses: [200], headers },
    handler,
  };
}

function asset(name: string, type: string, summary: string): ContentRoute {
  const content = readFileSync(new URL(`browser/${name}`, import.meta.url));
  return {
    method: 'GET',
    path: `/${name}`,
    scope: 'read',
    summary,
    answer: { kind: 'asset', type, statuses: [200], headers: { 'Cache-Control': 'no-cache' } },
    handler: async () => content,
  };
}
