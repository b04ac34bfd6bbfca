import type { OverriddenGate } from '../../core/alerting/overridden-gate.ts';
import { rowsOfOverride, targetsOfOverride } from '../../core/alerting/gate-notifications.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { GateOverride } from '../../core/ports/gate-override.ts';
import { holdsAt, isOverrideOf } from '../../core/ports/gate-override.ts';
import type { Log } from '../../core/ports/log.ts';
import type { OutboxStore } from '../../core/ports/store/outbox.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { storedGateOverride, upgradeGateOverride } from '../../core/ports/stored-gate-override.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';

/** Has those who answer for an SLO notified that its gate was overridden. */
export interface OverrideNotices {
  /** Puts what is new into the outbox. To be called once a second on the leader. Rejects with `StoreUnavailable`. */
  run(): Promise<void>;
}

export interface OverrideNoticesOptions {
  readonly store: RecordStore & Pick<OutboxStore, 'enqueue'>;
  /** Null until any have loaded: then nobody can be notified yet. */
  readonly definitions: () => Definitions | null;
  readonly clock: Clock;
  readonly log: Log;
}

export function createOverrideNotices({
  store,
  definitions,
  clock,
  log,
}: OverrideNoticesOptions): OverrideNotices {
  async function notify(override: GateOverride, current: Definitions, now: number): Promise<void> {
    const { id, workflow, owner, reason, by, createdAt, until, ended } = override;
    const slos = allSlos(current).filter((slo) => isOverrideOf(override, slo));
    const targets = targetsOfOverride(current, slos, now);
    if (targets.length === 0) log.warn({ override: id }, 'no one is notified of an override of the gate');
    const whose = owner ?? slos[0]?.owner ?? 'no team';
    const { timeZone = null } = current.teams.get(whose) ?? {};
    const gate: OverriddenGate = {
      workflow,
      team: owner,
      reason,
      by,
      from: createdAt,
      until: ended?.at ?? until,
    };
    if (targets.length > 0)
      await store.enqueue(rowsOfOverride(id, gate, { owner: whose, timeZone }, targets), now);
  }

  return {
    async run() {
      const current = definitions();
      if (!current) return;
      const now = clock.now();
      for (const { id, revision, value } of await store.records('gate-overrides')) {
        const override = upgradeGateOverride(value);
        // One that was ended at once let changes out all the same.
        if (!override || override.notified || !holdsAt({ ...override, ended: null }, now)) continue;
        await notify(override, current, now);
        // In this order it may be put into the outbox twice, which keeps one, but is never left out. Where somebody ends it
        // at this moment, the next run notes it.
        await store.putRecord(
          'gate-overrides',
          id,
          revision,
          storedGateOverride({ ...override, notified: true }),
        );
      }
    },
  };
}
