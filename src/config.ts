import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { validate } from 'node-cron';
import { SETTINGS, flagOf } from './settings.ts';
import type { SettingName } from './settings.ts';
import { MAX_COUNT } from './core/outcomes/outcome.ts';
import { DAY, MINUTE, SECOND, parseDuration } from './core/time/duration.ts';
import type { MailServer, OutboundRules, TlsCredentials } from './core/ports/outbound.ts';
import type { References } from './core/ports/references.ts';
import type { Grant, Token } from './core/ports/token.ts';
import { readTokenFile } from './token-file.ts';
import { readGrants, readTokens } from './token-text.ts';

export type StoreLocation =
  | { readonly kind: 'redis'; readonly url: string; readonly tls: TlsCredentials }
  | { readonly kind: 'embedded'; readonly folder: string };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The whole configuration of the service, checked and complete. */
export interface Config {
  readonly store: StoreLocation;
  readonly slos: string;
  readonly references: References;
  readonly host: string;
  readonly port: number;
  readonly evaluate: string;
  /** Milliseconds. */
  readonly breakGrace: number;
  readonly tokens: readonly Token[];
  /** The file they are from, which may change; null when they are from the environment. */
  readonly tokensFile: string | null;
  /** Addresses and networks of the proxies in front that are believed. */
  readonly trustedProxies: readonly string[];
  /** The header in which they name a user, in lower case, and what such users may do; null: they do not. */
  readonly identityHeader: { readonly name: string; readonly grants: readonly Grant[] } | null;
  readonly publicUrl: string | null;
  readonly traceUrl: string | null;
  readonly mailServer: MailServer | null;
  readonly mailFrom: string;
  readonly heartbeatUrl: string | null;
  readonly outbound: OutboundRules;
  readonly partitions: number | null;
  readonly queueLimit: number;
  /** The most outcomes that one record of a workflow may stand for; the first pattern that fits counts. */
  readonly countLimits: readonly { readonly pattern: string; readonly most: number }[];
  readonly waitReplicas: number;
  readonly logLevel: LogLevel;
  /** What was ignored, one a line. */
  readonly warnings: readonly string[];
}

