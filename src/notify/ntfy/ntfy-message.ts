import { cut, fitting } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { phraseText } from '../message/phrase.ts';

/** What a server of ntfy is sent as JSON. */
export interface NtfyMessage {
  readonly topic: string;
  readonly title: string;
  readonly message: string;
  readonly priority: 2 | 3 | 5;
  readonly tags: readonly string[];
  readonly click?: string;
  readonly actions?: readonly { readonly action: 'view'; readonly label: string; readonly url: string }[];
}

const MAX_TITLE = 250;
/** Bytes; of what is longer ntfy makes an attachment. */
const MAX_MESSAGE = 4096;
const MAX_ACTIONS = 3;

/** 2 comes without a sound. */
const PRIORITIES = { page: 5, ticket: 3, acknowledged: 2, over: 3, test: 2 } as const;
const TAGS = {
  page: 'red_circle',
  ticket: 'orange_circle',
  acknowledged: 'large_blue_circle',
  over: 'green_circle',
  test: 'test_tube',
} as const;

/** A message for a phone: the headline, the sentence and as many lines of the rest as fit; a tap opens the budget. */
export function ntfyMessage(message: Message, topic: string): NtfyMessage {
  const lines = [
    ...message.notices.map(phraseText),
    phraseText(message.sentence),
    ...message.fields.map(({ label, value }) => `${label}: ${phraseText(value)}`),
    ...message.causes.map(({ label, name, words }) => `${label}: ${name} ${words}`),
    ...message.lastFailed.map(phraseText),
    `Incident: ${message.incident}`,
  ];
  const budget = message.links.find(({ label }) => label === 'Budget') ?? message.links[0];
  const actions = message.links
    .slice(0, MAX_ACTIONS)
    .map(({ label, url }) => ({ action: 'view', label, url }) as const);
  return {
    topic,
    title: cut(message.headline, MAX_TITLE),
    message: fitting(lines, MAX_MESSAGE, (line) => Buffer.byteLength(line) + 1).join('\n'),
    priority: PRIORITIES[message.tone],
    tags: [TAGS[message.tone]],
    ...(budget && { click: budget.url }),
    ...(actions.length > 0 && { actions }),
  };
}
