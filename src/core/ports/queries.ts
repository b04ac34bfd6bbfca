import type { ChartData } from './chart-data.ts';
import type { ChartQueryTexts } from './chart-query.ts';
import type { HoldingOverride } from './gate-override.ts';
import type { ExecutionReport } from './execution-report.ts';
import type { Counts } from '../counters/cells.ts';
import type { FlightPlace, FlightReport, InFlight } from './store/counting.ts';
import type { Adjustment, Interval } from '../adjustments/adjustment.ts';
import type { Severity } from '../slo/alert-policy.ts';
import type { DefinitionChange } from '../alerting/definition-history.ts';
import type { Refused } from './refused.ts';
import type { BudgetState, ErrorBudget } from '../budget/error-budget.ts';
import type { FailedExecution, FailureCount } from '../alerting/notification.ts';
import type { Queue } from '../slo/workflow-map.ts';
import type { ValueBreakdown } from '../alerting/value-breakdown.ts';
import type { ExampleFact } from '../slo/example-fact.ts';
import type { OnCallReport } from './on-call.ts';
import type { SloFindings } from './slo-findings.ts';
import type { CallReport, HandOverReport, SloPart } from './workflow-parts.ts';
import type { WorkflowStatistics } from './workflow-statistics.ts';
import type { SloOfValue } from '../slo/slo.ts';
import type { SliUnit } from '../sli/sli-unit.ts';
import type { Sli } from '../sli/sli.ts';
import type { ScrapeReport } from './scrape.ts';
import type { IncidentSilence } from './silences.ts';

/** The severity of the open incident of an SLO. Here and below, the order is the one in which people should look. */
export const ALERT_LEVELS = ['page', 'ticket', 'none'] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** `none`: no outcomes in the window. `warming-up`: counted for less than the first page window. */
export const DATA_STATES = ['none', 'warming-up', 'ok'] as const;
export type DataState = (typeof DATA_STATES)[number];

/**
 * Why the numbers of an SLO are not all that was reported. `saturated`: since an hour, counters of it are full. `partly-read`: a part of
 * the store is away; since when is not known. `values-full`: more values came than get an SLO each.
 */
export interface SloWarning {
  readonly code: 'saturated' | 'partly-read' | 'values-full';
  readonly since: number | null;
  readonly message: string;
}

/** What was counted, and the share of it that was good; null without any. */
export interface Ratio {
  readonly good: number;
  readonly bad: number;
  readonly total: number;
  readonly ratio: number | null;
}

/**
 * One SLO as `GET /v1/slos` shows it (design §2.5). Times are milliseconds since the epoch, here and in every other
 * report; HTTP writes them as RFC 3339. Ratios are null without outcomes.
 */
export interface SloReport {
  readonly id: string;
  readonly workflow: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string | null;
  readonly runbook: string | null;
  /** What its file says of it beside all else; absent: nothing. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The attribute of which each value has an SLO of its own; absent: none. */
  readonly each?: string;
  /** Of such an SLO: the id of the whole, the attribute and its value. */
  readonly value?: SloOfValue;
  readonly objective: number;
  readonly window: string;
  readonly alert: AlertLevel;
  readonly data: DataState;
  readonly sli: Ratio & { readonly kind: Sli['kind']; readonly unit: SliUnit };
  readonly budget: BudgetReport & { readonly exhaustsAt: number | null };
  /** Every window the promise is kept over; the first is the one that alerts and `budget` are about. */
  readonly windows: readonly WindowReport[];
  /** How near it is to a page: the highest share of a page tier's threshold that burn rates reach now; null without such a tier or outcomes. */
  readonly pageNearness: number | null;
  /** Window length to burn rate, shortest first: 5m, 30m, 1h, 2h, 6h, 1d and 3d, and those that its tiers look at. */
  readonly burnRates: Readonly<Record<string, number | null>>;
  readonly budgetPolicy: BudgetPolicyReport | null;
  /** What lets changes of its workflow out whatever it says, see `GET /v1/gate`; null while nothing does. */
  readonly gateOverride: HoldingOverride | null;
  readonly incident: OpenIncident | null;
  /** Since when this SLI has been counted. */
  readonly historySince: number;
  /** When SLOs were evaluated last, on whichever replica; null before that. What is counted here may be later. */
  readonly evaluatedAt: number | null;
  /** The share of its executions whose counters could be read: below 1 while a part of the store is away. */
  readonly readShare: number;
  /** Empty for nearly all. */
  readonly warnings: readonly SloWarning[];
  /** Outcomes that happened up to here can be in the numbers. */
  readonly dataThrough: number;
}

