import { readFileSync } from 'node:fs';
import { HttpProblem } from '../http/answers/problems.ts';
import type { ContentRoute } from '../http/api/route-table.ts';
import type { Mail } from '../notify/email/email-target.ts';
import type { PagerDutyEvent } from '../notify/pagerduty/pagerduty-event.ts';
import type { SlackPayload } from '../notify/slack/slack-blocks.ts';
import type { TargetOptions } from '../notify/target-kinds.ts';
import type { CaughtMessage, PagerDutyStatus } from './caught-message.ts';
import { MAIL_SANDBOX, inboxPage } from './inbox-page.ts';

export interface Inbox {
  /** Stand in for Slack and PagerDuty, and for the mail server: everything is accepted, and goes nowhere else. */
  readonly fetch: NonNullable<TargetOptions['fetch']>;
  readonly mailTransport: NonNullable<TargetOptions['mailTransport']>;
  /** The page `/inbox` and what belongs to it. */
  readonly routes: readonly ContentRoute[];
}

/** Where what is for PagerDuty is sent in the demo; such a name never resolves. */
export const PAGERDUTY = 'pagerduty.invalid';
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

/** Makes an empty inbox. It shows what Slack, PagerDuty and the mailbox would have shown, newest first. */
export function createInbox(): Inbox {
  const messages: CaughtMessage[] = [];
  let lastId = 0;

  function keep(message: CaughtMessage): void {
    messages.unshift(message);
    messages.length = Math.min(messages.length, MAX_MESSAGES);
  }

  return {
    async fetch(url, init) {
      const caught: unknown = JSON.parse(init?.body as string);
      const of = { id: ++lastId, at: Date.now() };
      if (new URL(url).hostname === PAGERDUTY) {
        const event = caught as PagerDutyEvent;
        keep({ kind: 'pagerduty', ...of, event, status: statusAfter(event, messages) });
        return Response.json({ status: 'success', dedup_key: event.dedup_key }, { status: 202 });
      }
      keep({ kind: 'slack', ...of, webhook: url, payload: caught as SlackPayload });
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
      page('/inbox', 'what Slack, PagerDuty and the mailbox would have shown', PAGE_HEADERS, async () =>
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

const STATUS: Readonly<Record<PagerDutyEvent['event_action'], PagerDutyStatus>> = {
  trigger: 'Triggered',
  acknowledge: 'Acknowledged',
  resolve: 'Resolved',
};

/** What PagerDuty shows of an incident after an event, the newest messages before it first. */
function statusAfter(event: PagerDutyEvent, before: readonly CaughtMessage[]): PagerDutyStatus {
  const last = before.find(
    (message) => message.kind === 'pagerduty' && message.event.dedup_key === event.dedup_key,
  );
  const isAcknowledged = last?.kind === 'pagerduty' && last.status === 'Acknowledged';
  return isAcknowledged && event.event_action === 'trigger' ? last.status : STATUS[event.event_action];
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
