import type { Log } from '../../core/ports/log.ts';
import type { StateStore } from '../../core/ports/store/states.ts';

/** Whether this replica is the one that evaluates and delivers. */
export interface Leadership {
  /** Tries to take the lease now, and from then on by itself. */
  start(): Promise<void>;
  /** False as soon as the lease may have run out, even when the store could not be asked. */
  leading(): boolean;
  /** Grows each time the lease is gained anew: what was known of the store in another term may be out of date. */
  readonly term: () => number;
  /** Gives the lease back, so that another replica takes over at once. */
  stop(): Promise<void>;
}

export interface LeadershipOptions {
  readonly store: StateStore;
  readonly owner: string;
  /** Milliseconds; renewed three times within it. */
  readonly lease: number;
  readonly log: Log;
}

export function createLeadership({ store, owner, lease, log }: LeadershipOptions): Leadership {
  let until = 0;
  let term = 0;
  let timer: NodeJS.Timeout | null = null;
  // A lease is a matter of elapsed time, which the wall clock does not measure.
  const elapsed = () => performance.now();

  async function renew(): Promise<void> {
    const asked = elapsed();
    const before = asked < until;
    try {
      until = (await store.lead(owner, lease)) ? asked + lease : 0;
    } catch (error) {
      log.warn({ error: String(error) }, 'the lease could not be renewed');
    }
    const now = elapsed() < until;
    if (now && !before) term++;
    if (now !== before)
      log.info(
        { leading: now },
        now ? 'this replica evaluates and delivers' : 'another replica evaluates and delivers',
      );
  }

  return {
    async start() {
      await renew();
      timer = setInterval(() => void renew(), lease / 3);
    },
    leading: () => elapsed() < until,
    term: () => term,
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      const held = elapsed() < until;
      until = 0;
      if (held) await store.resign(owner).catch(() => {});
    },
  };
}
