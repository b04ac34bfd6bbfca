import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { conversationOfRow, firstDue, isUrgent } from '../../core/alerting/notification.ts';
import { storedRow, upgradeRows } from '../../core/alerting/stored-notification.ts';
import type { Claim, ClaimedTargets, OutboxStore, Settlement } from '../../core/ports/store/outbox.ts';
import { DAY } from '../../core/time/duration.ts';
import type { StoredConversation, Databases } from './databases.ts';
import {
  conversationDueKey,
  conversationKey,
  conversationsAfter,
  conversationsDue,
  deliveredBefore,
  placeOfDue,
  rowOfOrder,
  rowOrderKey,
  placeOfOrder,
} from './keys.ts';
import type { Key } from './keys.ts';
import { addToKnown } from './incidents.ts';
import { mustLead } from './leader.ts';
import type { Writer } from './writer.ts';

/** How long delivered rows are remembered, so that one that is made again is not sent again. */
const REMEMBER_DELIVERED = DAY;
/** How many of those are forgotten at most when a claim is settled: more than it adds. */
const FORGOTTEN_AT_ONCE = 100;

/** The outbox in LMDB; see `OutboxStore`. Claims run by the `now` they are given, the lease by `clock`. */
export function outboxStore(db: Databases, writer: Writer, clock: Clock): OutboxStore {
  return {
    enqueue: (rows) =>
      writer.write(() => {
        for (const row of rows) addRow(db, row);
      }, rows.length),

    async claim(owner, now, lease, limit, where = {}) {
      // It is asked often, and mostly in vain: looking needs no transaction.
      if (dueAt(db, now, 1, where).length === 0) {
        mustLead(db, owner, clock.now());
        return [];
      }
      return writer.write(() => {
        mustLead(db, owner, clock.now());
        return dueAt(db, now, limit, where).map((place) => claimOf(db, place, now + lease));
      }, limit);
    },

    settle: (claim, outcome, now) =>
      writer.write(() => {
        const conversation = db.conversations.get(conversationKey(claim.conversation, claim.target));
        if (conversation?.token !== claim.token) return false;
        settleRows(db, claim, outcome, now);
        const ended = outcome.result === 'retry' || outcome.result === 'released' ? [] : claim.rows;
        const done = new Set(ended.map(({ id }) => id));
        const later = conversation.rows.filter((id) => !done.has(id));
        const kept = outcome.result === 'kept' ? [outcome.row.id] : [];
        const resting = kept.length > 0 && later.length === 0;
        putConversation(db, claim.conversation, claim.target, {
          due: outcome.result === 'retry' || (outcome.result === 'kept' && resting) ? outcome.at : now,
          token: null,
          rows: [...kept, ...later],
          urgent: conversation.urgent === true && !resting,
          resting,
        });
        if (outcome.result === 'undeliverable') for (const row of outcome.instead) addRow(db, row);
        const events = 'events' in outcome ? (outcome.events ?? []) : [];
        for (const { incident, event } of events) addToKnown(db, incident, event);
        return true;
      }, claim.rows.length),

    async outbox(limit) {
      const oldest = (table: Databases['pending']): readonly OutboxRow[] =>
        readRows(db, [...table.getKeys({ limit })].map(rowOfOrder)).rows;
      return {
        pending: oldest(db.pending),
        undeliverable: oldest(db.undeliverable),
        pendingCount: db.pending.getKeysCount(),
        undeliverableCount: db.undeliverable.getKeysCount(),
      };
    },

    async outboxRows(state, after, limit) {
      const range = after ? { start: rowOrderKey(after.createdAt, after.id), exclusiveStart: true } : {};
      const keys = [...db[state].getKeys({ ...range, limit: limit + 1 })];
      const shown = keys.slice(0, limit);
      return {
        rows: readRows(db, shown.map(rowOfOrder)).rows,
        next: keys.length > limit ? placeOfOrder(shown.at(-1)!) : null,
      };
    },

    retryUndeliverable: (rows) =>
      // From the last one on, since each goes in front of the others.
      writer.write(() => rows.toReversed().filter((row) => retryRow(db, row)).length, rows.length),

    dropUndeliverable: (ids) =>
      writer.write(() => ids.filter((id) => removeUndeliverable(db, id)).length, ids.length),
  };
}

/** Adds a row unless there is or was such a row; call it in a write transaction. */
export function addRow(db: Databases, row: OutboxRow): void {
  if (db.rows.doesExist(row.id) || db.delivered.doesExist(row.id)) return;
  db.rows.putSync(row.id, storedRow(row));
  db.pending.putSync(rowOrderKey(row.createdAt, row.id), null);
  const conversation = conversationOfRow(row);
  const before = db.conversations.get(conversationKey(conversation, row.target));
  putConversation(db, conversation, row.target, conversationWith(before, row));
}

/** Takes a row out of those that are undeliverable; false when it is none of them. Call it in a write transaction. */
function removeUndeliverable(db: Databases, id: string): boolean {
  const stored = db.rows.get(id) as Pick<OutboxRow, 'createdAt'> | undefined;
  const order = stored && rowOrderKey(stored.createdAt, id);
  if (!order || !db.undeliverable.doesExist(order)) return false;
  db.undeliverable.removeSync(order);
  db.rows.removeSync(id);
  return true;
}

