import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { conversationKey } from '../message/conversation-key.ts';
import { cut, inert, instant } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { isOver } from '../message/message.ts';
import { phraseText } from '../message/phrase.ts';
import { webAddress } from '../message/wording.ts';

/** What `POST /v2/enqueue` of PagerDuty's Events API v2 takes. */
export type PagerDutyEvent = EventOf<'trigger'> | EventOf<'acknowledge'> | EventOf<'resolve'>;

interface EventOf<Action extends string> {
  readonly routing_key: string;
  readonly event_action: Action;
  readonly dedup_key: string;
  readonly payload?: Payload;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
  readonly client?: string;
  readonly client_url?: string;
}

interface Payload {
  readonly summary: string;
  readonly source: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly timestamp: string;
  readonly component: string;
  readonly group: string;
  readonly class: string;
  readonly custom_details: Readonly<Record<string, string>>;
}

const MAX_SUMMARY = 1024;
// PagerDuty takes 512 KB an event, but people read only so much.
const MAX_DETAIL = 1000;

/**
 * The events of a message, in the order they must be sent. All of one incident have one `dedup_key`. An incident that is over
 * only resolves, even when its opening was never sent: PagerDuty opens no incident for that, and closes one that an earlier
 * try may have opened. A test closes what it opened.
 */
export function pagerDutyEvents(
  message: Message,
  facts: NotificationFacts,
  routingKey: string,
  publicUrl: string | null,
): readonly PagerDutyEvent[] {
  const about = { routing_key: routingKey, dedup_key: conversationKey(facts.incident) };
  const resolve: PagerDutyEvent = { ...about, event_action: 'resolve' };
  if (isOver(message.event)) return [resolve];
  const acknowledge: PagerDutyEvent = { ...about, event_action: 'acknowledge' };
  // A trigger would open anew what someone closed there.
  if (facts.kind === 'acknowledged') return [acknowledge];
  const client = publicUrl === null ? null : webAddress(publicUrl);
  const trigger: PagerDutyEvent = {
    ...about,
    event_action: 'trigger',
    payload: payloadOf(message, facts),
    links: message.links.map(({ label, url }) => ({ href: url, text: label })),
    client: 'Burnwatch',
    ...(client !== null && { client_url: client }),
  };
  if (message.event === 'test') return [trigger, resolve];
  // A trigger leaves what was acknowledged acknowledged, but what was acknowledged here may not be there.
  return facts.acknowledged === null ? [trigger] : [trigger, acknowledge];
}

const SEVERITIES = {
  page: 'critical',
  ticket: 'warning',
  acknowledged: 'info',
  over: 'info',
  test: 'info',
} as const;

function payloadOf(message: Message, facts: NotificationFacts): Payload {
  return {
    summary: cut(inert(message.headline), MAX_SUMMARY),
    source: inert(message.slo),
    severity: SEVERITIES[message.tone],
    timestamp: instant(facts.at),
    component: cut(inert(message.slo.split('/')[0]!), 128),
    group: inert(message.owner),
    class: facts.reasons[0]?.kind ?? message.event,
    custom_details: detailsOf(message),
  };
}

function detailsOf(message: Message): Record<string, string> {
  const details = Object.fromEntries([
    ['What happened', phraseText(message.sentence)],
    ...(message.notices.length > 0 ? [['Note', message.notices.map(phraseText).join(' ')] as const] : []),
    ...(message.description === null ? [] : [['Description', message.description] as const]),
    ...message.fields.map(({ label, value }) => [label, phraseText(value)] as const),
    ...message.causes.map(
      ({ label, name, words }) => [`Failing most: ${label}`, `${name} ${words}`] as const,
    ),
    ...message.lastFailed.map((line, index) => [`Last failed ${index + 1}`, phraseText(line)] as const),
    ['Incident', message.incident],
  ] as (readonly [string, string])[]);
  return Object.fromEntries(
    Object.entries(details).map(([label, value]) => [label, cut(inert(value), MAX_DETAIL)]),
  );
}
