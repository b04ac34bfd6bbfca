import type { TargetDefinition, TargetOf } from '../core/slo/slo.ts';
import type { Fetch, MailServer, OutboundRules } from '../core/ports/outbound.ts';
import type { Target, TargetAdapter } from '../core/ports/target.ts';
import type { MessagePictures } from '../core/ports/message-pictures.ts';
import type { Receipts } from '../core/ports/receipts.ts';
import type { Clock } from '../core/ports/clock.ts';
import { groupsByItself } from '../core/alerting/conversations.ts';
import { SECOND } from '../core/time/duration.ts';
import { forbiddenBy, guardedFetch } from '../outbound/guarded-fetch.ts';
import { RESEND_EVERY } from './alertmanager/alerts.ts';
import { alertmanagerTarget } from './alertmanager/alertmanager-target.ts';
import { discordTarget } from './discord/discord-target.ts';
import { emailTarget, mailTransport } from './email/email-target.ts';
import type { MailTransport } from './email/email-target.ts';
import type { Peer } from './http/post-once.ts';
import { logTarget } from './log/log-target.ts';
import type { Links } from './message/message.ts';
import { redact, secretsOfMailServer, secretsOfWebhook } from './message/redact.ts';
import { ntfyTarget } from './ntfy/ntfy-target.ts';
import { opsgenieTarget } from './opsgenie/opsgenie-target.ts';
import { pagerDutyTarget } from './pagerduty/pagerduty-target.ts';
import { slackAppTarget } from './slack-app/slack-app-target.ts';
import { slackTarget } from './slack/slack-target.ts';
import { teamsTarget } from './teams/teams-target.ts';
import { telegramTarget } from './telegram/telegram-target.ts';
import { webhookTarget } from './webhook/webhook-target.ts';

/** What targets need besides their definition. */
export interface TargetOptions extends Links {
  /** The mail server; null when there is none. */
  readonly mailServer: MailServer | null;
  readonly mailFrom: string;
  /** For one try to send; 10 seconds if absent. */
  readonly timeoutMs?: number;
  /** Where `log` targets write; standard output if absent. */
  readonly write?: (text: string) => void;
  /** Where requests may go. */
  readonly outbound: OutboundRules;
  /** Sends requests; over the network, within `outbound`, if absent. */
  readonly fetch?: Fetch;
  /** The time of signatures and alerts. */
  readonly clock: Clock;
  /** Where conversations are told; absent: what is sent begins a conversation anew. */
  readonly receipts?: Receipts;
  /** Makes the pictures of messages; absent: they have none. */
  readonly pictures?: MessagePictures;
  /** Sends mails; a connection to the mail server if absent. */
  readonly mailTransport?: MailTransport;
}

/** What is known of a kind of target. */
interface TargetKind<K extends TargetDefinition['kind']> {
  /** Makes what sends. Nothing is connected before the first notification. */
  readonly adapter: (definition: TargetOf<K>, options: TargetOptions & Required<Timeout>) => TargetAdapter;
  /** What no reason may hold, whatever the other side answers. */
  readonly secrets: (definition: TargetOf<K>, options: TargetOptions) => readonly string[];
  /** Why every notification to it will be refused, as far as it can be known before one is sent; null when nothing is. */
  readonly forbidden: (definition: TargetOf<K>, options: Pick<TargetOptions, 'outbound'>) => string | null;
  /** Milliseconds from one try to the next. */
  readonly interval: number;
  /** As of `Target`. */
  readonly resendEvery?: number;
}

type Timeout = Pick<TargetOptions, 'timeoutMs'>;

const TIMEOUT = 10 * SECOND;

/** Ten messages in the first minute, and five in each one after that. */
const PACE = { burst: 6, refill: 12 * SECOND };

/** For what sends a single notification and ends. */
const NO_RECEIPTS: Receipts = { read: () => Promise.resolve(null), write: () => Promise.resolve(true) };

