import { endOfPeriod, startOfPeriod } from '../../core/time/calendar.ts';
import type { Counts } from '../../core/counters/cells.ts';
import { CELL_LIMIT } from '../../core/counters/cells.ts';
import type { TierReading } from '../../core/alerting/tier-kind.ts';
import { burnRatesOf } from '../../core/alerting/tier-kinds.ts';
import { STANDARD_WINDOWS, burnRate } from '../../core/budget/burn-rate.ts';
import type { ErrorBudget } from '../../core/budget/error-budget.ts';
import { stateOfBudget } from '../../core/budget/error-budget.ts';
import type { WindowBudget } from '../../core/budget/window-budget.ts';
import { windowBudget } from '../../core/budget/window-budget.ts';
import type { Evidence, PartialEvidence } from '../../core/counters/evidence.ts';
import type { AlertState, Muted } from '../../core/alerting/incident.ts';
import { readTiers } from '../../core/alerting/incident-step.ts';
import { formatCount, formatPercent } from '../../core/words/figures.ts';
import type {
  BudgetPolicyReport,
  BudgetReport,
  DataState,
  OpenIncident,
  Ratio,
  SloReport,
  SloWarning,
  WindowReport,
} from '../../core/ports/queries.ts';
import type { IncidentSilence } from '../../core/ports/silences.ts';
import type { GateOverride } from '../../core/ports/gate-override.ts';
import { overrideOf } from '../../core/ports/gate-override.ts';
import { unitOf, warmUpOf } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { TimeWindow } from '../../core/time/time-window.ts';
import { HOUR, formatDuration } from '../../core/time/duration.ts';
import { readBudget } from '../../core/alerting/budget-reading.ts';

/** What of a report follows from the sums of windows alone. */
interface SumsReport {
  readonly basis: object | null;
  readonly pageNearness: number | null;
  readonly burnRates: Readonly<Record<string, number | null>>;
  /** How long after counting began it says something. */
  readonly warmUp: number;
  readonly warnings: readonly SloWarning[];
}

const sumsReports = new WeakMap<Slo, SumsReport>();

/** Worked out once for as long as the sums are the same: of thousands of SLOs, few count something between two reports. */
function reportSums(slo: Slo, evidence: Evidence, readings: () => readonly TierReading[]): SumsReport {
  const { basis = null } = evidence;
  const known = sumsReports.get(slo);
  if (known && basis && known.basis === basis) return known;
  const made: SumsReport = {
    basis,
    pageNearness: pageNearness(readings()),
    burnRates: burnRates(slo, readings(), evidence),
    warmUp: warmUp(slo, readings()),
    warnings: saturationOf(evidence),
  };
  if (basis) sumsReports.set(slo, made);
  return made;
}

/** What an SLO reads. */
export function reportSlo(
  slo: Slo,
  state: AlertState,
  evidence: Evidence,
  now: number,
  evaluatedAt: number | null,
  overrides: readonly GateOverride[],
): SloReport {
  const { since, partial } = evidence;
  let read: readonly TierReading[] | null = null;
  const readings = () => (read ??= readTiers(slo, evidence, now));
  const sums = reportSums(slo, evidence, readings);
  const isFiring = Object.keys(state.firing).length > 0;
  const { budget, exhaustsAt } = readBudget(slo, state, isFiring ? readings() : [], evidence, now);
  const { counts } = budget;
  const ratio = ratioOf(counts);
  const whole = budgetReport(budget);
  return {
    id: slo.id,
    workflow: slo.workflow,
    name: slo.name,
    owner: slo.owner,
    description: slo.description,
    runbook: slo.runbook,
    ...(slo.labels && { labels: slo.labels }),
    ...(slo.each !== undefined && { each: slo.each }),
    ...(slo.value && { value: slo.value }),
    objective: slo.objective.ratio,
    window: slo.window.text,
    alert: state.incident?.severity ?? 'none',
    data: dataOf(counts, now - since < sums.warmUp),
    sli: { kind: slo.sli.kind, unit: unitOf(slo.sli), ...ratio },
    budget: { ...whole, exhaustsAt },
    windows: [
      reportWindow(slo.window, ratio, whole, now),
      ...slo.otherWindows.map((window) => {
        const other = windowBudget(slo.objective, window, evidence, now);
        return reportWindow(window, ratioOf(other.counts), budgetReport(other), now);
      }),
    ],
    pageNearness: sums.pageNearness,
    burnRates: sums.burnRates,
    budgetPolicy: budgetPolicy(slo, budget),
    gateOverride: overrideOf(slo, overrides, now),
    incident: openIncident(slo, state),
    historySince: since,
    evaluatedAt,
    readShare: partial?.share ?? 1,
    warnings: partial ? [...sums.warnings, partlyRead(partial)] : sums.warnings,
    dataThrough: now,
  };
}

