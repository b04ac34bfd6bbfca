import { type FetchFunction, IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook';
import type { Delivery, Notification, Retry, TargetAdapter } from '../../core/ports/target.ts';
import type { Fetch } from '../../core/ports/outbound.ts';
import { HOUR, SECOND } from '../../core/time/duration.ts';
import { ForbiddenAddress } from '../../outbound/guarded-lookup.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { failureCode, readAnswer } from '../message/peer-answer.ts';
import { slackPayload } from './slack-blocks.ts';

export interface SlackOptions {
  /** For one try, from connecting to the end of the answer. */
  readonly timeoutMs: number;
  /** Sends the request, or rejects when it must not go there. */
  readonly fetch: Fetch;
  readonly links: Links;
}

/** A page that waited longer because a server said so would be of no use. */
const LONGEST_WAIT = HOUR;

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

/** Failures before anything was sent. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Of these statuses an answer has no body. */
const WITHOUT_BODY = new Set([204, 205, 304]);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

/**
 * A Slack channel behind an incoming webhook. Sends once and says what became of it: rate limits (with the wait
 * Slack asked for, at most an hour), server errors, timeouts and network failures are worth another try; any other answer but
 * success is refused. Redirects are not followed. Only the beginning of an answer is read, and a reason holds at most its
 * status and a word that is known to be Slack's, never the webhook's address.
 */
export function slackTarget(name: string, webhook: string, options: SlackOptions): TargetAdapter {
  return {
    name,
    kind: 'slack',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const payload = slackPayload(composeMessage(notification, options.links));
      const timeout = AbortSignal.timeout(options.timeoutMs);
      let retryAfter: string | null = null;
      const refusal = { reason: '' };
      const post: FetchFunction = async (_url, init) => {
        const response = await options
          .fetch(webhook, {
            ...init,
            // What is packed would be unpacked before its size is known.
            headers: { ...init?.headers, 'Accept-Encoding': 'identity' },
            // As an answer, a redirect can be distinguished from a broken connection.
            redirect: 'manual',
            signal: AbortSignal.any([signal, timeout]),
          })
          .catch((error: unknown) => {
            if (error instanceof ForbiddenAddress) refusal.reason = error.message;
            throw error;
          });
        retryAfter = response.headers.get('retry-after');
        const { status } = response;
        const body = await readAnswer(response);
        return new Response(WITHOUT_BODY.has(status) ? null : body, { status });
      };
      try {
        const { text } = await new IncomingWebhook(webhook, { fetch: post }).send({
          text: payload.text,
          blocks: payload.blocks,
          link_names: false,
          unfurl_links: false,
          unfurl_media: false,
        });
        return classify({ status: 200, body: text, retryAfter });
      } catch (error) {
        if (error instanceof IncomingWebhookHTTPError) {
          return classify({ status: error.statusCode, body: error.body, retryAfter });
        }
        if (signal.aborted) return { ...retry('Stopped before Slack answered'), mayHaveArrived: true };
        if (timeout.aborted)
          return { ...retry(`Slack did not answer within ${options.timeoutMs} ms`), mayHaveArrived: true };
        // Another try would meet the same rules.
        if (refusal.reason !== '')
          return { result: 'refused', reason: `Not sent to the webhook: ${refusal.reason}` };
        const code = failureCode(error);
        return { ...retry(`Slack cannot be reached: ${code}`), mayHaveArrived: !NEVER_CONNECTED.has(code) };
      }
    },
    async close() {},
  };
}

function classify({ status, body, retryAfter }: Answer): Delivery {
  const said = failureIn(body) ?? body.trim();
  const reason = `Slack answered ${status}${KNOWN.has(said) ? ` ${said}` : ''}`;
  if (status === 429 || status >= 500) return retry(reason, milliseconds(retryAfter));
  if (status < 200 || status >= 300) return { result: 'refused', reason };
  const failure = failureIn(body);
  if (failure !== null) {
    return PASSING.has(failure) ? retry(reason, milliseconds(retryAfter)) : { result: 'refused', reason };
  }
  // A proxy's login page comes with status 200 too.
  if (/^\s*</.test(body)) return retry('A web page answered instead of Slack');
  return { result: 'delivered' };
}

function retry(reason: string, after: number | null = null): Retry {
  return { result: 'retry', reason, after };
}

/** The error of an answer such as `{"ok":false,"error":"invalid_blocks"}`; null for any other answer. */
function failureIn(body: string): string | null {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null || !('ok' in answer) || answer.ok !== false)
      return null;
    return 'error' in answer && typeof answer.error === 'string' ? answer.error : '';
  } catch {
    return null;
  }
}

function milliseconds(retryAfter: string | null): number | null {
  if (retryAfter === null || !/^\d{1,9}$/.test(retryAfter.trim())) return null;
  return Math.min(Number(retryAfter) * SECOND, LONGEST_WAIT);
}
