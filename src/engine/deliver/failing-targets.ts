import type { FailingEnd, FailingTarget } from '../../core/alerting/failing-target.ts';
import { rowsOfFailingTarget, witnessesOf } from '../../core/alerting/failing-target.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { storedFailingTarget, upgradeFailingTarget } from '../../core/alerting/stored-failing-target.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { OutboxStore } from '../../core/ports/store/outbox.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { Delivery } from '../../core/ports/target.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';

/** Knows which targets take no notifications, and has people notified of it through others. */
export interface FailingTargets {
  /** What became of a try. Never rejects; what could not be stored is tried again with the next try. */
  note(rows: readonly OutboxRow[], delivery: Delivery): Promise<void>;
  /** Reads what is recorded. To be called once a second, on every replica. Rejects with `StoreUnavailable`. */
  refresh(): Promise<void>;
  /** Those that fail, as they were read last, by name. */
  readonly current: () => readonly FailingTarget[];
}

export interface FailingTargetsOptions {
  readonly store: RecordStore & Pick<OutboxStore, 'enqueue'>;
  readonly definitions: () => Definitions;
  /** Whether this replica is the one that delivers. */
  readonly leading: () => boolean;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** A target that asks for another try fails once it was tried in vain for so long; one that refuses, at once. */
const FAILS_AFTER = 5 * MINUTE;
/** Word of the same target goes out this often at most, however it comes and goes. */
const QUIET_FOR = HOUR;

export function createFailingTargets(options: FailingTargetsOptions): FailingTargets {
  const { store, definitions, leading, clock, elapsed, log } = options;
  /** Since when targets are tried in vain, by elapsed time and by the clock. */
  const troubled = new Map<string, { readonly elapsed: number; readonly at: number }>();
  const saidAt = new Map<string, number>();
  let known: readonly StoredRecord<FailingTarget>[] = [];
  // Two tries of one target may end while the first is being written down.
  let writing: Promise<void> = Promise.resolve();

  async function read(): Promise<readonly StoredRecord<FailingTarget>[]> {
    const records = await store.records('failing-targets');
    known = records.flatMap(({ id, revision, value }): StoredRecord<FailingTarget>[] => {
      const failing = upgradeFailingTarget(value);
      return failing ? [{ id, revision, value: failing }] : [];
    });
    return known;
  }

  async function begin(rows: readonly OutboxRow[], reason: string, since: number): Promise<void> {
    const { target, facts } = rows.at(-1)!;
    const failing = new Set([target, ...known.map(({ id }) => id)]);
    const { owner } = facts;
    const quiet = elapsed() - (saidAt.get(target) ?? -Infinity) < QUIET_FOR;
    const notified = quiet ? [] : witnessesOf(definitions(), owner, failing, clock.now());
    const isPage = rows.some((row) => row.facts.severity === 'page');
    const severity = isPage ? ('page' as const) : ('ticket' as const);
    const found: FailingTarget = { target, since, reason, severity, owner, notified, reported: quiet };
    log.error({ target, reason, since, notified }, 'notifications to a target fail');
    // In this order word of it may go out twice, but is never forgotten.
    await store.enqueue(rowsOfFailingTarget(found, null, clock.now()), clock.now());
    if (!quiet) saidAt.set(target, elapsed());
    await store.putRecord('failing-targets', target, 0, storedFailingTarget(found));
  }

  async function end({ id, revision, value }: StoredRecord<FailingTarget>, how: FailingEnd): Promise<void> {
    log.info({ target: id, how }, 'a target fails no more');
    await store.enqueue(rowsOfFailingTarget(value, how, clock.now()), clock.now());
    await store.putRecord('failing-targets', id, revision, null);
  }

  async function take(rows: readonly OutboxRow[], delivery: Delivery): Promise<void> {
    const { target } = rows[0]!;
    const record = known.find(({ id }) => id === target);
    if (delivery.result === 'delivered') {
      troubled.delete(target);
      if (record) await end(record, 'works');
      await reported(rows);
    } else {
      const first = troubled.get(target) ?? { elapsed: elapsed(), at: clock.now() };
      troubled.set(target, first);
      const fails = delivery.result === 'refused' || elapsed() - first.elapsed >= FAILS_AFTER;
      if (!fails || record) return;
      await begin(rows, delivery.reason, first.at);
    }
    await read();
  }

  /** Word of a failing target that has arrived somewhere. */
  async function reported(rows: readonly OutboxRow[]): Promise<void> {
    for (const { facts } of rows) {
      if (facts.kind !== 'delivery-failing') continue;
      const record = known.find(({ id }) => id === facts.delivery?.target);
      if (!record || record.value.reported) continue;
      const next = storedFailingTarget({ ...record.value, reported: true });
      await store.putRecord('failing-targets', record.id, record.revision, next);
    }
  }

  return {
    note(rows, delivery) {
      // A test says nothing of what people rely on, and who sends it sees what becomes of it.
      if (rows.every(({ facts }) => facts.kind === 'test')) return Promise.resolve();
      writing = writing
        .then(() => take(rows, delivery))
        .catch((error: unknown) =>
          log.error({ error: String(error) }, 'that a target fails could not be written down'),
        );
      return writing;
    },
    async refresh() {
      const { targets } = definitions();
      for (const record of await read()) {
        // While no file has loaded yet, nothing says that a target was removed.
        if (leading() && targets.size > 0 && !targets.has(record.id)) await end(record, 'removed');
      }
    },
    current: () => known.map(({ value }) => value),
  };
}