function saturationOf({ saturatedSince }: Evidence): readonly SloWarning[] {
  const since = saturatedSince?.() ?? null;
  return since === null ? NO_WARNINGS : [saturated(since)];
}

function partlyRead({ share, isSample }: PartialEvidence): SloWarning {
  const judged = isSample
    ? 'Rates are judged by those, so that it can fire; counts and budget are of those alone, and nothing resolves.'
    : 'That is not enough to judge it: nothing fires or resolves, and its numbers are not those of the whole.';
  const message = `A shard of the store is away: the counters of ${formatPercent(share)} of its executions can be read. ${judged}`;
  return { code: 'partly-read', since: null, message };
}

function saturated(since: number): SloWarning {
  const message = `A counter is full: of a minute or an hour at most ${formatCount(CELL_LIMIT)} good and as many bad outcomes are counted, so that the counts are too low.`;
  return { code: 'saturated', since, message };
}

const NO_WARNINGS: readonly SloWarning[] = [];

/** The incident of a state as readers see it; null when none is open. */
export function openIncident(slo: Slo, { incident, firing }: AlertState): OpenIncident | null {
  if (!incident) return null;
  const { acknowledged, muted } = incident;
  const tiers = slo.alerts.tiers.filter(({ name }) => firing[name] !== undefined);
  return {
    id: incident.id,
    severity: incident.severity,
    tier: incident.tier,
    firing: tiers.map(({ name }) => name),
    openedAt: incident.openedAt,
    began: incident.began,
    notified: incident.notified,
    peakBurnRate: rounded(incident.peakBurnRate, 12),
    acknowledged: acknowledged && { at: acknowledged.at, by: acknowledged.by },
    silenced: muted ? silenceOf(muted) : null,
  };
}

function silenceOf({ since, mute }: Muted): IncidentSilence {
  const { reason, silence, by, because, until, untilResolved } = mute;
  return { kind: reason, id: silence, by, reason: because, since, until, untilResolved };
}

/** Counts with their share of good ones; what composites and mean ratios count is not whole and gets 6 decimals. */
export function ratioOf({ good, bad }: Counts): Ratio {
  const total = good + bad;
  return {
    good: rounded(good),
    bad: rounded(bad),
    total: rounded(total),
    ratio: total === 0 ? null : share(good, total),
  };
}

/** A budget without the rounding errors of summed fractions; of whole outcomes it is exact already. */
export function undusted(budget: ErrorBudget): ErrorBudget {
  const { allowed, spent, remaining, remainingRatio } = budget;
  if (Number.isInteger(spent)) return { allowed, spent, remaining, remainingRatio };
  return {
    allowed: rounded(allowed),
    spent: rounded(spent),
    remaining: rounded(remaining),
    remainingRatio: remainingRatio === null ? null : rounded(remainingRatio, 12),
  };
}

