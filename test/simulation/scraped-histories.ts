import { seededRandom } from '../../src/demo/seeded-random.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { START } from '../support/clock.ts';
import { historyOf } from './minute-history.ts';
import type { ScrapedHistory } from './promtool-rules.ts';
import { binomial, poisson } from './random-counts.ts';

/** How a history for promtool comes about. Stretches are given as shares of its length, from 0 up to 1. */
interface Course {
  readonly executionsAMinute: number;
  readonly errorRate: (share: number, minute: number) => number;
  /** Nothing ends in these stretches, and nobody scrapes the counters. */
  readonly gaps?: readonly (readonly [from: number, to: number])[];
  /** Where the counters start again from zero. */
  readonly restarts?: readonly number[];
  /** What the counters hold at first; a million, where it is not their start that is of interest. */
  readonly base?: number;
}

const within = (share: number, from: number, to: number) => share >= from && share < to;

export const COURSES = {
  steady: { executionsAMinute: 20, errorRate: () => 0.055 },
  'total outage': { executionsAMinute: 20, errorRate: (share) => (within(share, 0.6, 0.65) ? 1 : 0.001) },
  flapping: {
    executionsAMinute: 10,
    errorRate: (share, minute) => (within(share, 0.4, 0.7) && minute % 20 < 5 ? 1 : 0.0005),
  },
  'a leak that comes and goes': {
    executionsAMinute: 50,
    errorRate: (share) => 0.15 * Math.sin(share * 3 * Math.PI) ** 2,
  },
  'low traffic with gaps': {
    executionsAMinute: 0.1,
    errorRate: (share) => (within(share, 0.5, 0.8) ? 0.4 : 0.05),
    gaps: [
      [0.2, 0.31],
      [0.6, 0.62],
      [0.66, 0.71],
    ],
  },
  'counters that start': {
    executionsAMinute: 5,
    errorRate: (share) => (within(share, 0.3, 0.34) ? 0.5 : 0.02),
    gaps: [[0, 0.3]],
    base: 0,
  },
  'counters that start again': {
    executionsAMinute: 30,
    errorRate: (share) => (within(share, 0.5, 0.6) ? 0.3 : 0.004),
    restarts: [0.52, 0.55, 0.8],
  },
} satisfies Record<string, Course>;

export type CourseName = keyof typeof COURSES;

const USUAL_BASE = 1_000_000;

/** The counters of a course, the same ones for the same seed. */
export function scrape(name: CourseName, minutes: number, interval: number, seed: number): ScrapedHistory {
  const { executionsAMinute, errorRate, gaps = [], restarts = [], base = USUAL_BASE }: Course = COURSES[name];
  const random = seededRandom(seed);
  const good = new Uint32Array(minutes);
  const bad = new Uint32Array(minutes);
  const absent = new Set<number>();
  // Prometheus sees a counter from its first sample on: stretches begin and end at one.
  const sampleAt = (share: number) => Math.round((share * minutes) / interval) * interval;
  const stretches = gaps.map(([from, to]) => [sampleAt(from), sampleAt(to)] as const);
  for (let minute = 0; minute < minutes; minute++) {
    const gap = stretches.find(([from, to]) => minute >= from && minute < to);
    // The sample at the beginning of a gap still tells of what was before it, unless nothing was.
    if (gap && (minute > gap[0] || minute === 0)) absent.add(minute);
    const executions = gap ? 0 : poisson(random, executionsAMinute);
    bad[minute] = binomial(random, executions, errorRate(minute / minutes, minute));
    good[minute] = executions - bad[minute]!;
  }
  const history = historyOf(START / MINUTE, good, bad);
  return { history, interval, absent, restarts: new Set(restarts.map(sampleAt)), base };
}
