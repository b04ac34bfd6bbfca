import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** An authority and a certificate it signed, for this machine and `mail.example.com`, as files and as PEM. */
export interface Certificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and a certificate that is good for a day; two calls give two authorities. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-tls-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const ca = ['-keyout', file('ca.key'), '-out', file('ca.pem'), '-subj', '/CN=Test authority'];
  await openssl('req', '-x509', ...newKey, ...ca);
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-subj',
    '/CN=test',
    '-keyout',
    file('cert.key'),
    '-out',
    file('cert.pem'),
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:mail.example.com',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  );
  const [caPem, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'cert.key'].map((name) => readFile(file(name), 'utf8')),
  );
  return {
    caFile: file('ca.pem'),
    certFile: file('cert.pem'),
    keyFile: file('cert.key'),
    ca: caPem!,
    cert: cert!,
    key: key!,
  };
}
