import { describe, expect, it } from 'vitest';
import { readBudget } from '../../../src/core/alerting/budget-reading.ts';
import { LOOKBACK, forecastBudget, paceOfTiers } from '../../../src/core/alerting/forecast.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import { windowBudget } from '../../../src/core/budget/window-budget.ts';
import type { Evidence } from '../../../src/core/counters/evidence.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import { evidenceOf } from '../../support/tier-readings.ts';

const slo = defineSlo({ objective: '99%' });

/** What counters say at START of so many outcomes an hour, of which a share was bad so long ago (milliseconds). */
function traffic(perHour: number, shareAgo: (ago: number) => number): Evidence {
  const minutes = (40 * DAY) / MINUTE;
  const badUpTo = new Float64Array(minutes + 1);
  for (let ago = 0; ago < minutes; ago++)
    badUpTo[ago + 1] = badUpTo[ago]! + (perHour / 60) * shareAgo((ago + 0.5) * MINUTE);
  const between = (from: number, to: number) => {
    const [first, last] = [from, to].map((ago) => Math.min(minutes, Math.max(0, Math.round(ago / MINUTE))));
    const bad = badUpTo[last!]! - badUpTo[first!]!;
    return { good: ((last! - first!) / 60) * perHour - bad, bad };
  };
  return evidenceOf({
    sum: (duration) => between(0, duration),
    hours: (first, last) =>
      Array.from({ length: last - first + 1 }, (_, index) => {
        const end = (first + index + 1) * HOUR;
        const { good, bad } = between(START - end, START - end + HOUR);
        return [good, bad];
      }).flat(),
  });
}

/** What is reported, judged from quiet. */
function reported(judged: Slo, evidence: Evidence) {
  const readings = readTiers(judged, evidence, START);
  const { state } = step(judged, readings, QUIET, START);
  const { exhaustsAt, pace } = readBudget(judged, state, readings, evidence, START);
  return { hours: exhaustsAt === null ? null : (exhaustsAt - START) / HOUR, pace };
}

