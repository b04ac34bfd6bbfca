import type { Evidence } from '../../core/counters/evidence.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { iso } from '../../core/time/timestamp.ts';

/** Says in the log, once each, of which SLOs less is counted than was reported. */
export interface EvidenceNotes {
  /** To be called with what each SLO is judged by. */
  note(slo: Slo, evidence: Evidence): void;
}

export function createEvidenceNotes(log: Log): EvidenceNotes {
  const noted = new Set<string>();
  return {
    note({ id }, { saturatedSince }) {
      const since = saturatedSince?.() ?? null;
      if (since === null) {
        noted.delete(id);
        return;
      }
      if (noted.has(id)) return;
      noted.add(id);
      log.error({ slo: id, since: iso(since) }, 'a counter is full: the counts of an SLO are too low');
    },
  };
}
