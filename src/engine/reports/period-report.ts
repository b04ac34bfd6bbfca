import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { fittingObjective } from '../../core/budget/fitting-objective.ts';
import type { Counts } from '../../core/counters/cells.ts';
import { HOUR_RETENTION } from '../../core/counters/cells.ts';
import type { ReportPeriod } from '../../core/ports/report-query.ts';
import { parseReportQuery } from '../../core/ports/report-query.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { IncidentSummary, OpenedIncidents } from '../../core/ports/incident-reports.ts';
import type {
  DependencyOutcome,
  PeriodReport,
  PeriodReports,
  SloOutcome,
  WorkflowFailures,
} from '../../core/ports/period-report.ts';
import { MAX_REPORTED_INCIDENTS } from '../../core/ports/period-report.ts';
import { FAILURE_RETENTION } from '../../core/ports/store/counting.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { may } from '../../core/ports/token.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import { MINUTE, minuteOf } from '../../core/time/duration.ts';
import { callsOf } from '../../core/slo/dependency.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import { failuresOf } from '../counters/failure-breakdown.ts';
import type { SeriesSums } from '../counters/series-sums.ts';
import { readPast } from '../queries/past-counts.ts';
import { ratioOf } from '../queries/slo-report.ts';

export interface PeriodReportsOptions {
  readonly store: Store;
  readonly adjustments: Adjustments;
  readonly incidents: OpenedIncidents;
  readonly sums: SeriesSums;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
}

/** Whose counters are read at once. */
const AT_ONCE = 32;
/** What failed is read of so many SLOs, of those that spent most, and so many combinations are listed. */
const CAUSES_OF = 30;
const CAUSES = 30;