/** All problems of a configuration at once, one a line, without any secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
type Flags = Readonly<Partial<Record<SettingName, string>>>;

const REDIS_URL = /^rediss?(\+cluster|\+sentinel)?:\/\//;
// In a namespace with a Service called burnwatch, Kubernetes sets BURNWATCH_PORT=tcp://10.0.0.1:8080 and more
// such variables in every pod; none of them is meant for us.
const KUBERNETES_LINK = /^(tcp|udp|sctp):\/\//;
const KUBERNETES_NAME = /^BURNWATCH_(\w+_)?(SERVICE_(HOST|PORT)|PORT_\d+)/;

/** Reads the configuration; a flag wins over the environment. Throws a `ConfigError` that lists every problem. */
export function readConfig(env: Environment, flags: Flags): Config {
  const problems: string[] = [];
  const reader = settingReader(env, flags, problems);
  const store = readStore(reader);
  const host = reader.text('HOST');
  const warnings = unknownVariables(env).map(
    (name) => `${name} is not a setting and is ignored; \`burnwatch serve --help\` lists them.`,
  );
  for (const { name } of SETTINGS.filter(
    (setting) => 'noFlag' in setting && flags[setting.name] !== undefined,
  )) {
    problems.push(
      `${flagOf(name)} is not taken from the command line, which everyone on the machine can read; set BURNWATCH_${name}.`,
    );
  }
  const tokens = readConfiguredTokens(reader, problems, warnings);
  const trustedProxies = readProxies(reader);
  const identityHeader = readIdentityHeader(reader, trustedProxies);
  const anonymous = reader.choice('ALLOW_ANONYMOUS', ['true', 'false'], 'true');
  if (tokens.length === 0 && !identityHeader && !isLoopbackHost(host) && !anonymous) {
    problems.push(
      `${reader.origin('HOST')} is ${host}, which others can reach, and there are no tokens: anybody could read and report. ` +
        'Set BURNWATCH_TOKENS (or BURNWATCH_TOKENS_FILE), listen on 127.0.0.1, or set BURNWATCH_ALLOW_ANONYMOUS=true to accept that.',
    );
  }
  const config: Config = {
    store,
    slos: reader.text('SLOS'),
    references: referencesOf(reader, env),
    host,
    port: reader.number('PORT', 0, 65_535)!,
    evaluate: readCron(reader),
    breakGrace: readBreakGrace(reader),
    tokens,
    tokensFile: reader.text('TOKENS_FILE') || null,
    trustedProxies,
    identityHeader,
    publicUrl: reader.url('PUBLIC_URL', ['http:', 'https:'])?.replace(/(?<!\/)\/+$/, '') ?? null,
    traceUrl: readTraceUrl(reader),
    mailServer: readMailServer(reader),
    mailFrom: reader.text('MAIL_FROM'),
    heartbeatUrl: reader.url('HEARTBEAT_URL', ['http:', 'https:']),
    outbound: readOutbound(reader),
    partitions: reader.number('PARTITIONS', 1, 256),
    queueLimit: reader.number('QUEUE_LIMIT', 1, 10_000_000)!,
    countLimits: readCountLimits(reader),
    waitReplicas: reader.number('WAIT_REPLICAS', 0, 10)!,
    logLevel: readLogLevel(env, problems),
    warnings,
  };
  if (/[\r\n]/.test(config.mailFrom) || !config.mailFrom.includes('@'))
    reader.problem('MAIL_FROM', 'a mail address');
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** What SLO files may refer to, for verbs that need no other setting. Throws a `ConfigError` that lists every problem. */
export function readReferences(env: Environment): References {
  const problems: string[] = [];
  const references = referencesOf(settingReader(env, {}, problems), env);
  if (problems.length > 0) throw new ConfigError(problems);
  return references;
}

function referencesOf(reader: SettingReader, env: Environment): References {
  const variables = reader
    .text('SUBSTITUTE')
    .split(/[\s,]+/)
    .filter(Boolean);
  if (!variables.every((pattern) => /^[A-Za-z_*][\w*]{0,127}$/.test(pattern))) {
    reader.problem(
      'SUBSTITUTE',
      'names of variables with * for any characters, such as SLACK_* PAGER_WEBHOOK',
    );
  }
  return { env, variables, secretsDir: reader.text('SECRETS_DIR') || null };
}

/** Whether a service that listens there can be reached from its own machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const HTTP_TARGETS = new Map<string, OutboundRules['http']>([
  ['false', 'never'],
  ['loopback', 'loopback'],
  ['true', 'private'],
]);

function readOutbound(reader: SettingReader): OutboundRules {
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

interface SettingReader {
  /** The value, or '' for a setting that is not set and has no default. */
  text(name: SettingName): string;
  number(name: SettingName, least: number, most: number): number | null;
  url(name: SettingName, protocols: readonly string[]): string | null;
  /** Whether a setting of a few legal words has the asked-for one. */
  choice(name: SettingName, legal: readonly string[], wanted: string): boolean;
  /** Where the value came from, as the user knows it. */
  origin(name: SettingName): string;
  problem(name: SettingName, expected: string): void;
}

