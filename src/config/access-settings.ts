import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Grant, Token } from '../core/ports/token.ts';
import { ALL_GRANTS, OPEN_GRANTS } from '../core/ports/token.ts';
import { readTokenFile } from '../token-file.ts';
import { readGrants, readTokens, weakness } from '../token-text.ts';
import type { SettingReader } from './setting-reader.ts';

/** Whether a service that listens there can be reached from its own machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

export function readProxies(reader: SettingReader): readonly string[] {
  const networks = reader
    .text('TRUSTED_PROXIES')
    .split(/[\s,]+/)
    .filter(Boolean);
  const isNetwork = (text: string) => {
    const [address = '', bits, ...more] = text.split('/');
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return (
      more.length === 0 &&
      most > 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
    );
  };
  if (networks.every(isNetwork)) return networks;
  reader.problem('TRUSTED_PROXIES', 'addresses or networks such as 10.0.0.7,10.1.0.0/16');
  return [];
}

/** They go into a header of answers, so only what is an origin does. */
export function readFrameAncestors(reader: SettingReader): readonly string[] {
  const origins = reader
    .text('FRAME_ANCESTORS')
    .split(/[\s,]+/)
    .filter(Boolean);
  const isOrigin = (text: string) =>
    /^https?:\/\/[a-z0-9.:[\]-]+$/i.test(text) &&
    URL.canParse(text) &&
    new URL(text).origin === text.toLowerCase();
  if (origins.every(isOrigin)) return origins;
  reader.problem('FRAME_ANCESTORS', 'origins such as https://wiki.example.com, without a path');
  return [];
}

export function readIdentityHeader(
  reader: SettingReader,
  proxies: readonly string[],
): { readonly name: string; readonly grants: readonly Grant[] } | null {
  const name = reader.text('IDENTITY_HEADER').toLowerCase();
  const grants = readGrants(reader.text('IDENTITY_SCOPES'));
  if (!grants) reader.problem('IDENTITY_SCOPES', 'scopes as a token has, such as read+respond');
  if (name === '') return null;
  if (!/^[a-z0-9-]{1,64}$/.test(name) || ['authorization', 'cookie', 'host'].includes(name))
    reader.problem('IDENTITY_HEADER', 'the name of a header such as X-Forwarded-User');
  else if (proxies.length === 0)
    reader.problem(
      'IDENTITY_HEADER',
      'to be set together with BURNWATCH_TRUSTED_PROXIES: from any other address everyone could write it',
    );
  return { name, grants: grants ?? [] };
}

export function readConfiguredTokens(
  reader: SettingReader,
  problems: string[],
  warnings: string[],
): readonly Token[] {
  const inline = reader.text('TOKENS');
  const file = reader.text('TOKENS_FILE');
  if (inline && file)
    problems.push('BURNWATCH_TOKENS and BURNWATCH_TOKENS_FILE are both set; use one of them.');
  const source = reader.origin(file ? 'TOKENS_FILE' : 'TOKENS');
  try {
    const read = file ? readTokenFile(file, source) : readTokens(inline, source);
    problems.push(...read.problems);
    warnings.push(...read.warnings);
    return read.tokens;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problems.push(`${source} is ${JSON.stringify(file)}, which cannot be read (${reason}).`);
    return [];
  }
}

/** Who may do what without a token, and whom to believe where a request comes from. */
export function accessRules<Header>(config: {
  readonly host: string;
  readonly tokens: readonly Token[];
  readonly trustedProxies: readonly string[];
  readonly identityHeader: Header | null;
}) {
  const { trustedProxies, identityHeader } = config;
  const loopback = isLoopbackHost(config.host);
  const open = loopback ? ALL_GRANTS : OPEN_GRANTS;
  const closed = config.tokens.length > 0 || identityHeader !== null;
  return { open: closed ? null : open, loopback, trustedProxies, identityHeader };
}

/** What signs the links of messages, and what signed them before; empty when none is set. No problem quotes any of it. */
export function readLinkSecrets(
  reader: SettingReader,
  problems: string[],
  warnings: string[],
): readonly string[] {
  const inline = reader.text('LINK_SECRET');
  const file = reader.text('LINK_SECRET_FILE');
  if (inline && file)
    problems.push('BURNWATCH_LINK_SECRET and BURNWATCH_LINK_SECRET_FILE are both set; use one of them.');
  if (!inline && !file) return [];
  const source = reader.origin(file ? 'LINK_SECRET_FILE' : 'LINK_SECRET');
  const text = file ? readSecretFile(file, source, problems) : inline;
  if (text === null) return [];
  const secrets = text.split(/[\s,]+/).filter((secret) => secret !== '');
  if (secrets.length === 0) problems.push(`${source} has no secret in it.`);
  for (const [index, secret] of secrets.entries()) {
    const weak = weakness(secret);
    const which = secrets.length > 1 ? `: secret ${index + 1}` : '';
    if (weak !== null) problems.push(`${source}${which} ${weak}`);
  }
  if (reader.text('PUBLIC_URL') === '')
    warnings.push(
      `${source} is set and BURNWATCH_PUBLIC_URL is not, so that messages have no links to acknowledge and silence: nothing says where they would lead.`,
    );
  return secrets;
}

function readSecretFile(file: string, source: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problems.push(`${source} is ${JSON.stringify(file)}, which cannot be read (${reason}).`);
    return null;
  }
}
