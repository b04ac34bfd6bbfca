import type { Counts } from '../../core/counters/cells.ts';
import type { NotificationFacts, Recovering } from '../../core/alerting/notification.ts';
import { formatPercent } from '../../core/words/figures.ts';
import type {
  BudgetRemainingReason,
  BurnRateReason,
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
import { missedWords } from './missed-words.ts';
import { sliWords } from './sli-words.ts';
import { timesOf } from './times.ts';
import type { Field, Phrase, Piece } from './phrase.ts';
import { plainName } from './wording.ts';
import {
  formatCount,
  formatShare,
  formatSpan,
  formatSpanAhead,
  formatRate,
  formatWindow,
} from '../../core/words/figures.ts';

/** How a reason of one kind of tier is put into words. */
interface ReasonWords<K extends Tier['kind']> {
  /** Why the tier fires: what failed, how much, against what. */
  sentence(facts: NotificationFacts, reason: ReasonOf<K>): Phrase;
  /** What fails now, in a few words; null when the budget says it best. */
  now(facts: NotificationFacts, reason: ReasonOf<K>): string | null;
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

/** A share of fewer says less than their number. */
const A_FEW = 10;

const THE_BUDGET_SAYS_IT = () => null;
const NO_WINDOWS = () => [];
const NO_FIGURE = () => '';

const REASON_WORDS: { readonly [K in Tier['kind']]: ReasonWords<K> } = {
  burnRate: {
    sentence: burnSentence,
    now: (facts, { short }) => shareFailing(facts, short),
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
    now: (facts, { over }) => shareFailing(facts, over),
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
    now: THE_BUDGET_SAYS_IT,
    failures: () => 0,
    windows: NO_WINDOWS,
    condition: (reason) => reason,
    standing: NO_FIGURE,
    isSilence: false,
  },
  forecast: {
    sentence: forecastSentence,
    now: THE_BUDGET_SAYS_IT,
    failures: ({ recent }) => recent.bad,
    windows: ({ recent }) => [recent],
    condition: (reason) => reason,
    standing: NO_FIGURE,
    isSilence: false,
  },
  outage: {
    sentence: outageSentence,
    now: (facts, { consecutiveBad }) => shareFailing(facts, { good: 0, bad: consecutiveBad }),
    failures: ({ consecutiveBad }) => consecutiveBad,
    windows: NO_WINDOWS,
    condition: ({ kind, needed }) => ({ kind, needed: { least: needed, most: needed } }),
    standing: ({ consecutiveBad }) => `${formatCount(consecutiveBad)} bad in a row`,
    isSilence: false,
  },
  noData: {
    sentence: noDataSentence,
    now: (_facts, { silentFor }) => `no data for ${formatSpan(silentFor)}`,
    failures: () => 0,
    windows: NO_WINDOWS,
    condition: (reason) => reason,
    standing: ({ silentFor }) => `silent for ${formatSpan(silentFor)}`,
    isSilence: true,
  },
};

/** One sentence that says why the worst tier fires: what fails, how much, against what; or that it only waits to resolve. */
export function reasonSentence(facts: NotificationFacts, reason: Reason): Phrase {
  if (facts.recovering) return recoveringSentence(facts, facts.recovering);
  return missedWords(facts)?.sentence ?? sentenceOf(facts, reason);
}

function sentenceOf<K extends Tier['kind']>(facts: NotificationFacts, reason: ReasonOf<K>): Phrase {
  return wordsOf(reason).sentence(facts, reason);
}

/** What fails now, in a few words; null when the budget says it best. */
export function failingNow(facts: NotificationFacts): string | null {
  const { recovering, reasons, at } = facts;
  if (recovering) return `recovering, ${lastFailed(facts, formatSpan(at - recovering.lastFailedAt))}`;
  const [reason] = reasons;
  return reason ? (missedWords(facts)?.headline ?? nowOf(facts, reason)) : null;
}

function nowOf<K extends Tier['kind']>(facts: NotificationFacts, reason: ReasonOf<K>): string | null {
  return wordsOf(reason).now(facts, reason);
}

/** How much budget is left, or how fast it burns where that is not known. */
export function outlookOf(facts: NotificationFacts): string {
  const [reason] = facts.reasons;
  return outlook(facts, reason ? worstRate(reason) : null);
}

function worstRate<K extends Tier['kind']>(reason: ReasonOf<K>): number | null {
  return wordsOf(reason).windows(reason)[0]?.burnRate ?? null;
}

/** Whether all that happened is that no data came. */
export function isSilence({ reasons, peakBurnRate }: NotificationFacts): boolean {
  return reasons.length > 0 && reasons.every(isSilent) && peakBurnRate === 0;
}

/** How many failures there were in the time that a reason's causes are from; 0 when it does not say. */
export function failuresOf<K extends Tier['kind']>(reason: ReasonOf<K>): number {
  return wordsOf(reason).failures(reason);
}

/** Whether all a reason says is that no data came. */
function isSilent(reason: Reason): boolean {
  return wordsOf(reason).isSilence;
}

/** `65.9% failing`; `3 of 4 failing` of a few. */
function shareFailing(facts: NotificationFacts, { good, bad }: Counts): string | null {
  const { nothingGood, failing } = sliWords(facts);
  const total = good + bad;
  if (bad === 0) return null;
  if (good === 0) return nothingGood;
  return total < A_FEW
    ? `${formatCount(bad)} of ${formatCount(total)} ${failing}`
    : `${formatShare(bad / total)} ${failing}`;
}

/** The window that shows what fails now leads, and the one that shows for how long follows. */
function burnSentence(facts: NotificationFacts, { long, short }: BurnRateReason): Phrase {
  const inLong = ` in the last ${formatWindow(long.duration)}`;
  if (short.good + short.bad === 0 || short.duration === long.duration)
    return [...withoutStop(failedOf(facts, long, inLong)), ...sinceWhen(facts), '.'];
  return [
    ...withoutStop(failedOf(facts, short, ` in the last ${formatWindow(short.duration)}`)),
    `, ${formatCount(long.bad)} of ${formatCount(long.good + long.bad)}${inLong}`,
    ...sinceWhen(facts),
    '.',
  ];
}

/** `; failing since 18:57 UTC` */
function sinceWhen(facts: NotificationFacts): Phrase {
  return facts.failing ? [`; failing since ${timesOf(facts).at(facts.failing.since)}`] : [];
}

/** A sentence that goes on. */
function withoutStop(sentence: Phrase): Phrase {
  const last = sentence.at(-1)!;
  return typeof last === 'string' ? [...sentence.slice(0, -1), last.replace(/\.$/, '')] : sentence;
}

function recoveringSentence(facts: NotificationFacts, { lastFailedAt, resolvesAt }: Recovering): Phrase {
  const ahead = resolvesAt - facts.at;
  const soon = ahead > 0 ? `resolves in about ${formatSpan(ahead)}` : 'about to resolve';
  const before = failedOf(
    facts,
    facts.during,
    facts.began === null ? ' so far' : ` since ${timesOf(facts).at(facts.began)}`,
  );
  return [
    `recovering: ${lastFailed(facts, null, timesOf(facts).at(lastFailedAt))}, ${soon} if it stays so. Before that, `,
    ...before,
  ];
}

/** `no failure for 4m`, or while some fail, fewer than fire: how many do. */
function lastFailed(facts: NotificationFacts, span: string | null, since = ''): string {
  const [reason] = facts.reasons;
  const lately = reason ? latest(reason) : null;
  if (lately && lately.bad > 0) {
    const share = shareFailing(facts, lately) ?? '';
    return `${share} in the last ${formatWindow(lately.duration)}`;
  }
  return span === null ? `no failure since ${since}` : `no failure for ${span}`;
}

function latest<K extends Tier['kind']>(reason: ReasonOf<K>): WindowFacts | null {
  return wordsOf(reason).windows(reason).at(-1) ?? null;
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
  const { units, which, did } = sliWords(facts);
  // A run that a success has just ended is no run any more.
  if (consecutiveBad === 0) return failedOf(facts, facts.during, ' since it began');
  const began = streakSince === null ? '' : ` since ${timesOf(facts).at(streakSince)}`;
  if (consecutiveBad === 1) return [`the last of the ${units}`, ...which, ` ${did}${began}.`];
  const all = did.startsWith('were ') ? `were all${did.slice('were'.length)}` : `all ${did}`;
  return [`the last ${formatCount(consecutiveBad)} ${units}`, ...which, ` ${all}${began}.`];
}

function noDataSentence(facts: NotificationFacts, { after, silentFor, lastAt }: NoDataReason): Phrase {
  const last = lastAt === null ? 'none ever did' : `the last at ${timesOf(facts).at(lastAt)}`;
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
