import type {
  BudgetRemainingTier,
  BurnRateTier,
  ForecastTier,
  NoDataTier,
  SuccessRateTier,
  Tier,
} from '../slo/alert-policy.ts';
import { formatFactor, formatPercent, formatRate, formatSpan } from '../words/figures.ts';
import type { SliUnit } from '../sli/sli-unit.ts';
import { MINUTE, formatDuration } from '../time/duration.ts';
import type { FiguresOf } from './tier-kind.ts';

/** How many consecutive bad outcomes it takes; a range while the volume of the window is not known. */
export interface RunNeeded {
  readonly least: number;
  readonly most: number;
}

interface ConditionNumbers {
  readonly burnRate: Pick<BurnRateTier, 'long' | 'short' | 'factor'>;
  readonly successRate: Pick<SuccessRateTier, 'below' | 'over'>;
  readonly budgetRemaining: Pick<BudgetRemainingTier, 'below'>;
  readonly forecast: Pick<ForecastTier, 'within'>;
  readonly outage: { readonly needed: RunNeeded };
  readonly noData: Pick<NoDataTier, 'after'>;
}

/** The numbers a tier of one kind fires at: those of the tier itself, but for those that only counters give. */
export type ConditionOf<K extends Tier['kind']> = { readonly kind: K } & ConditionNumbers[K];

interface TierWords<K extends Tier['kind']> {
  firesWhen(condition: ConditionOf<K>, unit: SliUnit): string;
  standsAt(figures: FiguresOf<K>, condition: ConditionOf<K>, unit: SliUnit): string;
}

const TIER_WORDS: { readonly [K in Tier['kind']]: TierWords<K> } = {
  burnRate: {
    firesWhen: ({ factor, long, short }) =>
      `burns ${formatFactor(factor)} or faster over ${formatDuration(long)} and ${formatDuration(short)}`,
    standsAt: ({ longBurnRate, shortBurnRate }, { long, short }) =>
      `${rate(longBurnRate)} over ${formatDuration(long)}, ${rate(shortBurnRate)} over ${formatDuration(short)}`,
  },
  successRate: {
    firesWhen: ({ below, over }) => `less than ${formatPercent(below, 6)} good over ${formatDuration(over)}`,
    standsAt({ over: { good, bad } }, _condition, unit) {
      return good + bad === 0 ? `no ${unit}` : `${formatPercent(good / (good + bad), 4)} good`;
    },
  },
  budgetRemaining: {
    firesWhen: ({ below }) =>
      below === 0 ? 'the budget is overspent' : `less than ${formatPercent(below, 6)} of the budget left`,
    standsAt({ remainingRatio, window: { good, bad } }, _condition, unit) {
      if (remainingRatio !== null) return `${formatPercent(remainingRatio)} left`;
      return good + bad === 0 ? `no ${unit}` : `too few ${unit} for a percentage`;
    },
  },
  forecast: {
    firesWhen: ({ within }) => `at this pace the budget is gone within ${formatDuration(within)}`,
    standsAt({ left }) {
      if (left === null) return 'it lasts';
      return left <= 0 ? 'it is gone' : `gone in ${formatSpan(left)}`;
    },
  },
  outage: {
    firesWhen({ needed: { least, most } }, unit) {
      const count = least === most ? String(least) : `${least} to ${most}`;
      const run = most === 1 ? `1 bad ${unit.slice(0, -1)}` : `${count} consecutive bad ${unit}`;
      return `${run}, more than chance explains`;
    },
    standsAt: ({ consecutiveBad, needed }) => `${consecutiveBad} of ${needed} in a row`,
  },
  noData: {
    firesWhen: ({ after }, unit) => `no ${unit} for ${formatDuration(after)}`,
    standsAt: ({ silentFor }, _condition, unit) =>
      silentFor < MINUTE ? `${unit} are coming` : `none for ${formatSpan(silentFor)}`,
  },
};

/**
 * When a tier fires, as the phrase that `check`, the API, the dashboard and messages share: `burns 13.44x or faster over
 * 1h and 5m`.
 */
export function firesWhen<K extends Tier['kind']>(condition: ConditionOf<K>, unit: SliUnit): string {
  return TIER_WORDS[condition.kind].firesWhen(condition, unit);
}

/** What a tier stands at: `14.9x over 1h, 17.2x over 5m`. */
export function standsAt<K extends Tier['kind']>(
  figures: FiguresOf<K>,
  condition: ConditionOf<K>,
  unit: SliUnit,
): string {
  return TIER_WORDS[condition.kind].standsAt(figures, condition, unit);
}

function rate(value: number | null): string {
  return value === null ? 'nothing' : formatRate(value);
}
