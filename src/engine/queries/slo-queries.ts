import type { Clock } from '../../core/ports/clock.ts';
import { QUIET } from '../../core/alerting/incident.ts';
import { parseHistoryQuery } from '../../core/ports/history-query.ts';
import type { MemberReport, Queries, SloReport } from '../../core/ports/queries.ts';
import type { TierReading } from '../../core/alerting/tier-kind.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import { cachedStates } from './cached-states.ts';
import { readFailed } from '../counters/failure-breakdown.ts';
import { reportHistory } from './history-report.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import { reportSlo, rounded } from './slo-report.ts';
import { reportTier } from './tier-report.ts';
import { readActivity } from './workflow-activity.ts';

export interface QueriesOptions {
  readonly store: Store;
  readonly reader: Reader;
  readonly adjustments: Adjustments;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** When SLOs were evaluated last, on whichever replica; null before that. */
  readonly evaluatedAt: () => number | null;
}

const LAST_FAILED_TOLD = 10;

/** Makes the reading side; it needs no lease and works on every replica. */
export function createQueries(options: QueriesOptions): Queries {
  const { store, reader, adjustments, definitions, clock, evaluatedAt } = options;
  const states = cachedStates(store, clock);

  async function read(
    slos: readonly Slo[],
    now: number,
  ): Promise<{ report: SloReport; readings: readonly TierReading[] }[]> {
    await adjustments.refresh(now);
    await reader.prepare(slos, now);
    const stored = await states();
    const evaluated = evaluatedAt();
    return slos.map((slo) =>
      reportSlo(slo, stored.get(slo.id)?.state ?? QUIET, reader.evidence(slo, now), now, evaluated),
    );
  }

  return {
    async slos() {
      const results = await read(allSlos(definitions()), clock.now());
      return results.map(({ report }) => report);
    },
    async slo(id) {
      const slo = allSlos(definitions()).find((candidate) => candidate.id === id);
      if (!slo) return null;
      const now = clock.now();
      const [result] = await read([slo], now);
      const { report, readings } = result!;
      const { failures, lastFailed } = await readFailed(store, slo, now - HOUR, now);
      const firing = report.incident?.firing ?? [];
      return {
        ...report,
        tiers: readings.map((reading) =>
          reportTier(reading, firing.includes(reading.tier.name), report.sli.unit),
        ),
        members: reader.members(slo, now).map(undustedMember),
        adjustments: adjustments.of(slo, now),
        failures,
        lastFailed: lastFailed.slice(0, LAST_FAILED_TOLD),
      };
    },
    async history(id, texts) {
      const slo = allSlos(definitions()).find((candidate) => candidate.id === id);
      if (!slo) return null;
      const now = clock.now();
      const query = parseHistoryQuery(texts, now);
      if ('problems' in query) return { refused: 'invalid', problems: query.problems };
      await adjustments.refresh(now);
      await reader.prepare([slo], now);
      return reportHistory(store, adjustments, slo, query, reader.evidence(slo, now).since, now);
    },
    async inFlight() {
      const now = clock.now();
      return Promise.all(
        [...definitions().workflows.keys()].map((workflow) => readActivity(store, workflow, now)),
      );
    },
    outbox: (limit) => store.outbox(limit),
  };
}

function undustedMember(member: MemberReport): MemberReport {
  const { ratio, share } = member;
  return {
    ...member,
    ratio: ratio === null ? null : rounded(ratio, 12),
    share: share === null ? null : rounded(share, 12),
  };
}
