import { storedState, upgradeState } from '../../core/alerting/stored-state.ts';
import { NotLeader } from '../../core/ports/store/states.ts';
import type { StateStore, StoredState } from '../../core/ports/store/states.ts';
import { MAX_INCIDENT_EVENTS } from '../../core/ports/store/incidents.ts';
import type { Connection } from './connection.ts';
import { eventArguments } from './incidents.ts';
import { outboxKeys, serviceKeys } from './keys.ts';
import { rowArguments } from './outbox.ts';
import { scripts } from './scripts.ts';

/** How many changes one call carries: an outage of everything must not keep Redis busy long. */
const CHANGES_PER_CALL = 200;

/** Alert states and the leader's lease in Redis; see `StateStore`. The lease runs by the clock of the server. */
export function stateStore(connection: Connection): StateStore {
  return {
    async lead(owner, lease) {
      return (await connection.run(scripts.lead, [serviceKeys.leader], [owner, Math.ceil(lease)])) === 1;
    },

    async resign(owner) {
      await connection.run(scripts.resign, [serviceKeys.leader], [owner]);
    },

    async loadStates() {
      const stored = await connection.call((client) => client.hgetall(serviceKeys.states));
      return new Map(Object.entries(stored).map(([slo, text]) => [slo, readState(text)]));
    },

    async commit(owner, changes) {
      const keys = [...outboxKeys, serviceKeys.leader, serviceKeys.states];
      const written: boolean[] = [];
      for (let from = 0; from < changes.length; from += CHANGES_PER_CALL) {
        const part = changes
          .slice(from, from + CHANGES_PER_CALL)
          .map(({ slo, revision, state, rows, history }) => ({
            slo,
            revision,
            stored: `${revision + 1} ${JSON.stringify(storedState(state))}`,
            rows: rows.map(rowArguments),
            ...(history && { history: { ...history, events: history.events.map(eventArguments) } }),
          }));
        const reply = await connection.write(scripts.commit, keys, [
          owner,
          JSON.stringify(part),
          MAX_INCIDENT_EVENTS,
        ]);
        if (reply === null)
          throw new NotLeader('Another replica leads, or none does; nothing was committed.');
        written.push(...(reply as number[]).map((one) => one === 1));
      }
      return written;
    },
  };
}

function readState(text: string): StoredState {
  const space = text.indexOf(' ');
  return { revision: Number(text.slice(0, space)), state: upgradeState(JSON.parse(text.slice(space + 1))) };
}
