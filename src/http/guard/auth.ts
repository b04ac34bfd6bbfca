import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../answers/problems.ts';
import type { Log } from '../../core/ports/log.ts';
import { createLineLimit } from '../../core/ports/limited-log.ts';
import type { Caller, Grant, Scope, Token } from '../../core/ports/token.ts';
import { mayAll, maySome } from '../../core/ports/token.ts';
import type { TrustedProxies } from './client-address.ts';
import { addressOf, peerOf } from './client-address.ts';
import { createFailureLimit } from './failure-limit.ts';
import { sessionCookie } from './cookie.ts';
import type { PathToken } from './path-token.ts';
import { pathToken } from './path-token.ts';
import type { Sessions } from './sessions.ts';

/** Decides who may do what. */
export interface Guard {
  /** Whether requests need a token, or a user that a proxy names. */
  readonly closed: boolean;
  /**
   * Who asks; throws the `HttpProblem` to answer with unless that one may do this to some workflow. `changes`: a GET that changes
   * something, too.
   */
  demand(request: IncomingMessage, scope: Scope, changes?: boolean): Caller;
  /** Takes the token out of the path of a request that has one there, so that nothing after it sees or writes it. */
  takePathToken(request: IncomingMessage): void;
  /** Whether the one who asks may do this to every workflow. */
  permitsAll(request: IncomingMessage, scope: Scope): boolean;
  /** The one who asks, with no grants when nothing says who that is. */
  identify(request: IncomingMessage): Caller;
  /** The token of a secret that was typed in; notes a wrong one as a failure, and throws when there were too many. */
  signIn(request: IncomingMessage, secret: string): Token | null;
  /** Notes a link of a message that is none of ours, like a wrong secret; gives the problem to answer with when there were too many. */
  noteForged(request: IncomingMessage): HttpProblem | null;
}

export interface GuardOptions {
  /** The tokens at this moment. */
  readonly tokens: () => readonly Token[];
  /** What a caller without a token may do; null when a token is needed. */
  readonly open: readonly Grant[] | null;
  readonly proxies: TrustedProxies;
  /** The header in which trusted proxies name a user, in lower case, and what such users may do; null when they do not. */
  readonly identityHeader: { readonly name: string; readonly grants: readonly Grant[] } | null;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly publicUrl: string | null;
  readonly elapsed: () => number;
  readonly log: Log;
  /** Called with every wrong credential, and how it was sent. */
  readonly onFailure: (by: CredentialForm) => void;
}

/** How a secret is sent. */
type CredentialForm = 'bearer' | 'basic' | 'form' | 'path' | 'link';

interface Found {
  readonly caller: Caller;
  /** A browser sends it by itself, also with what another page makes it send. */
  readonly ambient: boolean;
}

