import type {
  FailedExecution,
  FailureCount,
  NotificationFacts,
  ServiceKind,
} from '../../core/alerting/notification.ts';
import { isOfService, latestFacts } from '../../core/alerting/notification.ts';
import type { Severity } from '../../core/slo/alert-policy.ts';
import type { Notification } from '../../core/ports/target.ts';
import { instant } from '../message/layout.ts';
import { composeMessage, isOver, type Links, type MessageEvent } from '../message/message.ts';
import { type Link, phraseText } from '../message/phrase.ts';
import { plainText } from '../message/plain-text.ts';
import { plainName } from '../message/wording.ts';

/** What a generic webhook is sent; `webhook-schema.ts` is its JSON Schema. Times are RFC 3339, ratios from 0 to 1. */
export interface WebhookPayload {
  readonly type: WebhookType;
  readonly timestamp: string;
  readonly data: {
    readonly incident: {
      readonly id: string;
      readonly severity: Severity;
      readonly state: 'open' | 'over';
      readonly openedAt: string;
      readonly acknowledged: { readonly by: string; readonly at: string } | null;
    };
    readonly slo: {
      readonly id: string;
      readonly workflow: string;
      readonly owner: string;
      readonly description: string | null;
      readonly objective: number;
      readonly window: string;
    };
    /** What led here, oldest first: several when an earlier one could not be sent. */
    readonly changes: readonly {
      readonly kind: NotificationFacts['kind'];
      readonly severity: Severity;
      readonly at: string;
    }[];
    readonly headline: string;
    readonly sentence: string;
    readonly text: string;
    /** Of an acknowledgement alone, which is made without counting anew, this and all figures below are empty. */
    readonly tiers: readonly { readonly tier: string; readonly kind: string; readonly severity: Severity }[];
    readonly budget: {
      readonly allowed: number;
      readonly spent: number;
      readonly remaining: number;
      readonly remainingRatio: number | null;
      readonly exhaustsAt: string | null;
    };
    readonly peakBurnRate: number;
    readonly executions: { readonly good: number; readonly bad: number };
    readonly failures: readonly FailureCount[];
    readonly lastFailed: readonly (Omit<FailedExecution, 'at'> & { readonly at: string })[];
    readonly links: readonly Link[];
    readonly mayRepeat: boolean;
  };
}

export type WebhookType = ServiceKind | `incident.${Exclude<MessageEvent, ServiceKind>}`;

const MAX_LISTED = 20;
const MAX_TEXT = 256;

/** The payload of a notification. */
export function webhookPayload(notification: Notification, links: Links): WebhookPayload {
  const message = composeMessage(notification, links);
  const facts = latestFacts(notification.facts);
  const { budget, acknowledged, during } = facts;
  return {
    type: typeOf(message.event),
    timestamp: instant(facts.at),
    data: {
      incident: {
        id: message.incident,
        severity: facts.severity,
        state: isOver(message.event) ? 'over' : 'open',
        openedAt: instant(facts.openedAt),
        acknowledged: acknowledged && { by: named(acknowledged.by), at: instant(acknowledged.at) },
      },
      slo: {
        id: message.slo,
        workflow: named(facts.workflow),
        owner: message.owner,
        description: message.description,
        objective: facts.objective,
        window: named(facts.window),
      },
      changes: notification.facts.map(({ kind, severity, at }) => ({ kind, severity, at: instant(at) })),
      headline: message.headline,
      sentence: phraseText(message.sentence),
      text: plainText(message),
      tiers: facts.reasons.map(({ tier, kind, severity }) => ({ tier: named(tier), kind, severity })),
      budget: {
        allowed: budget.allowed,
        spent: budget.spent,
        remaining: budget.remaining,
        remainingRatio: budget.remainingRatio,
        exhaustsAt: facts.exhaustsAt === null ? null : instant(facts.exhaustsAt),
      },
      peakBurnRate: facts.peakBurnRate,
      executions: { good: during.good, bad: during.bad },
      failures: facts.failures
        .slice(0, MAX_LISTED)
        .map(({ count, ...where }) => ({ ...placeOf(where), count })),
      lastFailed: facts.lastFailed.slice(0, MAX_LISTED).map(({ execution, at, traceId, ...where }) => ({
        execution: named(execution),
        at: instant(at),
        ...placeOf(where),
        traceId: maybeNamed(traceId),
      })),
      links: message.links,
      mayRepeat: notification.mayRepeat === true,
    },
  };
}

function typeOf(event: MessageEvent): WebhookType {
  return isOfService(event) ? event : `incident.${event}`;
}

function placeOf({ step, dependency, error }: Omit<FailureCount, 'count'>): Omit<FailureCount, 'count'> {
  return { step: maybeNamed(step), dependency: maybeNamed(dependency), error: maybeNamed(error) };
}

function maybeNamed(text: string | null): string | null {
  return text === null ? null : named(text);
}

function named(text: string): string {
  return plainName(text, MAX_TEXT);
}
