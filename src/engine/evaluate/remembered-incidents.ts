import type { OpenAtLoss } from '../../core/alerting/loss-notifications.ts';
import type { StoredState } from '../../core/ports/store/states.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { MINUTE } from '../../core/time/duration.ts';

/** Open incidents as this process saw them last, which outlive a store that was wiped. */
export interface RememberedIncidents {
  /** A tick ended with these states; null when they must be read again. */
  found(slos: readonly Slo[], states: ReadonlyMap<string, StoredState> | null): void;
  /** The incident of an SLO ended. */
  ended(slo: string): void;
  readonly open: () => readonly OpenAtLoss[];
}

const REMEMBERED = 2 * MINUTE;

/** Makes the memory; `elapsed` gives the milliseconds that pass whatever the clock is set to. */
export function rememberIncidents(elapsed: () => number): RememberedIncidents {
  const incidents = new Map<string, OpenAtLoss & { readonly seen: number }>();
  return {
    found(slos, states) {
      const seen = elapsed();
      if (states) {
        for (const slo of slos) {
          const incident = states.get(slo.id)?.state?.incident;
          if (incident) incidents.set(slo.id, { slo, incident, seen });
        }
      }
      for (const [id, one] of incidents) if (seen - one.seen > REMEMBERED) incidents.delete(id);
    },
    ended: (slo) => void incidents.delete(slo),
    open: () => [...incidents.values()],
  };
}
