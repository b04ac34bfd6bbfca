import {
  type AlertPolicy,
  type BudgetPolicy,
  DEFAULT_POLICY_SETTINGS,
  defaultTiers,
  type Tier,
} from '../../core/slo/alert-policy.ts';
import { maximumBurnRate } from '../../core/budget/burn-rate.ts';
import { formatObjective, type Objective } from '../../core/budget/objective.ts';
import { formatPercent, formatFactor } from '../../core/words/figures.ts';
import type { Sli } from '../../core/sli/sli.ts';
import { countsSilence } from '../../core/sli/sli-kinds.ts';
import { formatDuration, parseDuration } from '../../core/time/duration.ts';
import type { NativeAlerts, NativeBudgetPolicy, NativePolicy } from './alerts-schema.ts';
import { firesOnSilence, loweredOf, readTier } from './tier.ts';
import { parseShare, ratioOf } from './share.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';

/** What the alerts of an SLO depend on. */
export interface AlertsContext {
  readonly objective: Objective;
  /** Length of the window alerts are about, in milliseconds. */
  readonly window: number;
  readonly sliKind: Sli['kind'];
  /** The policy the SLO starts from. */
  readonly policy: Partly<NativePolicy> | null;
  readonly budgetPolicy: Partly<NativeBudgetPolicy> | null;
  /** Of the SLO. */
  readonly place: Place;
  readonly source: SourceText;
  readonly report: ReportProblem;
}

/** Makes the alert policy of one SLO: what it says itself, else its policy, else the default. */
export function readAlerts(native: Partly<NativeAlerts> | undefined, context: AlertsContext): AlertPolicy {
  const settings = { ...context.policy, ...given(native) };
  const { minFailures, route, repeat, escalation = [], resolve, group } = settings;
  const defaults = DEFAULT_POLICY_SETTINGS;
  return {
    tiers: readTiers(native, settings, context),
    minFailures: minFailures ?? defaults.minFailures,
    route: { page: route?.page ?? null, ticket: route?.ticket ?? null },
    repeat: repeat === undefined ? defaults.repeat : parseDuration(repeat),
    escalation: escalation.map(({ after, to }) => ({ after: parseDuration(after)!, to })),
    groupWithin: group === undefined ? defaults.groupWithin : group === 'never' ? null : parseDuration(group),
    resolveShare: resolve?.below === undefined ? defaults.resolveShare : ratio(resolve.below),
    resolveAfter: resolve?.after === undefined ? defaults.resolveAfter : parseDuration(resolve.after)!,
  };
}

/** A budget policy by its name; what it says of notifications is in the tiers of its SLOs. */
export function readBudgetPolicy(
  name: string,
  { freeze, postmortem }: Partly<NativeBudgetPolicy>,
): BudgetPolicy {
  const { remainingBelow } = freeze ?? {};
  const { incidentSpent } = postmortem ?? {};
  return {
    name,
    freezeBelow: remainingBelow === undefined ? null : ratio(remainingBelow),
    postmortemAbove: incidentSpent === undefined ? null : ratio(incidentSpent),
  };
}

/** Names of targets in alert settings, with the path to each. */
export function targetsOf({ route, escalation = [] }: Partly<NativePolicy>): {
  readonly target: string;
  readonly path: readonly PropertyKey[];
}[] {
  const routed = Object.entries(route ?? {}).flatMap(([severity, targets = []]) =>
    targets.map((target, index) => ({ target, path: ['route', severity, index] })),
  );
  const escalated = escalation.flatMap(({ to }, step) =>
    to.map((target, index) => ({ target, path: ['escalation', step, 'to', index] })),
  );
  return [...routed, ...escalated];
}

function given(native: Partly<NativeAlerts> = {}): Partly<NativePolicy> {
  return Object.fromEntries(Object.entries(native).filter(([, value]) => value !== undefined));
}

