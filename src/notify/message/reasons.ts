import type { Counts } from '../../core/counters/cells.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { formatPercent } from '../../core/words/figures.ts';
import type {
  BudgetRemainingReason,
  ForecastReason,
  NoDataReason,
  OutageReason,
  Reason,
  ReasonOf,
  WindowFacts,
} from '../../core/alerting/reason.ts';
import { firesWhen, type ConditionOf } from '../../core/alerting/tier-words.ts';
import { type SliUnit } from '../../core/sli/sli-unit.ts';
import { unitOf } from '../../core/sli/sli-kinds.ts';
import type { Tier } from '../../core/slo/alert-policy.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { outlook } from './budget-words.ts';
import { sliWords } from './sli-words.ts';
import type { Field, Phrase, Piece } from './phrase.ts';
import { plainName } from './wording.ts';
import {
  formatCount,
  formatShare,
  formatSpan,
  formatSpanAhead,
  formatRate,
  formatTime,
  formatWindow,
} from '../../core/words/figures.ts';

/** How a reason of one kind of tier is put into words. */
interface ReasonWords<K extends Tier['kind']> {
  /** Why the tier fires: what failed, how much, against what. */
  sentence(facts: NotificationFacts, reason: ReasonOf<K>): Phrase;
  /** What is wrong, in a few words; null when the budget says it best. */
  trouble(facts: NotificationFacts, reason: ReasonOf<K>): string | null;
  /** How many failures there were in the time that its causes are from; 0 when it does not say. */
  failures(reason: ReasonOf<K>): number;
  /** The windows whose burn rates it looks at. */
  windows(reason: ReasonOf<K>): readonly WindowFacts[];
  condition(reason: ReasonOf<K>): ConditionOf<K>;
  /** What it stands at, where it stands among others; empty when it has no figure of its own. */
  standing(reason: ReasonOf<K>): string;
  /** Whether all it says is that no data came. */
  readonly isSilence: boolean;
}

const THE_BUDGET_SAYS_IT = () => null;
const NO_WINDOWS = () => [];
const NO_FIGURE = () => '';

const REASON_WORDS: { readonly [K in Tier['kind']]: ReasonWords<K> } = {
  burnRate: {
    sentence: (facts, { long }) => failedOf(facts, long, ` in the last ${formatWindow(long.duration)}`),
    trouble: THE_BUDGET_SAYS_IT,
    failures: ({ long }) => long.bad,
    windows: ({ long, short }) => [long, short],
    condition: ({ kind, factor, long, short }) => ({
      kind,
      factor,
      long: long.duration,
      short: short.duration,
    }),
    standing: ({ long: { burnRate, duration } }) =>
      burnRate === null ? '' : `${formatRate(burnRate)} over ${formatDuration(duration)}`,
    isSilence: false,
  },
  successRate: {
    sentence(facts, { below, over }) {
      const total = over.good + over.bad;
      const share = total === 0 ? 'nothing' : formatShare(over.good / total);
      return [
        ...counted(facts, over, ` in the last ${formatWindow(over.duration)}`),
        `: ${share} good, below ${formatPercent(below, 6)}.`,
      ];
    },
    trouble: THE_BUDGET_SAYS_IT,
    failures: ({ over }) => over.bad,
    windows: ({ over }) => [over],
    condition: ({ kind, below, over }) => ({ kind, below, over: over.duration }),
    standing({ over: { good, bad, duration } }) {
      const total = good + bad;
      return total === 0 ? '' : `${formatShare(good / total)} good over ${formatDuration(duration)}`;
    },
    isSilence: false,
  },
  budgetRemaining: {
    sentence: budgetSentence,
    trouble: THE_BUDGET_SAYS_IT,
    failures: () => 0,
    windows: NO_WINDOWS,
    condition: (reason) => reason,
    standing: NO_FIGURE,
    isSilence: false,
  },
  forecast: {
    sentence: forecastSentence,
    trouble: THE_BUDGET_SAYS_IT,
    failures: ({ recent }) => recent.bad,
    windows: ({ recent }) => [recent],
    condition: (reason) => reason,
    standing: NO_FIGURE,
    isSilence: false,
  },
  outage: {
    sentence: outageSentence,
    trouble: (facts) => `${sliWords(facts).nothingGood}, ${outlook(facts, null)}`,
    failures: ({ consecutiveBad }) => consecutiveBad,
    windows: NO_WINDOWS,
    condition: ({ kind, needed }) => ({ kind, needed: { least: needed, most: needed } }),
    standing: ({ consecutiveBad }) => `${formatCount(consecutiveBad)} bad in a row`,
    isSilence: false,
  },
  noData: {
    sentence: noDataSentence,
    trouble: (_facts, { silentFor }) => `no data for ${formatSpan(silentFor)}`,
    failures: () => 0,
    windows: NO_WINDOWS,
    condition: (reason) => reason,
    standing: ({ silentFor }) => `silent for ${formatSpan(silentFor)}`,
    isSilence: true,
  },
};

/** One sentence that says why a tier fires: what failed, how much, against what. */
export function reasonSentence<K extends Tier['kind']>(
  facts: NotificationFacts,
  reason: ReasonOf<K>,
): Phrase {
  return wordsOf(reason).sentence(facts, reason);
}

/** What is wrong and how much budget is left, in a few words. */
export function trouble(facts: NotificationFacts): string {
  const [reason] = facts.reasons;
  return reason ? troubleOf(facts, reason) : outlook(facts, null);
}

