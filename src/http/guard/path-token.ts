/** A secret that a path may hold, and the address without it. */
export interface PathToken {
  readonly secret: string;
  /** It can be nothing else; if not, it may as well be the name of a workflow. */
  readonly certain: boolean;
  readonly rest: string;
  /** What its token must be for, and for nothing else. */
  readonly scope: 'ingest' | 'embed';
}

const PING = '/v1/ping/';
const EMBED = '/embed/';

/** The token of `/v1/ping/{token}/{workflow}[/{execution}]/{verb}` or of `/embed/{token}/…`, any path; null where there can be none. */
export function pathToken(url: string): PathToken | null {
  if (url.startsWith(EMBED)) return embedToken(url.slice(EMBED.length));
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
      scope: 'ingest',
    };
  } catch {
    return null;
  }
}

/** What an image or an iframe of another page is fetched by, which sends no header. */
function embedToken(after: string): PathToken | null {
  const end = after.indexOf('/');
  if (end < 1 || after.slice(0, end).includes('?')) return null;
  try {
    return {
      secret: decodeURIComponent(after.slice(0, end)),
      certain: true,
      rest: after.slice(end),
      scope: 'embed',
    };
  } catch {
    return null;
  }
}
