import type { Evidence } from '../../core/counters/evidence.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { iso } from '../../core/time/timestamp.ts';

/** Says in the log, when it begins and changes, of which SLOs less is counted than was reported, and how many are read in part. */
export interface EvidenceNotes {
  /** To be called with what each SLO is judged by. */
  note(slo: Slo, evidence: Evidence): void;
  /** To be called after all of a tick. */
  end(): void;
}

export function createEvidenceNotes(log: Log): EvidenceNotes {
  const noted = new Set<string>();
  let partly = { judged: 0, inconclusive: 0 };
  let before = { ...partly };

  function end(): void {
    const { judged, inconclusive } = partly;
    const isNews = judged !== before.judged || inconclusive !== before.inconclusive;
    before = partly;
    partly = { judged: 0, inconclusive: 0 };
    if (!isNews) return;
    if (judged + inconclusive === 0) log.info({}, 'all SLOs are judged by all they count again');
    else
      log.warn(
        before,
        'SLOs are inconclusive, or judged by what can be read: what they count lies on shards that are away; nothing of them resolves',
      );
  }

  return {
    end,
    note({ id }, { saturatedSince, partial }) {
      if (partial) partly[partial.isSample ? 'judged' : 'inconclusive']++;
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
