/** Where a Redis is, as its URL says. */
export interface Address {
  readonly kind: 'standalone' | 'cluster' | 'sentinel';
  readonly tls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** One for a standalone server, else some nodes or sentinels to begin with. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** Database number; 0 in a cluster. */
  readonly database: number;
  /** What the sentinels call the master; null without sentinels. */
  readonly masterName: string | null;
}

const SHAPE =
  /^(rediss?)(?:\+(cluster|sentinel))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?#]+)(?:\/([^/?#]*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+)(?::(\d{1,5}))?$/;

/**
 * Reads `redis://[user:password@]host[:port][/database]`, `rediss://…` (TLS),
 * `redis+cluster://host:port,host:port` and `redis+sentinel://host:port,host:port/master-name`.
 * Throws an error that says what is wrong without repeating the URL, which may hold a password.
 */
export function parseAddress(url: string): Address {
  const match = SHAPE.exec(url);
  if (!match) {
    throw new Error(
      'The Redis URL is none of redis://host:port, rediss://host:port, redis+cluster://host:port,host:port and redis+sentinel://host:port,host:port/master-name.',
    );
  }
  const [, scheme, topology, username, password, hosts, path] = match;
  const kind = topology === 'cluster' || topology === 'sentinel' ? topology : 'standalone';
  const list = hosts!.split(',').map((text) => readHost(text, kind === 'sentinel' ? 26379 : 6379));
  if (kind === 'standalone' && list.length > 1) {
    throw new Error('A redis:// URL names one host; redis+cluster:// and redis+sentinel:// take several.');
  }
  if (kind === 'sentinel' && !path) {
    throw new Error(
      'A redis+sentinel:// URL ends in the name of the master, as in redis+sentinel://host:port/mymaster.',
    );
  }
  if (kind === 'cluster' && path) throw new Error('A Redis cluster has no database numbers.');
  if (kind === 'standalone' && path && !/^\d{1,4}$/.test(path)) {
    throw new Error('What follows the host of a redis:// URL is the number of a database.');
  }
  return {
    kind,
    tls: scheme === 'rediss',
    username: username ? decoded(username) : null,
    password: password ? decoded(password) : null,
    hosts: list,
    database: kind === 'standalone' && path ? Number(path) : 0,
    masterName: kind === 'sentinel' ? decoded(path!) : null,
  };
}

/** The hosts, for messages. */
export function describeAddress({ hosts }: Address): string {
  return hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
}

function readHost(text: string, defaultPort: number): { host: string; port: number } {
  const match = HOST.exec(text);
  const port = Number(match?.[2] ?? defaultPort);
  if (!match || port < 1 || port > 65535)
    throw new Error(`${JSON.stringify(text)} in the Redis URL is not host:port.`);
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(
      'The user, password or master name in the Redis URL is not percent-encoded as it should be.',
    );
  }
}
