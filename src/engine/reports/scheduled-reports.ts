import { rowsOfReport } from '../../core/alerting/report-notifications.ts';
import type { ReportFacts } from '../../core/alerting/report-facts.ts';
import { MAX_INCIDENTS_TOLD, MAX_SLOS_TOLD } from '../../core/alerting/report-facts.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { PeriodReport, PeriodReports } from '../../core/ports/period-report.ts';
import { isRefused } from '../../core/ports/refused.ts';
import type { ReportedPeriods } from '../../core/ports/stored-report.ts';
import { storedReportedPeriods, upgradeReportedPeriods } from '../../core/ports/stored-report.ts';
import type { OutboxStore } from '../../core/ports/store/outbox.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { SERVICE_ITSELF } from '../../core/ports/token.ts';
import type { ReportSeries, ReportedPeriod } from '../../core/slo/report-schedule.ts';
import { lastDuePeriod, periodFrom, reportSeries } from '../../core/slo/report-schedule.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { DAY, HOUR } from '../../core/time/duration.ts';
import { iso } from '../../core/time/timestamp.ts';
import { createClockDoubt } from '../../core/time/clock-doubt.ts';

/** Sends the reports that the SLO files ask for. */
export interface ScheduledReports {
  /** Puts what is due into the outbox, once for each period. To be called every minute on the leader. Rejects with `StoreUnavailable`. */
  run(): Promise<void>;
}

export interface ScheduledReportsOptions {
  readonly store: RecordStore & Pick<OutboxStore, 'enqueue'>;
  readonly definitions: () => Definitions | null;
  readonly reports: PeriodReports;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** As the owner of the reports of all teams. No team can have this name. */
const ALL_TEAMS = '*';
/** A clock that is set back by less leaves a report that was sent as it is, one that is set back by more was wrong before. */
const CLOCK_ERROR = DAY;

export function createScheduledReports(options: ScheduledReportsOptions): ScheduledReports {
  const { store, definitions, reports, clock, elapsed, log } = options;
  const doubt = createClockDoubt();

  /** Whether a period is to be reported now, by what is known of the series. */
  function isDue(series: ReportSeries, last: ReportedPeriod, known: number | null, now: number): boolean {
    // What is asked for only now begins with the next period.
    if (known === null || known === last.from) return false;
    return known < last.from || periodFrom(series, known).due > now + CLOCK_ERROR;
  }

  async function send(series: ReportSeries, { from, due }: ReportedPeriod, now: number): Promise<void> {
    const { period, owner } = series;
    const report = await reports.periodReport({ period, at: iso(from), owner }, SERVICE_ITSELF);
    if (isRefused(report)) throw new Error(`the report cannot be made: ${JSON.stringify(report)}`);
    await store.enqueue(rowsOfReport(series, factsOf(report), report.causes, now), now);
    log.info(
      { report: series.id, from: iso(from), due: iso(due), targets: series.targets },
      'a report is sent',
    );
  }

  async function runSeries(
    series: ReportSeries,
    before: ReportedPeriods,
    now: number,
  ): Promise<ReportedPeriods> {
    const last = lastDuePeriod(series, now);
    const known = before[series.period];
    if (isDue(series, last, known, now)) await send(series, last, now);
    else if (known !== null) return before;
    return { ...before, [series.period]: last.from };
  }

  async function runOwner(
    owner: string,
    all: readonly ReportSeries[],
    stored: { readonly revision: number; readonly value: unknown } | undefined,
    now: number,
  ): Promise<void> {
    const none: ReportedPeriods = { week: null, month: null };
    const before = stored ? upgradeReportedPeriods(stored.value) : none;
    if (!before) return;
    // What is not asked for any more begins anew when it is asked for again.
    const asked = new Set(all.map(({ period }) => period));
    let after: ReportedPeriods = {
      week: asked.has('week') ? before.week : null,
      month: asked.has('month') ? before.month : null,
    };
    try {
      for (const series of all) after = await runSeries(series, after, now);
    } finally {
      // In this order a report may be made twice, of which the outbox keeps one, but is never left out.
      if (after.week !== before.week || after.month !== before.month)
        await store.putRecord('reports', owner, stored?.revision ?? 0, storedReportedPeriods(after));
    }
  }

  return {
    async run() {
      const current = definitions();
      const now = clock.now();
      doubt.look(now, elapsed());
      // Of a period that may not be over yet nothing is sent.
      if (!current || doubt.ahead(elapsed(), HOUR) > 0) return;
      const series = reportSeries(current);
      const records = await store.records('reports');
      if (series.length === 0 && records.length === 0) return;
      const owners = new Set(series.map(ownerOf));
      for (const owner of owners) {
        const all = series.filter((one) => ownerOf(one) === owner);
        try {
          await runOwner(
            owner,
            all,
            records.find(({ id }) => id === owner),
            now,
          );
        } catch (error) {
          log.error(
            { owner, error: String(error) },
            'a report could not be sent; it is tried again in a minute',
          );
        }
      }
      for (const { id, revision } of records)
        if (!owners.has(id)) await store.putRecord('reports', id, revision, null);
    },
  };
}

function ownerOf({ owner }: ReportSeries): string {
  return owner ?? ALL_TEAMS;
}

/** As much of a report as a notification holds. */
function factsOf({
  period,
  from,
  to,
  owner,
  totals,
  slos,
  incidents,
  moreIncidents,
}: PeriodReport): ReportFacts {
  return {
    period,
    from,
    to,
    owner,
    totals: { ...totals, moreIncidents },
    slos: slos.slice(0, MAX_SLOS_TOLD).map((slo) => ({
      id: slo.id,
      objective: slo.objective,
      bad: slo.counts.bad,
      total: slo.counts.total,
      spent: slo.spent,
      spentBefore: slo.spentBefore,
      incidents: slo.incidents,
    })),
    incidents: incidents.slice(0, MAX_INCIDENTS_TOLD).map(({ slo, severity, openedAt, resolvedAt }) => ({
      slo,
      severity,
      openedAt,
      resolvedAt,
    })),
  };
}