/** One time window with what it holds; a calendar window ends in the future. */
export interface WindowReport {
  readonly window: string;
  readonly kind: 'rolling' | 'calendar';
  readonly from: number;
  readonly to: number;
  readonly sli: Ratio;
  readonly budget: BudgetReport;
}

/** An error budget, and what is left of it in one word. */
export interface BudgetReport extends ErrorBudget {
  /** How many outcomes the window is going to hold, of which `allowed` is a share; null where it holds them all already. */
  readonly expectedTotal: number | null;
  readonly state: BudgetState;
}

/** What the error budget policy of an SLO says at this moment. */
export interface BudgetPolicyReport {
  readonly name: string;
  readonly deploys: 'allowed' | 'frozen';
  /** Why deploys are frozen, as sentences; empty while they are allowed. */
  readonly reasons: readonly string[];
  /** A postmortem is required after an incident that spent more than this share of the budget. */
  readonly postmortemAbove: number | null;
}

/** An incident that has not resolved. */
export interface OpenIncident {
  readonly id: string;
  readonly severity: Severity;
  /** The tier that made it as severe as it is. */
  readonly tier: string;
  /** All tiers that fire, worst first. */
  readonly firing: readonly string[];
  readonly openedAt: number;
  /** When outcomes began to fail, which is before it was noticed. */
  readonly began: number;
  /** The targets that were notified; none when the files route it nowhere. */
  readonly notified: readonly string[];
  readonly peakBurnRate: number;
  readonly acknowledged: { readonly at: number; readonly by: string } | null;
  /** The silence that keeps it from being notified; null while none does. */
  readonly silenced: IncidentSilence | null;
}

/** One condition of an SLO's alert policy, with what it was compared with. */
export interface TierReport {
  readonly name: string;
  readonly severity: string;
  readonly kind: string;
  /** When it fires, as a phrase: `burns 13.44x or faster over 1h and 5m`. */
  readonly condition: string;
  /** What it stands at: `14.9x over 1h, 17.2x over 5m`. */
  readonly now: string;
  readonly firing: boolean;
  /** Of a burn rate tier: its windows, the rate that fires it, and how fast they burn. */
  readonly long?: string;
  readonly short?: string;
  readonly factor?: number;
  readonly longBurnRate?: number | null;
  readonly shortBurnRate?: number | null;
}

/** One of the SLOs a composite is made of. */
export interface MemberReport {
  readonly slo: string;
  readonly weight: number;
  readonly ratio: number | null;
  /** Its share of what the composite has spent, the shares of all adding up to 1; null while nothing is spent. */
  readonly share: number | null;
}

/** An adjustment with what follows from it at this moment. */
export interface AdjustmentReport extends Adjustment {
  readonly active: boolean;
  /** The interval it takes out now, else the next one; null when there is none any more. */
  readonly occurrence: Interval | null;
  /** What was done otherwise than asked, as sentences. */
  readonly notes: readonly string[];
}

/** An SLO with what explains its spending. */
export interface SloDetail extends SloReport, SloFindings {
  readonly tiers: readonly TierReport[];
  /** Of a composite; else empty. */
  readonly members: readonly MemberReport[];
  /** Those that take outcomes out of this SLO now, will, or have within its windows; latest first. */
  readonly adjustments: readonly AdjustmentReport[];
  /** Over the last hour, worst first. */
  readonly failures: readonly FailureCount[];
  readonly lastFailed: readonly FailedExecution[];
  /** Over the last hour, by each attribute that its workflow is broken down by. */
  readonly breakdown: readonly BreakdownReport[];
  /** The SLOs of the values of `each`, those that burn first, then by what is left of their budgets. */
  readonly values: readonly ValueReport[];
  /** What a producer may report so that it counts something. */
  readonly example: ExampleFact | null;
}

