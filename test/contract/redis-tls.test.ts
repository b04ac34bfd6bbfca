import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/core/ports/store/store.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { memoryLog } from '../support/memory-log.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

let certificates: Certificates;
let redis: RedisServer;
let url: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  certificates = await makeCertificates();
  const port = await freePort();
  redis = await startRedis([
    '--tls-port',
    String(port),
    '--tls-auth-clients',
    'yes',
    '--tls-ca-cert-file',
    certificates.caFile,
    '--tls-cert-file',
    certificates.certFile,
    '--tls-key-file',
    certificates.keyFile,
  ]);
  url = `rediss://127.0.0.1:${port}`;
});
afterAll(() => redis.stop());

const open = (tls: { ca: string | null; cert: string | null; key: string | null }) =>
  openRedisStore({ url, tls, partitions: null, log: memoryLog(), waitReplicas: 0, commandTimeoutMs: 1000 });

describe('Redis over TLS', () => {
  it('is used with an authority of its own and the certificate that it asks for', async () => {
    const { ca, cert, key } = certificates;
    const store = await open({ ca, cert, key });
    await store.ping();
    expect(await store.identity()).toMatch(/^[0-9a-f-]{36}$/);
    await store.close();
  });

  it('is not used when its certificate is signed by another authority, or none is known', async () => {
    const { cert, key } = certificates;
    const other = await makeCertificates();
    for (const ca of [null, other.ca]) {
      await expect(open({ ca, cert, key })).rejects.toThrow(/certificate/);
    }
  });

  it('refuses a client without a certificate', async () => {
    await expect(open({ ca: certificates.ca, cert: null, key: null })).rejects.toBeInstanceOf(
      StoreUnavailable,
    );
  });
});
