import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Fetch, OutboundRules } from '../core/ports/outbound.ts';
import { matches } from '../core/sli/selection.ts';
import { ANYWHERE, type Reach } from './addresses.ts';
import { checkLiteral, ForbiddenAddress, guardedLookup, type Resolve } from './guarded-lookup.ts';

/** So much of an answer is read; a peer's own words are short. */
const MAX_BODY = 16 * 1024;
const MAX_HEAD = 16 * 1024;
/** Of these statuses an answer has no body. */
const WITHOUT_BODY = new Set([204, 205, 304]);
const HTTP_REACH: { readonly [Http in OutboundRules['http']]: readonly Reach[] } = {
  never: [],
  loopback: ['loopback'],
  private: ['loopback', 'private'],
};

/** Why a URL can never be requested under the rules, whatever its name resolves to; null when it may be. */
export function forbiddenBy(rules: OutboundRules, url: string): string | null {
  try {
    allowedReach(rules, new URL(url));
    return null;
  } catch (error) {
    return error instanceof ForbiddenAddress ? error.message : 'it is not an address';
  }
}

/**
 * Sends requests only where the rules allow, looked at when it connects, so that a name that resolves to another address the next
 * time does not pass. Asks for an answer that is not packed, follows no redirect and reads the first `most` bytes of the body, 16 kB if absent.
 * Rejects with `ForbiddenAddress`, or as `node:http` does.
 */
export function guardedFetch(rules: OutboundRules, resolveName?: Resolve, most = MAX_BODY): Fetch {
  return async (address, init = {}) => {
    const url = new URL(address);
    const allowed = allowedReach(rules, url);
    const headers = new Headers(init.headers);
    // What is packed would be unpacked before its size is known.
    headers.set('Accept-Encoding', 'identity');
    const body = bytesOf(init.body);
    headers.set('Content-Length', String(body.length));
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise<Response>((resolve, reject) => {
      const request = send(url, {
        method: init.method ?? 'GET',
        headers: Object.fromEntries(headers),
        lookup: guardedLookup(allowed, resolveName),
        // No connection is kept: each is made under the rules of its own request.
        agent: false,
        maxHeaderSize: MAX_HEAD,
        ...(init.signal && { signal: init.signal }),
      });
      request.on('error', reject);
      request.on('response', (answer) => {
        readBeginning(answer, most)
          .then((read) => {
            request.destroy();
            const status = answer.statusCode ?? 0;
            const retryAfter = answer.headers['retry-after'];
            const kept = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
            resolve(new Response(WITHOUT_BODY.has(status) ? null : read, { status, headers: kept }));
          }, reject)
          .catch(reject);
      });
      request.end(body);
    });
  };
}

function allowedReach(rules: OutboundRules, url: URL): readonly Reach[] {
  const isHttp = url.protocol === 'http:';
  if (!isHttp && url.protocol !== 'https:') throw new ForbiddenAddress('it is not an http or https address');
  const host = url.hostname.replace(/\.$/, '');
  if (rules.hosts !== null && !rules.hosts.some((pattern) => matches(pattern.toLowerCase(), host))) {
    throw new ForbiddenAddress('its host is not one of BURNWATCH_TARGET_HOSTS');
  }
  if (isHttp && rules.http === 'never') {
    throw new ForbiddenAddress('plain http is not allowed; use https, or see BURNWATCH_ALLOW_HTTP_TARGETS');
  }
  const allowed = isHttp ? HTTP_REACH[rules.http] : ANYWHERE;
  checkLiteral(host, allowed);
  return allowed;
}

function bytesOf(body: RequestInit['body']): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : '');
}

async function readBeginning(answer: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, most - length));
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks);
}
