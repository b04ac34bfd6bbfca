import type { ToldReceipt, ToldIncident } from '../../core/ports/receipts.ts';
import { formatCount } from '../../core/words/figures.ts';
import { SIGNS, fitting } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { plainText } from '../message/plain-text.ts';
import type { SlackBlock } from '../slack/slack-blocks.ts';
import {
  MAX_MESSAGE,
  context,
  escape,
  mrkdwn,
  sentLength,
  slackPayload,
  words,
} from '../slack/slack-blocks.ts';

/** A message of an app: what a webhook could be sent, and what people can press. */
export interface AppPayload {
  readonly text: string;
  readonly blocks: readonly object[];
}

interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
  readonly style?: 'primary';
  readonly value?: string;
  readonly url?: string;
}

/** What buttons do when they are pressed, as their `action_id`. */
export const PRESSES = { acknowledge: 'burnwatch_acknowledge', silence: 'burnwatch_silence' } as const;

const MAX_LIST = 1_600;
const MAX_VALUE = 1_000;
/** Kept free for the title of several incidents, and for the latest note. */
const MAX_AROUND = 800;
const MAX_PLAIN = 3_500;
const STANDING: Readonly<
  Record<ToldIncident['standing'], { readonly sign: string; readonly words: string }>
> = {
  page: { sign: SIGNS.page, words: 'pages' },
  ticket: { sign: SIGNS.ticket, words: 'is a ticket' },
  over: { sign: SIGNS.over, words: 'is over' },
};

/** The message that a conversation is told in, as it is to look now; `presses`: whether Slack can say what was pressed. */
export function rootPayload(receipt: Omit<ToldReceipt, 'at'>, presses: boolean): AppPayload {
  const { body, incidents, more, notes, over } = receipt;
  const told = Object.values(incidents);
  const open = told.filter(({ standing }) => standing !== 'over');
  const several = told.length + more > 1;
  const actions = over ? [] : actionsBlock(receipt, presses && told.length > 0);
  const worst = open.some(({ standing }) => standing === 'page') ? SIGNS.page : SIGNS.ticket;
  const total = formatCount(told.length + more);
  const title = over
    ? `${SIGNS.over} ${total} incidents, all over`
    : `${worst} ${total} incidents, ${formatCount(open.length)}${more > 0 ? ' or more' : ''} open`;
  const header: SlackBlock = {
    type: 'header',
    text: { type: 'plain_text', text: title, emoji: false },
  };
  const text = several ? `${title}: ${body.text}` : body.text;
  const head = [...(several ? [header] : []), ...body.blocks];
  const left = (...below: readonly object[]): number =>
    MAX_MESSAGE - JSON.stringify({ text, blocks: [...head, ...below] }).length;
  let noted = notes.map((note) => context(words(note)));
  // All of them stand in the thread.
  while (noted.length > 0 && left(...noted, ...actions) < 0) noted = noted.slice(1);
  const list = several ? listBlock(told, more, Math.min(MAX_LIST, left(...noted, ...actions) - 150)) : [];
  return { text, blocks: [...head, ...list, ...noted, ...actions] };
}

/** How many characters there are, as JSON, for the body of such a message. */
export function roomForBody(receipt: Pick<ToldReceipt, 'target' | 'conversation' | 'runbook'>): number {
  const actions = actionsBlock({ ...receipt, acknowledged: false }, true);
  return MAX_MESSAGE - MAX_AROUND - JSON.stringify(actions).length;
}

/** The incidents of a conversation, the worst first. */
function listBlock(told: readonly ToldIncident[], more: number, limit: number): SlackBlock[] {
  const order: readonly string[] = ['page', 'ticket', 'over'];
  const lines = told
    .toSorted((one, other) => order.indexOf(one.standing) - order.indexOf(other.standing))
    .map(({ slo, standing }) => {
      const { sign, words: how } = STANDING[standing];
      return mrkdwn([`${sign} `, { name: slo }, ` ${how}`]);
    });
  const shown = fitting(lines, limit, (line) => sentLength(line) + 2);
  const rest = lines.length - shown.length + more;
  if (shown.length === 0) return [];
  const text = ['*Told here*', ...shown, ...(rest > 0 ? [`… and ${formatCount(rest)} more`] : [])];
  return [{ type: 'section', text: words(text.join('\n')) }];
}

function actionsBlock(
  {
    target,
    conversation,
    acknowledged,
    runbook,
  }: Pick<ToldReceipt, 'target' | 'conversation' | 'acknowledged' | 'runbook'>,
  presses: boolean,
): object[] {
  const value = new URLSearchParams({ target, conversation }).toString();
  const elements: Button[] = [];
  if (presses && value.length <= MAX_VALUE) {
    if (!acknowledged)
      elements.push({ ...button(PRESSES.acknowledge, 'Acknowledge'), style: 'primary', value });
    elements.push({ ...button(PRESSES.silence, 'Silence for 1 h'), value });
  }
  if (runbook !== null) elements.push({ ...button('burnwatch_runbook', 'Runbook'), url: runbook });
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function button(id: string, label: string): Button {
  return { type: 'button', action_id: id, text: { type: 'plain_text', text: label, emoji: false } };
}

/** A message by itself: an answer in a thread, or a list. */
export function plainPayload(message: Message): AppPayload {
  return slackPayload(message);
}

/** The same without a layout, for when Slack cannot show one. */
export function textOnly(message: Message): string {
  return escape(plainText(message), MAX_PLAIN);
}

/** The runbook that a message leads to. */
export function runbookOf(message: Message): string | null {
  return message.links.find(({ label }) => label === 'Runbook')?.url ?? null;
}