describe('a forecast', () => {
  /** Three tenths of the budget are spent while nothing is wrong. */
  const usual = 0.003;

  it.each<[string, (ago: number) => number, number | null, number]>([
    ['50% failing for 60 minutes', (ago) => (ago < HOUR ? 0.5 : usual), 8.5, 5 * MINUTE],
    ['1.5x the budget for 10 days', (ago) => (ago < 10 * DAY ? 0.015 : usual), 6.3 * 24, 6 * HOUR],
    ['recovered 12 hours ago', (ago) => (ago > 12 * HOUR && ago < 13 * HOUR ? 0.5 : usual), null, 6 * HOUR],
    ['nothing is wrong', () => usual, null, 6 * HOUR],
  ])('of %s', (_, share, hours, pace) => {
    const found = reported(slo, traffic(3600, share));
    expect(found.pace).toBe(pace);
    if (hours === null) expect(found.hours).toBeNull();
    else expect(found.hours!).toBeCloseTo(hours, -Math.log10(hours / 25));
  });

  it('is what comes true when the fault goes on: the first hour in which the budget is spent', () => {
    const share = (ago: number) => (ago < 8 * HOUR ? 0.08 : usual);
    const { left } = forecastBudget(slo, traffic(600, share), 30 * MINUTE, START);
    const spentAfter = (later: number) => {
      const { good, bad } = traffic(600, (ago) => (ago < later ? 0.08 : share(ago - later))).sum(28 * DAY);
      return bad > (good + bad) * 0.01;
    };
    expect(spentAfter(left! - 10 * MINUTE)).toBe(false);
    expect(spentAfter(left! + 10 * MINUTE)).toBe(true);
  });

  it('drops what ages out: it matters whether what was spent goes before the rest is', () => {
    // 0.8% fail now, of 28% may 26.4% did; the worst of it goes within two days, or comes to stay.
    const old = (ago: number) => (ago > 26 * DAY ? 0.08 : ago < 6 * HOUR ? 0.008 : 0.004);
    expect(forecastBudget(slo, traffic(60, old), LOOKBACK, START).left).toBeNull();
    const recent = (ago: number) => (ago > DAY && ago < 3 * DAY ? 0.08 : ago < 6 * HOUR ? 0.008 : 0.004);
    const { left } = forecastBudget(slo, traffic(60, recent), LOOKBACK, START);
    // 1.5% are left, and 0.4% a day come to be more than go.
    expect(left! / DAY).toBeCloseTo(1.5 / 0.4, 0);
  });

  it('is 0 of a budget that is gone, and none where no failure came', () => {
    const gone = traffic(60, (ago) => (ago > DAY && ago < 3 * DAY ? 0.5 : 0));
    expect(forecastBudget(slo, gone, LOOKBACK, START).left).toBe(0);
    const nearly = traffic(60, (ago) => (ago > DAY && ago < 2 * DAY ? 0.2 : 0));
    expect(forecastBudget(slo, nearly, LOOKBACK, START).left).toBeNull();
    expect(forecastBudget(slo, evidenceOf({}), LOOKBACK, START).left).toBeNull();
  });

  it('has no dust: a pace of exactly the budget never spends it, at any objective', () => {
    for (let percent = 1; percent < 100; percent++) {
      const even = defineSlo({ objective: `${percent}%` });
      const counts = { good: percent, bad: 100 - percent };
      const evidence = evidenceOf({
        sum: (duration) => (duration === LOOKBACK ? counts : { good: 1_000_000, bad: 0 }),
      });
      expect(forecastBudget(even, evidence, LOOKBACK, START).left).toBeNull();
    }
  });

  it('of a quiet hour takes the share of failures, not how few they are', () => {
    // At night one comes in ten minutes where a hundred come by day; the one failed.
    const atNight = traffic(600, () => 0.001);
    const evidence: Evidence = {
      ...atNight,
      sum: (duration) => (duration === LOOKBACK ? { good: 9, bad: 1 } : atNight.sum(duration)),
    };
    const { left } = forecastBudget(slo, evidence, LOOKBACK, START);
    // 0.9% of 28 days are left, and 10% fail: a little over 2.5 days.
    expect(left! / DAY).toBeCloseTo((28 * 0.9) / (10 - 0.1), 1);
  });

  it('of a calendar window drops nothing, and ends with it', () => {
    const month: Slo = {
      ...slo,
      window: { kind: 'calendar', unit: 'month', timeZone: 'UTC', duration: 30 * DAY, text: 'month' },
    };
    // From the first of March to noon of the second: 2,161 outcomes, of which 4 failed; the rest of the month is counted on.
    const at = (share: number) =>
      evidenceOf({
        since: START - 100 * DAY,
        sum: (duration) =>
          duration === LOOKBACK ? { good: 360 * (1 - share), bad: 360 * share } : { good: 2157, bad: 4 },
      });
    const { left } = forecastBudget(month, at(0.02), LOOKBACK, START);
    const { remaining } = windowBudget(month.objective, month.window, at(0.02), START);
    // All that comes is allowed for already, so that each failure spends one.
    expect(left! / HOUR).toBeCloseTo(remaining / (60 * 0.02), 1);
    // At a fortieth of that pace it would be gone in another month.
    expect(readBudget(month, QUIET, [], at(0.0005), START).exhaustsAt).toBeNull();
    expect(readBudget(month, QUIET, [], at(0.02), START).exhaustsAt).toBe(Math.round(START + left!));
  });

  it('of a young rolling window only spends until it is full', () => {
    // A day old, 60 an hour, 1% fail as may: what is still to come is counted on, and each failure spends one of it.
    const young = evidenceOf({
      since: START - 2 * DAY,
      sum: (duration) => ({
        good: (0.99 * Math.min(duration, 2 * DAY)) / MINUTE,
        bad: (0.01 * Math.min(duration, 2 * DAY)) / MINUTE,
      }),
      hours: (first, last) =>
        Array.from({ length: last - first + 1 }, (_, index) =>
          (first + index) * HOUR >= START - 2 * DAY ? [59.4, 0.6] : [0, 0],
        ).flat(),
    });
    // At exactly its budget the window is full and spent at one moment; below it, never.
    const { left } = forecastBudget(slo, young, LOOKBACK, START);
    expect(left! / DAY).toBeCloseTo(26, 1);
  });

  it('is the same in a report and in the forecast tier, when the tiers that fire are those whose condition holds', () => {
    const soon: Tier = { kind: 'forecast', name: 'soon', severity: 'ticket', within: 3 * DAY };
    const judged = { ...slo, alerts: { ...slo.alerts, tiers: [...slo.alerts.tiers, soon] } };
    const evidence = traffic(3600, (ago) => (ago < 7 * HOUR ? 0.09 : usual));
    const { figures } = readTiers(judged, evidence, START).at(-1)!;
    expect(figures).toMatchObject({ kind: 'forecast', lookback: 30 * MINUTE });
    const { hours, pace } = reported(judged, evidence);
    expect(pace).toBe(30 * MINUTE);
    expect(hours!).toBeCloseTo((figures as { left: number }).left / HOUR, 6);
  });
});

describe('the pace', () => {
  it('is that of the fastest tier that fires, else the last six hours', () => {
    expect(paceOfTiers([2 * HOUR, 5 * MINUTE], [])).toBe(5 * MINUTE);
    expect(paceOfTiers([], [5 * MINUTE])).toBe(6 * HOUR);
    expect(paceOfTiers([null], [5 * MINUTE])).toBe(6 * HOUR);
  });

  it('of a tier without a window of its own is the shortest one of its policy', () => {
    expect(paceOfTiers(['policy'], [2 * HOUR, 'policy', null, 30 * MINUTE])).toBe(30 * MINUTE);
    expect(paceOfTiers(['policy'], ['policy'])).toBe(6 * HOUR);
  });
});
