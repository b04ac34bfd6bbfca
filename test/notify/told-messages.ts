import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { ConversationNote, Notification } from '../../src/core/ports/target.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';
import type { MessageEvent } from '../../src/notify/message/message.ts';
import * as examples from './example-facts.ts';
import { ESCALATED, EVERY_PART, OPENED, RESOLVED, TICKET, notificationOf } from './example-facts.ts';
import { type TextOf, factsWithTexts } from './texts-of-others.ts';

/** What is told in one go, and what was told of its incident before, where that changes how it is told. */
export interface Told {
  readonly before?: Notification;
  readonly notification: Notification;
  /** What people did after it. */
  readonly notes?: readonly Omit<ConversationNote, 'conversation'>[];
}

type Telling = (text: TextOf) => Told;

const one =
  (...facts: readonly NotificationFacts[]): Telling =>
  (text) => ({ notification: notificationOf(...facts.map((each) => factsWithTexts(each, text))) });

/** A change of an incident whose opening was told: an edit and a reply in a thread, where there are such. */
const change =
  (facts: NotificationFacts): Telling =>
  (text) => ({
    before: { ...notificationOf(factsWithTexts(TICKET, text)), key: 'before' },
    ...one(facts)(text),
  });

const DELIVERY = { target: 'chat', reason: 'gone', since: OPENED.openedAt };
const LOSS = { kind: 'wiped', part: null, at: OPENED.at, ofIncident: false } as const;
const SILENCED = { since: OPENED.openedAt - HOUR, until: OPENED.at, by: 'ana', because: 'a deploy' };

/** Every event that there is; a new one does not compile before it is here. */
export const OF_EVENTS: { readonly [E in MessageEvent | 'acknowledged']: Telling } = {
  opened: one(OPENED),
  escalated: change(ESCALATED),
  deescalated: change(examples.DEESCALATED),
  unacknowledged: change(examples.UNACKNOWLEDGED),
  reminder: change(examples.REMINDER),
  resolved: change(RESOLVED),
  recovered: one(TICKET, RESOLVED),
  acknowledged: change(examples.ACKNOWLEDGED),
  test: one(examples.TEST),
  'data-loss': one({ ...OPENED, kind: 'data-loss', loss: LOSS }),
  'delivery-failing': one({ ...OPENED, kind: 'delivery-failing', delivery: { ...DELIVERY, end: null } }),
  'delivery-restored': one({ ...OPENED, kind: 'delivery-restored', delivery: { ...DELIVERY, end: 'works' } }),
  report: one(examples.REPORT),
  'gate-overridden': one(examples.GATE_OVERRIDDEN),
};

/** The same facts as of incidents of their own. */
function several(text: TextOf, all: readonly NotificationFacts[]): Told {
  const facts = all.map((each, index) => {
    const filled = factsWithTexts({ ...each, conversation: EVERY_PART.conversation }, text);
    const id = `${filled.incident}-${index}`;
    return { ...filled, incident: id, conversation: { ...filled.conversation!, id } };
  });
  return { notification: notificationOf(...facts) };
}

/** What else a message may be of, or say. */
const OTHERS: Readonly<Record<string, Telling>> = {
  'a list: pages, tickets, folded, over': (text) =>
    several(text, [OPENED, ESCALATED, TICKET, examples.FOLDED, RESOLVED]),
  'a digest of quiet hours: tickets': (text) =>
    several(
      text,
      Array.from({ length: 10 }, () => TICKET),
    ),
  'incidents of one conversation': (text) => {
    const { conversation } = EVERY_PART;
    return {
      before: { ...notificationOf(factsWithTexts({ ...OPENED, conversation }, text)), key: 'before' },
      notification: notificationOf(
        { ...factsWithTexts({ ...ESCALATED, conversation }, text), incident: 'another' },
        factsWithTexts({ ...examples.REMINDER, conversation }, text),
      ),
    };
  },
  'opened, with notes of people': (text) => ({
    ...one(OPENED)(text),
    notes: [
      {
        words: ['Acknowledged by ', { name: text('note: who acted') }, ' at 19:12 UTC.'],
        acknowledged: true,
        only: null,
      },
      { words: ['Silenced by ', { name: text('note: who acted') }, '.'], acknowledged: false, only: 'U0123' },
    ],
  }),
  'a likely cause': one(examples.LIKELY_CAUSE),
  'values that stand out and burn, a deploy before it, executions stuck': one({
    ...examples.OVERDUE,
    standsOut: EVERY_PART.standsOut,
    burning: EVERY_PART.burning,
    after: EVERY_PART.after,
  }),
  'folded into another': one(examples.FOLDED),
  'no longer folded': one(examples.UNFOLDED),
  'silenced until now, instead of another target, maybe a repeat': (text) => {
    const told = one({
      ...examples.OVERSPENT,
      silenced: SILENCED,
      acknowledged: EVERY_PART.acknowledged,
      conversation: EVERY_PART.conversation,
    })(text);
    return { notification: { ...told.notification, mayRepeat: true } };
  },
  'flapping: held back until now': one({ ...OPENED, silenced: { ...SILENCED, reason: 'flapping' } }),
  'flapping: last page at once': one({
    ...OPENED,
    flapping: {
      last: { pages: 3, within: HOUR, lasts: 15 * MINUTE },
      heldBack: { count: 2, since: OPENED.at },
    },
  }),
  'resolved, needs a postmortem': one(examples.POSTMORTEM),
  'resolved: definition changed': change({ ...RESOLVED, cause: 'definition-changed' }),
  'resolved: removed': change({ ...RESOLVED, cause: 'removed' }),
  'loss of a shard, of an open incident': change({
    ...OPENED,
    kind: 'data-loss',
    loss: { ...LOSS, kind: 'rolled-back', part: 'redis-2:6379', ofIncident: true },
  }),
  'target removed': one({ ...OPENED, kind: 'delivery-restored', delivery: { ...DELIVERY, end: 'removed' } }),
  'monthly report of all teams': one({
    ...examples.REPORT,
    report: { ...examples.REPORT.report!, period: 'month', owner: null },
  }),
  'gate of a team overridden': one({
    ...examples.GATE_OVERRIDDEN,
    gate: { ...examples.GATE_OVERRIDDEN.gate!, workflow: null, team: 'payments' },
  }),
  outage: one(examples.OUTAGE),
  'no data': one(examples.SILENT),
  'success rate of measurements': one(examples.SUCCESS_RATE),
  'budget of slices': one(examples.BUDGET_LOW),
  'forecast of freshness': one(examples.FORECAST),
  'missed ticks of a schedule': one(examples.MISSED_TICKS),
  'resolved: ticks of a schedule': one({ ...RESOLVED, sli: examples.MISSED_TICKS.sli }),
  composite: one(examples.COMPOSITE),
  'lost hand-overs': one({ ...OPENED, sli: { kind: 'transition', from: 'a', to: 'b', withinMs: MINUTE } }),
};

export const MESSAGES: Readonly<Record<string, Telling>> = { ...OF_EVENTS, ...OTHERS };
