import type { Clock } from '../../core/ports/clock.ts';
import { storedState, upgradeState } from '../../core/alerting/stored-state.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import type { Databases } from './databases.ts';
import { giveBackLease, mustLead, takeLease } from './leader.ts';
import { addEvents } from './incidents.ts';
import { addRow } from './outbox.ts';
import type { Writer } from './writer.ts';

/** How many changes one transaction carries: an outage of everything must not hold up the event loop. */
const CHANGES_PER_TRANSACTION = 200;

/** Alert states and the leader's lease in LMDB; see `StateStore`. The lease runs by `clock`. */
export function stateStore(db: Databases, writer: Writer, clock: Clock): StateStore {
  return {
    lead: (owner, lease) => writer.write(() => takeLease(db, owner, clock.now(), lease)),

    resign: (owner) => writer.write(() => giveBackLease(db, owner)),

    async loadStates() {
      return new Map(
        Array.from(db.states.getRange(), ({ key, value: { revision, state } }) => [
          key,
          { revision, state: upgradeState(state) },
        ]),
      );
    },

    async commit(owner, changes) {
      const written: boolean[] = [];
      for (let from = 0; from < changes.length; from += CHANGES_PER_TRANSACTION) {
        const part = changes.slice(from, from + CHANGES_PER_TRANSACTION);
        const answers = await writer.write(() => {
          mustLead(db, owner, clock.now());
          return part.map(({ slo, revision, state, rows, history }) => {
            if ((db.states.get(slo)?.revision ?? 0) !== revision) return false;
            db.states.putSync(slo, { revision: revision + 1, state: storedState(state) });
            for (const row of rows) addRow(db, row);
            if (history) addEvents(db, history);
            return true;
          });
        }, part.length * 2);
        written.push(...answers);
      }
      return written;
    },
  };
}
