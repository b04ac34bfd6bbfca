import type { Evidence } from '../core/evidence.ts';
import type { Slo } from '../core/slo.ts';
import type { CountStore } from '../core/store.ts';
import { historyRequests } from './history-requests.ts';
import type { History } from './history.ts';

/** Reads what the counters say of SLOs of every kind; the one place evaluation and reports ask. */
export interface Reader {
  /** Brings everything that judging these SLOs asks up to `now`. */
  prepare(slos: readonly Slo[], now: number): Promise<void>;
  /** What the counters say of an SLO that was prepared for the same `now`. */
  evidence(slo: Slo, now: number): Evidence;
}

export interface ReaderOptions {
  readonly store: CountStore;
  readonly history: History;
}

export function createReader({ store, history }: ReaderOptions): Reader {
  const requestsOf = historyRequests();
  const beginnings = new Map<string, number>();
  const nameOf = ({ workflow, fingerprint }: Slo) => `${workflow} ${fingerprint}`;

  async function readBeginnings(slos: readonly Slo[], now: number): Promise<void> {
    const unknown = slos.filter((slo) => !beginnings.has(nameOf(slo)));
    if (unknown.length === 0) return;
    const moments = await store.registerSlis(unknown, now);
    unknown.forEach((slo, index) => beginnings.set(nameOf(slo), moments[index]!));
  }

  return {
    async prepare(slos, now) {
      await history.refresh(requestsOf(slos, now), now);
      await readBeginnings(slos, now);
    },
    evidence(slo, now) {
      return {
        sum: history.sums(slo, now),
        tail: () => ({ badRun: 0, lastAt: null }),
        since: beginnings.get(nameOf(slo)) ?? now,
      };
    },
  };
}
