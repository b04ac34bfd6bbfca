import type { FetchFunction } from '@slack/webhook';
import type { Log } from '../core/ports/log.ts';
import type { TargetDefinition } from '../core/slo/slo.ts';
import type { Target } from '../core/ports/target.ts';
import { SECOND } from '../core/time/duration.ts';
import { emailTarget, mailTransport } from './email/email-target.ts';
import type { MailTransport } from './email/email-target.ts';
import { logTarget } from './log/log-target.ts';
import type { Links } from './message/message.ts';
import { slackTarget } from './slack/slack-target.ts';

/** What targets need besides their definition. */
export interface TargetOptions extends Links {
  /** The mail server; null when there is none. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  readonly log: Log;
  /** For one try to send; 10 seconds if absent. */
  readonly timeoutMs?: number;
  /** Where `log` targets write; standard output if absent. */
  readonly write?: (text: string) => void;
  /** Sends requests to Slack; the global `fetch` if absent. */
  readonly slackFetch?: FetchFunction;
  /** Sends mails; a connection to the mail server if absent. */
  readonly mailTransport?: MailTransport;
}

const TIMEOUT = 10 * SECOND;

/** Makes the target of a definition. Nothing is connected before the first notification. */
export function createTarget(definition: TargetDefinition, options: TargetOptions): Target {
  const { publicUrl, traceUrl, smtpUrl, mailFrom, log, slackFetch, timeoutMs = TIMEOUT } = options;
  const links = { publicUrl, traceUrl };
  switch (definition.kind) {
    case 'slack':
      return slackTarget(definition.name, definition.webhook, {
        timeoutMs,
        links,
        ...(slackFetch && { fetch: slackFetch }),
      });
    case 'email': {
      const transport =
        options.mailTransport ?? (smtpUrl === null ? null : mailTransport(smtpUrl, timeoutMs));
      return emailTarget(definition.name, definition.to, {
        transport,
        from: mailFrom,
        links,
        timeoutMs,
        log,
      });
    }
    case 'log':
      return logTarget(definition.name, options.write ?? ((text) => process.stdout.write(text)), { links });
    default:
      return definition satisfies never;
  }
}
