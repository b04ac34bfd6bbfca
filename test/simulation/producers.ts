import { seededRandom } from '../../src/demo/seeded-random.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { START } from '../support/clock.ts';
import type { MinuteHistory } from './minute-history.ts';
import { historyOf } from './minute-history.ts';
import { binomial, poisson } from './random-counts.ts';
import { MINUTES_PER_DAY, WARM_UP, seedOf } from './scenarios.ts';

/** What producers do that is not one execution after another, independent of each other. */
export const PRODUCERS = [
  'hourly 200, fails fast',
  'hourly 1000, fails fast',
  'hourly 10000, fails fast',
  'hourly 200, fails slow',
  'hourly 10000, fails slow',
  'nightly 200, fails fast',
  'nightly 10000, fails fast',
  'nightly 10000, fails slow',
  'working hours, 20/h',
  'working hours, 10/min',
  'bursts of 300',
  'counted hourly, failures first',
  'records of 50 with one fate',
  '1/min',
] as const;
export type Producer = (typeof PRODUCERS)[number];

export const PRODUCER_FAULTS = ['total outage', 'half fail'] as const;
export type ProducerFault = (typeof PRODUCER_FAULTS)[number];

export interface ProducerScenario {
  readonly producer: Producer;
  /** The share of executions that may fail. */
  readonly errorBudget: number;
  /** The share of the budget that is spent, on average, while nothing is wrong. */
  readonly usual: number;
  readonly fault: ProducerFault | null;
  /** How many minutes after the warm-up the fault begins: from then on nothing, or half, of what ends is good. */
  readonly faultFrom: number;
  /** Minutes after the warm-up. */
  readonly minutes: number;
  readonly seed: number;
}

/** Executions that are started together. */
interface FanOut {
  readonly at: number;
  readonly size: number;
  /** The minutes, from the start on, in which good ones end, and bad ones. */
  readonly good: readonly [from: number, to: number];
  readonly bad: readonly [from: number, to: number];
}

/** The outcomes of a scenario, and by the minute how many are bad because of its fault. */
export interface Produced {
  readonly history: MinuteHistory;
  readonly caused: Uint32Array;
}

/** Makes up the outcomes of a scenario: the same ones for the same scenario. */
export function produce(scenario: ProducerScenario): Produced {
  const random = seededRandom(seedOf(JSON.stringify(scenario)));
  const minutes = WARM_UP + scenario.minutes;
  const good = new Uint32Array(minutes);
  const bad = new Uint32Array(minutes);
  const caused = new Uint32Array(minutes);
  const rate = scenario.usual * scenario.errorBudget;
  const faultRate = scenario.fault === null ? 0 : scenario.fault === 'total outage' ? 1 : 0.5;
  const spread = (of: Uint32Array, at: number, count: number, [from, to]: FanOut['good']): void => {
    const slots = to - from;
    const each = Math.floor(count / slots);
    const ends = Array.from({ length: slots }, () => each);
    for (let rest = count - each * slots; rest > 0; rest--) ends[Math.floor(random() * slots)]!++;
    for (const [slot, ended] of ends.entries())
      if (at + from + slot < minutes) of[at + from + slot]! += ended;
  };
  for (const { at, size, good: endGood, bad: endBad } of fanOuts(scenario.producer, random, minutes)) {
    const failing = scenario.producer.includes('one fate')
      ? size * binomial(random, 1, rate)
      : binomial(random, size, rate);
    spread(bad, at, failing, endBad);
    const ended = new Uint32Array(endGood[1] - endGood[0]);
    spread(ended, 0, size - failing, [0, ended.length]);
    for (const [slot, count] of ended.entries()) {
      const minute = at + endGood[0] + slot;
      if (minute >= minutes) break;
      const faulty = minute < WARM_UP + scenario.faultFrom ? 0 : faultRate;
      const shared = scenario.producer.includes('one fate');
      const failed = shared ? count * binomial(random, 1, faulty) : binomial(random, count, faulty);
      good[minute]! += count - failed;
      // What fails fast would have ended later had it been good; what fails slow ends later.
      if (endBad[0] > endGood[0]) spread(caused, at, failed, endBad);
      else caused[minute]! += failed;
    }
  }
  for (let minute = 0; minute < minutes; minute++) bad[minute]! += caused[minute]!;
  return { history: historyOf(START / MINUTE, good, bad), caused };
}

function fanOuts(producer: Producer, random: () => number, minutes: number): FanOut[] {
  const [every, first] = producer.startsWith('nightly') ? [MINUTES_PER_DAY, 120] : [60, 0];
  const found: FanOut[] = [];
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  switch (producer) {
    case '1/min':
    case 'working hours, 20/h':
    case 'working hours, 10/min': {
      const perMinute = producer === '1/min' ? 1 : producer.includes('20/h') ? 1 / 3 : 10;
      for (let at = 0; at < minutes; at++) {
        const size = producer === '1/min' || isWorkingHour(at) ? poisson(random, perMinute) : 0;
        if (size > 0) found.push({ at, size, good: [0, 1], bad: [0, 1] });
      }
      return found;
    }
    case 'records of 50 with one fate':
      for (let at = 0; at < minutes; at++) {
        for (let records = poisson(random, 1 / 6); records > 0; records--)
          found.push({ at, size: 50, good: [0, 1], bad: [0, 1] });
      }
      return found;
    case 'bursts of 300':
      for (let at = 0; at < minutes; at++) {
        for (let bursts = poisson(random, 8 / MINUTES_PER_DAY); bursts > 0; bursts--)
          found.push({ at, size: 300, good: [2, 5], bad: [0, 2] });
      }
      return found;
    case 'counted hourly, failures first':
      for (let at = 0; at < minutes; at += 60)
        found.push({ at: at + upTo(3), size: 1000, good: [1, 2], bad: [0, 1] });
      return found;
    default: {
      const size = Number(/\d+/.exec(producer)![0]);
      const lasts = size === 200 ? 5 : size === 1000 ? 10 : 20;
      for (let at = first; at < minutes; at += every) {
        const lead = 5 + upTo(3);
        const end = lead + lasts;
        const bad: FanOut['bad'] = producer.includes('slow') ? [end + 5, end + 15] : [0, 3];
        found.push({ at: at + upTo(2), size, good: [lead, end], bad });
      }
      return found;
    }
  }
}

/** Monday to Friday from eight to eighteen o'clock. */
function isWorkingHour(minute: number): boolean {
  const at = START / MINUTE + minute;
  const hour = Math.floor(at / 60) % 24;
  // The epoch began on a Thursday.
  const weekday = (Math.floor(at / MINUTES_PER_DAY) + 3) % 7;
  return weekday < 5 && hour >= 8 && hour < 18;
}
