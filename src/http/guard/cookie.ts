import type { IncomingMessage } from 'node:http';
import { SESSION_LIFE } from './sessions.ts';

/** With the prefix, browsers take it over TLS only, and from no other host of the domain. */
const SECURE_NAME = '__Host-burnwatch';
const PLAIN_NAME = 'burnwatch';

/** The value of the cookie that says who is signed in; null without one. */
export function sessionCookie({ headers }: Pick<IncomingMessage, 'headers'>): string | null {
  const cookies = (headers.cookie ?? '').split(';').map((part) => part.trim());
  for (const name of [SECURE_NAME, PLAIN_NAME]) {
    const found = cookies.find((cookie) => cookie.startsWith(`${name}=`));
    if (found) return found.slice(name.length + 1);
  }
  return null;
}

/** The header that signs a browser in; an empty value signs it out. */
export function setCookie(value: string, secure: boolean): string {
  const name = secure ? SECURE_NAME : PLAIN_NAME;
  const age = value === '' ? 0 : Math.floor(SESSION_LIFE / 1000);
  return `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
