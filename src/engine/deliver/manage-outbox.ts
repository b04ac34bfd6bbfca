import type { OutboxRow } from '../../core/alerting/notification.ts';
import { isHeldRow } from '../../core/alerting/conversations.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { ManageOutbox, NotificationReport } from '../../core/ports/outbox-reports.ts';
import { EVERY_ROW } from '../../core/ports/outbox-reports.ts';
import type { ListPlace } from '../../core/ports/list-page.ts';
import { placeText } from '../../core/ports/list-page.ts';
import { readRowChoice } from '../../core/ports/row-choice.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused, quoted, refuse } from '../../core/ports/refused.ts';
import type { OutboxStore, RowPlace, RowState } from '../../core/ports/store/outbox.ts';
import type { StateStore } from '../../core/ports/store/states.ts';

export interface ManageOutboxOptions {
  readonly store: Pick<OutboxStore, 'outbox' | 'outboxRows' | 'retryUndeliverable' | 'dropUndeliverable'> &
    Pick<StateStore, 'loadStates'>;
  readonly definitions: () => Pick<Definitions, 'targets'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rows that one request goes through, and that are read at once. */
const PER_REQUEST = 1000;
/** Reasons that one answer lists. */
const MAX_REASONS = 100;

/** Lists what is not delivered, has it sent again, and drops it. */
export function createManageOutbox({ store, definitions, clock, log }: ManageOutboxOptions): ManageOutbox {
  /** The undeliverable rows that a request names, and where it stopped. */
  async function chosen(
    request: unknown,
  ): Promise<
    { readonly id: string; readonly rows: readonly OutboxRow[]; readonly next: RowPlace | null } | Refused
  > {
    const wanted = readRowChoice(request);
    if (isRefused(wanted)) return wanted;
    const { id, after } = wanted;
    if (id === EVERY_ROW)
      return { id, ...(await store.outboxRows('undeliverable', rowPlace(after), PER_REQUEST)) };
    const all = await everyRow();
    const found = all.find((row) => row.id === id);
    if (!found) return refuse('unknown', `No undeliverable notification has the id ${quoted(id)}.`);
    const rows = all.filter(({ incident, target }) => incident === found.incident && target === found.target);
    return { id, rows, next: null };
  }

  async function everyRow(): Promise<readonly OutboxRow[]> {
    const all: OutboxRow[] = [];
    for (let after: RowPlace | null = null; ;) {
      const page = await store.outboxRows('undeliverable', after, PER_REQUEST);
      all.push(...page.rows);
      if (page.next === null) return all;
      after = page.next;
    }
  }

  return {
    async notifications(state, { after, limit }) {
      const rows = store.outboxRows(state, rowPlace(after), limit);
      const [page, counts] = await Promise.all([rows, store.outbox(1)]);
      return {
        items: page.rows.map((row) => reportOf(row, state, definitions(), clock.now())),
        next: listPlace(page.next),
        pendingCount: counts.pendingCount,
        undeliverableCount: counts.undeliverableCount,
      };
    },

    async retryNotifications(request) {
      const found = await chosen(request);
      if (isRefused(found)) return found;
      const states = await store.loadStates();
      const open = new Map(
        [...states.values()].flatMap(({ state }) =>
          state?.incident ? [[state.incident.id, state.incident]] : [],
        ),
      );
      const ended = new Set(found.rows.filter(({ facts }) => facts.kind === 'resolved').map(conversationOf));
      const late = (row: OutboxRow): boolean =>
        row.facts.kind in WHILE_OPEN && !open.has(row.incident) && !ended.has(conversationOf(row));
      const left = found.rows.filter(late);
      const now = clock.now();
      const rows = found.rows
        .filter((row) => !late(row))
        // Who took it meanwhile is told with it: what tells that by itself is not sent where nothing was told.
        .map((row) => {
          const acknowledged = open.get(row.incident)?.acknowledged ?? row.facts.acknowledged;
          return { ...row, facts: { ...row.facts, acknowledged }, createdAt: now, attempts: 0 };
        });
      const retried = rows.length === 0 ? 0 : await store.retryUndeliverable(rows);
      log.info({ id: found.id, retried, left: left.length }, 'undeliverable notifications are tried again');
      return {
        id: found.id,
        retried,
        left: left.length,
        reasons: left.slice(0, MAX_REASONS).map(({ id, incident }) => ({
          id,
          code: 'incident-over',
          message: `The incident ${incident} is over; drop this.`,
        })),
        next: placeText(listPlace(found.next)),
      };
    },

    async dropNotifications(request) {
      const found = await chosen(request);
      if (isRefused(found)) return found;
      const { id, next } = found;
      const ids = id === EVERY_ROW ? found.rows.map((row) => row.id) : [id];
      const dropped = await store.dropUndeliverable(ids);
      log.info({ id, dropped }, 'undeliverable notifications were dropped');
      return { id, dropped, next: placeText(listPlace(next)) };
    },
  };
}

/** What is news only while its incident is open. */
const WHILE_OPEN: Readonly<Partial<Record<OutboxRow['facts']['kind'], true>>> = {
  opened: true,
  escalated: true,
  deescalated: true,
  unacknowledged: true,
  reminder: true,
  acknowledged: true,
};

function conversationOf({ incident, target }: OutboxRow): string {
  return JSON.stringify([incident, target]);
}

function reportOf(
  row: OutboxRow,
  state: RowState,
  { targets }: Pick<Definitions, 'targets'>,
  now: number,
): NotificationReport {
  const { id, target, incident, createdAt, attempts, lastError, recipients, mayRepeat } = row;
  const { slo, workflow, owner, severity, kind } = row.facts;
  const about = { slo, workflow, owner, severity, kind };
  const waits = isHeldRow(row) && createdAt > now;
  const timeZone = targets.get(target)?.quiet?.timeZone ?? 'UTC';
  const waitsUntil = waits ? { at: createdAt, timeZone } : null;
  // It was made as what it says came about.
  const made = waits ? row.facts.at : createdAt;
  const tried = { attempts, lastError, recipients, mayRepeat };
  return { id, state, waitsUntil, target, incident, ...about, createdAt: made, ...tried };
}

function listPlace(place: RowPlace | null): ListPlace | null {
  return place && [place.createdAt, place.id];
}

/** The place that a list of notifications gave, see `TIME_AND_ID`. */
function rowPlace(place: ListPlace | null): RowPlace | null {
  return place && { createdAt: place[0] as number, id: place[1] as string };
}
