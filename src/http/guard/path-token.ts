/** A secret that a path may hold, and the address without it. */
export interface PathToken {
  readonly secret: string;
  /** It can be nothing else; if not, it may as well be the name of a workflow. */
  readonly certain: boolean;
  readonly rest: string;
}

const PING = '/v1/ping/';

/** The token of `/v1/ping/{token}/{workflow}[/{execution}]/{verb}`; null where there can be none. */
export function pathToken(url: string): PathToken | null {
  if (!url.startsWith(PING)) return null;
  const end = url.indexOf('?');
  const [path, query] = end === -1 ? [url, ''] : [url.slice(0, end), url.slice(end)];
  const [first = '', ...rest] = path.slice(PING.length).split('/');
  if (first === '' || rest.length < 2 || rest.length > 3) return null;
  try {
    return {
      secret: decodeURIComponent(first),
      certain: rest.length === 3,
      rest: `${PING}${rest.join('/')}${query}`,
    };
  } catch {
    return null;
  }
}
