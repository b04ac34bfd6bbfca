import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { isOfService } from '../../core/alerting/notification.ts';
import type { Severity } from '../../core/slo/alert-policy.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';
import { cut, inert, instant } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { isOver } from '../message/message.ts';
import { phraseText } from '../message/phrase.ts';
import { plainName } from '../message/wording.ts';

/** One alert as `POST /api/v2/alerts` of Alertmanager takes it. */
export interface PostedAlert {
  /** What the alert is: those with the same labels are the same alert. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/** How often a firing alert is sent again. */
export const RESEND_EVERY = MINUTE;
/** A firing alert ends by itself unless it is sent again: three may be missed, as with Prometheus. */
const ENDS_AFTER = 4 * RESEND_EVERY;

const MAX_VALUE = 1000;

/**
 * The alerts of a message. Numbers stand in annotations, so that an alert stays the same while they change. The severity is a
 * label, which routes go by: when it changes, the alert of the other severity ends. What is over ends in both. Times are
 * milliseconds; `now` is when it is sent.
 */
export function alertsOf(message: Message, facts: NotificationFacts, now: number): readonly PostedAlert[] {
  const over = isOver(message.event);
  const others: Severity[] = facts.severity === 'page' ? ['ticket'] : ['page'];
  const moved = message.event === 'escalated' || message.event === 'deescalated';
  // What is about the service is not sent again.
  const lasts = isOfService(message.event) && message.event !== 'test' ? HOUR : ENDS_AFTER;
  const ended = over || moved ? others : [];
  return [
    alertOf(message, facts, facts.severity, over ? now : now + lasts, now),
    ...ended.map((severity) => alertOf(message, facts, severity, now, now)),
  ];
}

const NAMES = {
  test: 'BurnwatchTest',
  'data-loss': 'BurnwatchDataLoss',
  'delivery-failing': 'BurnwatchDeliveryFailing',
  'delivery-restored': 'BurnwatchDeliveryFailing',
  report: 'BurnwatchReport',
  'gate-overridden': 'BurnwatchGateOverridden',
} as const;

function alertOf(
  message: Message,
  facts: NotificationFacts,
  severity: Severity,
  endsAt: number,
  now: number,
): PostedAlert {
  const { event } = message;
  const budget = message.links.find(({ label }) => label === 'Budget');
  const runbook = message.links.find(({ label }) => label === 'Runbook');
  const values = (pairs: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, cut(inert(value), MAX_VALUE)]));
  return {
    labels: values({
      alertname: isOfService(event) ? NAMES[event] : 'SloBudgetBurn',
      severity,
      workflow: plainName(facts.workflow, MAX_VALUE),
      slo: message.slo,
      owner: message.owner,
    }),
    annotations: values({
      summary: message.headline,
      description: phraseText(message.sentence),
      incident: message.incident,
      ...Object.fromEntries(
        message.fields.map(({ label, value }) => [annotationName(label), phraseText(value)]),
      ),
      ...Object.fromEntries(
        message.causes.map(({ label, name, words }) => [`top_${annotationName(label)}`, `${name} ${words}`]),
      ),
      ...(runbook && { runbook_url: runbook.url }),
    }),
    // Alertmanager refuses an alert that ends before it starts.
    startsAt: instant(Math.min(facts.openedAt, now, endsAt)),
    endsAt: instant(endsAt),
    ...(budget && { generatorURL: budget.url }),
  };
}

/** Names of annotations are of `a-z 0-9 _`. */
function annotationName(label: string): string {
  return label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
}
