import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import {
  type Answer,
  fieldsOf,
  deliveryOf,
  type Manners,
  type Peer,
  postOnce,
  waitOfSeconds,
} from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { telegramText } from './telegram-text.ts';

export interface TelegramOptions extends Omit<Peer, 'name'> {
  /** The address of the Bot API, such as `https://api.telegram.org`. */
  readonly url: string;
  readonly botToken: string;
  /** The id of a chat, or the `@name` of a channel. */
  readonly chat: string;
  /** The topic of a forum; null for none. */
  readonly topic: number | null;
  readonly links: Links;
}

const MANNERS: Manners = {
  accepts: (answer) => fieldsOf(answer)['ok'] === true,
  after(answer) {
    const parameters = fieldsOf(answer)['parameters'];
    if (typeof parameters !== 'object' || parameters === null) return null;
    return waitOfSeconds((parameters as { readonly retry_after?: unknown }).retry_after);
  },
};

/** A chat, group, channel or topic of Telegram, written to by a bot. */
export function telegramTarget(name: string, options: TelegramOptions): TargetAdapter {
  const { url, botToken, chat, topic, links, fetch, timeoutMs } = options;
  const peer: Peer = { name: 'Telegram', fetch, timeoutMs };
  const endpoint = new URL(`/bot${botToken}/sendMessage`, url).href;
  return {
    name,
    kind: 'telegram',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const message = composeMessage(notification, links);
      const body = JSON.stringify({
        chat_id: chat,
        text: telegramText(message),
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        // Only what pages makes a sound.
        disable_notification: message.tone !== 'page',
        ...(topic !== null && { message_thread_id: topic }),
      });
      const answer = await postOnce(peer, { url: endpoint, body }, signal);
      return deliveryOf(peer, 'result' in answer ? answer : meant(answer), MANNERS);
    },
    async close() {},
  };
}

/** The answer with the status that its body gives, should a proxy have changed it. */
function meant(answer: Answer): Answer {
  const { ok, error_code: code } = fieldsOf(answer);
  const isStatus = typeof code === 'number' && code >= 400 && code < 600;
  return ok === false && isStatus ? { ...answer, status: code } : answer;
}
