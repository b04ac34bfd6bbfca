import type { Grant } from '../core/ports/token.ts';
import type { TlsCredentials } from '../core/ports/outbound.ts';
import { readGrants } from '../token-text.ts';
import type { SettingReader } from './setting-reader.ts';
import type { StoreLocation } from './store-settings.ts';
import { REDIS_URL } from './store-settings.ts';

/** The streams that are read, all from one Redis. */
export interface StreamSettings {
  readonly url: string;
  readonly tls: TlsCredentials;
  readonly group: string;
  readonly streams: readonly {
    readonly name: string;
    /** What may be reported through it. */
    readonly grants: readonly Grant[];
  }[];
}

const MAX_STREAMS = 16;
/** With one hash tag at most. Keys that begin with `bw:` are the store's. */
const STREAM = /^(?!bw:)(?=.{1,128}$)[\w.:/-]*(\{[\w.:/-]+\})?[\w.:/-]*$/;
const GROUP = /^[\w.:/-]{1,64}$/;

/** Null when no stream is to be read. */
export function readStreams(
  reader: SettingReader,
  store: StoreLocation,
  tls: TlsCredentials,
): StreamSettings | null {
  const entries = reader
    .text('STREAM')
    .split(/[\s,]+/)
    .filter(Boolean);
  const streams = entries.map((entry) => {
    const [name = '', pattern, ...more] = entry.split('@');
    const grants = readGrants(pattern === undefined ? 'ingest' : `ingest@${pattern}`);
    return STREAM.test(name) && grants && more.length === 0 ? { name, grants } : null;
  });
  const names = new Set(streams.map((stream) => stream?.name));
  if (streams.includes(null) || names.size < streams.length || streams.length > MAX_STREAMS) {
    reader.problem(
      'STREAM',
      `at most ${MAX_STREAMS} different names of streams, each of A-Z a-z 0-9 _ . : / - and at most one {tag}, not beginning with bw:, and each with @pattern if it is for some workflows only, such as outcomes@nightly-*`,
    );
  }
  const group = reader.text('STREAM_GROUP');
  if (!GROUP.test(group)) reader.problem('STREAM_GROUP', '1 to 64 characters of A-Z a-z 0-9 _ . : / -');
  const own = reader.text('STREAM_REDIS');
  if (own !== '' && !REDIS_URL.test(own))
    reader.problem('STREAM_REDIS', 'redis://, rediss://, redis+cluster:// or redis+sentinel://');
  if (entries.length === 0) return null;
  if (own === '' && store.kind !== 'redis') {
    reader.problem(
      'STREAM_REDIS',
      'the address of the Redis of BURNWATCH_STREAM, since the store is not in one',
    );
    return null;
  }
  const url = own === '' && store.kind === 'redis' ? store.url : own;
  return { url, tls, group, streams: streams.filter((stream) => stream !== null) };
}
