import { createHash, createHmac } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { SECOND } from '../../core/time/duration.ts';
import { isWebPage, deliveryOf, type Peer, postOnce } from '../http/post-once.ts';
import type { Links } from '../message/message.ts';
import { webhookPayload } from './webhook-payload.ts';

export interface WebhookOptions extends Omit<Peer, 'name'> {
  /** `whsec_` and the key in base64; null sends unsigned requests. */
  readonly secret: string | null;
  readonly links: Links;
  /** For the time in the signature. */
  readonly clock: Clock;
}

const SECRET_PREFIX = 'whsec_';

/**
 * Any HTTP endpoint, in the way of Standard Webhooks: `webhook-id` is the same on every try of a notification, and
 * `webhook-signature` is `v1,` and the HMAC-SHA256 of `id.timestamp.body`. Takes every answer of status 2xx but a web page.
 */
export function webhookTarget(name: string, url: string, options: WebhookOptions): TargetAdapter {
  const { secret, links, clock, fetch, timeoutMs } = options;
  const peer: Peer = { name: 'The webhook', fetch, timeoutMs };
  return {
    name,
    kind: 'webhook',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const body = JSON.stringify(webhookPayload(notification, links));
      const id = deliveryId(notification.key);
      const timestamp = String(Math.floor(clock.now() / SECOND));
      const headers = {
        'User-Agent': 'Burnwatch',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        ...(secret !== null && { 'webhook-signature': signature(secret, `${id}.${timestamp}.${body}`) }),
      };
      return deliveryOf(peer, await postOnce(peer, { url, headers, body }, signal), {
        accepts: (answer) => !isWebPage(answer),
      });
    },
    async close() {},
  };
}

/** Keys hold what stands in no header, and points, which part what is signed. */
function deliveryId(key: string): string {
  return `msg_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

function signature(secret: string, signed: string): string {
  const key = Buffer.from(
    secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret,
    'base64',
  );
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
