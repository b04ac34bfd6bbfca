import { readFileSync } from 'node:fs';
import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { MessagePicture } from '../../src/core/ports/message-pictures.ts';
import { escapeHtml } from '../../src/core/escape-html.ts';
import { renderSlack } from '../../src/demo/slack-rendering.ts';
import type { DiscordEmbed } from '../../src/notify/discord/discord-embed.ts';
import { discordPayload } from '../../src/notify/discord/discord-embed.ts';
import { emailHtml } from '../../src/notify/email/email-html.ts';
import type { Links } from '../../src/notify/message/message.ts';
import { SIGNS } from '../../src/notify/message/layout.ts';
import { composeMessage } from '../../src/notify/message/message.ts';
import { slackPayload } from '../../src/notify/slack/slack-blocks.ts';
import type { TextRun } from '../../src/notify/teams/adaptive-card.ts';
import { teamsPayload } from '../../src/notify/teams/adaptive-card.ts';

/** Where messages are read, about as they look there. */
export const LOOKS = ['slack', 'mail', 'teams', 'discord'] as const;

const INBOX_STYLE = readFileSync(new URL('../../src/demo/browser/inbox.css', import.meta.url), 'utf8');
const PLAIN_STYLE = `body{margin:0;padding:16px;font:14px/1.45 'Segoe UI',system-ui,sans-serif}p{margin:0}`;

/** The page of what each of them shows of a notification with its picture. */
export function lookOf(
  look: (typeof LOOKS)[number],
  facts: NotificationFacts,
  picture: MessagePicture,
  links: Links,
): string {
  const message = composeMessage({ facts: [facts], key: 'picture' }, links);
  const image = `data:image/png;base64,${Buffer.from(picture.png).toString('base64')}`;
  switch (look) {
    case 'mail':
      return emailHtml(message, { ...picture, cid: 'picture' }).replace('cid:picture', image);
    case 'slack':
      return page(
        INBOX_STYLE,
        `<article style="border-left-width:1px">${posted(renderSlack(slackPayload(message)))}${posted(
          `<p class="slack-section"><b>${escapeHtml(picture.title)}</b></p><img src="${image}" width="480" alt="">`,
        )}</article>`,
      );
    case 'teams': {
      const { body, actions } = teamsPayload(message).attachments[0].content;
      const blocks = body.map(
        ({ inlines, separator }) =>
          `<p style="padding:4px 0;${separator ? 'border-top:1px solid #e0e0e0;margin-top:6px;padding-top:10px' : ''}">${inlines.map(teamsRun).join('')}</p>`,
      );
      const buttons = actions.map(
        ({ title }) =>
          `<span style="display:inline-block;margin:10px 8px 0 0;padding:5px 14px;border:1px solid #c7c7c7;border-radius:4px;font-weight:600">${escapeHtml(title)}</span>`,
      );
      return page(
        PLAIN_STYLE,
        `<div style="max-width:760px;background:#fff;border:1px solid #e0e0e0;border-radius:6px;padding:14px 18px;color:#242424"><p style="color:#616161;font-size:12px;padding-bottom:6px"><b style="color:#242424;font-size:14px">Workflows</b> posted a card</p>${blocks.join('')}${buttons.join('')}</div>`,
      );
    }
    case 'discord':
      return page(
        `${PLAIN_STYLE}body{background:#313338;color:#dbdee1}a{color:#00a8fc}code{background:#1e1f22;padding:1px 4px;border-radius:3px}`,
        discordEmbed(discordPayload(message, facts.at).embeds[0]),
      );
    default:
      return look satisfies never;
  }
}

function page(style: string, body: string): string {
  // A machine that takes pictures need not have a font of signs.
  const drawn = body.replaceAll(SIGNS.page, '<span style="color:#dd2e44">●</span>');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><style>${style}body{padding-bottom:16px}</style></head><body>${drawn}</body></html>`;
}

function posted(content: string): string {
  return `<div class="slack"><div class="avatar">B</div><div class="slack-message"><p class="slack-sender"><b>Burnwatch</b> <span class="slack-app">APP</span></p>${content}</div></div>`;
}

const TEAMS_COLORS = {
  Attention: '#c4314b',
  Warning: '#a35f00',
  Accent: '#2b5fb4',
  Good: '#237b4b',
  Default: '#242424',
} as const;

function teamsRun({ text, weight, size, color, isSubtle, fontType, selectAction }: TextRun): string {
  const style = [
    weight ? 'font-weight:600' : '',
    size ? 'font-size:16px' : '',
    selectAction ? 'color:#4f52b2;text-decoration:underline' : color ? `color:${TEAMS_COLORS[color]}` : '',
    isSubtle ? 'color:#616161' : '',
    fontType ? "font-family:Consolas,'DejaVu Sans Mono',monospace;font-size:13px" : '',
  ];
  return `<span style="white-space:pre-wrap;${style.filter((one) => one !== '').join(';')}">${escapeHtml(text)}</span>`;
}

function discordEmbed({ title, description, color, fields, footer }: DiscordEmbed): string {
  const shown = fields.map(
    ({ name, value, inline }) =>
      `<div style="${inline ? '' : 'grid-column:1/-1;'}font-size:13px"><p style="font-weight:600;color:#f2f3f5">${escapeHtml(name)}</p><p>${discordMarkup(value)}</p></div>`,
  );
  return `<p style="padding-bottom:6px"><b style="color:#f2f3f5">Burnwatch</b> <span style="background:#5865f2;color:#fff;border-radius:3px;padding:0 4px;font-size:10px">APP</span></p>
<div style="max-width:620px;background:#2b2d31;border-left:4px solid #${color.toString(16).padStart(6, '0')};border-radius:4px;padding:12px 16px"><p style="font-weight:600;font-size:16px;color:#00a8fc;padding-bottom:8px">${discordMarkup(title)}</p><p style="padding-bottom:10px">${discordMarkup(description)}</p><div style="display:grid;grid-template-columns:1fr 1fr 1fr;gap:8px 12px">${shown.join('')}</div><p style="color:#949ba4;font-size:12px;padding-top:10px">${escapeHtml(footer.text)}</p></div>`;
}

/** What Burnwatch sends of Discord's markup: escapes, code, links and line breaks. */
function discordMarkup(text: string): string {
  return text.replace(
    /\\(?<escaped>.)|`(?<code>[^`]*)`|\[(?<label>(?:\\.|[^\]\\])*)\]\((?<url>[^)]*)\)|(?<newline>\n)|(?<other>[^])/gu,
    (...match) => {
      const { escaped, code, label, url, newline, other } = match.at(-1) as Record<
        string,
        string | undefined
      >;
      if (code !== undefined) return `<code>${escapeHtml(code)}</code>`;
      if (url !== undefined) return `<a href="${escapeHtml(url)}">${discordMarkup(label!)}</a>`;
      return newline === undefined ? escapeHtml(escaped ?? other!) : '<br>';
    },
  );
}
