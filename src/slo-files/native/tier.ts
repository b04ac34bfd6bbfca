import type { BurnRateTier, Tier } from '../../core/slo/alert-policy.ts';
import { maximumBurnRate } from '../../core/budget/burn-rate.ts';
import { formatPercent, type Objective } from '../../core/budget/objective.ts';
import { formatDuration, MINUTE, parseDuration } from '../../core/time/duration.ts';
import type { NativeTier } from './alerts-schema.ts';
import { parseShare, ratioOf } from './share.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';

type NativeBurnRate = NonNullable<NativeTier['burnRate']>;

/**
 * Makes a tier of an SLO; null when it does not fit its window (milliseconds), which is reported. A tier of a shared
 * policy is known by its number there (`inPolicy`), and is reported at the SLO that it does not fit.
 */
export function readTier(
  native: NativeTier,
  objective: Objective,
  window: number,
  at: Place,
  inPolicy: number | null,
  source: SourceText,
  report: ReportProblem,
): Tier | null {
  const { severity, burnRate, successRate, budgetRemaining, forecast, outage, noData } = native;
  const named = (name: string) => ({ name: native.name ?? name, severity });
  const fits = (key: string, part: string, length: number, most: number, than: string): boolean => {
    if (length <= most) return true;
    const where = inPolicy === null ? '' : ` of tier ${inPolicy + 1} of the policy`;
    const message = `\`${part}\`${where} is ${formatDuration(length)}, longer than ${than}`;
    const place = (inPolicy === null ? placeAt(at, [key, part]) : undefined) ?? at;
    report(problemAt(source, place.start, 'error', message, { expected: `at most ${formatDuration(most)}` }));
    return false;
  };
  if (burnRate) {
    const long = parseDuration(burnRate.long)!;
    const short = burnRate.short === undefined ? twelfth(long) : parseDuration(burnRate.short)!;
    const fit =
      fits('burnRate', 'long', long, window, 'the window') &&
      fits('burnRate', 'short', short, long, 'the long window');
    if (!fit) return null;
    const speed = reachable(objective, wantedFactor(burnRate, long, window), burnRate.factor !== undefined);
    const name = `burn-rate-${Number(speed.factor.toFixed(2))}x-over-${formatDuration(long)}`;
    return { kind: 'burnRate', ...named(name), long, short, ...speed };
  }
  if (successRate) {
    const below = ratio(successRate.below);
    const over = parseDuration(successRate.over)!;
    if (!fits('successRate', 'over', over, window, 'the window')) return null;
    const name = `success-rate-below-${percent(below)}-over-${formatDuration(over)}`;
    return { kind: 'successRate', ...named(name), below, over };
  }
  if (budgetRemaining) {
    const below = ratio(budgetRemaining.below);
    return { kind: 'budgetRemaining', ...named(`budget-below-${percent(below)}`), below };
  }
  if (forecast) {
    const within = parseDuration(forecast.within)!;
    return { kind: 'forecast', ...named(`forecast-within-${formatDuration(within)}`), within };
  }
  if (noData) {
    const after = parseDuration(noData.after)!;
    return { kind: 'noData', ...named(`no-data-for-${formatDuration(after)}`), after };
  }
  return outage ? { kind: 'outage', ...named('outage') } : null;
}

/** `factor = budgetShare * window / long`, at least 1, as of the default tiers. */
function wantedFactor({ factor, budgetShare }: NativeBurnRate, long: number, window: number): number {
  if (factor !== undefined) return factor;
  const { numerator, denominator } = parseShare(String(budgetShare))!;
  return Math.max(1, (numerator * window) / (denominator * long));
}

/**
 * A burn rate that can be reached (J3). One that follows from a budget share is lowered to half of the highest
 * possible as those of the default tiers; one that was asked for only when no outage could reach it.
 */
function reachable(
  objective: Objective,
  wanted: number,
  isExplicit: boolean,
): Pick<BurnRateTier, 'factor' | 'loweredFrom'> {
  const highest = maximumBurnRate(objective);
  const ceiling = isExplicit ? highest : highest / 2;
  return wanted > ceiling
    ? { factor: highest / 2, loweredFrom: wanted }
    : { factor: wanted, loweredFrom: null };
}

function twelfth(long: number): number {
  return Math.max(1, Math.ceil(long / 12 / MINUTE)) * MINUTE;
}

function ratio(share: string | number): number {
  return ratioOf(parseShare(String(share))!);
}

function percent(share: number): string {
  return formatPercent(share, 4);
}