function retryRow(db: Databases, row: OutboxRow): boolean {
  if (!removeUndeliverable(db, row.id)) return false;
  db.rows.putSync(row.id, storedRow(row));
  db.pending.putSync(rowOrderKey(row.createdAt, row.id), null);
  const conversation = conversationOfRow(row);
  const before = db.conversations.get(conversationKey(conversation, row.target));
  putConversation(db, conversation, row.target, {
    ...conversationWith(before, row),
    rows: [row.id, ...(before?.rows ?? [])],
  });
  return true;
}

/** A conversation that one more row waits in. One that waits already keeps the time it waits for. */
function conversationWith(before: StoredConversation | undefined, row: OutboxRow): StoredConversation {
  return {
    due: before && before.resting !== true ? before.due : firstDue(row),
    token: before?.token ?? null,
    rows: [...(before?.rows ?? []), row.id],
    urgent: before?.urgent === true || isUrgent(row.facts),
  };
}

/** Replaces a conversation; one without rows is removed. */
function putConversation(
  db: Databases,
  name: string,
  target: string,
  conversation: StoredConversation,
): void {
  const key = conversationKey(name, target);
  const dueKey = ({ urgent, due }: StoredConversation) =>
    conversationDueKey(target, urgent === true, due, name);
  const before = db.conversations.get(key);
  if (before) db.conversationsDue.removeSync(dueKey(before));
  if (conversation.rows.length === 0) {
    db.conversations.removeSync(key);
  } else {
    db.conversations.putSync(key, conversation);
    db.conversationsDue.putSync(dueKey(conversation), null);
  }
}

type DuePlace = ReturnType<typeof placeOfDue>;

/** What is due at targets, up to `limit` of each: the urgent ones first, then those that are due longest. */
function dueAt(
  db: Databases,
  now: number,
  limit: number,
  { only, busy = [], urgentOnly = [] }: ClaimedTargets,
) {
  const urgent: DuePlace[] = [];
  const others: DuePlace[] = [];
  const dueOf = (target: string, isUrgent: boolean, most: number): DuePlace[] =>
    most === 0
      ? []
      : [...db.conversationsDue.getKeys({ ...conversationsDue(target, isUrgent, now), limit: most })].map(
          placeOfDue,
        );
  for (const target of only === undefined ? targetsOf(db) : [only]) {
    if (busy.includes(target)) continue;
    const first = dueOf(target, true, limit);
    urgent.push(...first);
    if (!urgentOnly.includes(target)) others.push(...dueOf(target, false, limit - first.length));
  }
  const longestFirst = (places: DuePlace[]) => places.toSorted((one, other) => one.due - other.due);
  return [...longestFirst(urgent), ...longestFirst(others)];
}

/** The targets that something waits for, due or not. */
function* targetsOf(db: Databases): Generator<string> {
  let range: { readonly start: Key } | undefined;
  for (;;) {
    const [next] = [...db.conversationsDue.getKeys({ ...range, limit: 1 })];
    if (!next) return;
    const { target } = placeOfDue(next);
    yield target;
    range = conversationsAfter(target);
  }
}

function claimOf(db: Databases, { conversation, target }: DuePlace, until: number): Claim {
  const before = db.conversations.get(conversationKey(conversation, target))!;
  const token = randomUUID();
  // While it is claimed, what comes waits for the end of the claim.
  putConversation(db, conversation, target, { ...before, due: until, token, resting: false });
  return { token, conversation, target, mayRepeat: before.token !== null, ...readRows(db, before.rows) };
}

function readRows(db: Databases, ids: readonly string[]): Pick<Claim, 'rows' | 'newerRows'> {
  return upgradeRows(ids.map((id) => db.rows.get(id)));
}

function settleRows(db: Databases, claim: Claim, outcome: Settlement, now: number): void {
  for (const row of claim.rows) {
    const order = rowOrderKey(row.createdAt, row.id);
    const keptBefore = outcome.result === 'undeliverable' && row.deliveredAt !== undefined;
    if (outcome.result === 'delivered' || outcome.result === 'kept' || keptBefore) {
      db.rows.removeSync(row.id);
      db.pending.removeSync(order);
      db.delivered.putSync(row.id, now);
      db.deliveries.putSync(rowOrderKey(now, row.id), null);
    } else if (outcome.result === 'undeliverable') {
      db.pending.removeSync(order);
      db.undeliverable.putSync(order, null);
    }
  }
  if (outcome.result === 'kept') db.rows.putSync(outcome.row.id, storedRow(outcome.row));
  if (outcome.result === 'retry' || outcome.result === 'undeliverable') {
    for (const row of outcome.rows) db.rows.putSync(row.id, storedRow(row));
  }
  forgetDelivered(db, now);
}

function forgetDelivered(db: Databases, now: number): void {
  const range = deliveredBefore(now - REMEMBER_DELIVERED);
  const old: Key[] = [...db.deliveries.getKeys({ ...range, limit: FORGOTTEN_AT_ONCE })];
  for (const key of old) {
    db.deliveries.removeSync(key);
    db.delivered.removeSync(rowOfOrder(key));
  }
}