function readTiers(
  native: Partly<NativeAlerts> | undefined,
  settings: Partly<NativePolicy>,
  context: AlertsContext,
): Tier[] {
  const { objective, window, budgetPolicy, place, source, report } = context;
  const tiers: Tier[] = [];
  const add = (tier: Tier | null, at: Place): void => {
    if (!tier) return;
    if (tiers.some(({ name }) => name === tier.name)) {
      const message = `two tiers are called \`${tier.name}\``;
      report(problemAt(source, at.start, 'error', message, { expected: 'a `name` that distinguishes them' }));
    } else tiers.push(tier);
  };
  const objectivePlace = placeAt(place, ['objective']) ?? place;
  const policyPlace = placeAt(place, ['alerts', 'policy']) ?? objectivePlace;
  if (settings.tiers) {
    for (const [index, tier] of settings.tiers.entries()) {
      const own = native?.tiers && placeAt(place, ['alerts', 'tiers', index]);
      const at = own ?? policyPlace;
      add(readTier(tier, objective, window, at, own ? null : index, source, report), at);
    }
  } else tiers.push(...defaultTiers(objective, window));
  warnOfLoweredTiers(objective, tiers, settings.tiers ? policyPlace : objectivePlace, context);
  const { after, severity } = settings.noData ?? {};
  if (after !== undefined && severity !== undefined) {
    const tier: Tier = { kind: 'noData', name: 'no-data', severity, after: parseDuration(after)! };
    add(tier, placeAt(place, ['alerts', 'noData']) ?? policyPlace);
  }
  const budgetPlace = placeAt(place, ['budgetPolicy']) ?? objectivePlace;
  for (const rule of budgetPolicy?.notify ?? []) {
    const below = ratio(rule.remainingBelow);
    const name = `budget-below-${formatPercent(below, 4)}`;
    add({ kind: 'budgetRemaining', name, severity: rule.severity, below }, budgetPlace);
  }
  const possible = withoutImpossible(tiers, context);
  return [...possible.filter(isPage), ...possible.filter((tier) => !isPage(tier))];
}

function isPage({ severity }: Tier): boolean {
  return severity === 'page';
}

/** Minutes and ticks are judged even when nothing is reported, so that there is always an outcome (J3). */
function withoutImpossible(
  tiers: readonly Tier[],
  { sliKind, place, source, report }: AlertsContext,
): readonly Tier[] {
  const counts = countsSilence(sliKind);
  if (counts === null) return tiers;
  const impossible = tiers.filter(firesOnSilence);
  if (impossible.length === 0) return tiers;
  const at = placeAt(place, ['alerts', 'noData']) ?? placeAt(place, ['alerts']) ?? place;
  const message = `tier ${impossible[0]!.name} could never fire and is left out: with this SLI every ${counts} counts, and is bad when nothing was reported`;
  report(problemAt(source, at.key, 'warning', message));
  return tiers.filter((tier) => !firesOnSilence(tier));
}

/** Warns of tiers that fire earlier than was asked for; only of what no outage could reach: a factor that takes most executions to fail is a matter of taste. */
export function warnOfLoweredTiers(
  objective: Objective,
  tiers: readonly Tier[],
  at: Place,
  { source, report }: Pick<AlertsContext, 'source' | 'report'>,
): void {
  const highest = maximumBurnRate(objective);
  const lowered = tiers.flatMap((tier) => {
    const change = loweredOf(tier);
    return change && change.loweredFrom > highest ? [{ name: tier.name, ...change }] : [];
  });
  if (lowered.length === 0) return;
  const list = lowered.map(
    ({ name, long, factor, loweredFrom }) =>
      `tier ${name} (${formatDuration(long)}) fires from ${formatFactor(factor)} instead of ${formatFactor(loweredFrom)}`,
  );
  const share = formatPercent(lowered[0]!.factor * objective.errorBudget);
  const message = `at ${formatObjective(objective)} a total outage burns only ${formatFactor(highest)}, so ${list.join(', ')}: at ${share} failures`;
  report(problemAt(source, at.start, 'warning', message));
}

function ratio(share: string | number): number {
  return ratioOf(parseShare(String(share))!);
}
