import type { TargetDefinition, TargetOf } from '../core/slo/slo.ts';
import type { Fetch, MailServer, OutboundRules } from '../core/ports/outbound.ts';
import type { Target, TargetAdapter } from '../core/ports/target.ts';
import { SECOND } from '../core/time/duration.ts';
import { forbiddenBy, guardedFetch } from '../outbound/guarded-fetch.ts';
import { emailTarget, mailTransport } from './email/email-target.ts';
import type { MailTransport } from './email/email-target.ts';
import { logTarget } from './log/log-target.ts';
import type { Links } from './message/message.ts';
import { redact, secretsOfMailServer, secretsOfWebhook } from './message/redact.ts';
import { slackTarget } from './slack/slack-target.ts';

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
  /** Sends requests to Slack; over the network, within `outbound`, if absent. */
  readonly slackFetch?: Fetch;
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
}

type Timeout = Pick<TargetOptions, 'timeoutMs'>;

const TIMEOUT = 10 * SECOND;

const TARGET_KINDS: { readonly [K in TargetDefinition['kind']]: TargetKind<K> } = {
  slack: {
    adapter: ({ name, webhook }, { publicUrl, traceUrl, outbound, slackFetch, timeoutMs }) =>
      slackTarget(name, webhook, {
        timeoutMs,
        links: { publicUrl, traceUrl },
        fetch: slackFetch ?? guardedFetch(outbound),
      }),
    secrets: ({ webhook }) => secretsOfWebhook(webhook),
    forbidden: ({ webhook }, { outbound }) => forbiddenBy(outbound, webhook),
    // Slack allows about one message a second and channel.
    interval: SECOND,
  },
  email: {
    adapter({ name, to }, { publicUrl, traceUrl, mailServer, mailFrom, timeoutMs, ...options }) {
      const transport =
        options.mailTransport ?? (mailServer === null ? null : mailTransport(mailServer, timeoutMs));
      const links = { publicUrl, traceUrl };
      return emailTarget(name, to, { transport, from: mailFrom, links, timeoutMs });
    },
    secrets: (_definition, { mailServer }) =>
      mailServer === null ? [] : secretsOfMailServer(mailServer.url),
    forbidden: () => null,
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

/** Why every notification to a target will be refused; null when nothing is known against it. No secret is in it. */
export function forbiddenTarget<K extends TargetDefinition['kind']>(
  definition: TargetOf<K>,
  outbound: OutboundRules,
): string | null {
  const kind: TargetKind<K> = TARGET_KINDS[definition.kind];
  return kind.forbidden(definition, { outbound });
}

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
    async send(notification, signal) {
      const delivery = await adapter.send(notification, signal);
      // Adapters see to that as well; no kind can forget it.
      return delivery.result === 'delivered'
        ? delivery
        : { ...delivery, reason: redact(delivery.reason, secrets) };
    },
    close: () => adapter.close(),
  };
}
