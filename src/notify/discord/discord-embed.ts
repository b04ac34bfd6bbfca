import { aboutLine, causeFields, cut, fitting, instant, SIGNS } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { type PhraseMarkup, type Phrase, phraseIn, phraseText } from '../message/phrase.ts';

/** What a webhook of Discord is sent. */
export interface DiscordPayload {
  readonly username: 'Burnwatch';
  readonly embeds: readonly [DiscordEmbed];
  /** Set on what is to make no sound. */
  readonly flags?: typeof WITHOUT_SOUND;
  /** Pings no one, whatever the text holds. */
  readonly allowed_mentions: { readonly parse: readonly never[] };
}

export interface DiscordEmbed {
  readonly title: string;
  readonly description: string;
  readonly color: number;
  readonly url?: string;
  readonly timestamp: string;
  readonly fields: readonly { readonly name: string; readonly value: string; readonly inline: boolean }[];
  readonly footer: { readonly text: string };
}

// Discord counts an embed's title, description, names, values and footer together: 6,000.
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 2500;
const MAX_FIELDS = 25;
const MAX_FIELD_NAME = 256;
const MAX_VALUE = 1024;
const MAX_FOOTER = 2048;
const MAX_TOTAL = 6000;
const MAX_NAME = 250;
/** The message flag `SUPPRESS_NOTIFICATIONS`. */
const WITHOUT_SOUND = 4096;

const COLORS = {
  page: 0xc0281f,
  ticket: 0xa35f00,
  acknowledged: 0x2b5fb4,
  over: 0x1f7a47,
  test: 0x566072,
} as const;

/** Backslashes take the meaning of everything that is markup to Discord. */
const MARKUP: PhraseMarkup = {
  own: escape,
  // Nothing is read inside a code span, mentions and links least of all.
  name: (name) => `\`${cut(name.replaceAll('`', 'ˋ'), MAX_NAME)}\``,
  link: ({ label, url }) => `[${escape(label)}](${url.replaceAll('(', '%28').replaceAll(')', '%29')})`,
};

/** Lays a message out as one embed, within Discord's limits; `at` is when it happened, in milliseconds. */
export function discordPayload(message: Message, at: number): DiscordPayload {
  const title = escapedUpTo(`${SIGNS[message.tone]} ${message.headline}`, MAX_TITLE);
  const footer = cut(phraseText(aboutLine(message)), Math.min(MAX_FOOTER, 500));
  const description = linesUpTo(
    [
      ...message.notices,
      message.sentence,
      ...(message.description === null ? [] : [[message.description]]),
      ...message.links.map((link): Phrase => [link]),
    ],
    MAX_DESCRIPTION,
  );
  const lastFailed = linesUpTo(message.lastFailed, MAX_VALUE);
  const fields = [
    ...message.fields.map(({ label, value }) => fieldOf(label, linesUpTo([value], MAX_VALUE), true)),
    ...causeFields(message).map(({ label, value }) =>
      fieldOf(`Failing most: ${label}`, linesUpTo([value], MAX_VALUE), true),
    ),
    ...(lastFailed === '' ? [] : [fieldOf('Last failed', lastFailed, false)]),
  ];
  const left = MAX_TOTAL - title.length - description.length - footer.length;
  const shown = fitting(fields.slice(0, MAX_FIELDS), left, ({ name, value }) => name.length + value.length);
  const budget = message.links.find(({ label }) => label === 'Budget');
  return {
    username: 'Burnwatch',
    ...(message.tone === 'acknowledged' && { flags: WITHOUT_SOUND }),
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title,
        description,
        color: COLORS[message.tone],
        ...(budget && { url: budget.url }),
        timestamp: instant(at),
        fields: shown,
        footer: { text: footer },
      },
    ],
  };
}

function fieldOf(name: string, value: string, inline: boolean): DiscordEmbed['fields'][number] {
  // An empty value is refused.
  return { name: cut(name, MAX_FIELD_NAME), value: value === '' ? '…' : value, inline };
}

/** As many of the lines as fit, whole. */
function linesUpTo(lines: readonly Phrase[], limit: number): string {
  const written = lines.map((line) => phraseIn(MARKUP, line));
  return fitting(written, limit, (line) => line.length + 1).join('\n');
}

function escape(text: string): string {
  return text.replace(/[\\*_~`|>#[\]<@]/g, String.raw`\$&`);
}

/** The escaped text, never cut inside an escape. */
function escapedUpTo(text: string, limit: number): string {
  let length = limit;
  for (;;) {
    const escaped = escape(cut(text, length));
    if (escaped.length <= limit) return escaped;
    length -= Math.max(1, Math.ceil((escaped.length - limit) / 2));
  }
}
