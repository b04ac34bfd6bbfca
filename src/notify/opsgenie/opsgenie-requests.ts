import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { conversationKey } from '../message/conversation-key.ts';
import { cut, fitting, inert } from '../message/layout.ts';
import type { Message } from '../message/message.ts';
import { isOver } from '../message/message.ts';
import { phraseText } from '../message/phrase.ts';
import { plainText } from '../message/plain-text.ts';
import { plainName } from '../message/wording.ts';

/** One request to Opsgenie's Alert API. */
export interface OpsgenieRequest {
  readonly method: 'POST' | 'PUT';
  /** Below the address of the API, `/v2/alerts…`. */
  readonly path: string;
  readonly body: object;
}

const MAX_MESSAGE = 130;
const MAX_DESCRIPTION = 15_000;
const MAX_ENTITY = 512;
const MAX_TAG = 50;
const MAX_NOTE = 25_000;
// Keys and values of `details` together.
const MAX_DETAILS = 8_000;
const MAX_USER = 100;

const PRIORITIES = { page: 'P1', ticket: 'P3', acknowledged: 'P5', over: 'P5', test: 'P5' } as const;

/**
 * The requests of a message, in the order they must be sent. All of one incident have one alias. What is created again under the
 * alias of an open alert counts up there and keeps its priority, so a change of severity sets the priority as well. A test closes
 * what it opened.
 */
export function opsgenieRequests(message: Message, facts: NotificationFacts): readonly OpsgenieRequest[] {
  const alias = conversationKey(facts.incident);
  const act = (action: string, body: object, method: 'POST' | 'PUT' = 'POST'): OpsgenieRequest => ({
    method,
    path: `/v2/alerts/${encodeURIComponent(alias)}/${action}?identifierType=alias`,
    body,
  });
  const source = { source: 'Burnwatch' };
  const close = act('close', { ...source, note: cut(inert(plainText(message)), MAX_NOTE) });
  if (isOver(message.event)) return [close];
  const { acknowledged } = facts;
  const acknowledge =
    acknowledged === null
      ? []
      : [act('acknowledge', { ...source, user: cut(plainName(inert(acknowledged.by), MAX_USER), MAX_USER) })];
  // To create it would open anew what someone closed there.
  if (facts.kind === 'acknowledged') return acknowledge;
  const priority = PRIORITIES[message.tone];
  const create: OpsgenieRequest = {
    method: 'POST',
    path: '/v2/alerts',
    body: {
      message: cut(inert(message.headline), MAX_MESSAGE),
      alias,
      description: cut(inert(plainText(message)), MAX_DESCRIPTION),
      tags: ['burnwatch', message.tone, cut(inert(message.owner), MAX_TAG)],
      details: detailsOf(message),
      entity: cut(inert(message.slo), MAX_ENTITY),
      ...source,
      priority,
    },
  };
  if (message.event === 'test') return [create, close];
  const moved = message.event === 'escalated' || message.event === 'deescalated';
  return [create, ...(moved ? [act('priority', { priority }, 'PUT')] : []), ...acknowledge];
}

function detailsOf(message: Message): Record<string, string> {
  const pairs = [
    ...message.fields.map(({ label, value }) => [label, cut(inert(phraseText(value)), 1000)] as const),
    ...message.links.map(({ label, url }) => [label, url] as const),
    ['Incident', inert(message.incident)] as const,
  ];
  return Object.fromEntries(fitting(pairs, MAX_DETAILS, ([label, value]) => label.length + value.length));
}
