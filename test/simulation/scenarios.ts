import { seededRandom } from '../../src/demo/seeded-random.ts';
import { DAY, MINUTE } from '../../src/core/time/duration.ts';
import { START } from '../support/clock.ts';
import type { MinuteHistory } from './minute-history.ts';
import { historyOf } from './minute-history.ts';
import { binomial, poisson } from './random-counts.ts';

export const TRAFFICS = ['2/day', '10/hour', '1/s', '100/s'] as const;
export type Traffic = (typeof TRAFFICS)[number];

export const FAULTS = ['total outage', 'half fail', '10% fail', 'slow leak', 'flapping'] as const;
export type Fault = (typeof FAULTS)[number];

export const MINUTES_PER_DAY = DAY / MINUTE;

/** How much is counted before anything is judged: the whole time window. */
export const WARM_UP = 28 * MINUTES_PER_DAY;

const RATES: Readonly<Record<Exclude<Traffic, '2/day'>, number>> = {
  '10/hour': 1 / 6,
  '1/s': 60,
  '100/s': 6000,
};

/** One history to judge. */
export interface Scenario {
  readonly traffic: Traffic;
  /** The share of executions that may fail. */
  readonly errorBudget: number;
  /** The share of the budget that is spent, on average, while nothing is wrong. */
  readonly usual: number;
  readonly fault: Fault | null;
  /** How many minutes after the warm-up the fault begins. */
  readonly faultFrom: number;
  /** Minutes after the warm-up. */
  readonly minutes: number;
  readonly seed: number;
}

/** Makes up the outcomes of a scenario: the same ones for the same scenario. */
export function generate(scenario: Scenario): MinuteHistory {
  const random = seededRandom(seedOf(textOf(scenario)));
  const minutes = WARM_UP + scenario.minutes;
  const good = new Uint32Array(minutes);
  const bad = new Uint32Array(minutes);
  const arrivals = scenario.traffic === '2/day' ? twiceADay(random, minutes) : null;
  for (let at = 0; at < minutes; at++) {
    const executions = arrivals ? arrivals[at]! : poisson(random, RATES[scenario.traffic as '1/s']);
    bad[at] = binomial(random, executions, errorRateAt(scenario, at - WARM_UP));
    good[at] = executions - bad[at]!;
  }
  return historyOf(START / MINUTE, good, bad);
}

/** The share of executions that fail in a minute after the warm-up (before it, when negative). */
export function errorRateAt({ errorBudget, usual, fault, faultFrom }: Scenario, minute: number): number {
  const rate = usual * errorBudget;
  const since = minute - faultFrom;
  if (fault === null || since < 0) return rate;
  switch (fault) {
    case 'total outage':
      return 1;
    case 'half fail':
      return Math.max(0.5, rate);
    case '10% fail':
      return Math.max(0.1, rate);
    case 'slow leak':
      // Rises from the usual to three times the budget within two days, and stays there: gone in ten days or so.
      return Math.min(1, rate + (3 * errorBudget - rate) * Math.min(1, since / (2 * MINUTES_PER_DAY)));
    case 'flapping':
      return since % 20 < 5 ? 1 : rate;
    default:
      return fault satisfies never;
  }
}

/** The share of executions that fail on average while a fault lasts. */
function averageErrorRate(fault: Fault, errorBudget: number): number {
  switch (fault) {
    case 'total outage':
      return 1;
    case 'half fail':
      return 0.5;
    case '10% fail':
      return 0.1;
    case 'slow leak':
      return Math.min(1, 3 * errorBudget);
    case 'flapping':
      return 0.25;
    default:
      return fault satisfies never;
  }
}

/**
 * Whether there is anything to tell: at 50% a tenth that fails is what was promised. Flapping is a fault at every
 * objective, though at 50% it stays within the budget: for five minutes in twenty nothing works.
 */
export function isFault(fault: Fault, errorBudget: number): boolean {
  return fault === 'flapping' || averageErrorRate(fault, errorBudget) > errorBudget * 1.0001;
}

/** A job that starts at two and at fourteen o'clock and takes up to an hour. */
function twiceADay(random: () => number, minutes: number): Uint8Array {
  const executions = new Uint8Array(minutes);
  for (let half = 0; half < minutes; half += MINUTES_PER_DAY / 2) {
    const at = half + 120 + Math.floor(random() * 60);
    if (at < minutes) executions[at] = 1;
  }
  return executions;
}

function textOf({ traffic, errorBudget, fault, usual, seed }: Scenario): string {
  return `${traffic} ${errorBudget} ${fault} ${usual} ${seed}`;
}

/** A seed that is the same for the same text. */
export function seedOf(text: string): number {
  let mixed = 2166136261;
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 16777619) >>> 0;
  return mixed;
}