function troubleOf<K extends Tier['kind']>(facts: NotificationFacts, reason: ReasonOf<K>): string {
  const words = wordsOf(reason);
  return words.trouble(facts, reason) ?? outlook(facts, words.windows(reason)[0]?.burnRate ?? null);
}

/** How many failures there were in the time that a reason's causes are from; 0 when it does not say. */
export function failuresOf<K extends Tier['kind']>(reason: ReasonOf<K>): number {
  return wordsOf(reason).failures(reason);
}

/** Whether all a reason says is that no data came. */
export function isSilent(reason: Reason): boolean {
  return wordsOf(reason).isSilence;
}

/** `312 of 2,140 executions failed in the last hour (14.6%; the objective allows 5%).` */
export function failedOf(facts: NotificationFacts, { good, bad }: Counts, when: string): Phrase {
  const allowed = formatPercent(facts.errorBudget, 9);
  const total = good + bad;
  const { units, may } = sliWords(facts);
  if (total === 0) return [`no ${units} ended${when} (the objective allows ${allowed} to ${may}).`];
  return [
    ...counted(facts, { good, bad }, when),
    ` (${formatShare(bad / total)}; the objective allows ${allowed}).`,
  ];
}

function counted(facts: NotificationFacts, { good, bad }: Counts, when: string): Phrase {
  const { units, which, did } = sliWords(facts);
  return [`${formatCount(bad)} of ${formatCount(good + bad)} ${units}`, ...which, ` ${did}${when}`];
}

function budgetSentence(facts: NotificationFacts, { below }: BudgetRemainingReason): Phrase {
  const { units, which, may } = sliWords(facts);
  const { remainingRatio, spent, allowed } = facts.budget;
  const budget = `the error budget over ${plainName(facts.window, 40)}`;
  if (remainingRatio === null) return [`${budget} is not known.`];
  const left = `${formatShare(remainingRatio)} of ${budget} is left, less than ${formatPercent(below, 6)}`;
  return remainingRatio > 0
    ? [
        `${left}: ${formatCount(spent)} of the ${formatCount(allowed)} ${units}`,
        ...which,
        ` that may ${may} are spent.`,
      ]
    : [
        `${budget} is spent: ${formatCount(spent)} ${units}`,
        ...which,
        `, where ${formatCount(allowed)} may ${may}.`,
      ];
}

function forecastSentence(facts: NotificationFacts, { within, left, recent }: ForecastReason): Phrase {
  const lately = ` in the last ${formatWindow(recent.duration)}`;
  const budget = `the error budget over ${plainName(facts.window, 40)}`;
  const pace = failedOf(facts, recent, lately);
  if (left === null || left <= 0) return [`${budget} is gone: `, ...pace];
  return [
    `at this pace ${budget} is gone in ${formatSpanAhead(left)}, within ${formatDuration(within)}: `,
    ...pace,
  ];
}

function outageSentence(facts: NotificationFacts, { consecutiveBad, streakSince }: OutageReason): Phrase {
  const { units, which, did, independent } = sliWords(facts);
  const began = streakSince === null ? '' : ` since ${formatTime(streakSince)}`;
  const chance = independent
    ? `; at ${formatPercent(facts.objective, 9)} that happens by chance less than once in 100 windows.`
    : '.';
  if (consecutiveBad === 1) return [`the last of the ${units}`, ...which, ` ${did}${began}${chance}`];
  const all = did.startsWith('were ') ? `were all${did.slice('were'.length)}` : `all ${did}`;
  return [`the last ${formatCount(consecutiveBad)} ${units}`, ...which, ` ${all}${began}${chance}`];
}

function noDataSentence(facts: NotificationFacts, { after, silentFor, lastAt }: NoDataReason): Phrase {
  const last = lastAt === null ? 'none ever did' : `the last at ${formatTime(lastAt)}`;
  return [
    ...sliWords(facts).absent,
    ` for ${formatSpan(silentFor)} (expected at least every ${formatDuration(after)}; ${last}).`,
  ];
}

/** What the worst tier stands at, which tier that is, and which others fire. */
export function reasonFields(facts: NotificationFacts): Field[] {
  const [worst, ...others] = facts.reasons;
  if (!worst) return [];
  const unit = facts.sli ? unitOf(facts.sli) : 'executions';
  return [
    ...burnRateField(worst),
    {
      label: 'Tier',
      value: [{ name: plainName(worst.tier, 60) }, ` (${worst.severity}): ${conditionWords(worst, unit)}`],
    },
    ...(others.length === 0 ? [] : [{ label: 'Also firing', value: others.slice(0, 4).flatMap(standing) }]),
  ];
}

function burnRateField<K extends Tier['kind']>(reason: ReasonOf<K>): Field[] {
  const windows = wordsOf(reason).windows(reason);
  const rates = windows.map(({ burnRate, duration }) => {
    const rate = burnRate === null ? 'no outcomes' : formatRate(burnRate);
    return `${rate} over ${formatDuration(duration)}`;
  });
  return rates.length === 0 ? [] : [{ label: 'Burn rate', value: [rates.join(', ')] }];
}

function conditionWords<K extends Tier['kind']>(reason: ReasonOf<K>, unit: SliUnit): string {
  return firesWhen(wordsOf(reason).condition(reason), unit);
}

function standing<K extends Tier['kind']>(reason: ReasonOf<K>, index: number): Piece[] {
  const figure = wordsOf(reason).standing(reason);
  const name = { name: plainName(reason.tier, 60) };
  return [index > 0 ? ', ' : '', name, figure === '' ? '' : ` ${figure}`];
}

function wordsOf<K extends Tier['kind']>(reason: ReasonOf<K>): ReasonWords<K> {
  return REASON_WORDS[reason.kind as K];
}
