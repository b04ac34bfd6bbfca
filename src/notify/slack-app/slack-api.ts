import type { Refusal, Retry } from '../../core/ports/target.ts';
import type { Answer, Peer, PostRequest } from '../http/post-once.ts';
import { deliveryOf, fieldsOf, isWebPage, postOnce, retry } from '../http/post-once.ts';

/** What became of a call of Slack's Web API. */
export type Called =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  /** `error`: Slack's word for why, if it is a known one. */
  | { readonly ok: false; readonly error: string | null; readonly delivery: Retry | Refusal };

export interface SlackApi {
  /** Calls a method once. Never rejects. No reason holds the token or words of the answer that are not known to be Slack's. */
  call(method: string, body: object, signal: AbortSignal): Promise<Called>;
  /** The same for a method that takes no JSON. */
  form(method: string, fields: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Called>;
  /** Sends a file to an address that Slack gave for it, without the token. Gives why it was not taken; null: it was. Never rejects. */
  upload(address: string, content: Uint8Array, signal: AbortSignal): Promise<string | null>;
}

/** Errors that pass by themselves. */
const PASSING = new Set([
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** The message that was to be changed or answered is not there any more, or not to be reached by this app. */
const GONE = new Set([
  'message_not_found',
  'thread_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
]);

/** Slack cannot show the message as it is laid out. */
const NOT_SHOWN = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'block_mismatch',
]);

const KNOWN = new Set([
  ...PASSING,
  ...GONE,
  ...NOT_SHOWN,
  'access_denied',
  'account_inactive',
  'as_user_not_supported',
  'blocked_file_type',
  'file_not_found',
  'file_uploads_disabled',
  'file_uploads_except_images_disabled',
  'ekm_access_denied',
  'invalid_arguments',
  'invalid_auth',
  'missing_scope',
  'msg_too_long',
  'no_permission',
  'no_text',
  'not_allowed_token_type',
  'not_authed',
  'org_login_required',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'storage_limit_reached',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
  'user_not_in_channel',
]);

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };
const BYTES = { 'Content-Type': 'application/octet-stream' };

/** Makes the caller of the Web API at an address such as `https://slack.com`. */
export function slackApi(peer: Peer, url: string, botToken: string): SlackApi {
  async function call(
    method: string,
    content: Pick<PostRequest, 'headers' | 'body'>,
    signal: AbortSignal,
  ): Promise<Called> {
    const request = {
      url: new URL(`/api/${method}`, url).href,
      headers: { ...content.headers, Authorization: `Bearer ${botToken}` },
      body: content.body,
    };
    const answer = await postOnce(peer, request, signal);
    if ('result' in answer) return { ok: false, error: null, delivery: answer };
    const fields = fieldsOfAnswer(answer);
    const error = typeof fields['error'] === 'string' && KNOWN.has(fields['error']) ? fields['error'] : null;
    const said = fields['ok'] === false;
    const delivery = deliveryOf(peer, answer, { word: () => error, accepts: () => fields['ok'] === true });
    if (delivery.result === 'delivered') return { ok: true, fields };
    if (!said || answer.status < 200 || answer.status >= 300) return { ok: false, error, delivery };
    const reason = `Slack answered ${answer.status}${error === null ? '' : ` ${error}`}`;
    const passes = error !== null && PASSING.has(error);
    return {
      ok: false,
      error,
      delivery: passes ? retry(reason, answer.after) : { result: 'refused', reason },
    };
  }

  return {
    call: (method, body, signal) => call(method, { body: JSON.stringify(body) }, signal),
    form: (method, fields, signal) =>
      call(method, { headers: FORM, body: new URLSearchParams(fields).toString() }, signal),
    async upload(address, content, signal) {
      const request = { url: address, headers: BYTES, body: content };
      const delivery = deliveryOf(peer, await postOnce(peer, request, signal), {
        accepts: (answer) => !isWebPage(answer),
      });
      return delivery.result === 'delivered' ? null : delivery.reason;
    },
  };
}

/** Whether a call failed because what it was about is gone. */
export function isGone(called: Called): boolean {
  return !called.ok && called.error !== null && GONE.has(called.error);
}

/** Whether a call failed because of how the message is laid out. */
export function isNotShown(called: Called): boolean {
  return !called.ok && called.error !== null && NOT_SHOWN.has(called.error);
}

/** An answer repeats the whole message and may be longer than is read; what counts stands in front of that. */
const BEGINNING = /^\s*\{"ok":true,"channel":"([A-Z0-9]{1,30})","ts":"([\d.]{1,30})",/;

function fieldsOfAnswer(answer: Answer): Readonly<Record<string, unknown>> {
  const fields = fieldsOf(answer);
  if (Object.keys(fields).length > 0) return fields;
  const [, channel, ts] = BEGINNING.exec(answer.body) ?? [];
  return channel === undefined ? {} : { ok: true, channel, ts };
}