function budgetReport(budget: WindowBudget): BudgetReport {
  const { expectedTotal } = budget;
  const { allowed, spent, remaining, remainingRatio } = undusted(budget);
  return {
    allowed,
    spent,
    remaining,
    remainingRatio,
    expectedTotal: expectedTotal === null ? null : rounded(expectedTotal),
    state: stateOfBudget(budget),
  };
}

/** A number without floating-point noise: `digits` decimals, and no -0. */
export function rounded(value: number, digits = 6): number {
  return Number.isInteger(value) ? value + 0 : Number(value.toFixed(digits)) + 0;
}

function share(part: number, total: number): number {
  return Number.isInteger(part) && Number.isInteger(total) ? part / total : rounded(part / total, 12);
}

function reportWindow(window: TimeWindow, sli: Ratio, budget: BudgetReport, now: number): WindowReport {
  const calendar = window.kind === 'calendar';
  return {
    window: window.text,
    kind: window.kind,
    from: calendar ? startOfPeriod(window, now) : now - window.duration,
    to: calendar ? endOfPeriod(window, now) : now,
    sli,
    budget,
  };
}

/** A page needs both windows of its tier to burn as fast, so that the slower one counts. */
function pageNearness(readings: readonly TierReading[]): number | null {
  let nearest: number | null = null;
  for (const reading of readings) {
    const { tier } = reading;
    if (tier.kind !== 'burnRate' || tier.severity !== 'page') continue;
    const rates = burnRatesOf(reading).flatMap(({ burnRate }) => burnRate ?? []);
    if (rates.length < 2) continue;
    nearest = Math.max(nearest ?? 0, Math.min(...rates) / tier.factor);
  }
  return nearest === null ? null : rounded(nearest);
}

/** Over the standard windows, and those that its tiers look at. */
function burnRates(
  { objective }: Slo,
  readings: readonly TierReading[],
  evidence: Evidence,
): Record<string, number | null> {
  const rates = new Map(
    STANDARD_WINDOWS.map((window) => [window, burnRate(objective, evidence.sum(window))] as const),
  );
  for (const { duration, burnRate } of readings.flatMap(burnRatesOf)) rates.set(duration, burnRate);
  const shortestFirst = [...rates].toSorted(([a], [b]) => a - b);
  return Object.fromEntries(
    shortestFirst.map(([duration, rate]) => [
      formatDuration(duration),
      rate === null ? null : rounded(rate, 12),
    ]),
  );
}

function budgetPolicy(slo: Slo, { remainingRatio }: ErrorBudget): BudgetPolicyReport | null {
  const policy = slo.budgetPolicy;
  if (!policy) return null;
  const { name, freezeBelow, postmortemAbove } = policy;
  const frozen = freezeBelow !== null && remainingRatio !== null && remainingRatio < freezeBelow;
  const left = remainingRatio ?? 0;
  const standing =
    left < 0
      ? `The budget over ${slo.window.text} is overspent by ${formatPercent(-left)}`
      : `${formatPercent(left)} of the budget over ${slo.window.text} is left`;
  const limit = freezeBelow === 0 ? 'once it is overspent' : `below ${formatPercent(freezeBelow ?? 0, 6)}`;
  const reason = `${standing}; ${limit} the policy ${name} freezes deploys.`;
  return { name, deploys: frozen ? 'frozen' : 'allowed', reasons: frozen ? [reason] : [], postmortemAbove };
}

function dataOf({ good, bad }: Counts, isYoung: boolean): DataState {
  if (good + bad === 0) return 'none';
  return isYoung ? 'warming-up' : 'ok';
}

/** Until its first page tier's long window is full, an SLO's burn rate is of less time than it says. */
function warmUp({ window, sli }: Slo, readings: readonly TierReading[]): number {
  const first = readings.map(burnRatesOf).find((rates) => rates.length > 0);
  const tierWindow = first ? Math.max(...first.map(({ duration }) => duration)) : HOUR;
  return Math.min(window.duration, Math.max(tierWindow, warmUpOf(sli)));
}
