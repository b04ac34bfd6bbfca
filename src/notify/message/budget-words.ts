import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { sliWords } from './sli-words.ts';
import type { Times } from '../../core/words/times.ts';
import type { Field, Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import {
  formatCount,
  formatShare,
  formatSpanAhead,
  formatRate,
  formatWholeShare,
  formatWindow,
} from '../../core/words/figures.ts';

/** From so many times its budget on, an overspent one is shown as a multiple of it: `4,900%` means little to a reader. */
const MANY_TIMES = 10;

/** `41% budget left`, or what was counted while that bears no percentage; null without outcomes. */
export function budgetState(facts: NotificationFacts): string | null {
  const { counted } = facts;
  const { remainingRatio } = facts.budget;
  if (remainingRatio === null) return counted === 0 ? null : `${failedSoFar(facts)} so far`;
  if (remainingRatio > 0) return `${formatWholeShare(remainingRatio)} budget left`;
  if (remainingRatio === 0) return 'no budget left';
  return 1 - remainingRatio < MANY_TIMES
    ? `budget overspent by ${formatWholeShare(-remainingRatio)}`
    : `budget spent ${formatCount(Math.floor(1 - remainingRatio))} times over`;
}

/** `41% budget left, gone in 14h`; without outcomes, how fast it burns where that is known. */
export function outlook(facts: NotificationFacts, burnRate: number | null): string {
  const budget = budgetState(facts);
  if (budget === null) {
    const rate = burnRate === null ? '' : ` at ${formatRate(burnRate)}`;
    return `burning its error budget${rate}`;
  }
  const ahead = facts.exhaustsAt === null ? 0 : facts.exhaustsAt - facts.at;
  return ahead > 0 && facts.budget.remaining > 0 ? `${budget}, gone in ${formatSpanAhead(ahead)}` : budget;
}

/** What is left of the budget, as a share and in what the SLI counts. */
export function budgetLeft(facts: NotificationFacts): Phrase {
  const { counted } = facts;
  const { allowed, spent, remaining, remainingRatio } = facts.budget;
  const { units, did, may } = sliWords(facts);
  if (remainingRatio === null) {
    if (counted === 0) return ['no outcomes to judge'];
    return [`${failedSoFar(facts)} so far, too few for a percentage`];
  }
  const of = `${formatCount(allowed)} ${units}`;
  if (allowed < 1) {
    // Less than one may be bad: "0.96 more than the 0.04 allowed" would be true, and of no help.
    const over = budgetState(facts)?.replace(/^budget /, '');
    const total = `${formatCount(counted)} ${units}`;
    if (remainingRatio < 0)
      return [`${over}: ${formatCount(spent)} of ${total} ${did}, and of so few none may`];
    if (spent === 0) return [`100%: none of ${total} ${did}`];
  }
  if (remainingRatio === 0) return [`none: the ${of} allowed to ${may} are used up`];
  if (remainingRatio > 0)
    return [`${formatShare(remainingRatio)}: ${formatCount(remaining)} of ${of} may still ${may}`];
  return [
    1 - remainingRatio < MANY_TIMES
      ? `overspent by ${formatShare(-remainingRatio)}: ${formatCount(-remaining)} more than the ${of} allowed to ${may}`
      : `spent ${formatCount(Math.floor(1 - remainingRatio))} times over: ${formatCount(spent)} ${did}, and ${formatCount(allowed)} may`,
  ];
}

function failedSoFar(facts: NotificationFacts): string {
  const { units, did } = sliWords(facts);
  return `${formatCount(facts.budget.spent)} of ${formatCount(facts.counted)} ${units} ${did}`;
}

/** When the budget is gone, and at which pace; nothing when it is gone already or there is none. */
export function runsOut(facts: NotificationFacts): Field[] {
  const { budget, counted, exhaustsAt, pace, at } = facts;
  if (counted > 0 && (budget.remainingRatio === null || budget.remaining <= 0)) return [];
  if (exhaustsAt === null) return [{ label: 'Runs out', value: ['not at this pace'] }];
  const basis = pace === null ? '' : `, at the pace of the last ${formatWindow(pace)}`;
  return [{ label: 'Runs out', value: [`${inTime(exhaustsAt, at, timesOf(facts))}${basis}`] }];
}

function inTime(exhaustsAt: number, at: number, times: Times): string {
  const ahead = formatSpanAhead(exhaustsAt - at);
  return ahead === 'over a year' ? `in ${ahead}` : `in ${ahead}, ${times.at(exhaustsAt)}`;
}
