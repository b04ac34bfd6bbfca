import type { Counts } from '../../core/counters/cells.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { formatPercent } from '../../core/budget/objective.ts';
import type {
  BudgetRemainingReason,
  ForecastReason,
  NoDataReason,
  OutageReason,
  Reason,
} from '../../core/alerting/reason.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { sliWords } from './sli-words.ts';
import type { Field, Phrase, Piece } from './phrase.ts';
import { amount, percent, plainName, span, spanAhead, times, utc, windowWords } from './wording.ts';

/** One sentence that says why a tier fires: what failed, how much, against what. */
export function reasonSentence(facts: NotificationFacts, reason: Reason): Phrase {
  switch (reason.kind) {
    case 'burnRate':
      return failedOf(facts, reason.long, ` in the last ${windowWords(reason.long.duration)}`);
    case 'successRate': {
      const { good, bad, duration } = reason.over;
      const total = good + bad;
      const share = total === 0 ? 'nothing' : percent(good / total);
      return [
        ...counted(facts, reason.over, ` in the last ${windowWords(duration)}`),
        `: ${share} good, below ${formatPercent(reason.below, 6)}.`,
      ];
    }
    case 'budgetRemaining':
      return budgetSentence(facts, reason);
    case 'forecast':
      return forecastSentence(facts, reason);
    case 'outage':
      return outageSentence(facts, reason);
    case 'noData':
      return noDataSentence(facts, reason);
    default:
      return reason satisfies never;
  }
}

/** `312 of 2,140 executions failed in the last hour (14.6%; the objective allows 5%).` */
export function failedOf(facts: NotificationFacts, { good, bad }: Counts, when: string): Phrase {
  const allowed = formatPercent(facts.errorBudget, 9);
  const total = good + bad;
  const { units, may } = sliWords(facts);
  if (total === 0) return [`no ${units} ended${when} (the objective allows ${allowed} to ${may}).`];
  return [
    ...counted(facts, { good, bad }, when),
    ` (${percent(bad / total)}; the objective allows ${allowed}).`,
  ];
}

function counted(facts: NotificationFacts, { good, bad }: Counts, when: string): Phrase {
  const { units, which, did } = sliWords(facts);
  return [`${amount(bad)} of ${amount(good + bad)} ${units}`, ...which, ` ${did}${when}`];
}

function budgetSentence(facts: NotificationFacts, { below }: BudgetRemainingReason): Phrase {
  const { units, which, may } = sliWords(facts);
  const { remainingRatio, spent, allowed } = facts.budget;
  const budget = `the error budget over ${plainName(facts.window, 40)}`;
  if (remainingRatio === null) return [`${budget} is not known.`];
  const left = `${percent(remainingRatio)} of ${budget} is left, less than ${formatPercent(below, 6)}`;
  return remainingRatio > 0
    ? [
        `${left}: ${amount(spent)} of the ${amount(allowed)} ${units}`,
        ...which,
        ` that may ${may} are spent.`,
      ]
    : [`${budget} is spent: ${amount(spent)} ${units}`, ...which, `, where ${amount(allowed)} may ${may}.`];
}

function forecastSentence(facts: NotificationFacts, { within, left, recent }: ForecastReason): Phrase {
  const lately = ` in the last ${windowWords(recent.duration)}`;
  const budget = `the error budget over ${plainName(facts.window, 40)}`;
  const pace = failedOf(facts, recent, lately);
  if (left === null || left <= 0) return [`${budget} is gone: `, ...pace];
  return [
    `at this pace ${budget} is gone in ${spanAhead(left)}, within ${formatDuration(within)}: `,
    ...pace,
  ];
}

function outageSentence(facts: NotificationFacts, { consecutiveBad, streakSince }: OutageReason): Phrase {
  const { units, which, did } = sliWords(facts);
  const began = streakSince === null ? '' : ` since ${utc(streakSince)}`;
  // Minutes without a success come one after another by themselves, and prove nothing by their number.
  const chance =
    facts.sli.kind === 'freshness'
      ? '.'
      : `; at ${formatPercent(facts.objective, 9)} that happens by chance less than once in 100 windows.`;
  if (consecutiveBad === 1) return [`the last of the ${units}`, ...which, ` ${did}${began}${chance}`];
  const all = did.startsWith('were ') ? `were all${did.slice('were'.length)}` : `all ${did}`;
  return [`the last ${amount(consecutiveBad)} ${units}`, ...which, ` ${all}${began}${chance}`];
}

