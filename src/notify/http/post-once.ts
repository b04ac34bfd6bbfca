import type { Delivery, Refusal, Retry } from '../../core/ports/target.ts';
import type { Fetch } from '../../core/ports/outbound.ts';
import { HOUR, SECOND } from '../../core/time/duration.ts';
import { ForbiddenAddress } from '../../outbound/guarded-lookup.ts';
import { failureCode, readAnswer } from '../message/peer-answer.ts';

/** Who is sent to, and how. */
export interface Peer {
  /** As reasons call it, such as `PagerDuty`. */
  readonly name: string;
  /** Sends a request, or rejects when it must not go there. */
  readonly fetch: Fetch;
  /** For one request, from connecting to the end of the answer. */
  readonly timeoutMs: number;
}

export interface PostRequest {
  readonly url: string;
  readonly method?: 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is sent: JSON, unless the headers say otherwise. */
  readonly body: string | Uint8Array;
}

/** What a peer answered, as far as it is read. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Milliseconds it asks to wait, at most an hour; null when it does not. */
  readonly after: number | null;
}

/** How a kind of peer says what became of a request, beside the status. */
export interface Manners {
  /** Whether an answer of status 2xx is one that this kind of peer gives when it took the request. */
  readonly accepts: (answer: Answer) => boolean;
  /** The word that says why, if it is one that this kind of peer is known to use; null otherwise. */
  readonly word?: (answer: Answer) => string | null;
  /** Milliseconds to wait, where the body says so. */
  readonly after?: (answer: Answer) => number | null;
}

/** A page that waited longer because a server said so would be of no use. */
const LONGEST_WAIT = HOUR;

/** Failures before anything was sent. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Sends one request and resolves with the answer, or with what became of it when none came. Never rejects. No redirect is
 * followed, only the beginning of an answer is read, and no reason holds an address or words of the peer.
 */
export async function postOnce(
  peer: Peer,
  { url, method = 'POST', headers, body }: PostRequest,
  signal: AbortSignal,
): Promise<Answer | Retry | Refusal> {
  const { name, fetch, timeoutMs } = peer;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      // What is packed would be unpacked before its size is known.
      headers: { 'Content-Type': 'application/json', 'Accept-Encoding': 'identity', ...headers },
      body,
      // As an answer, a redirect can be distinguished from a broken connection.
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    const after = waitOf(response.headers.get('retry-after'));
    return { status: response.status, body: await readAnswer(response), after };
  } catch (error) {
    if (signal.aborted) return { ...retry(`Stopped before ${name} answered`), mayHaveArrived: true };
    if (timeout.aborted)
      return { ...retry(`${name} did not answer within ${timeoutMs} ms`), mayHaveArrived: true };
    // Another try would meet the same rules.
    if (error instanceof ForbiddenAddress)
      return { result: 'refused', reason: `Not sent to ${name}: ${error.message}` };
    const code = failureCode(error);
    return { ...retry(`${name} cannot be reached: ${code}`), mayHaveArrived: !NEVER_CONNECTED.has(code) };
  }
}

/**
 * What an answer says became of the request: time-outs, rate limits and failures of the server are worth another try, any
 * other status but 2xx is a refusal. An answer of status 2xx that the peer would not give is from elsewhere - the login page
 * of a proxy - and worth another try.
 */
export function deliveryOf({ name }: Peer, answer: Answer | Retry | Refusal, manners: Manners): Delivery {
  if ('result' in answer) return answer;
  const { status, after } = answer;
  const word = manners.word?.(answer) ?? null;
  const reason = `${name} answered ${status}${word === null ? '' : ` ${word}`}`;
  if (status === 408 || status === 429 || status >= 500)
    return retry(reason, capped(manners.after?.(answer) ?? after));
  if (status < 200 || status >= 300) return { result: 'refused', reason };
  if (manners.accepts(answer)) return { result: 'delivered' };
  return isWebPage(answer)
    ? retry(`A web page answered instead of ${name}`)
    : retry(`${reason}, but not in the way of ${name}`, after);
}

export function isWebPage({ body }: Answer): boolean {
  return /^\s*</.test(body);
}

/** The fields of an answer that is a JSON object; none for any other answer. */
export function fieldsOf({ body }: Pick<Answer, 'body'>): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

export function retry(reason: string, after: number | null = null): Retry {
  return { result: 'retry', reason, after };
}

/** Seconds as a body gives them, in milliseconds; null for what is not a number of seconds. */
export function waitOfSeconds(seconds: unknown): number | null {
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
    ? Math.ceil(seconds * SECOND)
    : null;
}

function waitOf(retryAfter: string | null): number | null {
  if (retryAfter === null || !/^\d{1,9}$/.test(retryAfter.trim())) return null;
  return capped(Number(retryAfter) * SECOND);
}

function capped(wait: number | null): number | null {
  return wait === null ? null : Math.min(wait, LONGEST_WAIT);
}
