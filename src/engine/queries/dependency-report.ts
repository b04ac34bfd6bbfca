import type { Counts } from '../../core/counters/cells.ts';
import { errorBudget } from '../../core/budget/error-budget.ts';
import { isBroken } from '../../core/alerting/likely-cause.ts';
import type { DependencyDetail, DependencyReport, DependencyWorkflow } from '../../core/ports/queries.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { MAX_LAST_FAILED } from '../../core/ports/store/counting.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { Dependency } from '../../core/slo/dependency.ts';
import { callsOf, callsRegistration } from '../../core/slo/dependency.ts';
import { endOfPeriod, startOfPeriod, startOfToday, windowLength } from '../../core/time/calendar.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../core/time/duration.ts';
import type { CalendarWindow } from '../../core/time/time-window.ts';
import type { SeriesSums } from '../counters/series-sums.ts';
import { ratioOf, undusted } from './slo-report.ts';

export interface DependencyReportsOptions {
  readonly store: Pick<CountStore, 'readFailures' | 'readLastFailed' | 'registerSlis'>;
  readonly sums: SeriesSums;
}

/** The time a promise is for. */
const MONTH: CalendarWindow = {
  kind: 'calendar',
  unit: 'month',
  timeZone: 'UTC',
  duration: 30 * DAY,
  text: 'month (UTC)',
};
/** Workflows whose failed calls are listed: those with most of them. */
const FAILING_WORKFLOWS = 20;
const FAILURES_LISTED = 50;

/** How dependencies do, as the calls of these workflows say; in the order they were declared. */
export async function reportDependencies(
  { store, sums }: DependencyReportsOptions,
  dependencies: readonly Dependency[],
  workflows: readonly string[],
  now: number,
): Promise<readonly DependencyReport[]> {
  if (dependencies.length === 0) return [];
  const today = (minuteOf(now) + 1) * MINUTE - startOfToday('UTC', now);
  const windows = [windowLength(MONTH, now), today, HOUR];
  const series = dependencies.flatMap(({ name }) => {
    const calls = fingerprint(callsOf(name));
    return workflows.map((workflow) => ({ workflow, fingerprint: calls }));
  });
  const [counts, beginnings] = await Promise.all([
    sums(series, windows, now),
    store.registerSlis(
      dependencies.map(({ name }) => callsRegistration(name)),
      now,
    ),
  ]);
  return dependencies.map((dependency, index) => {
    const own = counts.slice(index * workflows.length, (index + 1) * workflows.length);
    return reportOf(dependency, own, workflows, beginnings[index]!, now);
  });
}

/** One dependency, with which of its calls failed in the last hour. */
export async function reportDependency(
  options: DependencyReportsOptions,
  dependency: Dependency,
  workflows: readonly string[],
  now: number,
): Promise<DependencyDetail> {
  const [report] = await reportDependencies(options, [dependency], workflows, now);
  const { store } = options;
  const calls = fingerprint(callsOf(dependency.name));
  const failing = report!.workflows
    .filter(({ lastHour }) => lastHour.bad > 0)
    .toSorted((one, other) => other.lastHour.bad - one.lastHour.bad)
    .slice(0, FAILING_WORKFLOWS);
  const found = await Promise.all(
    failing.map(async ({ workflow }) => {
      const sli = { workflow, fingerprint: calls };
      const [failures, lastFailed] = await Promise.all([
        store.readFailures(sli, now - HOUR, now),
        store.readLastFailed(sli, MAX_LAST_FAILED),
      ]);
      return {
        failures: failures.map(({ step, error, count }) => ({ workflow, step, error, count })),
        lastFailed: lastFailed.map((failed) => ({ workflow, ...failed })),
      };
    }),
  );
  return {
    ...report!,
    failures: found
      .flatMap(({ failures }) => failures)
      .toSorted((one, other) => other.count - one.count)
      .slice(0, FAILURES_LISTED),
    lastFailed: found
      .flatMap(({ lastFailed }) => lastFailed)
      .toSorted((one, other) => other.at - one.at)
      .slice(0, MAX_LAST_FAILED),
  };
}

function reportOf(
  { name, owner, status, sla }: Dependency,
  counts: readonly (readonly Counts[] | null)[],
  workflows: readonly string[],
  countedSince: number,
  now: number,
): DependencyReport {
  const read = counts.filter((each) => each !== null);
  const [month, today, lastHour] = [0, 1, 2].map((window) =>
    read.reduce((sum, each) => ({ good: sum.good + each[window]!.good, bad: sum.bad + each[window]!.bad }), {
      good: 0,
      bad: 0,
    }),
  ) as [Counts, Counts, Counts];
  const total = month.good + month.bad;
  return {
    name,
    owner,
    status,
    sla: sla.ratio,
    at: now,
    month: { from: startOfPeriod(MONTH, now), to: endOfPeriod(MONTH, now), ...ratioOf(month) },
    today: ratioOf(today),
    lastHour: ratioOf(lastHour),
    promise: total === 0 ? null : month.bad * sla.parts > total * sla.budgetParts ? 'broken' : 'kept',
    burning: isBroken(sla, lastHour),
    budget: undusted(errorBudget(sla, month)),
    countedSince,
    complete: read.length === counts.length,
    workflows: callersOf(counts, workflows),
  };
}

/** The workflows that call it, those with most calls first. */
function callersOf(
  counts: readonly (readonly Counts[] | null)[],
  workflows: readonly string[],
): DependencyWorkflow[] {
  return counts
    .flatMap((each, index): DependencyWorkflow[] => {
      if (!each || each[0]!.good + each[0]!.bad === 0) return [];
      return [{ workflow: workflows[index]!, month: ratioOf(each[0]!), lastHour: ratioOf(each[2]!) }];
    })
    .toSorted((one, other) => other.month.total - one.month.total);
}