function noDataSentence(facts: NotificationFacts, { after, silentFor, lastAt }: NoDataReason): Phrase {
  const last = lastAt === null ? 'none ever did' : `the last at ${utc(lastAt)}`;
  return [
    ...sliWords(facts).absent,
    ` for ${span(silentFor)} (expected at least every ${formatDuration(after)}; ${last}).`,
  ];
}

/** How many failures there were in the time that a reason's causes are from; 0 when it does not say. */
export function failuresOf(reason: Reason): number {
  switch (reason.kind) {
    case 'burnRate':
      return reason.long.bad;
    case 'successRate':
      return reason.over.bad;
    case 'forecast':
      return reason.recent.bad;
    case 'outage':
      return reason.consecutiveBad;
    case 'budgetRemaining':
    case 'noData':
      return 0;
    default:
      return reason satisfies never;
  }
}

/** What the worst tier stands at, which tier that is, and which others fire. */
export function reasonFields(reasons: readonly Reason[]): Field[] {
  const [worst, ...others] = reasons;
  if (!worst) return [];
  const verb = worst.severity === 'page' ? 'pages' : 'opens a ticket';
  return [
    ...burnRateField(worst),
    {
      label: 'Tier',
      value: [{ name: plainName(worst.tier, 60) }, ` ${verb} ${condition(worst)}`],
    },
    ...(others.length === 0 ? [] : [{ label: 'Also firing', value: others.slice(0, 4).flatMap(standing) }]),
  ];
}

function burnRateField(reason: Reason): Field[] {
  const rate = (burn: number | null) => (burn === null ? 'no outcomes' : times(burn));
  const over = (
    windows: readonly { readonly duration: number; readonly burnRate: number | null }[],
  ): Field[] => [
    {
      label: 'Burn rate',
      value: [windows.map((one) => `${rate(one.burnRate)} over ${formatDuration(one.duration)}`).join(', ')],
    },
  ];
  if (reason.kind === 'burnRate') return over([reason.long, reason.short]);
  if (reason.kind === 'successRate') return over([reason.over]);
  return reason.kind === 'forecast' ? over([reason.recent]) : [];
}

/** When a tier fires. */
function condition(reason: Reason): string {
  switch (reason.kind) {
    case 'burnRate':
      return `when both reach ${times(reason.factor)}`;
    case 'successRate':
      return `when less than ${formatPercent(reason.below, 6)} are good over ${formatDuration(reason.over.duration)}`;
    case 'budgetRemaining':
      return reason.below > 0
        ? `when less than ${formatPercent(reason.below, 6)} of the budget is left`
        : 'when the budget is overspent';
    case 'forecast':
      return `when the budget is gone within ${formatDuration(reason.within)}`;
    case 'outage':
      return reason.needed > 1 ? `after ${amount(reason.needed)} bad ones in a row` : 'after a bad one';
    case 'noData':
      return `after ${formatDuration(reason.after)} without data`;
    default:
      return reason satisfies never;
  }
}

function standing(reason: Reason, index: number): Piece[] {
  const figure = (): string => {
    switch (reason.kind) {
      case 'burnRate':
        return reason.long.burnRate === null
          ? ''
          : ` ${times(reason.long.burnRate)} over ${formatDuration(reason.long.duration)}`;
      case 'successRate': {
        const total = reason.over.good + reason.over.bad;
        return total === 0
          ? ''
          : ` ${percent(reason.over.good / total)} good over ${formatDuration(reason.over.duration)}`;
      }
      case 'outage':
        return ` ${amount(reason.consecutiveBad)} bad in a row`;
      case 'noData':
        return ` silent for ${span(reason.silentFor)}`;
      case 'budgetRemaining':
      case 'forecast':
        return '';
      default:
        return reason satisfies never;
    }
  };
  return [index > 0 ? ', ' : '', { name: plainName(reason.tier, 60) }, figure()];
}
