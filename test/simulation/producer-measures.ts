import { outageRun } from '../../src/core/alerting/outage-proof.ts';
import type { Slo } from '../../src/core/slo/slo.ts';
import { DAY } from '../../src/core/time/duration.ts';
import { defineSlo } from '../support/definitions.ts';
import type { Found, Pair } from './cell-measures.ts';
import type { Judge } from './judging.ts';
import { burnwatch, follow, textbook } from './judging.ts';
import type { MinuteHistory } from './minute-history.ts';
import { sumUpTo } from './minute-history.ts';
import type { Produced, Producer, ProducerFault } from './producers.ts';
import { PRODUCERS, produce } from './producers.ts';
import { MINUTES_PER_DAY, WARM_UP } from './scenarios.ts';

/** Those that are pinned by a test, and those that `npm run simulate` looks at. */
export const PINNED_OBJECTIVES = ['90%', '99%', '99.9%'] as const;
export const PRODUCER_OBJECTIVES = ['50%', '90%', '95%', '99%', '99.9%'] as const;
/** Shares of the budget that are spent while nothing is wrong. */
export const LEVELS = [0.1, 0.5, 1] as const;

const MONTH = 28 * MINUTES_PER_DAY;
const FAULT_DAYS = 5;

/** One history with a fault; `dueAfter`: the minutes within which it is to be paged, null where it need not be. */
export interface ProducerRun {
  readonly found: Pair<Found>;
  readonly dueAfter: number | null;
}

/** What came of one producer at one objective. */
export interface ProducerCell {
  readonly producer: Producer;
  readonly objective: string;
  /** Pages a month of 28 days, by level. */
  readonly pages: readonly Pair<number>[];
  readonly tickets: readonly Pair<number>[];
  readonly faults: Readonly<Record<ProducerFault, readonly ProducerRun[]>>;
}

/** Judges so many healthy months of each producer and objective, and so many histories of each fault. Takes minutes. */
export function measureProducers(
  objectives: readonly string[],
  months: number,
  runs: number,
): ProducerCell[] {
  return PRODUCERS.flatMap((producer) =>
    objectives.map((objective) => {
      const slo = defineSlo({ objective, window: '28d' });
      const health = LEVELS.map((usual) => measureHealth(slo, producer, usual, months));
      const runsOf = (fault: ProducerFault) =>
        Array.from({ length: runs }, (_, index) => runFault(slo, producer, fault, index + 1));
      return {
        producer,
        objective,
        pages: health.map(({ pages }) => pages),
        tickets: health.map(({ tickets }) => tickets),
        faults: { 'total outage': runsOf('total outage'), 'half fail': runsOf('half fail') },
      };
    }),
  );
}

function measureHealth(slo: Slo, producer: Producer, usual: number, months: number) {
  const pages = { ours: 0, textbook: 0 };
  const tickets = { ours: 0, textbook: 0 };
  for (let seed = 1; seed <= months; seed++) {
    const { errorBudget } = slo.objective;
    const of = { producer, errorBudget, usual, fault: null, faultFrom: 0, minutes: MONTH, seed };
    const verdicts = both(slo, produce(of).history, (judge) => follow(judge, WARM_UP, WARM_UP + MONTH));
    for (const who of ['ours', 'textbook'] as const) {
      pages[who] += verdicts[who].pages / months;
      tickets[who] += verdicts[who].tickets / months;
    }
  }
  return { pages, tickets };
}

function runFault(slo: Slo, producer: Producer, fault: ProducerFault, seed: number): ProducerRun {
  // At any time of the day, on different weekdays.
  const faultFrom = (seed * 3571) % (5 * MINUTES_PER_DAY);
  const { errorBudget } = slo.objective;
  const minutes = faultFrom + FAULT_DAYS * MINUTES_PER_DAY;
  const produced = produce({ producer, errorBudget, usual: 0.25, fault, faultFrom, minutes, seed });
  const { history } = produced;
  const began = WARM_UP + faultFrom;
  const found = both(slo, history, (judge): Found => {
    follow(judge, WARM_UP, began);
    const { firstPage, firstAlarm } = follow(judge, began, history.minutes, true);
    return { page: minutesUntil(firstPage, began), alarm: minutesUntil(firstAlarm, began) };
  });
  const dueAfter = fault === 'total outage' ? outageDue(slo, produced, began) : (found.textbook.page ?? null);
  return { found, dueAfter };
}

/** Five minutes, or the fewest executions that prove a total outage, plus one usual gap; null when they never came. */
function outageDue(slo: Slo, { history, caused }: Produced, began: number): number | null {
  let failed = 0;
  for (let minute = began; minute < history.minutes; minute++) {
    failed += caused[minute]!;
    const { good, bad } = sumUpTo(history, 28 * DAY, minute);
    if (failed < outageRun(slo.objective, good + bad)) continue;
    const due = Math.max(5, minute - began + 1 + usualGap(history, began));
    return began + due <= history.minutes ? due : null;
  }
  return null;
}

/** The longest time in minutes between two minutes with a success in the seven days before one. */
export function usualGap({ good }: MinuteHistory, before: number): number {
  let [last, longest] = [null as number | null, 0];
  for (let minute = before - 7 * MINUTES_PER_DAY; minute < before; minute++) {
    if (good[minute] === 0) continue;
    if (last !== null) longest = Math.max(longest, minute - last);
    last = minute;
  }
  return longest;
}

function minutesUntil(minute: number | null, began: number): number | null {
  return minute === null ? null : minute - began + 1;
}

function both<T>(slo: Slo, history: MinuteHistory, ask: (judge: Judge) => T): Pair<T> {
  return { ours: ask(burnwatch(slo, history)), textbook: ask(textbook(slo, history)) };
}
