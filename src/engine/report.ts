import type { Counts } from '../core/cells.ts';
import type { Clock } from '../core/clock.ts';
import type { ErrorBudget } from '../core/error-budget.ts';
import type { AlertState } from '../core/incident.ts';
import { QUIET, readTiers } from '../core/incident.ts';
import type { Definitions, Slo } from '../core/slo.ts';
import { allSlos } from '../core/slo.ts';
import type { Report, SloDetail, SloReport, SloState } from '../core/report.ts';
import type { StateStore, Store, StoredState } from '../core/store.ts';
import { HOUR, SECOND, formatDuration } from '../core/time.ts';
import { historyRequests } from './history-requests.ts';
import type { History } from './history.ts';
import { readBudget } from './judgement.ts';

export interface ReportOptions {
  readonly store: Store;
  readonly history: History;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
}

/** An answer may be this old: a dashboard with many viewers reads the store no more often. */
const FRESH_FOR = SECOND;

/** Makes the reading side; it needs no lease and works on every replica. */
export function createReport({ store, history, definitions, clock }: ReportOptions): Report {
  const requestsOf = historyRequests();
  const states = cachedStates(store, clock);
  const beginnings = new Map<string, number>();

  async function read(
    slos: readonly Slo[],
    now: number,
  ): Promise<{ report: SloReport; detail: SloDetail['tiers'] }[]> {
    await history.refresh(requestsOf(slos), now);
    const stored = await states();
    await readBeginnings(slos, now);
    return slos.map((slo) => {
      const state = stored.get(slo.id)?.state ?? QUIET;
      const since = beginnings.get(`${slo.workflow} ${slo.fingerprint}`) ?? now;
      return reportSlo(slo, state, since, history.sums(slo, now), now);
    });
  }

  async function readBeginnings(slos: readonly Slo[], now: number): Promise<void> {
    const unknown = slos.filter((slo) => !beginnings.has(`${slo.workflow} ${slo.fingerprint}`));
    if (unknown.length === 0) return;
    const moments = await store.registerSlis(unknown, now);
    unknown.forEach((slo, index) => beginnings.set(`${slo.workflow} ${slo.fingerprint}`, moments[index]!));
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
      const [failures, lastFailed] = await Promise.all([
        store.readFailures(slo, now - HOUR, now),
        store.readLastFailed(slo, 10),
      ]);
      return { ...result!.report, tiers: result!.detail, failures, lastFailed };
    },
    inFlight() {
      return Promise.all(
        [...definitions().workflows.keys()].map(async (workflow) => ({
          workflow,
          ...(await store.inFlight(workflow)),
        })),
      );
    },
    outbox: (limit) => store.outbox(limit),
  };
}

function cachedStates(store: StateStore, clock: Clock): () => Promise<ReadonlyMap<string, StoredState>> {
  let loaded: Promise<ReadonlyMap<string, StoredState>> | null = null;
  let loadedAt = 0;
  return () => {
    const now = clock.now();
    if (!loaded || Math.abs(now - loadedAt) >= FRESH_FOR) {
      loadedAt = now;
      loaded = store.loadStates();
      loaded.catch(() => (loaded = null));
    }
    return loaded;
  };
}

function reportSlo(
  slo: Slo,
  state: AlertState,
  since: number,
  sum: (duration: number) => Counts,
  now: number,
): { report: SloReport; detail: SloDetail['tiers'] } {
  const readings = readTiers(slo, sum);
  const { counts, budget, exhaustsAt } = readBudget(slo, state, readings, sum, now);
  const total = counts.good + counts.bad;
  const rates = new Map<number, number | null>();
  for (const { tier, longBurnRate, shortBurnRate } of readings) {
    rates.set(tier.long, longBurnRate);
    rates.set(tier.short, shortBurnRate);
  }
  const { incident } = state;
  const report: SloReport = {
    id: slo.id,
    workflow: slo.workflow,
    name: slo.name,
    owner: slo.owner,
    description: slo.description,
    runbook: slo.runbook,
    objective: slo.objective.ratio,
    window: slo.window.text,
    state: stateOf(slo, state, budget, now - since),
    sli: { ...counts, total, ratio: total === 0 ? null : counts.good / total },
    budget: { ...budget, exhaustsAt: exhaustsAt === null ? null : iso(exhaustsAt) },
    burnRates: Object.fromEntries(
      [...rates].toSorted(([a], [b]) => a - b).map(([duration, rate]) => [formatDuration(duration), rate]),
    ),
    incident: incident && {
      id: incident.id,
      severity: incident.severity,
      tier: incident.tier,
      openedAt: iso(incident.openedAt),
      peakBurnRate: incident.peakBurnRate,
    },
    historySince: iso(since),
    evaluatedAt: iso(now),
    dataThrough: iso(now),
  };
  const detail = readings.map(({ tier, longBurnRate, shortBurnRate }) => ({
    name: tier.name,
    severity: tier.severity,
    long: formatDuration(tier.long),
    short: formatDuration(tier.short),
    factor: tier.factor,
    longBurnRate,
    shortBurnRate,
    firing: state.firing[tier.name] !== undefined,
  }));
  return { report, detail };
}

/** What matters most comes first: a burning SLO without budget is exhausted, one without outcomes has no state but that. */
function stateOf(slo: Slo, state: AlertState, budget: ErrorBudget, age: number): SloState {
  if (budget.remainingRatio !== null && budget.remainingRatio <= 0) return 'exhausted';
  if (state.incident) return 'burning';
  if (budget.remainingRatio === null) return 'no-data';
  // Until the first page tier's long window is full, its burn rate is of less time than it says.
  return age < (slo.alerts.tiers[0]?.long ?? 0) ? 'warming-up' : 'healthy';
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
