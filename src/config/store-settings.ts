import type { TlsCredentials } from '../core/ports/outbound.ts';
import type { SettingReader } from './setting-reader.ts';
import { readPem } from './setting-reader.ts';

export type StoreLocation =
  | { readonly kind: 'redis'; readonly url: string; readonly tls: TlsCredentials }
  | { readonly kind: 'embedded'; readonly folder: string };

const REDIS_URL = /^rediss?(\+cluster|\+sentinel)?:\/\//;

export function readStore(reader: SettingReader): StoreLocation {
  const text = reader.text('STORE');
  const tls = {
    ca: readPem(reader, 'REDIS_CA'),
    cert: readPem(reader, 'REDIS_CERT'),
    key: readPem(reader, 'REDIS_KEY'),
  };
  if ((reader.text('REDIS_CERT') === '') !== (reader.text('REDIS_KEY') === ''))
    reader.problem('REDIS_CERT', 'a certificate together with its key in BURNWATCH_REDIS_KEY');
  const isSet = tls.ca !== null || tls.cert !== null;
  if (isSet && !/^rediss(\+|:)/.test(text))
    reader.problem('STORE', 'rediss:// where BURNWATCH_REDIS_CA or _CERT is set');
  if (REDIS_URL.test(text)) return { kind: 'redis', url: text, tls };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    reader.problem('STORE', 'redis://, rediss://, redis+cluster://, redis+sentinel:// or a folder');
  }
  return { kind: 'embedded', folder: text };
}
