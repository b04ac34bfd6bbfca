import { SERVICE_ITSELF } from '../../src/core/ports/token.ts';
import type { Caller, Token } from '../../src/core/ports/token.ts';
import { digestOf, readGrants } from '../../src/token-text.ts';

/** A token, with its scopes as they are written in `BURNWATCH_TOKENS`; short secrets are no problem here. */
export function token(name: string, scopes: string, secret: string): Token {
  return { name, digest: digestOf(secret), grants: readGrants(scopes)! };
}

/** One who may do what these scopes say. */
export function callerWith(scopes: string, name: string | null = 'tester'): Caller {
  return { name, address: '192.0.2.1', grants: readGrants(scopes)! };
}

/** One who may do everything. */
export const ANYONE: Caller = SERVICE_ITSELF;