/** The SLO of one value of an attribute, as that of the whole lists it. */
export interface ValueReport {
  readonly slo: string;
  readonly value: string;
  readonly alert: AlertLevel;
  /** The tiers that fire, also while their incident is that of the whole. */
  readonly firing: readonly string[];
  readonly sli: Ratio;
  readonly budget: BudgetReport;
}

/** What an SLO counted by the values of one attribute. */
export interface BreakdownReport {
  readonly attribute: string;
  /** Those with most failures first; null stands for outcomes without it, and with values that are not told apart. */
  readonly values: readonly ValueBreakdown[];
  /** Whether there are more values than are told apart. */
  readonly full: boolean;
}

/** An open incident as `GET /v1/incidents` lists it. */
export interface IncidentReport extends OpenIncident {
  readonly slo: string;
  readonly workflow: string;
  readonly owner: string;
}

/** What an SLO counted over time, oldest first. */
export interface HistoryReport {
  readonly id: string;
  readonly objective: number;
  readonly window: string;
  readonly unit: SliUnit;
  readonly from: number;
  readonly to: number;
  readonly step: string;
  readonly resolution: 'minute' | 'hour';
  readonly points: readonly HistoryPoint[];
  /** Those that overlap it, latest first. */
  readonly adjustments: readonly AdjustmentReport[];
}

/** From one moment to the next point's. */
export interface HistoryPoint extends Ratio {
  readonly from: number;
  /** Share of the budget left at its end, over the SLO's window; null without outcomes, or when they are no longer kept. */
  readonly budgetRemaining: number | null;
  /** Whether an adjustment overlaps it, and what was taken out of it. */
  readonly adjusted: boolean;
  readonly excluded: { readonly good: number; readonly bad: number };
}

/** What is under way in a workflow, and what of it cannot be counted. */
export interface WorkflowActivity extends InFlight {
  readonly workflow: string;
  /** Outcomes of the last hour that were not counted because their attempt had been recorded to end otherwise. */
  readonly conflicts: number;
}

/** What is known of a workflow as it is now. */
export interface WorkflowReport extends WorkflowActivity {
  /** When it was so. */
  readonly at: number;
  readonly owner: string;
  readonly runbook: string | null;
  /** Its map: every step after those before it, and what each comes right after. */
  readonly steps: readonly string[];
  readonly after: Readonly<Record<string, readonly string[]>>;
  /** Steps in flight that its map does not have, with the one that each was most likely to be; empty without a map. */
  readonly unmapped: readonly { readonly step: string; readonly meant: string | null }[];
  readonly queues: readonly QueueReport[];
  /** The ids of its SLOs. */
  readonly slos: readonly string[];
  /** What SLOs of it are about. */
  readonly parts: readonly SloPart[];
  readonly handOvers: readonly HandOverReport[];
  readonly calls: readonly CallReport[];
  /** Where what is in flight is; most overdue first, then most. */
  readonly places: readonly PlaceReport[];
  /** What has been in flight longest, the overdue first; at most 50. */
  readonly slowest: readonly FlightReport[];
}

/** A queue by the readings of the last 24 hours. */
export interface QueueReport extends Queue {
  /** The mean of the latest minute with a reading; null without one, or while it cannot be read. */
  readonly depth: number | null;
  /** The beginning of that minute. */
  readonly at: number | null;
  /** By hour, oldest first; hours without a reading are left out. */
  readonly history: readonly { readonly from: number; readonly mean: number; readonly highest: number }[];
}

export interface PlaceReport extends FlightPlace {
  /**
   * When the one that is there longest (of the overdue, where there are any) began; null where that is not among what is
   * looked at: of very many only those in flight longest are.
   */
  readonly oldest: number | null;
}

