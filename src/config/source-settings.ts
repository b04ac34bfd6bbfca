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

/** Names that may each have a pattern of workflows, as `outcomes@nightly-*`; null when one of them cannot be, or is there twice. */
export function readNamesWithGrants(
  text: string,
  legal: RegExp,
): readonly { readonly name: string; readonly grants: readonly Grant[] }[] | null {
  const entries = text.split(/[\s,]+/).filter(Boolean);
  const read = entries.flatMap((entry) => {
    const [name = '', pattern, ...more] = entry.split('@');
    const grants = readGrants(pattern === undefined ? 'ingest' : `ingest@${pattern}`);
    return legal.test(name) && grants && more.length === 0 ? [{ name, grants }] : [];
  });
  const names = new Set(read.map(({ name }) => name));
  return names.size === entries.length ? read : null;
}

/** Null when no stream is to be read. */
export function readStreams(
  reader: SettingReader,
  store: StoreLocation,
  tls: TlsCredentials,
): StreamSettings | null {
  const streams = readNamesWithGrants(reader.text('STREAM'), STREAM);
  if (!streams || streams.length > MAX_STREAMS) {
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
  if (streams?.length === 0) return null;
  if (own === '' && store.kind !== 'redis') {
    reader.problem(
      'STREAM_REDIS',
      'the address of the Redis of BURNWATCH_STREAM, since the store is not in one',
    );
    return null;
  }
  const url = own === '' && store.kind === 'redis' ? store.url : own;
  return { url, tls, group, streams: streams ?? [] };
}
