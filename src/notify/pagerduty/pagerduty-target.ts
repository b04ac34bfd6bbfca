import { latestFacts } from '../../core/alerting/notification.ts';
import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { fieldsOf, deliveryOf, type Manners, type Peer, postOnce } from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { pagerDutyEvents } from './pagerduty-event.ts';

export interface PagerDutyOptions extends Omit<Peer, 'name'> {
  /** The address of the Events API, such as `https://events.pagerduty.com`. */
  readonly url: string;
  readonly routingKey: string;
  readonly links: Links;
}

const MANNERS: Manners = { accepts: (answer) => fieldsOf(answer)['status'] === 'success' };

/** A service of PagerDuty, through the Events API v2: an incident triggers, is acknowledged and resolves under one key. */
export function pagerDutyTarget(name: string, options: PagerDutyOptions): TargetAdapter {
  const { url, routingKey, links, fetch, timeoutMs } = options;
  const peer: Peer = { name: 'PagerDuty', fetch, timeoutMs };
  const endpoint = new URL('/v2/enqueue', url).href;
  return {
    name,
    kind: 'pagerduty',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const message = composeMessage(notification, links);
      let delivery: Delivery = { result: 'delivered' };
      for (const event of pagerDutyEvents(
        message,
        latestFacts(notification.facts),
        routingKey,
        links.publicUrl,
      )) {
        const request = { url: endpoint, body: JSON.stringify(event) };
        delivery = deliveryOf(peer, await postOnce(peer, request, signal), MANNERS);
        // In order: what comes later says what holds.
        if (delivery.result !== 'delivered') break;
      }
      return delivery;
    },
    async close() {},
  };
}
