import type { SlackBlock, SlackPayload } from '../notify/slack/slack-blocks.ts';
import { escapeHtml } from '../core/escape-html.ts';

/** What a Slack channel would show of a message, as HTML; everything in it is escaped. */
export function renderSlack({ blocks }: SlackPayload): string {
  return blocks.map(renderBlock).join('\n');
}

function renderBlock(block: SlackBlock): string {
  switch (block.type) {
    case 'header':
      return `<h3 class="slack-header">${escapeHtml(unescapeSlack(block.text.text))}</h3>`;
    case 'section':
      return 'fields' in block
        ? `<div class="slack-fields">${block.fields.map(({ text }) => `<p>${mrkdwn(text)}</p>`).join('')}</div>`
        : `<p class="slack-section">${mrkdwn(block.text.text)}</p>`;
    case 'context':
      return `<p class="slack-context">${block.elements
        .map(({ type, text }) => (type === 'mrkdwn' ? mrkdwn(text) : escapeHtml(unescapeSlack(text))))
        .join(' ')}</p>`;
    default:
      return block satisfies never;
  }
}

// Code and links come first: within them nothing else is markup.
const PIECES =
  /`(?<code>[^`\n]+)`|<(?<url>https?:[^|>\s]+)(?:\|(?<label>[^>]*))?>|(?<![\w*])\*(?<bold>[^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])|(?<newline>\n)/g;

/** Slack's markup as HTML: code, links, bold and line breaks; what else Slack knows, Burnwatch does not send. */
function mrkdwn(text: string): string {
  let html = '';
  let end = 0;
  for (const match of text.matchAll(PIECES)) {
    const { code, url, label, bold } = match.groups!;
    html += words(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (code !== undefined) html += `<code>${words(code)}</code>`;
    else if (url !== undefined) html += link(url, label ?? url);
    else if (bold !== undefined) html += `<b>${words(bold)}</b>`;
    else html += '<br>';
  }
  return html + words(text.slice(end));
}

function link(url: string, label: string): string {
  return `<a href="${words(url)}" target="_blank" rel="noopener noreferrer">${words(label)}</a>`;
}

function words(text: string): string {
  return escapeHtml(unescapeSlack(text));
}

function unescapeSlack(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
