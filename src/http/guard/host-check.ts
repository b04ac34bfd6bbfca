import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { HttpProblem } from '../answers/problems.ts';

/** Names under which no stranger can put an address into the public DNS (RFC 6761, 6762, 8375, ICANN's .internal). */
const PRIVATE_NAMES = /(^|\.)(localhost|local|internal|home\.arpa|test|lan|svc)$/;

/**
 * Says whether a request names a host that this service can be. Without tokens the browser of a person who may reach
 * the service is all that keeps strangers out, and a page of theirs gets around it by pointing its own name at
 * the service's address (DNS rebinding). Such a request has that name in its Host header. Gives the problem to answer
 * with, or null when all is well.
 */
export function createHostCheck(options: {
  /** Whether requests need tokens, which a stranger's page does not have. */
  readonly tokens: boolean;
  /** Whether the service listens on a loopback address, where only loopback names can be meant. */
  readonly loopback: boolean;
  readonly publicUrl: string | null;
}): (request: Pick<IncomingMessage, 'headers'>) => HttpProblem | null {
  if (options.tokens) return () => null;
  const publicName = options.publicUrl === null ? null : new URL(options.publicUrl).hostname;
  const isOwn = options.loopback ? isLoopbackName : isOwnName;
  let lastGood: string | null = null;

  return ({ headers: { host } }) => {
    // Browsers always send it; what does not is no browser.
    if (host === undefined || host === lastGood) return null;
    const name = hostNameOf(host);
    if (name !== null && (name === publicName || isOwn(name))) {
      lastGood = host;
      return null;
    }
    return new HttpProblem(
      'misdirected-host',
      `Without tokens only ${options.loopback ? 'localhost, its addresses' : 'localhost, IP addresses, names of a private network'} and the host of BURNWATCH_PUBLIC_URL are answered; set that, or BURNWATCH_TOKENS.`,
    );
  };
}

/** The name in a Host header, without its port and in lower case; null when it is none. */
export function hostNameOf(host: string): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/@]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '') ?? null;
}

/** An address needs no DNS, and a name without a dot none that strangers could write to. */
function isOwnName(name: string): boolean {
  return (
    isIP(name) !== 0 || !name.includes('.') || PRIVATE_NAMES.test(name) || name.endsWith('.svc.cluster.local')
  );
}

/** Whether a name, as `hostNameOf` gives it, always leads to this very machine (RFC 6761). */
export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  );
}