const TARGET_KINDS: { readonly [K in TargetDefinition['kind']]: TargetKind<K> } = {
  slack: {
    adapter: ({ name, webhook }, options) => slackTarget(name, webhook, requestOptions(options)),
    secrets: ({ webhook }) => secretsOfWebhook(webhook),
    forbidden: ({ webhook }, { outbound }) => forbiddenBy(outbound, webhook),
    // Slack allows about one message a second and channel.
    interval: SECOND,
  },
  slackApp: {
    adapter: ({ name, botToken, channel, signingSecret, url }, { receipts = NO_RECEIPTS, ...options }) =>
      slackAppTarget(name, {
        // Its own buttons do the same, and tell who pressed them.
        ...requestOptions(signingSecret === null ? options : withoutActions(options)),
        url,
        botToken,
        channel,
        presses: signingSecret !== null,
        receipts,
        pictures: options.pictures,
      }),
    secrets: ({ botToken, signingSecret }) => [botToken, ...secretsOf(signingSecret)],
    forbidden: ({ url }, { outbound }) => forbiddenBy(outbound, url),
    // Slack takes about one message a second and channel.
    interval: SECOND,
  },
  email: {
    adapter(
      { name, to },
      { publicUrl, traceUrl, signLink, mailServer, mailFrom, timeoutMs, pictures, ...options },
    ) {
      const transport =
        options.mailTransport ?? (mailServer === null ? null : mailTransport(mailServer, timeoutMs));
      const links = { publicUrl, traceUrl, signLink: signLink ?? null };
      return emailTarget(name, to, { transport, from: mailFrom, links, timeoutMs, pictures });
    },
    secrets: (_definition, { mailServer }) =>
      mailServer === null ? [] : secretsOfMailServer(mailServer.url),
    forbidden: () => null,
    interval: SECOND,
  },
  webhook: {
    adapter: ({ name, url, secret }, options) =>
      webhookTarget(name, url, { ...requestOptions(options), secret, clock: options.clock }),
    secrets: ({ url, secret }) => [...secretsOfWebhook(url), ...secretsOf(secret)],
    forbidden: ({ url }, { outbound }) => forbiddenBy(outbound, url),
    interval: 200,
  },
  pagerduty: {
    adapter: ({ name, routingKey, url }, options) =>
      pagerDutyTarget(name, { ...requestOptions(withoutActions(options)), routingKey, url }),
    secrets: ({ routingKey }) => [routingKey],
    forbidden: ({ url }, { outbound }) => forbiddenBy(outbound, url),
    // PagerDuty takes 120 events a minute and integration, and one notification may be two.
    interval: SECOND,
  },
  alertmanager: {
    adapter: ({ name, urls }, options) =>
      alertmanagerTarget(name, urls, { ...requestOptions(withoutActions(options)), clock: options.clock }),
    secrets: ({ urls }) => urls.flatMap(secretsOfWebhook),
    forbidden: ({ urls }, { outbound }) =>
      urls.map((url) => forbiddenBy(outbound, url)).find((reason) => reason !== null) ?? null,
    interval: 100,
    resendEvery: RESEND_EVERY,
  },
  opsgenie: {
    adapter: ({ name, apiKey, url }, options) =>
      opsgenieTarget(name, { ...requestOptions(withoutActions(options)), apiKey, url }),
    secrets: ({ apiKey }) => [apiKey],
    forbidden: ({ url }, { outbound }) => forbiddenBy(outbound, url),
    interval: SECOND,
  },
  teams: {
    adapter: ({ name, webhook }, options) => teamsTarget(name, webhook, requestOptions(options)),
    secrets: ({ webhook }) => secretsOfWebhook(webhook),
    forbidden: ({ webhook }, { outbound }) => forbiddenBy(outbound, webhook),
    interval: SECOND,
  },
  discord: {
    adapter: ({ name, webhook }, options) => discordTarget(name, webhook, requestOptions(options)),
    secrets: ({ webhook }) => secretsOfWebhook(webhook),
    forbidden: ({ webhook }, { outbound }) => forbiddenBy(outbound, webhook),
    // Discord takes 30 messages a minute and channel, more than `PACE`.
    interval: SECOND,
  },
  telegram: {
    adapter: ({ name, botToken, chat, topic, url }, options) =>
      telegramTarget(name, { ...requestOptions(options), botToken, chat, topic, url }),
    secrets: ({ botToken }) => [botToken, encodeURIComponent(botToken), botToken.split(':')[1]!],
    forbidden: ({ url }, { outbound }) => forbiddenBy(outbound, url),
    // Telegram takes 20 messages a minute and group, more than `PACE`.
    interval: SECOND,
  },
  ntfy: {
    adapter: ({ name, url, topic, token }, options) =>
      ntfyTarget(name, { ...requestOptions(options), url, topic, token }),
    // Who knows a topic of a public server can read and write it.
    secrets: ({ url, topic, token }) => [...secretsOfWebhook(url), topic, ...secretsOf(token)],
    forbidden: ({ url }, { outbound }) => forbiddenBy(outbound, url),
    interval: SECOND,
  },
  log: {
    adapter: ({ name }, { publicUrl, traceUrl, write }) =>
      logTarget(name, write ?? ((text) => process.stdout.write(text)), { links: { publicUrl, traceUrl } }),
    secrets: () => [],
    forbidden: () => null,
    interval: SECOND,
  },
};

