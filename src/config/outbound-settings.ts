import type { MailServer, OutboundRules } from '../core/ports/outbound.ts';
import type { SettingReader } from './setting-reader.ts';
import { readPem } from './setting-reader.ts';

const HTTP_TARGETS = new Map<string, OutboundRules['http']>([
  ['false', 'never'],
  ['loopback', 'loopback'],
  ['true', 'private'],
]);

export function readOutbound(reader: SettingReader): OutboundRules {
  const http = HTTP_TARGETS.get(reader.text('ALLOW_HTTP_TARGETS'));
  if (!http) reader.problem('ALLOW_HTTP_TARGETS', 'false, loopback or true');
  const hosts = reader
    .text('TARGET_HOSTS')
    .split(/[\s,]+/)
    .filter(Boolean);
  if (!hosts.every((pattern) => /^[\w.*:[\]-]{1,253}$/.test(pattern))) {
    reader.problem(
      'TARGET_HOSTS',
      'names of hosts with * for any characters, such as hooks.slack.com *.example.com',
    );
  }
  return { http: http ?? 'never', hosts: hosts.length === 0 ? null : hosts };
}

export function readMailServer(reader: SettingReader): MailServer | null {
  const url = readSmtpUrl(reader);
  const plainLogin = reader.choice('SMTP_PLAIN_LOGIN', ['true', 'false'], 'true');
  const ca = readPem(reader, 'SMTP_CA');
  return url === null ? null : { url, plainLogin, ca };
}

function readSmtpUrl(reader: SettingReader): string | null {
  const text = reader.text('SMTP_URL');
  const parsed = URL.canParse(text) ? new URL(text) : null;
  // A # or / in a password ends what is taken for the host, before the @ that ends the password.
  const isCut = !parsed || /@/.test(parsed.pathname + parsed.search + parsed.hash);
  if (!/^smtps?:\/\/[^\s]*@/i.test(text) || !isCut) return reader.url('SMTP_URL', ['smtp:', 'smtps:']);
  reader.problem(
    'SMTP_URL',
    'smtp://user:password@host:port with what is special in user and password percent-encoded: / as %2F, # as %23, ? as %3F, @ as %40, % as %25',
  );
  return null;
}