/** How a dependency of which something was promised does, as the calls of workflows say. */
export interface DependencyReport {
  readonly name: string;
  readonly owner: string | null;
  /** The address of its status page. */
  readonly status: string | null;
  /** The share of calls that is promised to succeed in a calendar month. */
  readonly sla: number;
  /** When it was so. */
  readonly at: number;
  /** The calendar month (UTC) that is running, and the calls of it so far. */
  readonly month: Ratio & Interval;
  /** Since midnight UTC. */
  readonly today: Ratio;
  readonly lastHour: Ratio;
  /** Whether the calls of the month so far keep the promise; null before any. */
  readonly promise: 'kept' | 'broken' | null;
  /** Whether the calls of the last hour do worse than promised, by more than chance explains. */
  readonly burning: boolean;
  /** How many calls of the month so far may fail, and what is left of that. */
  readonly budget: ErrorBudget;
  /** Since when its calls are counted. */
  readonly countedSince: number;
  /** False while the calls of some workflows cannot be read. */
  readonly complete: boolean;
  /** Those that called it this month, most calls first. */
  readonly workflows: readonly DependencyWorkflow[];
}

/** The calls of one workflow. */
export interface DependencyWorkflow {
  readonly workflow: string;
  readonly month: Ratio;
  readonly lastHour: Ratio;
}

/** A dependency with which of its calls failed. */
export interface DependencyDetail extends DependencyReport {
  /** Over the last hour, worst first. */
  readonly failures: readonly (Omit<FailureCount, 'dependency'> & { readonly workflow: string })[];
  /** The latest first. */
  readonly lastFailed: readonly (FailedExecution & { readonly workflow: string })[];
}

/** What an SLO counted, in equal steps, oldest first; the last one is running. */
export interface RecentCounts {
  /** Of each of the last 30 days (UTC). */
  readonly days: readonly Counts[];
  /** Of each of the last 24 hours. */
  readonly hours: readonly Counts[];
}

/** What HTTP, the dashboard and the exporters ask; all read the same counters. */
export interface Queries {
  /** Of thousands of SLOs it may be five seconds old, and be the same as others got; it never changes. */
  slos(): Promise<readonly SloReport[]>;
  /** What SLOs counted lately, by their ids; without those that are not loaded. */
  recent(ids: readonly string[]): Promise<ReadonlyMap<string, RecentCounts>>;
  /** Null when no such SLO is loaded. */
  slo(id: string): Promise<SloDetail | null>;
  /** Null when no such SLO is loaded. Texts as in the query of the request, null where they are not given. */
  history(
    id: string,
    query: { readonly from: string | null; readonly to: string | null; readonly step: string | null },
  ): Promise<HistoryReport | Refused | null>;
  /** How the definition of an SLO changed, the latest first; null when it is not loaded. May be five seconds old. */
  definitionChanges(id: string): Promise<readonly DefinitionChange[] | null>;
  /** What the charts of an SLO show; null when it is not loaded. Texts as for `history`. */
  charts(id: string, query: ChartQueryTexts): Promise<ChartData | Refused | null>;
  /** What is going on in each of these workflows that is loaded. */
  inFlight(workflows: readonly string[]): Promise<readonly WorkflowActivity[]>;
  /** Null when no such workflow is loaded. */
  workflow(name: string): Promise<WorkflowReport | null>;
  /** Null when no such workflow is loaded. The window as in the query of the request; null: 5m, 1h, 1d, 7d and 28d. */
  statistics(workflow: string, window: string | null): Promise<WorkflowStatistics | Refused | null>;
  /** Null when no such workflow is loaded; without subjects when nothing is remembered of the execution. */
  execution(workflow: string, execution: string): Promise<ExecutionReport | null>;
  /** The declared dependencies, by the calls of some workflows; null: of all. */
  dependencies(workflows: readonly string[] | null): Promise<readonly DependencyReport[]>;
  /** Null when no such dependency is declared. */
  dependency(name: string, workflows: readonly string[] | null): Promise<DependencyDetail | null>;
  /** Who is on call, by schedule. */
  onCall(): Promise<readonly OnCallReport[]>;
  /** What monitoring collects; of many SLOs or workflows it may be five seconds old. */
  scrape(): Promise<ScrapeReport>;
}
