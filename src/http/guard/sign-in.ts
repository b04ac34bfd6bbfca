import type { IncomingMessage } from 'node:http';
import type { Caller, Token } from '../../core/ports/token.ts';
import type { Guard } from './auth.ts';
import { demandSameOrigin } from './auth.ts';
import type { TrustedProxies } from './client-address.ts';
import { addressOf, cameByTls } from './client-address.ts';
import { sessionCookie, setCookie } from './cookie.ts';
import { hostNameOf, isLoopbackName } from './host-check.ts';
import type { Sessions } from './sessions.ts';

/** How people sign in with a browser. */
export interface SignIn {
  /** Whether anybody has to. */
  readonly needed: boolean;
  /** To be awaited before the guard looks at a request that may come from a browser. Never rejects. */
  prepare(request: IncomingMessage): Promise<void>;
  /** Whether the browser would keep a cookie: it came over TLS, or stays on this machine. */
  possible(request: IncomingMessage): boolean;
  /** The `Set-Cookie` header of a new session and whose it is; null when the secret is of no token. */
  begin(request: IncomingMessage, secret: string): Promise<Begun | null>;
  /** Ends the session of a request and gives the `Set-Cookie` header that removes the cookie. */
  end(request: IncomingMessage): Promise<string>;
  /** Whether the request comes with a cookie that is good. */
  isSignedIn(request: IncomingMessage): boolean;
}

interface Begun {
  readonly cookie: string;
  readonly caller: Caller;
}

export interface SignInOptions {
  readonly guard: Guard;
  readonly sessions: Sessions;
  readonly proxies: TrustedProxies;
  readonly publicUrl: string | null;
}

export function createSignIn({ guard, sessions, proxies, publicUrl }: SignInOptions): SignIn {
  const isSecure = (request: IncomingMessage) => cameByTls(request, proxies, publicUrl);

  return {
    needed: guard.closed,
    async prepare(request) {
      if (sessionCookie(request) === null) return;
      // While the store is away, what was read before goes on.
      await sessions.prepare().catch(() => {});
    },
    possible(request) {
      const name = hostNameOf(request.headers.host ?? '');
      return isSecure(request) || (name !== null && isLoopbackName(name));
    },
    async begin(request, secret) {
      const token: Token | null = guard.signIn(request, secret);
      if (!token) return null;
      await sessions.prepare();
      const { name, grants } = token;
      return {
        cookie: setCookie(sessions.begin(token), isSecure(request)),
        caller: { name, grants, address: addressOf(request, proxies) },
      };
    },
    async end(request) {
      demandSameOrigin(request, publicUrl);
      const value = sessionCookie(request);
      if (value !== null) await sessions.end(value);
      return setCookie('', isSecure(request));
    },
    isSignedIn(request) {
      const value = sessionCookie(request);
      return value !== null && sessions.find(value) !== null;
    },
  };
}
