import {
  type AlertPolicy,
  DEFAULT_POLICY_SETTINGS,
  defaultTiers,
  type NoDataTier,
  type Tier,
} from '../core/alert-policy.ts';
import { maximumBurnRate } from '../core/burn-rate.ts';
import { formatObjective, formatPercent, type Objective, parseObjective } from '../core/objective.ts';
import { type AttributeTest, fingerprint, type OutcomeSli } from '../core/sli.ts';
import type { Slo } from '../core/slo.ts';
import { formatDuration, parseDuration } from '../core/time.ts';
import { type NativeNoData, type NativeSlo, OBJECTIVE } from './native-schema.ts';
import { lineAt, problemAt, type Report, type SourceText } from './source-text.ts';
import { nearest } from './suggestion.ts';
import type { Partly } from './usable-part.ts';
import { type Place, placeAt, quoted } from './value-tree.ts';

/** What an SLO takes from around it. */
export interface SloContext {
  readonly workflow: string;
  readonly owner: string;
  readonly runbook: string | null;
  readonly steps: readonly string[];
  readonly source: SourceText;
  readonly report: Report;
  /** What the SLO's policy says about it, if anything. */
  readonly policyMinFailures: number | undefined;
}

/** Makes one SLO of what has the right shape and reports what its values get wrong; null when it cannot be used. */
export function buildSlo(
  name: string,
  native: Partly<NativeSlo>,
  place: Place,
  context: SloContext,
): Slo | null {
  const { workflow, owner, runbook, source } = context;
  const objective = readObjective(native.objective, place, context);
  const sli = readSli(native.sli, place, context);
  const duration = native.window === undefined ? null : parseDuration(native.window);
  if (sli && duration !== null) checkDeadline(sli, duration, place, context);
  if (!objective || !sli || duration === null) return null;
  const tiers = defaultTiers(objective, duration);
  warnOfLoweredTiers(objective, tiers, place, context);
  const noData = readNoData(native.alerts?.noData);
  const alerts: AlertPolicy = {
    ...DEFAULT_POLICY_SETTINGS,
    tiers: noData ? [...tiers, noData] : tiers,
    minFailures:
      native.alerts?.minFailures ?? context.policyMinFailures ?? DEFAULT_POLICY_SETTINGS.minFailures,
  };
  return {
    id: `${workflow}/${name}`,
    workflow,
    name,
    description: native.description?.trim().replace(/\s+/g, ' ') || null,
    owner,
    runbook,
    objective,
    window: { kind: 'rolling', duration, text: native.window! },
    otherWindows: [],
    sli,
    fingerprint: fingerprint(sli),
    alerts,
    budgetPolicy: null,
    source: `${source.file}:${lineAt(source, place.key)}`,
  };
}

function readObjective(
  value: NativeSlo['objective'] | undefined,
  place: Place,
  { source, report }: SloContext,
): Objective | null {
  const at = placeAt(place, ['objective']);
  if (value === undefined || !at) return null;
  // The decimals as they were written: 0.9990 must not go through floating point.
  const text = typeof value === 'number' ? at.written : value;
  const objective = parseObjective(text);
  if (objective) return objective;
  const isAll = /^(100(\.0*)?\s*%|1(\.0*)?)$/.test(text.trim());
  const why = isAll ? ', which leaves no error budget' : '';
  const isPercent = !isAll && !text.includes('%') && parseObjective(`${text}%`) !== null;
  report(
    problemAt(source, at.start, 'error', `\`objective\` is ${quoted(at)}${why}`, {
      expected: OBJECTIVE,
      suggestion: isPercent ? `${at.written}%` : undefined,
    }),
  );
  return null;
}

function checkDeadline(
  { withinMs }: OutcomeSli,
  window: number,
  place: Place,
  { source, report }: SloContext,
): void {
  const at = placeAt(place, ['sli', 'within']);
  if (!at || withinMs === null || withinMs <= window) return;
  const message = `\`within\` is ${quoted(at)}, longer than the window`;
  report(problemAt(source, at.start, 'error', message, { expected: `at most ${formatDuration(window)}` }));
}

function readSli(
  native: Partly<NativeSlo['sli']> | undefined,
  place: Place,
  { steps, source, report }: SloContext,
): OutcomeSli | null {
  if (native === undefined) return null;
  if (native === 'succeeded') {
    return { kind: 'outcomes', step: null, dependency: null, where: {}, withinMs: null, good: 'succeeded' };
  }
  const { step = null, dependency = null, within, where = {} } = native;
  const at = placeAt(place, ['sli', 'step']);
  if (at && step !== null && steps.length > 0 && !steps.includes(step)) {
    report(
      problemAt(source, at.start, 'error', `${quoted(at)} is not a step of this workflow`, {
        expected: `one of ${steps.slice(0, 20).join(', ')}`,
        suggestion: nearest(step, steps),
      }),
    );
  }
  const sliPlace = placeAt(place, ['sli']);
  if (sliPlace && !isWhole(native, sliPlace)) return null;
  const values = Object.entries(where).map(([attribute, value = []]): [string, AttributeTest] => [
    attribute,
    { op: 'in', values: typeof value === 'string' ? [value] : [...new Set(value)] },
  ]);
  return {
    kind: 'outcomes',
    step,
    dependency,
    where: Object.fromEntries(values),
    withinMs: within === undefined ? null : parseDuration(within),
    good: 'succeeded',
  };
}

/** Whether nothing was taken out because it was wrong: half a selection selects something else. */
function isWhole({ where = {}, ...rest }: Exclude<Partly<NativeSlo['sli']>, string>, sli: Place): boolean {
  const wherePlace = sli.parts.get('where');
  const told = Object.values(rest).filter((part) => part !== undefined).length + (wherePlace ? 1 : 0);
  return told === sli.parts.size && Object.keys(where).length === (wherePlace?.parts.size ?? 0);
}

function readNoData({ after, severity }: Partly<NativeNoData> = {}): NoDataTier | null {
  if (after === undefined || severity === undefined) return null;
  return { kind: 'noData', name: 'no-data', severity, after: parseDuration(after)! };
}

/** Only of what no outage could reach: a factor that takes most executions to fail is a matter of taste. */
function warnOfLoweredTiers(
  objective: Objective,
  tiers: readonly Tier[],
  place: Place,
  { source, report }: SloContext,
): void {
  const highest = maximumBurnRate(objective);
  const lowered = tiers
    .filter((tier) => tier.kind === 'burnRate')
    .filter(({ loweredFrom }) => loweredFrom !== null && loweredFrom > highest);
  if (lowered.length === 0) return;
  const list = lowered.map(
    ({ name, long, factor, loweredFrom }) =>
      `tier ${name} (${formatDuration(long)}) fires from ${rounded(factor)}x instead of ${rounded(loweredFrom!)}x`,
  );
  const share = formatPercent(lowered[0]!.factor * objective.errorBudget);
  const at = placeAt(place, ['objective']) ?? place;
  const message = `at ${formatObjective(objective)} a total outage burns only ${rounded(highest)}x, so ${list.join(', ')}: at ${share} failures`;
  report(problemAt(source, at.start, 'warning', message));
}

function rounded(factor: number): number {
  return Number(factor.toFixed(2));
}
