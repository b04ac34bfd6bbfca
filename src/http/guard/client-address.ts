import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The proxies that are believed: their `X-Forwarded-For`, their `X-Forwarded-Proto` and the user they name. */
export interface TrustedProxies {
  trusts(address: string): boolean;
}

/** `networks` are addresses and networks such as `10.0.0.0/8`. Throws when one of them is neither. */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  // The usual case, on the way of every request.
  if (networks.length === 0) return { trusts: () => false };
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return {
    trusts(address) {
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

export type Heard = Pick<IncomingMessage, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** The address at the other end of the connection. */
export function peerOf({ socket }: Heard): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
}

/** Where a request came from: the peer, or what trusted proxies say, the latest of them first. */
export function addressOf(request: Heard, proxies: TrustedProxies): string {
  let address = peerOf(request);
  if (!proxies.trusts(address)) return address;
  const header = request.headers['x-forwarded-for'];
  const hops = String(header ?? '').split(',', 100);
  for (const hop of hops.toReversed()) {
    const named = hop.trim().replace(/^::ffff:/, '');
    // What is no address was not written by a proxy of ours.
    if (isIP(named) === 0) return address;
    address = named;
    if (!proxies.trusts(address)) return address;
  }
  return address;
}

/** Whether a person's browser spoke TLS, as far as can be known. */
export function cameByTls(request: Heard, proxies: TrustedProxies, publicUrl: string | null): boolean {
  if (publicUrl?.startsWith('https:')) return true;
  return proxies.trusts(peerOf(request)) && request.headers['x-forwarded-proto'] === 'https';
}
