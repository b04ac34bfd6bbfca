import type { Tier } from '../../core/slo/alert-policy.ts';
import type { TierReading } from '../../core/alerting/tier-reading.ts';
import { formatPercent } from '../../core/budget/objective.ts';
import type { TierReport } from '../../core/ports/queries.ts';
import type { SliUnit } from '../../core/sli/sli-unit.ts';
import { DAY, HOUR, MINUTE, SECOND, formatDuration } from '../../core/time/duration.ts';
import { rounded } from './slo-report.ts';

/** What a tier waits for and where it stands, in numbers and in words. */
export function reportTier(reading: TierReading, firing: boolean, unit: SliUnit): TierReport {
  const { tier, figures } = reading;
  const base: TierReport = {
    name: tier.name,
    severity: tier.severity,
    kind: tier.kind,
    condition: conditionOf(tier, unit),
    now: standing(reading, unit),
    firing,
  };
  if (tier.kind !== 'burnRate' || figures.kind !== 'burnRate') return base;
  return {
    ...base,
    long: formatDuration(tier.long),
    short: formatDuration(tier.short),
    factor: tier.factor,
    longBurnRate: undusted(figures.longBurnRate),
    shortBurnRate: undusted(figures.shortBurnRate),
  };
}

function conditionOf(tier: Tier, unit: SliUnit): string {
  switch (tier.kind) {
    case 'burnRate':
      return `burns ${rate(tier.factor)} or faster over ${formatDuration(tier.long)} and ${formatDuration(tier.short)}`;
    case 'successRate':
      return `less than ${formatPercent(tier.below, 6)} good over ${formatDuration(tier.over)}`;
    case 'budgetRemaining':
      return tier.below === 0
        ? 'the budget is overspent'
        : `less than ${formatPercent(tier.below, 6)} of the budget left`;
    case 'forecast':
      return `at this pace the budget is gone within ${formatDuration(tier.within)}`;
    case 'outage':
      return `so many bad ${unit} in a row that it is no chance`;
    case 'noData':
      return `no ${unit} for ${formatDuration(tier.after)}`;
    default:
      return tier satisfies never;
  }
}

function standing({ tier, figures }: TierReading, unit: SliUnit): string {
  switch (figures.kind) {
    case 'burnRate': {
      if (tier.kind !== 'burnRate') return '';
      const [long, short] = [rate(figures.longBurnRate), rate(figures.shortBurnRate)];
      return `${long} over ${formatDuration(tier.long)}, ${short} over ${formatDuration(tier.short)}`;
    }
    case 'successRate': {
      const total = figures.over.good + figures.over.bad;
      return total === 0 ? `no ${unit}` : `${formatPercent(figures.over.good / total, 4)} good`;
    }
    case 'budgetRemaining':
      return figures.remainingRatio === null ? `no ${unit}` : `${formatPercent(figures.remainingRatio)} left`;
    case 'forecast':
      if (figures.left === null) return 'it lasts';
      return figures.left <= 0 ? 'it is gone' : `gone in ${roughly(figures.left)}`;
    case 'outage':
      return `${figures.consecutiveBad} of ${figures.needed} in a row`;
    case 'noData':
      return figures.silentFor < MINUTE ? `${unit} are coming` : `none for ${roughly(figures.silentFor)}`;
    default:
      return figures satisfies never;
  }
}

function undusted(value: number | null): number | null {
  return value === null ? null : rounded(value, 12);
}

function rate(value: number | null): string {
  return value === null ? 'nothing' : `${Number(value.toFixed(value < 1 ? 3 : 2))}x`;
}

/** A duration in its two largest units, such as `3d4h`: nobody waits for the seconds of a day. */
function roughly(duration: number): string {
  const unit = duration >= DAY ? HOUR : duration >= HOUR ? MINUTE : SECOND;
  return formatDuration(Math.max(unit, Math.floor(duration / unit) * unit));
}
