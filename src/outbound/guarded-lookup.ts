import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { type LookupFunction } from 'node:net';
import { type Reach, reachOf } from './addresses.ts';

/** A connection that the rules for outbound connections forbid; its message may be shown. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
  readonly code = 'EFORBIDDEN';
}

/** Resolves a name to addresses; stands in for DNS in tests. */
export type Resolve = (
  host: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

const resolveByDns: Resolve = (host, options, callback) => lookup(host, { ...options, all: true }, callback);

/**
 * Looks up names for `net.connect` and hands over only addresses of the allowed kinds, so that the address that was looked at
 * is the one that is connected to, whatever DNS says the next time. Answers with `ForbiddenAddress` when none is left.
 */
export function guardedLookup(allowed: readonly Reach[], resolve: Resolve = resolveByDns): LookupFunction {
  return (host, options, callback) => {
    resolve(host, options, (error, addresses) => {
      const usable = error ? [] : addresses.filter(({ address }) => allowed.includes(reachOf(address)));
      const [first] = usable;
      if (error) callback(error, []);
      else if (!first)
        callback(
          new ForbiddenAddress(
            forbidden(
              addresses.map(({ address }) => address),
              allowed,
            ),
          ),
          [],
        );
      else if (options.all) callback(null, [...usable]);
      else callback(null, first.address, first.family);
    });
  };
}

/** Throws `ForbiddenAddress` for an address, as a URL writes it, that is not of an allowed kind; of a name nothing is known. */
export function checkLiteral(host: string, allowed: readonly Reach[]): void {
  const bare = host.replace(/^\[|\]$/g, '');
  const literal = /^[\d.]+$/.test(bare) || bare.includes(':');
  if (literal && !allowed.includes(reachOf(bare))) throw new ForbiddenAddress(forbidden([bare], allowed));
}

function forbidden(addresses: readonly string[], allowed: readonly Reach[]): string {
  if (addresses.every((address) => reachOf(address) === 'never')) {
    return 'its address is link-local, of a metadata service or of no host';
  }
  const where = allowed.includes('private') ? 'this machine and private addresses' : 'this machine';
  return `plain http goes only to ${where}; use https, or see BURNWATCH_ALLOW_HTTP_TARGETS`;
}