function settingReader(env: Environment, flags: Flags, problems: string[]): SettingReader {
  const settingOf = (name: SettingName) => SETTINGS.find((setting) => setting.name === name)!;
  const origin = (name: SettingName) => (flags[name] === undefined ? `BURNWATCH_${name}` : flagOf(name));
  const text = (name: SettingName) => {
    const variable = env[`BURNWATCH_${name}`];
    // An empty variable is how compose files and shells say "not set".
    const set = variable && !KUBERNETES_LINK.test(variable) ? variable : settingOf(name).fallback;
    return (flags[name] || set) ?? '';
  };
  const problem = (name: SettingName, expected: string) => {
    const value = 'secret' in settingOf(name) ? 'not usable' : JSON.stringify(text(name));
    problems.push(`${origin(name)} is ${value}; expected ${expected}.`);
  };
  return {
    text,
    origin,
    problem,
    number(name, least, most) {
      const value = text(name);
      if (value === '') return null;
      const number = Number(value);
      if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number;
      problem(name, `a whole number from ${least} to ${most}`);
      return least;
    },
    url(name, protocols) {
      const value = text(name);
      if (value === '') return null;
      const parsed = URL.canParse(value) ? new URL(value) : null;
      if (parsed && protocols.includes(parsed.protocol)) return value;
      problem(
        name,
        `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
      return null;
    },
    choice(name, legal, wanted) {
      if (!legal.includes(text(name))) problem(name, legal.join(' or '));
      return text(name) === wanted;
    },
  };
}

function unknownVariables(env: Environment): string[] {
  const known = new Set<string>(SETTINGS.map(({ name }) => `BURNWATCH_${name}`));
  return Object.keys(env).filter(
    (name) => name.startsWith('BURNWATCH_') && !known.has(name) && !KUBERNETES_NAME.test(name),
  );
}

function readCountLimits(reader: SettingReader): Config['countLimits'] {
  const parts = reader.text('COUNT_LIMIT').split(/,\s*/);
  const limits = parts.map((part) => {
    const [, pattern = '*', digits = ''] = /^(?:([A-Za-z0-9._:/*?-]{1,128})=)?(\d{1,7})$/.exec(part) ?? [];
    return { pattern, most: Number(digits) };
  });
  if (limits.every(({ most }) => most >= 1 && most <= MAX_COUNT)) return limits;
  reader.problem(
    'COUNT_LIMIT',
    `a whole number from 1 to ${MAX_COUNT}, or pattern=number,… such as nightly-*=50000,*=100`,
  );
  return [];
}

function readProxies(reader: SettingReader): readonly string[] {
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

function readIdentityHeader(
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

function readStore(reader: SettingReader): StoreLocation {
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

function readCron(reader: SettingReader): string {
  const text = reader.text('EVALUATE');
  if (text.trim().split(/\s+/).length !== 6 || !validate(text)) {
    reader.problem('EVALUATE', 'a cron expression of six fields, seconds first, such as */5 * * * * *');
  }
  return text;
}

function readBreakGrace(reader: SettingReader): number {
  const grace = parseDuration(reader.text('BREAK_GRACE'));
  if (grace !== null && grace >= SECOND && grace <= DAY) return grace;
  reader.problem('BREAK_GRACE', 'a duration from 1s to 1d, such as 90s or 5m');
  return MINUTE;
}

function readMailServer(reader: SettingReader): MailServer | null {
  const url = readSmtpUrl(reader);
  const plainLogin = reader.choice('SMTP_PLAIN_LOGIN', ['true', 'false'], 'true');
  const ca = readPem(reader, 'SMTP_CA');
  return url === null ? null : { url, plainLogin, ca };
}

/** The text of a PEM file; null when none is set, or it cannot be used, which is a problem. */
function readPem(
  reader: SettingReader,
  name: 'SMTP_CA' | 'REDIS_CA' | 'REDIS_CERT' | 'REDIS_KEY',
): string | null {
  const file = reader.text(name);
  if (file === '') return null;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
    reader.problem(name, 'a file in PEM format');
  } catch (error) {
    reader.problem(
      name,
      `a file that can be read (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`,
    );
  }
  return null;
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

function readTraceUrl(reader: SettingReader): string | null {
  const text = reader.url('TRACE_URL', ['http:', 'https:']);
  if (text !== null && !text.includes('{traceId}'))
    reader.problem('TRACE_URL', 'an address with {traceId} in it');
  return text;
}

function readLogLevel(env: Environment, problems: string[]): LogLevel {
  const text = env['LOG_LEVEL'] || 'info';
  const level = LOG_LEVELS.find((known) => known === text);
  if (!level) problems.push(`LOG_LEVEL is ${JSON.stringify(text)}; expected ${LOG_LEVELS.join(', ')}.`);
  return level ?? 'info';
}

function readConfiguredTokens(
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
