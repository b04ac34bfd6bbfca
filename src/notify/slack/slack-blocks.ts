import type { Message, Tone } from '../message/message.ts';
import type { Field, Phrase } from '../message/phrase.ts';
import { shorten } from '../message/wording.ts';

/** What a Slack webhook is sent: `text` is shown in the push notification, `blocks` in the channel. */
export interface SlackPayload {
  readonly text: string;
  readonly blocks: SlackBlock[];
}

/** The blocks of Slack's Block Kit that Burnwatch uses. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: Mrkdwn }
  | { readonly type: 'section'; readonly fields: Mrkdwn[] }
  | { readonly type: 'context'; readonly elements: (PlainText | Mrkdwn)[] };

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Keeps Slack from turning addresses and channel names into links by itself. */
  readonly verbatim: true;
}

const MAX_HEADER = 150;
// Slack allows 3,000 a section and 2,000 a field, but only about 8,000 for the whole: these add up to less.
const MAX_SECTION = 900;
const MAX_FAILED = 1_500;
const MAX_LINKS = 2_000;
const MAX_FIELDS = 10;
const MAX_FIELD_NAME = 170;
const MAX_NAME = 300;

const SIGNS: Readonly<Record<Tone, string>> = { page: '🔴', ticket: '🟠', over: '🟢', test: '🧪' };

/**
 * Lays a message out in Slack's Block Kit, within Slack's limits. Names stand in code spans with everything
 * that mrkdwn gives a meaning taken out, and the only links are those of the message (D4).
 */
export function slackPayload(message: Message): SlackPayload {
  const { headline, sentence, notices, description, causes } = message;
  const details = causes.map(({ label, name, words }): Phrase => [`${label}: `, { name }, ` ${words}`]);
  const links = message.links.flatMap((link, index) => (index === 0 ? [link] : [' · ', link]));
  const about: Phrase = [{ name: message.slo }, ' · incident ', { name: message.incident }];
  return {
    text: `${escape(headline, MAX_HEADER)}\n${mrkdwn(sentence)}`,
    blocks: [
      { type: 'header', text: plain(shorten(`${SIGNS[message.tone]} ${headline}`, MAX_HEADER)) },
      ...section(null, notices),
      ...section(null, [sentence]),
      ...(description === null ? [] : [context(plain(description))]),
      ...fieldsSection(message.fields),
      ...section('Failing most', details),
      ...section('Last failed', message.lastFailed, MAX_FAILED),
      ...section(null, links.length > 0 ? [links] : [], MAX_LINKS),
      context(words(mrkdwn(about))),
    ],
  };
}

/** As many of the lines as fit, whole; no lines make no section. */
export function section(title: string | null, lines: readonly Phrase[], limit = MAX_SECTION): SlackBlock[] {
  if (lines.length === 0) return [];
  const shown = title === null ? [] : [`*${title}*`];
  let length = shown.join('').length;
  for (const line of lines.map((phrase) => mrkdwn(phrase))) {
    length += sentLength(line) + 1;
    if (length > limit) break;
    shown.push(line);
  }
  const left = lines.length - shown.length + (title === null ? 0 : 1);
  if (left > 0) shown.push(`… and ${left} more`);
  return [{ type: 'section', text: words(shown.join('\n')) }];
}

function fieldsSection(fields: readonly Field[]): SlackBlock[] {
  const shown = fields.map(({ label, value }) => words(`*${label}*\n${mrkdwn(value, MAX_FIELD_NAME)}`));
  const sections = Math.ceil(shown.length / MAX_FIELDS);
  return Array.from({ length: sections }, (_, index) => ({
    type: 'section',
    fields: shown.slice(index * MAX_FIELDS, (index + 1) * MAX_FIELDS),
  }));
}

/** A line in small print. */
export function context(element: PlainText | Mrkdwn): SlackBlock {
  return { type: 'context', elements: [element] };
}

/** Text that is mrkdwn already. */
export function words(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

function plain(text: string): PlainText {
  return { type: 'plain_text', text: escape(text, MAX_HEADER), emoji: false };
}

/** A phrase in Slack's markup, with all that names hold as they are. */
export function mrkdwn(phrase: Phrase, maxName = MAX_NAME): string {
  return phrase
    .map((piece) => {
      if (typeof piece === 'string') return escape(piece);
      if ('name' in piece) return `\`${escape(piece.name.replaceAll('`', 'ˋ'), maxName)}\``;
      return `<${escape(piece.url.replaceAll('|', '%7C'))}|${escape(piece.label)}>`;
    })
    .join('');
}

/** Escapes what is markup to Slack. What is longer than `limit` afterwards is cut, but never inside an entity. */
export function escape(text: string, limit = Infinity): string {
  let escaped = '';
  let length = 0;
  for (const character of text) {
    const next = ENTITIES[character] ?? character;
    length += sentLength(next);
    if (length >= limit) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

/** In the JSON that Slack is sent, where quotation marks and backslashes take two characters. */
export function sentLength(text: string): number {
  return JSON.stringify(text).length - 2;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
