import { type FetchFunction, IncomingWebhook } from '@slack/webhook';
import type { Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import {
  type Answer,
  fieldsOf,
  isWebPage,
  deliveryOf,
  type Peer,
  postOnce,
  retry,
} from '../http/post-once.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { slackPayload } from './slack-blocks.ts';

export interface SlackOptions extends Omit<Peer, 'name'> {
  readonly links: Links;
}

/** Errors Slack reports with status 200 that pass by themselves. */
const PASSING = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
]);

/** What else Slack says of a webhook. Nothing but known words of an answer is repeated: it may come from elsewhere. */
const KNOWN = new Set([
  ...PASSING,
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_blocks',
  'invalid_payload',
  'invalid_token',
  'msg_blocks_too_long',
  'no_active_hooks',
  'no_service',
  'no_service_id',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'team_disabled',
  'too_many_attachments',
  'user_not_found',
]);

/**
 * A Slack channel behind an incoming webhook. Sends once and says what became of it; a reason holds at most a status and a
 * word that is known to be Slack's, never the webhook's address.
 */
export function slackTarget(name: string, webhook: string, options: SlackOptions): TargetAdapter {
  const peer: Peer = { name: 'Slack', ...options };
  return {
    name,
    kind: 'slack',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const { text, blocks } = slackPayload(composeMessage(notification, options.links));
      const answer = await post(peer, webhook, { text, blocks }, signal);
      const failure = 'result' in answer ? null : failureIn(answer);
      const delivery = deliveryOf(peer, answer, {
        word: (given) => known(failureIn(given) ?? given.body.trim()),
        accepts: (given) => failure === null && !isWebPage(given),
      });
      if ('result' in answer || failure === null || answer.status < 200 || answer.status >= 300)
        return delivery;
      const word = known(failure);
      const reason = `Slack answered ${answer.status}${word === null ? '' : ` ${word}`}`;
      return PASSING.has(failure) ? retry(reason, answer.after) : { result: 'refused', reason };
    },
    async close() {},
  };
}

/** Has Slack's own client make the request, which is sent and answered by the rules that hold for every peer. */
async function post(
  peer: Peer,
  webhook: string,
  { text, blocks }: ReturnType<typeof slackPayload>,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof postOnce>>> {
  let answer: Awaited<ReturnType<typeof postOnce>> | null = null;
  const send: FetchFunction = async (_url, init) => {
    answer = await postOnce(peer, { url: webhook, body: init?.body as string }, signal);
    // What became of it is in `answer`; the client need not judge it.
    return new Response('ok');
  };
  await new IncomingWebhook(webhook, { fetch: send }).send({
    text,
    blocks,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  });
  return answer!;
}

function known(word: string): string | null {
  return KNOWN.has(word) ? word : null;
}

/** The error of an answer such as `{"ok":false,"error":"invalid_blocks"}`; null for any other answer. */
function failureIn(answer: Answer): string | null {
  const { ok, error } = fieldsOf(answer);
  if (ok !== false) return null;
  return typeof error === 'string' ? error : '';
}
