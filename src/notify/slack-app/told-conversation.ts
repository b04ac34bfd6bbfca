import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { isOfService, wakes } from '../../core/alerting/notification.ts';
import type { ToldReceipt, ToldIncident } from '../../core/ports/receipts.ts';
import type { Notification } from '../../core/ports/target.ts';
import { type Links, type Message, composeMessage, isOver } from '../message/message.ts';
import { plainName } from '../message/wording.ts';
import { type SlackPayload, slackPayload } from '../slack/slack-blocks.ts';
import { roomForBody, runbookOf } from './app-message.ts';

type Unsaved = Omit<ToldReceipt, 'at'>;

/** A receipt has room for so many incidents with their names, and so many notes. */
const MOST_INCIDENTS = 30;
const MOST_NOTES = 3;
const MAX_SLO = 100;
/** Bytes of the message that are kept with it. */
const MAX_BODY = 8 * 1024;

const NOWHERE = { channel: '', message: '' };

/** What is to be remembered of a conversation that is told for the first time; where, is not known yet. */
export function receiptOf(
  target: string,
  conversation: string,
  notification: Notification,
  links: Links,
): Unsaved {
  const { incident } = worstOf(notification, links);
  const nothing: Unsaved = {
    target,
    conversation,
    place: NOWHERE,
    of: incident,
    body: { text: '', blocks: [] },
    runbook: null,
    incidents: {},
    more: 0,
    notes: [],
    acknowledged: false,
    over: false,
    told: '',
  };
  const changed = changedBy(nothing, notification, links);
  return { ...changed, told: notification.key };
}

/** What is to be remembered after a notification. */
export function changedBy(before: Unsaved, notification: Notification, links: Links): Unsaved {
  const { facts } = notification;
  const own = facts.filter(({ incident }) => incident === before.of);
  const { incidents, more } = withIncidents(before, facts);
  const last = facts.at(-1)!;
  const all = Object.values(incidents);
  const message = own.length === 0 ? null : composeMessage({ ...notification, facts: own }, links);
  return {
    ...before,
    ...(message && bodyOf(before, message)),
    incidents,
    more,
    acknowledged: acknowledgedAfter(before, facts),
    over: isOfService(last.kind)
      ? isOver(composeMessage(notification, links).event)
      : (last.conversation?.others ?? 0) === 0 && all.every(({ standing }) => standing === 'over'),
  };
}

/** What is to be remembered after people did something. */
export function notedIn(before: Unsaved, note: string, acknowledged: boolean): Unsaved {
  const notes = [...before.notes, note].slice(-MOST_NOTES);
  return { ...before, notes, acknowledged: before.acknowledged || acknowledged };
}

function worstOf(notification: Notification, links: Links): { readonly incident: string } {
  const { incident } = composeMessage(notification, links);
  // A message shows a clean text of an id; what is remembered is the id.
  return (
    notification.facts.find((one) => plainName(one.incident, 100) === incident) ?? notification.facts[0]!
  );
}

/** As much of a message as there is room for, beside what people can press. */
function bodyOf({ target, conversation }: Unsaved, message: Message): Pick<ToldReceipt, 'body' | 'runbook'> {
  const runbook = runbookOf(message);
  const room = roomForBody({ target, conversation, runbook });
  const fits = (payload: SlackPayload): boolean => {
    const sent = JSON.stringify(payload);
    return sent.length <= room && Buffer.byteLength(sent) <= MAX_BODY;
  };
  const body = slackPayload(message, fits);
  return { runbook, body: fits(body) ? body : { text: body.text, blocks: [] } };
}

/** The incidents with how they stand now. Those that are over make room for others. */
function withIncidents(
  before: Unsaved,
  facts: readonly NotificationFacts[],
): Pick<ToldReceipt, 'incidents' | 'more'> {
  const told = new Map(Object.entries(before.incidents));
  let { more } = before;
  for (const one of facts) {
    const { incident, slo, kind } = one;
    if (isOfService(kind)) continue;
    if (!told.has(incident) && told.size >= MOST_INCIDENTS) {
      const done = [...told].find(([id, { standing }]) => standing === 'over' && id !== before.of);
      if (done) told.delete(done[0]);
      if (kind === 'opened') more++;
      if (!done) continue;
    }
    const standing: ToldIncident['standing'] = kind === 'resolved' ? 'over' : wakes(one) ? 'page' : 'ticket';
    told.set(incident, { slo: plainName(slo, MAX_SLO), standing });
  }
  return { incidents: Object.fromEntries(told), more };
}

/** What opens or becomes a page wants someone anew. */
function acknowledgedAfter(before: Unsaved, facts: readonly NotificationFacts[]): boolean {
  const anew = facts.some(
    ({ kind, acknowledged, folded }) =>
      (kind === 'opened' || kind === 'escalated') && acknowledged === null && folded === undefined,
  );
  return !anew && (before.acknowledged || facts.some(({ acknowledged }) => acknowledged !== null));
}
