/** What a setting is: its flag, its environment variable, and the words `--help` and docs/settings.md use for it. */
export interface Setting {
  /** Without the prefix: `STORE` is `BURNWATCH_STORE` and `--store`. */
  readonly name: string;
  readonly fallback: string | null;
  readonly argument: string;
  readonly description: string;
  /** Its value is never shown. */
  readonly secret?: true;
  /** It is taken from the environment only: everyone on a machine can read the flags of a process. */
  readonly noFlag?: true;
}

/** Every setting of the service, in the order `--help` lists them. */
export const SETTINGS = [
  {
    name: 'STORE',
    fallback: './data',
    argument: 'url|folder',
    description:
      'where counters are kept: redis://, rediss://, redis+cluster://host:port,host:port, redis+sentinel://host:port/name, or a folder for the embedded store',
    secret: true,
  },
  {
    name: 'REDIS_CA',
    fallback: null,
    argument: 'file',
    description: 'certificates of the authorities that rediss:// trusts (PEM), instead of those Node trusts',
  },
  {
    name: 'REDIS_CERT',
    fallback: null,
    argument: 'file',
    description: 'the certificate that Burnwatch shows to Redis (PEM)',
  },
  { name: 'REDIS_KEY', fallback: null, argument: 'file', description: 'the key of that certificate (PEM)' },
  { name: 'SLOS', fallback: './slos', argument: 'folder', description: 'the folder of SLO files' },
  {
    name: 'SUBSTITUTE',
    fallback:
      'SLACK_* WEBHOOK* *_WEBHOOK *_WEBHOOK_URL PAGERDUTY_* OPSGENIE_* TEAMS_* DISCORD_* TELEGRAM_* NTFY_* SMTP_* *_CALENDAR',
    argument: 'pattern …',
    description:
      'the environment variables that SLO files may name in secrets, with * for any characters; never BURNWATCH_*',
  },
  {
    name: 'SECRETS_DIR',
    fallback: null,
    argument: 'folder',
    description: 'the folder of the files that SLO files may name in secrets as ${file:…}; none without it',
  },
  { name: 'HOST', fallback: '127.0.0.1', argument: 'address', description: 'the address to listen on' },
  {
    name: 'PORT',
    fallback: '8080',
    argument: 'port',
    description: 'the port to listen on; 0 takes any free one',
  },
  {
    name: 'EVALUATE',
    fallback: '*/5 * * * * *',
    argument: 'cron',
    description: 'when to evaluate: a cron expression with seconds, in UTC',
  },
  {
    name: 'BREAK_GRACE',
    fallback: '1m',
    argument: 'duration',
    description:
      'how long deadlines wait, at least, after a time in which outcomes could not be reported (they wait as long as that lasted)',
  },
  {
    name: 'TOKENS',
    fallback: null,
    argument: 'name:scopes:secret,…',
    description:
      'API tokens; scopes are ingest, embed, read, respond, write and admin, joined by +, each for some workflows only with @pattern or @owner=pattern; sha256: and a hash may stand for the secret',
    secret: true,
    noFlag: true,
  },
  {
    name: 'TOKENS_FILE',
    fallback: null,
    argument: 'file',
    description: 'a file with the API tokens, one a line; read again when it changes',
  },
  {
    name: 'ALLOW_ANONYMOUS',
    fallback: 'false',
    argument: 'true|false',
    description:
      'listen beyond this machine without tokens; everyone may then report, read and acknowledge, and none may adjust budgets',
  },
  {
    name: 'TRUSTED_PROXIES',
    fallback: null,
    argument: 'address,…',
    description:
      'the proxies in front, as addresses or networks (10.0.0.0/8), whose X-Forwarded-For and X-Forwarded-Proto are believed',
  },
  {
    name: 'IDENTITY_HEADER',
    fallback: null,
    argument: 'header',
    description: 'the header in which a trusted proxy names the user it has signed in; off without',
  },
  {
    name: 'IDENTITY_SCOPES',
    fallback: 'read+respond',
    argument: 'scopes',
    description: 'what users that a trusted proxy names may do; written as the scopes of a token',
  },
  {
    name: 'FRAME_ANCESTORS',
    fallback: null,
    argument: 'origin,…',
    description:
      'the origins, such as https://wiki.example.com, whose pages may show the summary of an SLO in a frame; none without',
  },
  {
    name: 'PUBLIC_URL',
    fallback: null,
    argument: 'url',
    description: 'where people reach this service; for links',
  },
  {
    name: 'LINK_SECRET',
    fallback: null,
    argument: 'secret',
    description:
      'signs the links in messages that acknowledge and silence without a login; several, separated by commas: the first signs, all are known; the same on every replica; without it, or without BURNWATCH_PUBLIC_URL, there are no such links',
    secret: true,
    noFlag: true,
  },
  {
    name: 'LINK_SECRET_FILE',
    fallback: null,
    argument: 'file',
    description: 'a file that holds it, or several, one a line',
  },
  {
    name: 'TRACE_URL',
    fallback: null,
    argument: 'url',
    description: 'where traces are shown, with {traceId} in it; for links',
  },
  {
    name: 'SMTP_URL',
    fallback: null,
    argument: 'url',
    description: 'the mail server: smtp://user:password@host:port or smtps://…',
    secret: true,
  },
  {
    name: 'SMTP_PLAIN_LOGIN',
    fallback: 'false',
    argument: 'true|false',
    description:
      'send user and password to a mail server that offers no TLS; to this machine they are sent anyway',
  },
  {
    name: 'SMTP_CA',
    fallback: null,
    argument: 'file',
    description:
      'certificates of the authorities that the mail server is trusted by (PEM), instead of those Node trusts',
  },
  {
    name: 'MAIL_FROM',
    fallback: 'burnwatch@localhost',
    argument: 'address',
    description: 'the sender of mails',
  },
  {
    name: 'HEARTBEAT_URL',
    fallback: null,
    argument: 'url',
    description: 'requested once a minute while evaluation and delivery work',
    secret: true,
  },
  {
    name: 'ALLOW_HTTP_TARGETS',
    fallback: 'loopback',
    argument: 'false|loopback|true',
    description:
      'where webhooks and the heartbeat may use plain http: nowhere, on this machine, or on this machine and private addresses (link-local and metadata addresses are never connected to)',
  },
  {
    name: 'TARGET_HOSTS',
    fallback: null,
    argument: 'pattern …',
    description:
      'the only hosts that webhooks and the heartbeat may name, with * for any characters, such as hooks.slack.com',
  },
  {
    name: 'PARTITIONS',
    fallback: null,
    argument: 'number',
    description: 'partitions of each workflow, fixed at the first start of a store (8 on a cluster, else 1)',
  },
  {
    name: 'QUEUE_LIMIT',
    fallback: '100000',
    argument: 'number',
    description: 'the most outcomes that may wait for the store before producers get 503',
  },
  {
    name: 'COUNT_LIMIT',
    fallback: '1000000',
    argument: 'pattern=number,…',
    description:
      'the most outcomes that one record may stand for (its `count`): a number, or numbers by workflow, of which the first pattern counts, such as `nightly-*=50000,*=100`',
  },
  {
    name: 'IN_FLIGHT_LIMIT',
    fallback: '2000000',
    argument: 'pattern=number,…',
    description:
      'the most executions and steps of a workflow that may be in flight, written as `BURNWATCH_COUNT_LIMIT` is; each takes about 0.3 KB of the store until it ends',
  },
  {
    name: 'WAIT_REPLICAS',
    fallback: '0',
    argument: 'number',
    description:
      'Redis replicas that must have an outcome before it is acknowledged, and an alert state or notification before it is acted on',
  },
  {
    name: 'STREAM',
    fallback: null,
    argument: 'name[@pattern] …',
    description:
      'the Redis streams that outcomes are read from, each for some workflows only with @pattern or @owner=pattern, such as `outcomes@nightly-*`; none without it',
  },
  {
    name: 'STREAM_REDIS',
    fallback: null,
    argument: 'url',
    description: 'the Redis of those streams, written as for the store; that of the store if absent',
    secret: true,
  },
  {
    name: 'STREAM_GROUP',
    fallback: 'burnwatch',
    argument: 'name',
    description: 'the consumer group that all replicas read those streams as',
  },
  {
    name: 'KAFKA',
    fallback: null,
    argument: 'name[@pattern] …',
    description:
      'the Kafka topics that outcomes are read from, written as `BURNWATCH_STREAM` is; none without it',
  },
  {
    name: 'KAFKA_BROKERS',
    fallback: null,
    argument: 'host:port …',
    description: 'the brokers to begin with',
  },
  {
    name: 'KAFKA_GROUP',
    fallback: 'burnwatch',
    argument: 'name',
    description: 'what the consumer group of each topic begins with, such as `burnwatch.outcomes`',
  },
  {
    name: 'KAFKA_TLS',
    fallback: 'false',
    argument: 'true|false',
    description: 'whether the brokers are reached by TLS',
  },
  {
    name: 'KAFKA_CA',
    fallback: null,
    argument: 'file',
    description: 'PEM file with the authorities to trust instead of those of Node',
  },
  {
    name: 'KAFKA_CERT',
    fallback: null,
    argument: 'file',
    description: 'PEM file with a client certificate, together with `BURNWATCH_KAFKA_KEY`',
  },
  { name: 'KAFKA_KEY', fallback: null, argument: 'file', description: 'PEM file with its key' },
  {
    name: 'KAFKA_SASL',
    fallback: null,
    argument: 'mechanism',
    description: '`plain`, `scram-sha-256` or `scram-sha-512`, with the next two',
  },
  { name: 'KAFKA_USER', fallback: null, argument: 'name', description: 'the user' },
  {
    name: 'KAFKA_PASSWORD',
    fallback: null,
    argument: 'password',
    description: 'the password',
    secret: true,
    noFlag: true,
  },
] as const satisfies readonly Setting[];

/** What `burnwatch exec`, `exec.sh` and `burnwatch dead-letters` read from the environment. */
export const PRODUCER_SETTINGS = [
  { name: 'URL', fallback: 'http://127.0.0.1:8080', description: 'where Burnwatch is' },
  { name: 'TOKEN', fallback: null, description: 'a token with the scope ingest' },
  { name: 'TOKEN_FILE', fallback: null, description: 'a file with that token' },
  {
    name: 'SPOOL',
    fallback: '~/.local/state/burnwatch/spool',
    description: 'the folder for reports that could not be sent',
  },
] as const;

export type SettingName = (typeof SETTINGS)[number]['name'];

/** The flag of a setting: `--public-url` for `PUBLIC_URL`. */
export function flagOf(name: SettingName): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`;
}
