import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import { registeredSeries } from '../../core/slo/series.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { NothingLoaded, StoreUnavailable } from '../../core/ports/store/store.ts';
import { SECOND } from '../../core/time/duration.ts';

/** The definitions everything works by. They change as a whole or not at all. */
export interface ActiveDefinitions {
  /** Null until any have come into force. */
  readonly current: () => Definitions | null;
  /** For those who cannot do without: throws `StoreUnavailable`, since it passes and what was sent should be sent again. */
  readonly currentOrThrow: () => Definitions;
  /** For those who then have nothing to do. */
  readonly currentOrEmpty: () => Definitions;
  /** For those who answer people: throws `StoreUnavailable` while what has loaded waits for the store. */
  readonly currentOrWaiting: () => Definitions;
  /** Makes other definitions active; waits while the store is away, and gives way to later ones. */
  readonly replace: (next: Definitions) => Promise<void>;
  /** Says again in the store since when each SLI is counted. */
  readonly register: () => Promise<void>;
}

export function createActiveDefinitions(options: {
  readonly store: CountStore;
  /** Called before definitions come into force. */
  readonly prepare: (next: Definitions) => Promise<void>;
  /** What definitions say at this moment, with what is read of elsewhere; as they are if absent. */
  readonly refine?: (definitions: Definitions) => Definitions;
  readonly clock: Clock;
  readonly log: Log;
}): ActiveDefinitions {
  const { store, prepare, refine = (same) => same, clock, log } = options;
  const none: Definitions = {
    workflows: new Map(),
    teams: new Map(),
    targets: new Map(),
    onCall: new Map(),
    dependencies: new Map(),
  };
  let inForce: Definitions | null = null;
  let latest: Definitions | null = null;

  return {
    current: () => inForce && refine(inForce),
    currentOrThrow() {
      if (inForce) return refine(inForce);
      if (latest) throw new StoreUnavailable('the SLO files wait for the store');
      throw new NothingLoaded('no SLO file has loaded yet, so nothing says what to count');
    },
    currentOrEmpty: () => (inForce ? refine(inForce) : none),
    currentOrWaiting() {
      if (!inForce && latest) throw new StoreUnavailable('the SLO files wait for the store');
      return inForce ? refine(inForce) : none;
    },
    async replace(next) {
      latest = next;
      for (;;) {
        if (latest !== next) return;
        try {
          await prepare(next);
          await store.registerSlis(registeredSeries(next), clock.now());
          if (latest === next) inForce = next;
          return;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
          log.warn({ error: error.message }, 'new SLO files wait for the store');
          await new Promise((resolve) => setTimeout(resolve, SECOND).unref());
        }
      }
    },
    async register() {
      if (inForce) await store.registerSlis(registeredSeries(inForce), clock.now());
    },
  };
}