/** Makes reports of weeks and months. Each is made anew: they are asked for seldom. */
export function createPeriodReports(options: PeriodReportsOptions): PeriodReports {
  const { store, adjustments, incidents, sums, definitions, clock } = options;

  async function outcomeOf(slo: Slo, period: ReportPeriod, now: number): Promise<SloOutcome> {
    const kept = period.before >= now - HOUR_RETENTION;
    const past = await readPast(store, adjustments, slo, kept ? period.before : period.from, now);
    const counts = past.counted(period.from, Math.min(period.to, (minuteOf(now) + 1) * MINUTE));
    const before = kept ? past.counted(period.before, period.from) : null;
    const spent = spentOf(slo, counts);
    return {
      id: slo.id,
      workflow: slo.workflow,
      owner: slo.owner,
      objective: slo.objective.ratio,
      counts: ratioOf(counts),
      met: spent === null ? null : spent <= 1,
      spent,
      spentBefore: before && spentOf(slo, before),
      incidents: 0,
      advice: before && fittingObjective(slo.objective.ratio, [before, counts]),
    };
  }

  async function outcomes(slos: readonly Slo[], period: ReportPeriod, now: number): Promise<SloOutcome[]> {
    const found: SloOutcome[] = [];
    for (let from = 0; from < slos.length; from += AT_ONCE) {
      if (from > 0) await yieldToEventLoop();
      const slice = slos.slice(from, from + AT_ONCE);
      found.push(...(await Promise.all(slice.map((slo) => outcomeOf(slo, period, now)))));
    }
    return found.toSorted((one, other) => (other.spent ?? -1) - (one.spent ?? -1));
  }

  async function causesOf(worst: readonly Slo[], from: number, to: number): Promise<WorkflowFailures[]> {
    const found = await Promise.all(
      worst.map(async (slo) =>
        (await failuresOf(store, slo, from, to)).map((failure) => ({ workflow: slo.workflow, ...failure })),
      ),
    );
    // SLOs of one workflow count the same failures: the one that counted most of a kind says how many there were.
    const most = new Map<string, WorkflowFailures>();
    for (const failure of found.flat()) {
      const key = JSON.stringify([failure.workflow, failure.step, failure.dependency, failure.error]);
      if (failure.count > (most.get(key)?.count ?? 0)) most.set(key, failure);
    }
    return [...most.values()].toSorted((one, other) => other.count - one.count).slice(0, CAUSES);
  }

  async function dependenciesOf(
    workflows: readonly string[],
    { from, to }: ReportPeriod,
    now: number,
  ): Promise<DependencyOutcome[]> {
    const declared = [...definitions().dependencies.values()];
    const series = declared.flatMap(({ name }) => {
      const calls = fingerprint(callsOf(name));
      return workflows.map((workflow) => ({ workflow, fingerprint: calls }));
    });
    const windows = [now - from, Math.max(0, now - to)].filter((window) => window > 0);
    const read = await sums(series, windows, now);
    return declared
      .map(({ name, owner, sla }, index) => {
        const own = read.slice(index * workflows.length, (index + 1) * workflows.length);
        const calls = own.reduce<Counts>(
          (sum, each) => {
            const [all, later] = [each?.[0], windows.length > 1 ? each?.[1] : undefined];
            return {
              good: sum.good + (all?.good ?? 0) - (later?.good ?? 0),
              bad: sum.bad + (all?.bad ?? 0) - (later?.bad ?? 0),
            };
          },
          { good: 0, bad: 0 },
        );
        const total = calls.good + calls.bad;
        const kept = total === 0 ? null : calls.bad <= total * sla.errorBudget;
        return { name, owner, promised: sla.ratio, calls: ratioOf(calls), kept };
      })
      .filter(({ calls }) => calls.total > 0);
  }

  return {
    async periodReport(query, caller) {
      const now = clock.now();
      const known = definitions();
      const whose = query.owner === null ? known.reports : known.teams.get(query.owner);
      const timeZone = whose?.timeZone ?? 'UTC';
      const period = parseReportQuery(query, timeZone, now);
      if ('problems' in period) return { refused: 'invalid', problems: period.problems };
      const { from, to, owner } = period;
      const slos = allSlos(known).filter(
        (slo) => (owner === null || slo.owner === owner) && may(caller, 'read', slo),
      );
      await adjustments.refresh(now);
      const workflows = [...new Set(slos.map(({ workflow }) => workflow))];
      const causesSince = Math.max(from, now - FAILURE_RETENTION);
      const [rows, opened, dependencies] = await Promise.all([
        outcomes(slos, period, now),
        // One more than is listed says that there are more.
        incidents.incidentsOpened(period, MAX_REPORTED_INCIDENTS + 1, caller),
        dependenciesOf(workflows, period, now),
      ]);
      const worst = rows.filter(({ counts }) => counts.bad > 0).slice(0, CAUSES_OF);
      const byId = new Map(slos.map((slo) => [slo.id, slo]));
      const causes =
        causesSince < to
          ? await causesOf(
              worst.map(({ id }) => byId.get(id)!),
              causesSince,
              Math.min(to, now),
            )
          : [];
      const { before: _, ...named } = period;
      return {
        ...named,
        at: now,
        totals: totalsOf(rows, opened),
        slos: rows.map((row) => ({ ...row, incidents: opened.filter(({ slo }) => slo === row.id).length })),
        incidents: opened.slice(0, MAX_REPORTED_INCIDENTS),
        moreIncidents: opened.length > MAX_REPORTED_INCIDENTS,
        causes,
        causesSince,
        dependencies,
        silent: workflows.filter((workflow) =>
          rows.every((row) => row.workflow !== workflow || row.counts.total === 0),
        ),
      };
    },
  };
}

function spentOf({ objective }: Slo, { good, bad }: Counts): number | null {
  const total = good + bad;
  return total > 0 ? bad / (total * objective.errorBudget) : null;
}

function totalsOf(rows: readonly SloOutcome[], opened: readonly IncidentSummary[]): PeriodReport['totals'] {
  const count = (met: boolean | null) => rows.filter((row) => row.met === met).length;
  const pages = opened.filter(({ severity }) => severity === 'page').length;
  return {
    slos: rows.length,
    met: count(true),
    missed: count(false),
    withoutData: count(null),
    pages,
    tickets: opened.length - pages,
  };
}
