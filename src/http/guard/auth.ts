import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../answers/problems.ts';
import type { Scope, Token } from '../../core/ports/token.ts';

/** Decides who may do what. */
export interface Guard {
  /** Throws the `HttpProblem` to answer with unless the request carries a token of this scope. */
  demand(request: IncomingMessage, scope: Scope): void;
  /** Whether `demand` would let it through. */
  permits(request: IncomingMessage, scope: Scope): boolean;
}

/** Makes the guard for a set of tokens. Without tokens it lets everything through. */
export function createGuard(tokens: readonly Token[]): Guard {
  const known = tokens.map(({ secret, scopes }) => ({ digest: digest(secret), scopes }));

  function find(request: IncomingMessage): ReadonlySet<Scope> | null {
    const secret = presentedSecret(request.headers.authorization);
    if (secret === null) return null;
    const presented = digest(secret);
    let found: ReadonlySet<Scope> | null = null;
    // All are compared, equal or not, so that the time taken says nothing about which one came close.
    for (const { digest, scopes } of known) {
      if (timingSafeEqual(digest, presented)) found = scopes;
    }
    return found;
  }

  return {
    demand(request, scope) {
      if (known.length === 0) return;
      const scopes = find(request);
      if (!scopes) {
        throw new HttpProblem('unauthenticated', 'Send Authorization: Bearer <token> with a known token.', {
          'WWW-Authenticate': challenge(request.url ?? '/'),
        });
      }
      if (!includes(scopes, scope)) {
        throw new HttpProblem('forbidden', `This needs a token with the scope ${scope}.`);
      }
    },
    permits(request, scope) {
      if (known.length === 0) return true;
      const scopes = find(request);
      return scopes !== null && includes(scopes, scope);
    },
  };
}

function includes(scopes: ReadonlySet<Scope>, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has('admin');
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The token of a Bearer header, or the password of a Basic one, which is how browsers send it. */
function presentedSecret(header: string | undefined): string | null {
  const match = /^(bearer|basic) +(\S+) *$/i.exec(header ?? '');
  if (!match) return null;
  const [, scheme = '', credentials = ''] = match;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  const decoded = Buffer.from(credentials, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon === -1 ? null : decoded.slice(colon + 1);
}

/** Browsers ask for a password when they are offered Basic; programs that call the API must not see that. */
function challenge(url: string): string {
  return /^\/(v1\/|metrics)/.test(url)
    ? 'Bearer realm="burnwatch"'
    : 'Basic realm="burnwatch", charset="UTF-8"';
}
