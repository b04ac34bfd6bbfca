import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { fieldsOf, deliveryOf, type Manners, type Peer, postOnce } from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { ntfyMessage } from './ntfy-message.ts';

export interface NtfyOptions extends Omit<Peer, 'name'> {
  /** The address of the server, such as `https://ntfy.sh`. */
  readonly url: string;
  readonly topic: string;
  /** An access token; null where anyone may write. */
  readonly token: string | null;
  readonly links: Links;
}

const MANNERS: Manners = { accepts: (answer) => fieldsOf(answer)['event'] === 'message' };

/** A topic of an ntfy server, which those who subscribed to it get on their phones. */
export function ntfyTarget(name: string, options: NtfyOptions): TargetAdapter {
  const { url, topic, token, links, fetch, timeoutMs } = options;
  const peer: Peer = { name: 'ntfy', fetch, timeoutMs };
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  return {
    name,
    kind: 'ntfy',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const body = JSON.stringify(ntfyMessage(composeMessage(notification, links), topic));
      return deliveryOf(peer, await postOnce(peer, { url, headers, body }, signal), MANNERS);
    },
    async close() {},
  };
}
