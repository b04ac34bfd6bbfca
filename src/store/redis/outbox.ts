import { randomUUID } from 'node:crypto';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { conversationOfRow, firstDue, isUrgent } from '../../core/alerting/notification.ts';
import { storedRow, upgradeRows } from '../../core/alerting/stored-notification.ts';
import { NotLeader } from '../../core/ports/store/states.ts';
import type { Claim, OutboxStore, SettledOfIncident, Settlement } from '../../core/ports/store/outbox.ts';
import { DAY } from '../../core/time/duration.ts';
import { MAX_INCIDENT_EVENTS } from '../../core/ports/store/incidents.ts';
import type { Connection } from './connection.ts';
import { eventArguments } from './incidents.ts';
import { outboxKeys, serviceKeys } from './keys.ts';
import { scripts } from './scripts.ts';

/** How long delivered rows are remembered, so that one that is made again is not sent again. */
const REMEMBER_DELIVERED = DAY;
/** How many rows of each kind a view shows at most: as many as Lua unpacks at once. */
const MAX_VIEW = 2000;

/** A row as the scripts take it: its id, conversation, time of making, itself as JSON, whether it is urgent, and when it is due. */
export function rowArguments(row: OutboxRow): [string, string, number, string, boolean, number] {
  const urgent = isUrgent(row.facts);
  const conversation = atTarget(conversationOfRow(row), row.target);
  return [row.id, conversation, row.createdAt, JSON.stringify(storedRow(row)), urgent, firstDue(row)];
}

/** A conversation at a target, as the scripts name it. */
function atTarget(conversation: string, target: string): string {
  return JSON.stringify([conversation, target]);
}

/** The outbox in Redis; see `OutboxStore`. */
export function outboxStore(connection: Connection): OutboxStore {
  return {
    async enqueue(rows) {
      await connection.write(scripts.enqueue, outboxKeys, [JSON.stringify(rows.map(rowArguments))]);
    },

    async claim(owner, now, lease, limit, { only = null, busy = [], urgentOnly = [] } = {}) {
      const keys = [...outboxKeys, serviceKeys.leader];
      const where = JSON.stringify({ only, busy, urgentOnly });
      const args = [owner, now, lease, limit, randomUUID(), where];
      const reply = await connection.write(scripts.claim, keys, args);
      if (reply === null) throw new NotLeader('Another replica leads, or none does; nothing was claimed.');
      return (reply as string[][]).map(([token, place, unsettled, ...rows]): Claim => {
        const [conversation, target] = JSON.parse(place!) as [string, string];
        return { token: token!, conversation, target, mayRepeat: unsettled === '1', ...readRows(rows) };
      });
    },

    async settle(claim, outcome, now) {
      const settlement = {
        result: outcome.result,
        now,
        at: outcome.result === 'retry' || outcome.result === 'kept' ? outcome.at : now,
        keptBefore: claim.rows.filter(({ deliveredAt }) => deliveredAt !== undefined).map(({ id }) => id),
        kept: outcome.result === 'kept' ? outcome.row.id : '',
        rows: rowsAfter(claim, outcome).map((row) => [row.id, JSON.stringify(storedRow(row))]),
        instead: outcome.result === 'undeliverable' ? outcome.instead.map(rowArguments) : [],
        rememberDelivered: REMEMBER_DELIVERED,
        events: eventsOf(outcome).map(({ incident, event }) => [incident, eventArguments(event)]),
        maxEvents: MAX_INCIDENT_EVENTS,
      };
      const args = [atTarget(claim.conversation, claim.target), claim.token, JSON.stringify(settlement)];
      return (await connection.write(scripts.settle, outboxKeys, args)) === 1;
    },

    async outbox(limit) {
      const reply = await connection.run(scripts.outbox, outboxKeys, [Math.min(limit, MAX_VIEW)]);
      const [pendingCount, undeliverableCount, pending, undeliverable] = reply as [
        number,
        number,
        string[],
        string[],
      ];
      return {
        pending: readRows(pending).rows,
        undeliverable: readRows(undeliverable).rows,
        pendingCount,
        undeliverableCount,
      };
    },

    async outboxRows(state, after, limit) {
      const shown = Math.min(limit, MAX_VIEW);
      const from = after ? [after.createdAt, after.id] : [];
      const reply = await connection.run(scripts.outboxPage, outboxKeys, [state, shown + 1, ...from]);
      const [ids, times, rows] = reply as [string[], string[], (string | null)[]];
      return {
        rows: readRows(rows.slice(0, shown).filter((row) => row !== null)).rows,
        next: ids.length > shown ? { createdAt: Number(times[shown - 1]), id: ids[shown - 1]! } : null,
      };
    },

    async retryUndeliverable(rows) {
      const args = [JSON.stringify(rows.map(rowArguments))];
      return Number(await connection.write(scripts.retryUndeliverable, outboxKeys, args));
    },

    dropUndeliverable: async (ids) =>
      ids.length === 0 ? 0 : Number(await connection.write(scripts.dropUndeliverable, outboxKeys, [...ids])),
  };
}

function readRows(rows: readonly string[]): Pick<Claim, 'rows' | 'newerRows'> {
  return upgradeRows(rows.map((json) => JSON.parse(json) as unknown));
}

function eventsOf(outcome: Settlement): readonly SettledOfIncident[] {
  return 'events' in outcome ? (outcome.events ?? []) : [];
}

function rowsAfter(claim: Claim, outcome: Settlement): readonly OutboxRow[] {
  if (outcome.result === 'kept')
    return claim.rows.map((row) => (row.id === outcome.row.id ? outcome.row : row));
  if (outcome.result !== 'undeliverable') return outcome.result === 'retry' ? outcome.rows : claim.rows;
  return [...claim.rows.filter(({ deliveredAt }) => deliveredAt !== undefined), ...outcome.rows];
}
