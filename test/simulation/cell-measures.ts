import type { Slo } from '../../src/core/slo/slo.ts';
import { defineSlo } from '../support/definitions.ts';
import type { Judge, Verdict } from './judging.ts';
import { burnwatch, follow, textbook } from './judging.ts';
import type { MinuteHistory } from './minute-history.ts';
import type { Fault, Scenario, Traffic } from './scenarios.ts';
import { FAULTS, MINUTES_PER_DAY, TRAFFICS, WARM_UP, generate, isFault } from './scenarios.ts';

export const OBJECTIVES = ['50%', '90%', '95%', '99%', '99.9%', '99.99%'] as const;

/** Shares of the budget that a healthy workflow spends: half of it, and all of it. */
export const HEALTHY = [0.5, 1] as const;

/** The share that is spent before a fault begins. */
const USUAL = 0.25;

const MONTH = 28 * MINUTES_PER_DAY;
const FAULT_SEEDS = [1, 2, 3];

/** Ours beside the textbook's. */
export interface Pair<T> {
  readonly ours: T;
  readonly textbook: T;
}

/** What came of healthy months of one traffic and objective, per month of 28 days. */
export interface Health {
  readonly usual: number;
  readonly pages: Pair<number>;
  readonly tickets: Pair<number>;
}

/** What came of one history with a fault. Times are minutes from its beginning, at least 1; null when it was missed. */
export interface Found {
  readonly page: number | null;
  readonly alarm: number | null;
}

/** One history with a fault, with what is needed to say when it had to be found. */
export interface FaultRun {
  readonly found: Pair<Found>;
  readonly history: MinuteHistory;
  /** The minute of the history in which the fault begins. */
  readonly began: number;
}

export interface FaultMeasure {
  readonly fault: Fault;
  /** Whether it spends more than the budget. */
  readonly real: boolean;
  readonly runs: readonly FaultRun[];
}

/** One traffic at one objective. */
export interface Cell {
  readonly traffic: Traffic;
  readonly slo: Slo;
  readonly objective: string;
  readonly health: readonly Health[];
  readonly faults: readonly FaultMeasure[];
}

/** Judges seeded histories of every traffic at every objective, healthy and with every fault. Takes seconds. */
export function measureAll(): Cell[] {
  return TRAFFICS.flatMap((traffic) => OBJECTIVES.map((objective) => measure(traffic, objective)));
}

function measure(traffic: Traffic, objective: string): Cell {
  const slo = defineSlo({ objective, window: '28d' });
  const { errorBudget } = slo.objective;
  return {
    traffic,
    slo,
    objective,
    health: HEALTHY.map((usual) => measureHealth(slo, { traffic, errorBudget, usual })),
    faults: FAULTS.map((fault) => ({
      fault,
      real: isFault(fault, errorBudget),
      runs: FAULT_SEEDS.map((seed) => runFault(slo, traffic, fault, seed)),
    })),
  };
}

/** Chance has its say where little is counted; with much traffic one month is like the next. */
function monthsOf(traffic: Traffic): number {
  return traffic === '2/day' || traffic === '10/hour' ? 6 : 1;
}

function measureHealth(slo: Slo, of: Pick<Scenario, 'traffic' | 'errorBudget' | 'usual'>): Health {
  const months = monthsOf(of.traffic);
  const sums = { pages: { ours: 0, textbook: 0 }, tickets: { ours: 0, textbook: 0 } };
  for (let seed = 1; seed <= months; seed++) {
    const history = generate({ ...of, fault: null, faultFrom: 0, minutes: MONTH, seed });
    const verdicts = both(slo, history, (judge) => follow(judge, WARM_UP, WARM_UP + MONTH));
    for (const who of ['ours', 'textbook'] as const) {
      sums.pages[who] += verdicts[who].pages / months;
      sums.tickets[who] += verdicts[who].tickets / months;
    }
  }
  return { usual: of.usual, ...sums };
}

function runFault(slo: Slo, traffic: Traffic, fault: Fault, seed: number): FaultRun {
  const days = traffic === '2/day' || fault === 'slow leak' ? 10 : 3;
  const faultFrom = 60 + ((seed * 487) % MINUTES_PER_DAY);
  const { errorBudget } = slo.objective;
  const minutes = faultFrom + days * MINUTES_PER_DAY;
  const history = generate({ traffic, errorBudget, usual: USUAL, fault, faultFrom, minutes, seed });
  const began = WARM_UP + faultFrom;
  const found = both(slo, history, (judge): Found => {
    // What fires when the fault begins found something else; it is let go on, as it would in life.
    follow(judge, WARM_UP, began);
    const { firstPage, firstAlarm }: Verdict = follow(judge, began, history.minutes, true);
    return { page: minutesUntil(firstPage, began), alarm: minutesUntil(firstAlarm, began) };
  });
  return { found, history, began };
}

function minutesUntil(minute: number | null, began: number): number | null {
  return minute === null ? null : minute - began + 1;
}

function both<T>(slo: Slo, history: MinuteHistory, ask: (judge: Judge) => T): Pair<T> {
  return { ours: ask(burnwatch(slo, history)), textbook: ask(textbook(slo, history)) };
}
