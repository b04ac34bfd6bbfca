import { validate } from 'node-cron';
import { SETTINGS, flagOf } from './settings.ts';
import { MAX_COUNT } from './core/outcomes/outcome.ts';
import { DAY, MINUTE, SECOND, parseDuration } from './core/time/duration.ts';
import type { MailServer, OutboundRules } from './core/ports/outbound.ts';
import type { References } from './core/ports/references.ts';
import type { Grant, Token } from './core/ports/token.ts';
import {
  isLoopbackHost,
  readConfiguredTokens,
  readFrameAncestors,
  readIdentityHeader,
  readLinkSecrets,
  readProxies,
} from './config/access-settings.ts';
import { readMailServer, readOutbound } from './config/outbound-settings.ts';
import type { Environment, Flags, SettingReader } from './config/setting-reader.ts';
import { ConfigError, settingReader, unknownVariables } from './config/setting-reader.ts';
import type { StoreLocation } from './config/store-settings.ts';
import { readRedisTls, readStore } from './config/store-settings.ts';
import type { WorkflowLimit } from './config/workflow-limits.ts';
import { MAX_IN_FLIGHT, readWorkflowLimits } from './config/workflow-limits.ts';
import type { KafkaSettings } from './config/kafka-settings.ts';
import { readKafka } from './config/kafka-settings.ts';
import type { StreamSettings } from './config/source-settings.ts';
import { readStreams } from './config/source-settings.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The whole configuration of the service, checked and complete. */
export interface Config {
  readonly store: StoreLocation;
  /** Null: none is read. */
  readonly streams: StreamSettings | null;
  /** Null: none is read. */
  readonly kafka: KafkaSettings | null;
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
  /** The first signs the links of messages, all tell that one is ours; empty: messages have no links that act. */
  readonly linkSecrets: readonly string[];
  /** The origins whose pages may show ours in a frame. */
  readonly frameAncestors: readonly string[];
  readonly traceUrl: string | null;
  readonly mailServer: MailServer | null;
  readonly mailFrom: string;
  readonly heartbeatUrl: string | null;
  readonly outbound: OutboundRules;
  readonly partitions: number | null;
  readonly queueLimit: number;
  /** The most outcomes that one record of a workflow may stand for; the first pattern that fits counts. */
  readonly countLimits: readonly WorkflowLimit[];
  /** The most executions and steps of a workflow that may be in flight; the first pattern that fits counts. */
  readonly inFlightLimits: readonly WorkflowLimit[];
  readonly waitReplicas: number;
  readonly logLevel: LogLevel;
  /** What was ignored, one a line. */
  readonly warnings: readonly string[];
}

/** Reads the configuration; a flag wins over the environment. Throws a `ConfigError` that lists every problem. */
export function readConfig(env: Environment, flags: Flags): Config {
  const problems: string[] = [];
  const reader = settingReader(env, flags, problems);
  const tls = readRedisTls(reader);
  const store = readStore(reader, tls);
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
    streams: readStreams(reader, store, tls),
    kafka: readKafka(reader, warnings),
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
    linkSecrets: readLinkSecrets(reader, problems, warnings),
    frameAncestors: readFrameAncestors(reader),
    traceUrl: readTraceUrl(reader),
    mailServer: readMailServer(reader),
    mailFrom: reader.text('MAIL_FROM'),
    heartbeatUrl: reader.url('HEARTBEAT_URL', ['http:', 'https:']),
    outbound: readOutbound(reader),
    partitions: reader.number('PARTITIONS', 1, 256),
    queueLimit: reader.number('QUEUE_LIMIT', 1, 10_000_000)!,
    countLimits: readWorkflowLimits(reader, 'COUNT_LIMIT', MAX_COUNT),
    inFlightLimits: readWorkflowLimits(reader, 'IN_FLIGHT_LIMIT', MAX_IN_FLIGHT),
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

/** Where notifications may go, likewise. */
export function readOutboundRules(env: Environment): OutboundRules {
  const problems: string[] = [];
  const rules = readOutbound(settingReader(env, {}, problems));
  if (problems.length > 0) throw new ConfigError(problems);
  return rules;
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