export function createGuard(options: GuardOptions): Guard {
  const { tokens, open, proxies, identityHeader, sessions, publicUrl, log } = options;
  const failures = createFailureLimit(options.elapsed);
  const lineOf = createLineLimit(options.elapsed);
  /** The token that stood in the path of a request; null: a wrong one. */
  const inPaths = new WeakMap<IncomingMessage, { readonly token: Token | null } & Pick<PathToken, 'scope'>>();
  /** Requests without one, unless what is taken for a workflow was to be one. */
  const maybeInPath = new WeakSet<IncomingMessage>();
  let known: { readonly from: readonly Token[]; readonly digests: readonly Buffer[] } = {
    from: [],
    digests: [],
  };

  function tokenOf(secret: string): Token | null {
    const from = tokens();
    if (from !== known.from) known = { from, digests: from.map(({ digest }) => Buffer.from(digest, 'hex')) };
    const presented = createHash('sha256').update(secret).digest();
    let found: Token | null = null;
    // All are compared, equal or not, so that the time taken says nothing about which one came close.
    for (const [index, digest] of known.digests.entries()) {
      if (timingSafeEqual(digest, presented)) found = from[index]!;
    }
    return found;
  }

  /**
   * Notes a wrong secret, and gives the `HttpProblem` when there were too many. A right one is let through at any time, so that no
   * stranger can lock anyone out.
   */
  function failed(address: string, by: CredentialForm): HttpProblem | null {
    options.onFailure(by);
    const omitted = lineOf(address);
    if (omitted !== null) log.warn({ address, by, omitted }, 'a token or link was sent that is not known');
    const wait = failures.note(address);
    if (wait === null) return null;
    return new HttpProblem('too-many-failures', `Too many unknown tokens or links came from ${address}.`, {
      'Retry-After': String(wait),
      Connection: 'close',
    });
  }

  function find(request: IncomingMessage): Found | HttpProblem | null {
    const address = addressOf(request, proxies);
    const inPath = inPaths.get(request);
    if (inPath !== undefined)
      return inPath.token === null ? failed(address, 'path') : fromPath(inPath.token, inPath.scope, address);
    const presented = presentedSecret(request.headers.authorization);
    if (presented && open === null) {
      const token = tokenOf(presented.secret);
      if (token) return { caller: { ...callerOf(token), address }, ambient: presented.by === 'basic' };
      return failed(address, presented.by);
    }
    const cookie = sessionCookie(request);
    const signedIn = cookie === null ? null : sessions.find(cookie);
    if (signedIn) return { caller: { ...callerOf(signedIn), address }, ambient: true };
    const user = identityHeader && proxies.trusts(peerOf(request)) && request.headers[identityHeader.name];
    if (typeof user === 'string' && /^[^\p{Cc}]{1,200}$/u.test(user)) {
      return { caller: { name: `proxy:${user}`, address, grants: identityHeader!.grants }, ambient: true };
    }
    if (open === null) return maybeInPath.has(request) ? failed(address, 'path') : null;
    return { caller: { name: null, address, grants: open }, ambient: true };
  }

  /** A URL is written into logs and histories that we know nothing of, so a token in one must not be worth much. */
  function fromPath(token: Token, only: PathToken['scope'], address: string): Found | HttpProblem {
    if (token.grants.every(({ scope }) => scope === only))
      return { caller: { ...callerOf(token), address }, ambient: false };
    return new HttpProblem(
      'forbidden',
      `A token in this URL may have the scope ${only} and no other; this one has more. Send it as Authorization: Bearer, or make one for this.`,
    );
  }

  /** Never throws: what needs no token is answered, whatever token comes along. */
  function identify(request: IncomingMessage): Caller {
    const found = find(request);
    return found === null || found instanceof HttpProblem
      ? { name: null, address: addressOf(request, proxies), grants: [] }
      : found.caller;
  }

  return {
    closed: open === null,
    takePathToken(request) {
      const found = pathToken(request.url!);
      if (!found) return;
      const token = open === null ? tokenOf(found.secret) : null;
      if (!token && !found.certain) {
        maybeInPath.add(request);
        return;
      }
      request.url = found.rest;
      // Without tokens none is asked for, here as elsewhere.
      if (open === null) inPaths.set(request, { token, scope: found.scope });
    },
    demand(request, scope, changes = false) {
      const found = find(request);
      if (found instanceof HttpProblem) throw found;
      if (!found) {
        throw new HttpProblem('unauthenticated', 'Send Authorization: Bearer <token> with a known token.', {
          'WWW-Authenticate': 'Bearer realm="burnwatch"',
        });
      }
      if (!maySome(found.caller, scope)) {
        const scoped =
          open === null
            ? `a token with the scope ${scope}`
            : `a token; without tokens nobody has the scope ${scope} here`;
        throw new HttpProblem('forbidden', `This needs ${scoped}.`);
      }
      if (found.ambient) demandSameOrigin(request, publicUrl, changes);
      return found.caller;
    },
    permitsAll(request, scope) {
      return mayAll(identify(request), scope);
    },
    identify,
    noteForged: (request) => failed(addressOf(request, proxies), 'link'),
    signIn(request, secret) {
      demandSameOrigin(request, publicUrl);
      const token = tokenOf(secret);
      const problem = token ? null : failed(addressOf(request, proxies), 'form');
      if (problem) throw problem;
      return token;
    },
  };
}

function callerOf({ name, grants }: Token): Pick<Caller, 'name' | 'grants'> {
  return { name, grants };
}

/**
 * Refuses what another site's page makes a browser send with credentials that it adds by itself. Browsers say where a request
 * that changes something comes from; what says nothing is no browser, unless it came with a cookie.
 */
export function demandSameOrigin(request: IncomingMessage, publicUrl: string | null, changes = false): void {
  if (!changes && (request.method === 'GET' || request.method === 'HEAD')) return;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const own = [host, publicUrl === null ? undefined : new URL(publicUrl).host];
  const same =
    origin === undefined
      ? (site === undefined || site === 'same-origin' || site === 'none') &&
        !(site === undefined && sessionCookie(request))
      : URL.canParse(origin) && own.includes(new URL(origin).host);
  if (!same) {
    throw new HttpProblem(
      'cross-origin',
      'A page of another origin sent this; Burnwatch only takes it from its own pages, and from programs with a Bearer token.',
    );
  }
}

/** The token of a Bearer header, or the password of a Basic one. */
function presentedSecret(
  header: string | undefined,
): { readonly by: 'bearer' | 'basic'; readonly secret: string } | null {
  const match = /^(bearer|basic) +(\S+) *$/i.exec(header ?? '');
  if (!match) return null;
  const [, scheme = '', credentials = ''] = match;
  if (scheme.toLowerCase() === 'bearer') return { by: 'bearer', secret: credentials };
  const decoded = Buffer.from(credentials, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon === -1 ? null : { by: 'basic', secret: decoded.slice(colon + 1) };
}
