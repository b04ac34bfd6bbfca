import { latestFacts } from '../../core/alerting/notification.ts';
import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { fieldsOf, deliveryOf, type Manners, type Peer, postOnce } from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { opsgenieRequests } from './opsgenie-requests.ts';

export interface OpsgenieOptions extends Omit<Peer, 'name'> {
  /** The address of the API, such as `https://api.opsgenie.com`. */
  readonly url: string;
  readonly apiKey: string;
  readonly links: Links;
}

// It takes requests and works on them later.
const MANNERS: Manners = { accepts: (answer) => typeof fieldsOf(answer)['requestId'] === 'string' };

/** A team of Opsgenie, through the Alert API: an incident is created, acknowledged and closed under one alias. */
export function opsgenieTarget(name: string, options: OpsgenieOptions): TargetAdapter {
  const { url, apiKey, links, fetch, timeoutMs } = options;
  const peer: Peer = { name: 'Opsgenie', fetch, timeoutMs };
  const headers = { Authorization: `GenieKey ${apiKey}` };
  return {
    name,
    kind: 'opsgenie',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const message = composeMessage(notification, links);
      let delivery: Delivery = { result: 'delivered' };
      for (const { path, method, body } of opsgenieRequests(message, latestFacts(notification.facts))) {
        const request = { url: new URL(path, url).href, method, headers, body: JSON.stringify(body) };
        delivery = deliveryOf(peer, await postOnce(peer, request, signal), MANNERS);
        // In order: what comes later says what holds.
        if (delivery.result !== 'delivered') break;
      }
      return delivery;
    },
    async close() {},
  };
}
