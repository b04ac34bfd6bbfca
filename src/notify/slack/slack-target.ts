import { type FetchFunction, IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook';
import type { Delivery, Notification, Retry, TargetAdapter } from '../../core/ports/target.ts';
import { HOUR, SECOND } from '../../core/time/duration.ts';
import { composeMessage, type Links } from '../message/message.ts';
import { redact, secretsOfWebhook } from '../message/redact.ts';
import { slackPayload } from './slack-blocks.ts';

export interface SlackOptions {
  /** For one try, from connecting to the end of the answer. */
  readonly timeoutMs: number;
  /** Sends the request; the global `fetch` if absent. */
  readonly fetch?: FetchFunction;
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

/** Failures before anything was sent. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

/**
 * A Slack channel behind an incoming webhook. Sends once and says what became of it: rate limits (with the wait
 * Slack asked for, at most an hour), server errors, timeouts and network failures are worth another try; any other answer but
 * success is refused with Slack's reason. Redirects are not followed. No reason holds the webhook's address.
 */
export function slackTarget(name: string, webhook: string, options: SlackOptions): TargetAdapter {
  const secrets = secretsOfWebhook(webhook);
  return {
    name,
    kind: 'slack',
    async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
      const payload = slackPayload(composeMessage(notification, options.links));
      const timeout = AbortSignal.timeout(options.timeoutMs);
      let retryAfter: string | null = null;
      const post: FetchFunction = async (url, init) => {
        const response = await (options.fetch ?? fetch)(url, {
          ...init,
          // As an answer, a redirect can be distinguished from a broken connection.
          redirect: 'manual',
          signal: AbortSignal.any([signal, timeout]),
        });
        retryAfter = response.headers.get('retry-after');
        return response;
      };
      try {
        const { text } = await new IncomingWebhook(webhook, { fetch: post }).send({
          text: payload.text,
          blocks: payload.blocks,
          link_names: false,
          unfurl_links: false,
          unfurl_media: false,
        });
        return classify({ status: 200, body: text, retryAfter }, secrets);
      } catch (error) {
        if (error instanceof IncomingWebhookHTTPError) {
          return classify({ status: error.statusCode, body: error.body, retryAfter }, secrets);
        }
        if (signal.aborted) return { ...retry('Stopped before Slack answered'), mayHaveArrived: true };
        if (timeout.aborted)
          return { ...retry(`Slack did not answer within ${options.timeoutMs} ms`), mayHaveArrived: true };
        const mayHaveArrived = !NEVER_CONNECTED.has(codeOf(error));
        return { ...retry(`Slack cannot be reached: ${redact(causeOf(error), secrets)}`), mayHaveArrived };
      }
    },
    async close() {},
  };
}

function classify({ status, body, retryAfter }: Answer, secrets: readonly string[]): Delivery {
  const reason = redact(`Slack answered ${status} ${failureIn(body) ?? body}`, secrets);
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
    return 'error' in answer && typeof answer.error === 'string' ? answer.error : 'without a reason';
  } catch {
    return null;
  }
}

function milliseconds(retryAfter: string | null): number | null {
  if (retryAfter === null || !/^\d{1,9}$/.test(retryAfter.trim())) return null;
  return Math.min(Number(retryAfter) * SECOND, LONGEST_WAIT);
}

/** The code of the innermost error; empty when it has none. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.cause !== undefined) return codeOf(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The innermost message: what fetch throws says only "fetch failed". */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : causeOf(error.cause);
}
