import { escapeHtml } from '../../core/escape-html.ts';
import { aboutLine, causeFields, cut, fitting, SIGNS } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { type Field, type PhraseMarkup, phraseIn } from '../message/phrase.ts';

/** Of the text after entities are read; counted here with the tags, which is more. */
const MAX_TEXT = 4096;
const MAX_NAME = 250;

/** User names, hashtags, commands, cashtags and domains. */
const LINKED = /[@#/$.:]/;
const NUMBER = /^\(?\d+\.\d+[%x]?[),]*$/;

const MARKUP: PhraseMarkup = {
  own: escapeHtml,
  // Telegram makes no link of what stands in a code span: no user name, no hashtag, no domain.
  name: code,
  link: ({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`,
};

/** A message in the HTML that Telegram reads, within its limit: whole lines, the last ones left out. */
export function telegramText(message: Message): string {
  const line = (phrase: Message['sentence']): string => phraseIn(MARKUP, phrase);
  const field = ({ label, value }: Field): string => `<b>${escapeHtml(label)}</b>: ${line(value)}`;
  const links = message.links.map(MARKUP.link).join(' · ');
  const lines = [
    `${SIGNS[message.tone]} ${headline(message.headline)}`,
    ...message.notices.map(line),
    line(message.sentence),
    // Before what may be left out.
    ...(links === '' ? [] : [links]),
    ...(message.description === null ? [] : [code(message.description)]),
    ...message.fields.map(field),
    ...causeFields(message).map(field),
    ...message.lastFailed.map(line),
    line(aboutLine(message)),
  ];
  return fitting(lines, MAX_TEXT, (text) => text.length + 1).join('\n');
}

/** Words that Telegram could make a link of stand in code spans, all others in bold. */
function headline(text: string): string {
  const parts: { readonly coded: boolean; text: string }[] = [];
  for (const word of cut(text, 500).split(' ')) {
    const coded = LINKED.test(word) && !NUMBER.test(word);
    const last = parts.at(-1);
    if (last?.coded === coded) last.text += ` ${word}`;
    else parts.push({ coded, text: word });
  }
  return parts.map((part) => (part.coded ? code(part.text) : `<b>${escapeHtml(part.text)}</b>`)).join(' ');
}

function code(text: string): string {
  return `<code>${escapeHtml(cut(text, MAX_NAME))}</code>`;
}
