import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/core/ports/store/store.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { memoryLog } from '../support/memory-log.ts';
import { type RedisServer, startRedis, startSentinel } from '../support/redis.ts';
import { until } from '../support/until.ts';

let certificates: Certificates;
let redis: RedisServer;
let url: string;
let tlsPort: number;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function tlsOptions(port: number): string[] {
  const { caFile, certFile, keyFile } = certificates;
  const files = ['--tls-ca-cert-file', caFile, '--tls-cert-file', certFile, '--tls-key-file', keyFile];
  return ['--tls-port', String(port), '--tls-auth-clients', 'yes', ...files];
}

beforeAll(async () => {
  certificates = await makeCertificates();
  tlsPort = await freePort();
  redis = await startRedis(tlsOptions(tlsPort));
  url = `rediss://127.0.0.1:${tlsPort}`;
});
afterAll(() => redis.stop());

const open = (tls: { ca: string | null; cert: string | null; key: string | null }, at = url) =>
  openRedisStore({
    url: at,
    tls,
    partitions: null,
    log: memoryLog(),
    waitReplicas: 0,
    commandTimeoutMs: 1000,
  });

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

  it('is found by sentinels that speak nothing else', async () => {
    const port = await freePort();
    const options = [...tlsOptions(port), '--tls-replication', 'yes'];
    const sentinel = await startSentinel({ port: tlsPort }, options);
    try {
      const { ca, cert, key } = certificates;
      const store = await until('the sentinel to know its master', () =>
        open({ ca, cert, key }, `rediss+sentinel://127.0.0.1:${port}/main`),
      );
      expect(await store.identity()).toMatch(/^[0-9a-f-]{36}$/);
      await store.close();
      await expect(
        open({ ca: null, cert, key }, `rediss+sentinel://127.0.0.1:${port}/main`),
      ).rejects.toBeInstanceOf(StoreUnavailable);
    } finally {
      await sentinel.stop();
    }
  });
});
