import type { Message } from '../message/message.ts';
import { fitting, SIGNS } from '../message/layout.ts';
import type { Field, Link, Phrase } from '../message/phrase.ts';
import { shorten } from '../message/wording.ts';
import { lessOf } from './less-of-message.ts';

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

/** Slack takes about 8,000 characters for the whole message, as JSON. */
export const MAX_MESSAGE = 7_900;
const MAX_HEADER = 150;
// Slack allows 3,000 a section and 2,000 a field; but for the links these are shorter, so that each finds room.
const MAX_SECTION = 900;
const MAX_FAILED = 1_500;
const MAX_LINKS = 2_000;
const MAX_FIELDS = 10;
const MAX_FIELD = 1_500;
const MAX_NAME = 300;
/** To how much names are cut, all of a phrase alike, until it fits. */
const NAME_LENGTHS = [170, 90, 45, 20];

/**
 * Lays a message out in Slack's Block Kit, within Slack's limits. Names stand in code spans with everything
 * that mrkdwn gives a meaning taken out, and the only links are those of the message (D4). Where that is too much, what matters
 * least is left out until it `fits`, see `lessOf`, and the last line says so.
 */
export function slackPayload(message: Message, fits = fitsInSlack): SlackPayload {
  let payload = payloadOf(message);
  for (let less = lessOf(message); less && !fits(payload); less = lessOf(less))
    payload = payloadOf(less, ' · shortened to fit');
  return payload;
}

function fitsInSlack(payload: SlackPayload): boolean {
  return JSON.stringify(payload).length <= MAX_MESSAGE;
}

function payloadOf(message: Message, aside = ''): SlackPayload {
  const { headline, notices, description, causes } = message;
  const sentence = within(message.sentence, MAX_SECTION);
  const details = causes.map(({ label, name, words }): Phrase => [`${label}: `, { name }, ` ${words}`]);
  const about: Phrase = [{ name: message.slo }, ' · incident ', { name: message.incident }, aside];
  return {
    text: `${escape(headline, MAX_HEADER)}\n${sentence}`,
    blocks: [
      { type: 'header', text: plain(shorten(`${SIGNS[message.tone]} ${headline}`, MAX_HEADER)) },
      ...section(null, notices),
      { type: 'section', text: words(sentence) },
      ...(description === null ? [] : [context(plain(description))]),
      ...fieldsSection(message.fields),
      ...section('Failing most', details),
      ...section('Last failed', message.lastFailed, MAX_FAILED),
      ...linksSection(message.links),
      context(words(mrkdwn(about))),
    ],
  };
}

/** As many of the lines as fit, whole; no lines make no section. */
function section(title: string | null, lines: readonly Phrase[], limit = MAX_SECTION): SlackBlock[] {
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

/** As many of the links as fit, those that do something first. */
function linksSection(links: readonly Link[]): SlackBlock[] {
  const shown = fitting(
    links.map((link) => mrkdwn([link])),
    MAX_LINKS,
    (link) => sentLength(link) + 3,
  );
  return shown.length === 0 ? [] : [{ type: 'section', text: words(shown.join(' · ')) }];
}

/** A phrase with its names cut so that it fits. */
function within(
  phrase: Phrase,
  limit: number,
  names: readonly number[] = [MAX_NAME, ...NAME_LENGTHS],
): string {
  const [most, ...shorter] = names;
  const text = mrkdwn(phrase, most);
  return shorter.length === 0 || sentLength(text) <= limit ? text : within(phrase, limit, shorter);
}

function fieldsSection(fields: readonly Field[]): SlackBlock[] {
  const shown = fields.map(({ label, value }) =>
    words(`*${label}*\n${within(value, MAX_FIELD, NAME_LENGTHS)}`),
  );
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
  const sentAsItIs = !ESCAPED_IN_JSON.test(text);
  let escaped = '';
  let length = 0;
  for (const character of text) {
    const next = ENTITIES[character] ?? character;
    length += sentAsItIs ? next.length : sentLength(next);
    if (length >= limit) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

/** In the JSON that Slack is sent, where quotation marks and backslashes take two characters. */
export function sentLength(text: string): number {
  return JSON.stringify(text).length - 2;
}

const ESCAPED_IN_JSON = /["\\\p{Cc}\p{Cs}]/u;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
