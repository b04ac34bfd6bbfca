import type { Message } from './message.ts';
import type { Field, Phrase } from './phrase.ts';
import { shorten } from './wording.ts';

/** What a Slack webhook is sent: `text` is shown in the push notification, `blocks` in the channel. */
export interface SlackPayload {
  readonly text: string;
  readonly blocks: SlackBlock[];
}

/** The blocks of Slack's Block Kit that Burnwatch uses. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: { type: 'plain_text'; text: string; emoji: boolean } }
  | SlackSection
  | { readonly type: 'context'; readonly elements: Mrkdwn[] };

type SlackSection =
  | { readonly type: 'section'; readonly text: Mrkdwn }
  | { readonly type: 'section'; readonly fields: Mrkdwn[] };

interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Keeps Slack from turning addresses and channel names into links by itself. */
  readonly verbatim: true;
}

const MAX_HEADER = 150;
const MAX_FIELDS = 10;
// Slack allows 3,000 a section and 2,000 a field, but only about 8,000 for the whole: these add up to less.
const MAX_SECTION = 900;
const MAX_LIST = 2_000;
const MAX_FIELD = 280;
/** Of one name, after escaping. */
const MAX_NAME = 300;

const SIGNS = { page: '🔴', ticket: '🟠', over: '🟢', test: '🧪' } as const;

/**
 * Lays a message out in Slack's Block Kit, within Slack's limits. Names stand in code spans with everything
 * that mrkdwn gives a meaning taken out, and the only links are those of the message (D4).
 */
export function slackPayload(message: Message): SlackPayload {
  const { headline, sentence, notice, description, fields, causes, lastFailed, links } = message;
  const details = causes.map(({ label, name, words }): Phrase => [`${label}: `, { name }, ` ${words}`]);
  return {
    text: `${escape(shorten(headline, MAX_HEADER))}\n${mrkdwn(sentence)}`,
    blocks: [
      header(`${SIGNS[message.tone]} ${headline}`),
      ...section('', notice ? [notice] : []),
      ...section('', [sentence, ...(description === null ? [] : [[{ name: description }]])]),
      ...fieldsSection(fields),
      ...section('*Failing most*', details),
      ...section('*Last failed*', lastFailed, MAX_LIST),
      ...section(
        '',
        links.map((link) => [link]),
      ),
      {
        type: 'context',
        elements: [text(mrkdwn([{ name: message.slo }, ' · incident ', { name: message.incident }]))],
      },
    ],
  };
}

function header(headline: string): SlackBlock {
  return { type: 'header', text: { type: 'plain_text', text: shorten(headline, MAX_HEADER), emoji: false } };
}

/** As many of the lines as fit, whole; none makes no section. */
function section(title: string, lines: readonly Phrase[], limit = MAX_SECTION): SlackSection[] {
  if (lines.length === 0) return [];
  const shown = title === '' ? [] : [title];
  let room = limit - title.length;
  for (const [index, line] of lines.entries()) {
    const words = mrkdwn(line);
    room -= words.length + 1;
    if (room < 0) {
      shown.push(`… and ${lines.length - index} more`);
      break;
    }
    shown.push(words);
  }
  return [{ type: 'section', text: text(shown.join('\n')) }];
}

function fieldsSection(fields: readonly Field[]): SlackSection[] {
  const shown = fields
    .slice(0, MAX_FIELDS)
    .map(({ label, value }) => text(`*${label}*\n${mrkdwn(value, MAX_FIELD - label.length)}`));
  return shown.length === 0 ? [] : [{ type: 'section', fields: shown }];
}

function text(words: string): Mrkdwn {
  return { type: 'mrkdwn', text: words, verbatim: true };
}

function mrkdwn(phrase: Phrase, maxName = MAX_NAME): string {
  return phrase
    .map((piece) => {
      if (typeof piece === 'string') return escape(piece);
      if ('name' in piece) return `\`${literal(piece.name, maxName)}\``;
      return `<${escape(piece.url).replaceAll('|', '%7C')}|${escape(piece.label)}>`;
    })
    .join('');
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A name for inside a code span, at most `limit` characters when escaped, and no entity cut in two. */
function literal(name: string, limit: number): string {
  let shown = '';
  for (const character of name.replaceAll('`', 'ˋ')) {
    const next = escape(character);
    if (shown.length + next.length >= limit) return `${shown}…`;
    shown += next;
  }
  return shown;
}