/** What every adapter that sends requests is made with. */
function requestOptions({
  publicUrl,
  traceUrl,
  signLink,
  outbound,
  fetch,
  timeoutMs,
}: TargetOptions & Required<Timeout>): Omit<Peer, 'name'> & { readonly links: Links } {
  const links = { publicUrl, traceUrl, signLink: signLink ?? null };
  return { timeoutMs, links, fetch: fetch ?? guardedFetch(outbound) };
}

/** Of a receiver that has its own ways to acknowledge and silence. A `log` target gets none either: what is logged is read by many. */
function withoutActions<Options extends TargetOptions>(options: Options): Options {
  return { ...options, signLink: null };
}

function secretsOf(secret: string | null): string[] {
  return secret === null ? [] : [secret, secret.replace('whsec_', '')];
}

/** Why every notification to a target will be refused; null when nothing is known against it. No secret is in it. */
export function forbiddenTarget<K extends TargetDefinition['kind']>(
  definition: TargetOf<K>,
  outbound: OutboundRules,
): string | null {
  const kind: TargetKind<K> = TARGET_KINDS[definition.kind];
  return kind.forbidden(definition, { outbound });
}

/** What is no incident that could ever end. */
const NOTICES: Readonly<Record<string, string>> = {
  report: 'a report',
  'gate-overridden': 'word of an override',
};

/** Makes the target of a definition. */
export function createTarget<K extends TargetDefinition['kind']>(
  definition: TargetOf<K>,
  options: TargetOptions,
): Target {
  const kind: TargetKind<K> = TARGET_KINDS[definition.kind];
  const adapter = kind.adapter(definition, { timeoutMs: TIMEOUT, ...options });
  const secrets = kind.secrets(definition, options);
  return {
    name: adapter.name,
    kind: adapter.kind,
    interval: kind.interval,
    ...(!groupsByItself(definition.kind) && { pace: PACE }),
    ...(kind.resendEvery !== undefined && { resendEvery: kind.resendEvery }),
    async send(notification, signal) {
      // Files say that it may not be, but a row may be older than they are.
      const notice = NOTICES[notification.facts.at(-1)!.kind];
      if (groupsByItself(definition.kind) && notice !== undefined)
        return { result: 'refused', reason: `${notice} goes where people read, not to ${definition.kind}` };
      const delivery = await adapter.send(notification, signal);
      // Adapters see to that as well; no kind can forget it.
      return delivery.result === 'delivered'
        ? delivery
        : { ...delivery, reason: redact(delivery.reason, secrets) };
    },
    ...(adapter.say && { say: (note, signal) => adapter.say!(note, signal) }),
    close: () => adapter.close(),
  };
}
