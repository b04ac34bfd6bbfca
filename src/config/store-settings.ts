import type { TlsCredentials } from '../core/ports/outbound.ts';
import type { SettingReader } from './setting-reader.ts';
import { readPem } from './setting-reader.ts';

export type StoreLocation =
  | { readonly kind: 'redis'; readonly url: string; readonly tls: TlsCredentials }
  | { readonly kind: 'embedded'; readonly folder: string };

export const REDIS_URL = /^rediss?(\+cluster|\+sentinel)?:\/\//;

/** What is read for `rediss://`, of the store and of streams. */
export function readRedisTls(reader: SettingReader): TlsCredentials {
  const tls = {
    ca: readPem(reader, 'REDIS_CA'),
    cert: readPem(reader, 'REDIS_CERT'),
    key: readPem(reader, 'REDIS_KEY'),
  };
  if ((reader.text('REDIS_CERT') === '') !== (reader.text('REDIS_KEY') === ''))
    reader.problem('REDIS_CERT', 'a certificate together with its key in BURNWATCH_REDIS_KEY');
  const isSet = tls.ca !== null || tls.cert !== null;
  const urls = [reader.text('STORE'), reader.text('STREAM_REDIS')];
  if (isSet && !urls.some((url) => /^rediss(\+|:)/.test(url)))
    reader.problem('STORE', 'rediss:// where BURNWATCH_REDIS_CA or _CERT is set');
  return tls;
}

export function readStore(reader: SettingReader, tls: TlsCredentials): StoreLocation {
  const text = reader.text('STORE');
  if (REDIS_URL.test(text)) return { kind: 'redis', url: text, tls };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    reader.problem('STORE', 'redis://, rediss://, redis+cluster://, redis+sentinel:// or a folder');
  }
  return { kind: 'embedded', folder: text };
}
