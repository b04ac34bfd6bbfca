import type { Tier, TierOf } from '../../core/slo/alert-policy.ts';
import type { FiguresOf, TierReading } from '../../core/alerting/tier-kind.ts';
import type { ConditionOf } from '../../core/alerting/tier-words.ts';
import { firesWhen, standsAt } from '../../core/alerting/tier-words.ts';
import type { TierReport } from '../../core/ports/queries.ts';
import type { SliUnit } from '../../core/sli/sli-unit.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { rounded } from './slo-report.ts';

type Numbers = Pick<TierReport, 'long' | 'short' | 'factor' | 'longBurnRate' | 'shortBurnRate'>;

/** What is reported of one kind of tier beside its words. */
interface TierReporting<K extends Tier['kind']> {
  condition(tier: TierOf<K>, figures: FiguresOf<K>): ConditionOf<K>;
  numbers(tier: TierOf<K>, figures: FiguresOf<K>): Numbers;
}

const NO_NUMBERS = (): Numbers => ({});

const TIER_REPORTING: { readonly [K in Tier['kind']]: TierReporting<K> } = {
  burnRate: {
    condition: (tier) => tier,
    numbers: ({ long, short, factor }, { longBurnRate, shortBurnRate }) => ({
      long: formatDuration(long),
      short: formatDuration(short),
      factor,
      longBurnRate: undusted(longBurnRate),
      shortBurnRate: undusted(shortBurnRate),
    }),
  },
  successRate: { condition: (tier) => tier, numbers: NO_NUMBERS },
  budgetRemaining: { condition: (tier) => tier, numbers: NO_NUMBERS },
  forecast: { condition: (tier) => tier, numbers: NO_NUMBERS },
  outage: {
    condition: ({ kind }, { needed }) => ({ kind, needed: { least: needed, most: needed } }),
    numbers: NO_NUMBERS,
  },
  noData: { condition: (tier) => tier, numbers: NO_NUMBERS },
};

/** What a tier waits for and where it stands, in numbers and in words. */
export function reportTier<K extends Tier['kind']>(
  { tier, figures }: TierReading<K>,
  firing: boolean,
  unit: SliUnit,
): TierReport {
  const reporting = TIER_REPORTING[tier.kind];
  const condition = reporting.condition(tier, figures);
  return {
    name: tier.name,
    severity: tier.severity,
    kind: tier.kind,
    condition: firesWhen(condition, unit),
    now: standsAt(figures, condition, unit),
    firing,
    ...reporting.numbers(tier, figures),
  };
}

function undusted(value: number | null): number | null {
  return value === null ? null : rounded(value, 12);
}
