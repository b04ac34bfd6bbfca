import type { Mail } from '../notify/email/email-target.ts';
import type { CaughtMessage } from './caught-message.ts';
import { escapeHtml } from '../core/escape-html.ts';
import { renderSlack } from './slack-rendering.ts';

/**
 * What the HTML of a mail may do: open links elsewhere. It counts as of this origin so that its frame can be made
 * as high as it is; since no script runs in it, that gives it nothing.
 */
export const MAIL_SANDBOX = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox';

/** The page of the inbox. `inbox.js` fetches it again and adds the articles whose ids it does not know yet. */
export function inboxPage(messages: readonly CaughtMessage[]): string {
  const newest = messages[0] ? `<p id="last">last at ${clockTime(messages[0].at)}</p>` : '<p id="last"></p>';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${messages.length === 0 ? '' : `(${messages.length}) `}Inbox - Burnwatch demo</title>
<link rel="stylesheet" href="/inbox.css">
<script src="/inbox.js" defer></script>
</head>
<body>
<header>
<div>
<h1>Inbox</h1>
<p>What Slack, PagerDuty and the mailbox would have shown. Nothing here has left this machine.</p>
</div>
<nav><a href="/">Dashboard</a></nav>
</header>
<main aria-live="polite">
<div class="count"><p id="count">${countWords(messages.length)}</p>${newest}</div>
<div id="messages">
${messages.map(article).join('\n')}
</div>
<p class="empty">Nothing yet. The payment gateway begins to time out soon after the start; first comes a ticket, and the page within a minute.</p>
</main>
</body>
</html>
`;
}

function article(message: CaughtMessage): string {
  switch (message.kind) {
    case 'slack':
      return slackArticle(message);
    case 'mail':
      return mailArticle(message);
    case 'pagerduty':
      return pagerArticle(message);
    default:
      return message satisfies never;
  }
}

function pagerArticle({ id, at, event, status }: CaughtMessage & { kind: 'pagerduty' }): string {
  const { routing_key: service, dedup_key: key, payload } = event;
  const triggered = payload?.severity === 'warning' ? 'ticket' : 'page';
  const tone = payload ? triggered : status === 'Resolved' ? 'over' : 'other';
  const about: [string, string][] = payload
    ? [
        ['Summary', payload.summary],
        ['Severity', payload.severity],
        ...Object.entries(payload.custom_details),
      ]
    : [];
  return `<article id="message-${id}" class="${tone}">
<header><h2>PagerDuty <span>${escapeHtml(service)}</span></h2>${time(at)}</header>
${headerList([['Status', status], ['Incident key', key], ...about])}
<details><summary>What was posted, as JSON</summary><pre>${escapeHtml(JSON.stringify(event, null, 2))}</pre></details>
</article>`;
}

function slackArticle({ id, at, webhook, payload }: CaughtMessage & { kind: 'slack' }): string {
  const [headline = ''] = payload.text.split('\n');
  return `<article id="message-${id}" class="${toneOf(headline)}">
<header><h2>Slack <span>#${escapeHtml(new URL(webhook).pathname.split('/').at(-1)!)}</span></h2>${time(at)}</header>
<div class="slack">
<div class="avatar" aria-hidden="true">B</div>
<div class="slack-message">
<p class="slack-sender"><b>Burnwatch</b> <span class="slack-app">APP</span> ${clockTime(at)}</p>
${renderSlack(payload)}
</div>
</div>
<details><summary>What was posted, as JSON</summary><pre>${escapeHtml(JSON.stringify(payload, null, 2))}</pre></details>
</article>`;
}

function mailArticle({ id, at, mail }: CaughtMessage & { kind: 'mail' }): string {
  const recipients = mail.to.map(({ address }) => address).join(', ');
  const headers: [string, string][] = [
    ['From', mail.from],
    ['To', recipients],
    ['Subject', mail.subject],
  ];
  const more: [string, string][] = [
    ['Date', new Date(at).toUTCString()],
    ['Message-ID', mail.messageId],
    ['In-Reply-To', mail.inReplyTo],
    ['References', mail.references],
    ['Priority', mail.priority],
    ...Object.entries(mail.headers),
  ];
  return `<article id="message-${id}" class="${toneOf(mail.text)}">
<header><h2>Mail <span>${escapeHtml(recipients)}</span></h2>${time(at)}</header>
${headerList(headers)}
<iframe title="${escapeHtml(frameTitle(mail))}" src="/inbox/mails/${id}" sandbox="${MAIL_SANDBOX}"></iframe>
<details><summary>Text part</summary><pre>${escapeHtml(mail.text)}</pre></details>
<details><summary>All headers</summary>${headerList(more)}</details>
</article>`;
}

function frameTitle({ subject }: Mail): string {
  return `HTML part of the mail: ${subject}`;
}

function headerList(headers: readonly (readonly [string, string])[]): string {
  return `<dl>${headers
    .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>`;
}

/** The colour of an article's edge, from the first word of its headline, or that of the first of several incidents. */
function toneOf(headline: string): string {
  const word = /^(?:\d+ incidents: )?(\w+)/.exec(headline)?.[1];
  if (word === 'PAGE' || word === 'TICKET') return word.toLowerCase();
  if (word === 'DOWN') return 'ticket';
  return word === 'RESOLVED' || word === 'RECOVERED' ? 'over' : 'other';
}

function time(at: number): string {
  return `<time datetime="${new Date(at).toISOString()}">${clockTime(at)}</time>`;
}

function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

function countWords(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}
