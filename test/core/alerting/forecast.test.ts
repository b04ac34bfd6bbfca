import { describe, expect, it } from 'vitest';
import { readBudget, soonestExhaustion } from '../../../src/core/alerting/budget-reading.ts';
import {
  LOOKBACK,
  NO_PACE,
  forecastBudget,
  longestPace,
  shortestPace,
} from '../../../src/core/alerting/forecast.ts';
import { QUIET, readTiers } from '../../../src/core/alerting/incident.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import type { Counts } from '../../../src/core/counters/cells.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import { evidenceOf } from '../../support/tier-readings.ts';

// At 99% over 10,000 outcomes of 28 days 100 may be bad.
const forecast: Tier = { kind: 'forecast', name: 'soon', severity: 'ticket', within: 3 * DAY };
const burning = (name: string, long: number, short: number): Tier => ({
  kind: 'burnRate',
  name,
  severity: 'page',
  long,
  short,
  factor: 2,
  loweredFrom: null,
});
const fast = burning('fast', HOUR, 5 * MINUTE);
const slow = burning('slow', 6 * HOUR, 30 * MINUTE);
const slo = defineSlo({ objective: '99%', alerts: { tiers: [fast, slow, forecast] } });
const whole: Counts = { good: 9940, bad: 60 };

/** Each window but the SLO's own holds as many outcomes as its minutes, of which a share is bad. */
const sumOf = (share: (duration: number) => number) => (duration: number) => {
  const total = duration / MINUTE;
  return duration === 28 * DAY
    ? whole
    : { good: total * (1 - share(duration)), bad: total * share(duration) };
};

describe('a forecast', () => {
  it('carries the overspend of a pace on until the budget is gone', () => {
    // 40 may still be bad; 60 outcomes an hour at 3% overspend 1.2 an hour.
    const { left, exhaustsAt, recent } = forecastBudget(
      slo,
      whole,
      sumOf(() => 0.03),
      HOUR,
      START,
    );
    expect(left! / HOUR).toBeCloseTo(40 / 1.2, 6);
    expect(exhaustsAt).toBe(Math.round(START + left!));
    expect(recent.bad).toBeCloseTo(1.8);
  });

  it.each<[string, Counts, number, number | null]>([
    ['is gone already', { good: 9900, bad: 100 }, 0.03, 0],
    ['lasts at this pace', whole, 0.01, null],
    ['lasts longer than the window', whole, 0.0101, 277.8 * DAY],
  ])('foresees no end of a budget that %s', (_, counts, share, left) => {
    const foreseen = forecastBudget(
      slo,
      counts,
      sumOf(() => share),
      DAY,
      START,
    );
    expect(foreseen.exhaustsAt).toBeNull();
    if (left === null) expect(foreseen.left).toBeNull();
    else expect(foreseen.left! / DAY).toBeCloseTo(left / DAY, 0);
  });

  it('is the same in a report and in the forecast tier, when the tiers that fire are those whose condition holds', () => {
    const evidence = evidenceOf({ sum: sumOf((duration) => (duration <= 6 * HOUR ? 0.03 : 0.011)) });
    const readings = readTiers(slo, evidence, START);
    const firing = Object.fromEntries(
      ['fast', 'slow'].map((name) => [name, { since: START, belowSince: null }]),
    );
    const reported = readBudget(slo, { ...QUIET, firing }, readings, evidence.sum, START);
    const [, , { figures }] = readings as [unknown, unknown, (typeof readings)[number]];
    expect(figures).toMatchObject({ kind: 'forecast', lookback: 6 * HOUR });
    expect(reported.exhaustsAt).toBe(Math.round(START + (figures as { left: number }).left));
    // Nothing fires any more, as reports see it; the tier judges what holds now.
    const later = readBudget(slo, QUIET, readings, evidence.sum, START);
    expect(later.exhaustsAt).toBe(forecastBudget(slo, whole, evidence.sum, LOOKBACK, START).exhaustsAt);
  });

  it('of a notification is the sooner of the longest and the shortest window that fires', () => {
    const evidence = evidenceOf({ sum: sumOf((duration) => (duration === 5 * MINUTE ? 1 : 0.03)) });
    const [first, second] = readTiers(slo, evidence, START);
    const reading = {
      counts: whole,
      exhaustsAt: START + 30 * MINUTE,
      budget: readBudget(slo, QUIET, [], evidence.sum, START).budget,
    };
    expect(soonestExhaustion(slo, reading, [first!, second!], evidence.sum, START)).toEqual({
      exhaustsAt: START + 30 * MINUTE,
      pace: null,
    });
    const unforeseen = { ...reading, exhaustsAt: null };
    const sooner = soonestExhaustion(slo, unforeseen, [first!, second!], evidence.sum, START);
    // All of an outcome a minute is bad: 0.99 overspend.
    expect(sooner.pace).toBe(5 * MINUTE);
    expect((sooner.exhaustsAt! - START) / MINUTE).toBeCloseTo(40 / 0.99, 3);
  });
});

describe('the pace', () => {
  const [short, long] = [
    { long: HOUR, short: 5 * MINUTE },
    { long: DAY, short: 2 * HOUR },
  ];

  it('of reports is the longest window offered, else the last day', () => {
    expect(longestPace([short, { long: 6 * HOUR, short: 30 * MINUTE }])).toBe(6 * HOUR);
    expect(longestPace([NO_PACE, { long: null, short: MINUTE }])).toBe(LOOKBACK);
  });

  it('of notifications is the shortest window offered; a tier without one borrows those of its policy', () => {
    expect(shortestPace([long, short], [])).toBe(5 * MINUTE);
    expect(shortestPace([NO_PACE], [short])).toBeNull();
    const borrowing = { long: null, short: 'policy' } as const;
    expect(shortestPace([borrowing], [long, borrowing, { long: null, short: MINUTE }])).toBe(2 * HOUR);
    expect(shortestPace([borrowing], [borrowing])).toBeNull();
  });
});
