import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { fieldsOf, deliveryOf, type Manners, type Peer, postOnce, waitOfSeconds } from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { discordPayload } from './discord-embed.ts';

export interface DiscordOptions extends Omit<Peer, 'name'> {
  readonly links: Links;
}

const MANNERS: Manners = {
  accepts: (answer) => typeof fieldsOf(answer)['id'] === 'string',
  // More exact than its header.
  after: (answer) => waitOfSeconds(fieldsOf(answer)['retry_after']),
};

/** A channel of Discord behind a webhook. */
export function discordTarget(
  name: string,
  webhook: string,
  { links, ...options }: DiscordOptions,
): TargetAdapter {
  const peer: Peer = { name: 'Discord', ...options };
  return {
    name,
    kind: 'discord',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const at = notification.facts.at(-1)!.at;
      const body = JSON.stringify(discordPayload(composeMessage(notification, links), at));
      return deliveryOf(peer, await postOnce(peer, { url: confirmed(webhook), body }, signal), MANNERS);
    },
    async close() {},
  };
}

/** With it Discord answers with the message it made, and not before it made it. */
function confirmed(webhook: string): string {
  const url = new URL(webhook);
  url.searchParams.set('wait', 'true');
  return url.href;
}
