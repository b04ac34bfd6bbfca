import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { type Answer, isWebPage, deliveryOf, type Peer, postOnce } from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { teamsPayload } from './adaptive-card.ts';

export interface TeamsOptions extends Omit<Peer, 'name'> {
  readonly links: Links;
}

/** What the former connectors of Teams answer with status 200 when Teams itself refused. */
const INNER_STATUS = /HTTP error (\d{3})\b/;

/** A channel or chat of Microsoft Teams behind a workflow that posts the card of a webhook request. */
export function teamsTarget(
  name: string,
  webhook: string,
  { links, ...options }: TeamsOptions,
): TargetAdapter {
  const peer: Peer = { name: 'Teams', ...options };
  return {
    name,
    kind: 'teams',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const body = JSON.stringify(teamsPayload(composeMessage(notification, links)));
      const answer = await postOnce(peer, { url: webhook, body }, signal);
      return deliveryOf(peer, 'result' in answer ? answer : meant(answer), {
        accepts: (given) => !isWebPage(given),
      });
    },
    async close() {},
  };
}

/** The answer with the status it is about. */
function meant(answer: Answer): Answer {
  const inner = answer.status === 200 ? INNER_STATUS.exec(answer.body)?.[1] : undefined;
  return inner === undefined ? answer : { ...answer, status: Number(inner) };
}
