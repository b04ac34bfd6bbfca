import type { Clock } from '../../core/ports/clock.ts';
import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { isWebPage, deliveryOf, type Peer, postOnce } from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { alertsOf } from './alerts.ts';

export interface AlertmanagerOptions extends Omit<Peer, 'name'> {
  readonly links: Links;
  readonly clock: Clock;
}

/**
 * The peers of an Alertmanager cluster, all of which are sent every alert: they share what they notified of, not what they
 * were sent. It is delivered once one of them has it, for the others get it when it is sent again.
 */
export function alertmanagerTarget(
  name: string,
  urls: readonly string[],
  { links, clock, ...options }: AlertmanagerOptions,
): TargetAdapter {
  const peer: Peer = { name: 'Alertmanager', ...options };
  return {
    name,
    kind: 'alertmanager',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const message = composeMessage(notification, links);
      const body = JSON.stringify(alertsOf(message, notification.facts.at(-1)!, clock.now()));
      const deliveries = await Promise.all(
        urls.map(async (url) => {
          const answer = await postOnce(peer, { url: alertsUrl(url), body }, signal);
          return deliveryOf(peer, answer, { accepts: (given) => !isWebPage(given) });
        }),
      );
      return best(deliveries);
    },
    async close() {},
  };
}

/** Alertmanager may be served below a path. */
function alertsUrl(url: string): string {
  return `${url.replace(/(?<!\/)\/+$/, '')}/api/v2/alerts`;
}

const RANKS = { delivered: 0, retry: 1, refused: 2 } as const;

function best(deliveries: readonly Delivery[]): Delivery {
  return deliveries.reduce((one, other) => (RANKS[other.result] < RANKS[one.result] ? other : one));
}
