import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetWindows } from '../../../src/core/budget/window-budget.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import { outageRun } from '../../../src/core/alerting/outage-proof.ts';
import type { Counts } from '../../../src/core/counters/cells.ts';
import { burnOf } from '../../../src/core/alerting/tier-kinds.ts';
import type { TierReading } from '../../../src/core/alerting/tier-kind.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { TimeWindow } from '../../../src/core/time/time-window.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo, objective } from '../../support/definitions.ts';
import { evidenceOf } from '../../support/tier-readings.ts';

/** A reading of one tier alone, of an SLO over 28 days. */
function read(
  tier: Tier,
  given: Parameters<typeof evidenceOf>[0],
  {
    goal = '99%',
    watched,
    minFailures = 2,
  }: { goal?: string; watched?: (from: number) => number; minFailures?: number } = {},
): TierReading {
  const slo = defineSlo({ objective: goal, alerts: { tiers: [tier], minFailures } });
  return readTiers(slo, evidenceOf(given), START, watched)[0]!;
}

const month: TimeWindow = {
  kind: 'calendar',
  unit: 'month',
  timeZone: 'UTC',
  duration: 30 * DAY,
  text: 'month',
};

const judged = ({ met, cleared }: TierReading) => ({ met, cleared });

describe('a burn rate tier', () => {
  const tier: Tier = {
    kind: 'burnRate',
    name: 'fast',
    severity: 'page',
    long: HOUR,
    short: 5 * MINUTE,
    factor: 10,
    loweredFrom: null,
  };
  const over = (long: Counts, short: Counts) => (duration: number) => (duration === HOUR ? long : short);

  it('gives what both windows held, with null for the burn of an empty one', () => {
    expect(read(tier, { sum: over({ good: 90, bad: 10 }, { good: 0, bad: 0 }) })).toEqual({
      tier,
      met: null,
      cleared: null,
      figures: {
        kind: 'burnRate',
        long: { good: 90, bad: 10 },
        short: { good: 0, bad: 0 },
        longBurnRate: 10,
        shortBurnRate: null,
        proof: null,
        usualBad: null,
      },
    });
  });

  it('is cleared by its short window alone', () => {
    const { met, cleared } = read(tier, { sum: over({ good: 0, bad: 100 }, { good: 911, bad: 89 }) });
    expect({ met, cleared }).toEqual({ met: false, cleared: true });
    const at = read(tier, { sum: over({ good: 100, bad: 0 }, { good: 91, bad: 9 }) });
    expect(judged(at)).toEqual({ met: false, cleared: false });
  });
});

describe('a success rate tier', () => {
  const tier: Tier = { kind: 'successRate', name: 'low', severity: 'page', below: 0.98, over: 15 * MINUTE };

  it.each([
    [
      { good: 98, bad: 2 },
      { met: false, cleared: false },
    ],
    [
      { good: 97, bad: 3 },
      { met: true, cleared: false },
    ],
    // Too few to be more than chance.
    [
      { good: 1, bad: 1 },
      { met: false, cleared: false },
    ],
    [
      { good: 983, bad: 17 },
      { met: false, cleared: true },
    ],
    [
      { good: 981, bad: 19 },
      { met: false, cleared: false },
    ],
    [
      { good: 1, bad: 0 },
      { met: false, cleared: true },
    ],
    [
      { good: 0, bad: 0 },
      { met: null, cleared: null },
    ],
  ])('of %j is %j', (sum, expected) => {
    expect(
      judged(read(tier, { sum: (duration) => (duration === tier.over ? sum : { good: 1, bad: 0 }) })),
    ).toEqual(expected);
  });

  it('compares without dust: 7 of 100 is not below 7%', () => {
    for (let percent = 1; percent < 100; percent++) {
      const exact = read({ ...tier, below: percent / 100 }, { sum: { good: percent, bad: 100 - percent } });
      expect(exact.met).toBe(false);
    }
  });
});

describe('a budget tier', () => {
  const quarter: Tier = { kind: 'budgetRemaining', name: 'quarter', severity: 'ticket', below: 0.25 };
  const overspent: Tier = { ...quarter, below: 0 };

  it.each([
    // 1% of 10,000 may fail: 100.
    [quarter, 75, { met: false, cleared: false }],
    [quarter, 76, { met: true, cleared: false }],
    [quarter, 67, { met: false, cleared: true }],
    [quarter, 68, { met: false, cleared: false }],
    [overspent, 100, { met: false, cleared: false }],
    [overspent, 101, { met: true, cleared: false }],
    [overspent, 89, { met: false, cleared: true }],
    [quarter, 0, { met: false, cleared: true }],
  ] as const)('$below after %i of 100 is %j', (tier, bad, expected) => {
    const sum = (duration: number) =>
      duration === 28 * DAY ? { good: 10_000 - bad, bad } : { good: 0, bad: 9 };
    expect(judged(read(tier, { sum }))).toEqual(expected);
  });

  it('J2: says nothing without outcomes', () => {
    expect(judged(read(quarter, {}))).toEqual({ met: null, cleared: null });
  });

  it('takes as many failures as any tier: the first one of a month, or of a young history, is no news', () => {
    const atFirst = { good: 3, bad: 1 };
    const policy = { minFailures: 2, tiers: [overspent] };
    const readOf = (counts: Counts, minFailures: number) =>
      readTiers(
        defineSlo({ alerts: { ...policy, minFailures } }),
        evidenceOf({ sum: () => counts }),
        START,
      )[0]!.met;
    expect(readOf(atFirst, 2)).toBe(false);
    expect(readOf({ ...atFirst, bad: 2 }, 2)).toBe(true);
    expect(readOf(atFirst, 1)).toBe(true);
  });

  it('is of the running month where the window is one', () => {
    const slo: Slo = { ...defineSlo({ alerts: { tiers: [overspent] } }), window: month };
    // From the first of March to noon of the second, the running minute included.
    const sum = (duration: number) =>
      duration === 36 * HOUR + MINUTE ? { good: 0, bad: 2 } : { good: 1, bad: 0 };
    expect(readTiers(slo, evidenceOf({ sum }), START)[0]!.met).toBe(true);
  });
});

describe('a forecast tier', () => {
  const tier: Tier = { kind: 'forecast', name: 'soon', severity: 'ticket', within: DAY };

  it('is that of Observability Engineering ch. 13: gone within four days, and within one', () => {
    // 99% over 30 days, after 26: 285 bad of 37,960, the last day 130 of 1,460.
    const sum = (duration: number) =>
      duration === 6 * HOUR ? { good: 332.5, bad: 32.5 } : { good: 37_675, bad: 285 };
    expect(judged(read({ ...tier, within: 4 * DAY }, { sum }))).toEqual({ met: true, cleared: false });
    expect(judged(read(tier, { sum }))).toEqual({ met: true, cleared: false });
    // It lasts 94.6 of 115.4 days.
    expect(judged(read({ ...tier, within: 19 * HOUR }, { sum }))).toEqual({ met: false, cleared: false });
    expect(judged(read({ ...tier, within: 17 * HOUR }, { sum }))).toEqual({ met: false, cleared: true });
  });

  it.each([
    ['gone already', { good: 0, bad: 10 }, { good: 0, bad: 0 }, { met: true, cleared: false }],
    ['never at this pace', { good: 1000, bad: 1 }, { good: 10, bad: 0 }, { met: false, cleared: true }],
    [
      'J2: no outcomes to take a pace from',
      { good: 1000, bad: 1 },
      { good: 0, bad: 0 },
      { met: null, cleared: null },
    ],
    ['J2: no outcomes at all', { good: 0, bad: 0 }, { good: 0, bad: 0 }, { met: null, cleared: null }],
  ])('of a budget that is %s is %j', (_, window, recent, expected) => {
    expect(judged(read(tier, { sum: (duration) => (duration === 6 * HOUR ? recent : window) }))).toEqual(
      expected,
    );
  });

  it('does not reach into the next month, where the budget begins anew', () => {
    const slo: Slo = { ...defineSlo({ alerts: { tiers: [tier] } }), window: month };
    let now = START;
    // Some 102 of 202 are left, and 300 go a day; the 28 days before the month held 18,000.
    const sum = (duration: number) => {
      if (duration === 6 * HOUR) return { good: 2425, bad: 75 };
      return { good: budgetWindows(month, now).indexOf(duration) === 1 ? 37_900 : 19_900, bad: 100 };
    };
    const readAt = (at: string) => {
      now = Date.parse(at);
      return judged(readTiers(slo, evidenceOf({ sum }), now)[0]!);
    };
    expect(readAt('2026-03-31T11:00:00Z')).toEqual({ met: true, cleared: false });
    expect(readAt('2026-03-31T16:00:00Z')).toEqual({ met: false, cleared: false });
    expect(readAt('2026-03-31T20:00:00Z')).toEqual({ met: false, cleared: true });
    expect(readAt('2026-04-01T00:00:00Z')).toEqual({ met: true, cleared: false });
  });

  it('takes the pace of the short window of the fastest tier that burns', () => {
    const slo = defineSlo();
    const withForecast = { ...slo, alerts: { ...slo.alerts, tiers: [...slo.alerts.tiers, tier] } };
    const sum = (duration: number) =>
      duration <= 6 * HOUR ? { good: 80, bad: 20 } : { good: 1_000_000 - 20, bad: 20 };
    const figures = readTiers(withForecast, evidenceOf({ sum }), START).at(-1)!.figures;
    expect(figures).toMatchObject({ kind: 'forecast', lookback: 5 * MINUTE, recent: { good: 80, bad: 20 } });
  });
});

describe('an outage tier', () => {
  const tier: Tier = { kind: 'outage', name: 'outage', severity: 'page' };
  const lastAt = START - MINUTE;
  const streakOf = (consecutiveBad: number) => ({ consecutiveBad, streakSince: START - HOUR, lastAt });

  it('fires at the run that chance shows once in a hundred windows, and is cleared when it is broken', () => {
    // 56 in 28 days at 95%: three.
    const sum = { good: 50, bad: 6 };
    const at = (consecutiveBad: number) =>
      judged(read(tier, { sum, streak: streakOf(consecutiveBad) }, { goal: '95%' }));
    expect([0, 2, 3, 9].map(at)).toEqual([
      { met: false, cleared: true },
      { met: false, cleared: true },
      { met: true, cleared: false },
      { met: true, cleared: false },
    ]);
  });

  it('expects as many outcomes of a whole window as a part of it had', () => {
    const sum = { good: 50, bad: 6 };
    const needed = (age: number, counts: Counts = sum) => {
      const { figures } = read(
        tier,
        { sum: counts, streak: streakOf(1), since: START - age },
        { goal: '90%' },
      );
      return figures.kind === 'outage' ? figures.needed : null;
    };
    expect(needed(28 * DAY)).toBe(outageRun(objective('90%'), 56));
    expect(needed(280 * DAY)).toBe(outageRun(objective('90%'), 56));
    expect(needed(7 * DAY)).toBe(outageRun(objective('90%'), 224));
    expect(needed(0)).toBe(outageRun(objective('90%'), 56 * 28 * 24 * 60));
    expect(needed(28 * DAY, { good: 0, bad: 0 })).toBe(outageRun(objective('90%'), 1));
  });

  it('takes at least the policy number of failures', () => {
    const given = { sum: { good: 0, bad: 4 }, streak: streakOf(4) };
    expect(read(tier, given, { goal: '99.99%', minFailures: 4 }).met).toBe(true);
    expect(read(tier, given, { goal: '99.99%', minFailures: 5 }).met).toBe(false);
  });

  it('J2: says nothing while no outcome is known', () => {
    expect(judged(read(tier, {}))).toEqual({ met: null, cleared: null });
  });

  it('burns as fast as can be', () => {
    expect(burnOf(read(tier, { streak: streakOf(9) }, { goal: '95%' }))).toBe(20);
  });

  it('goes on for as long as nothing succeeds, though each failure raises the need', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('0.1%', '1%', '10%', '50%', '75%', '90%', '99%', '99.9%'),
        fc.nat({ max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(MINUTE, HOUR, 3 * DAY, 100 * DAY),
        (goal, before, failures, age) => {
          const at = (consecutiveBad: number) =>
            read(
              tier,
              {
                sum: { good: before, bad: consecutiveBad },
                streak: streakOf(consecutiveBad),
                since: START - age,
              },
              { goal },
            ).met;
          let fired = false;
          for (
            let consecutiveBad = 1;
            consecutiveBad <= failures;
            consecutiveBad += 1 + Math.floor(consecutiveBad / 10)
          ) {
            const met = at(consecutiveBad)!;
            expect(met || !fired).toBe(true);
            fired = met;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a no-data tier', () => {
  const tier: Tier = { kind: 'noData', name: 'silence', severity: 'ticket', after: HOUR };

  it.each([
    ['an hour ago', { consecutiveBad: 0, lastAt: START - HOUR }, { met: true, cleared: false }],
    [
      'just less than an hour ago',
      { consecutiveBad: 0, lastAt: START - HOUR + 1 },
      { met: false, cleared: true },
    ],
    ['never', { consecutiveBad: 0, lastAt: null }, { met: true, cleared: false }],
  ])('with the last outcome %s is %j', (_, streak, expected) => {
    expect(judged(read(tier, { streak }))).toEqual(expected);
  });

  it('counts from when the SLI is counted, not before', () => {
    expect(read(tier, { since: START - HOUR + 1 }).met).toBe(false);
    expect(read(tier, { since: START - HOUR }).met).toBe(true);
    // An old outcome that was reported late says nothing of today.
    expect(read(tier, { since: START - 1, streak: { consecutiveBad: 0, lastAt: START - DAY } }).met).toBe(
      false,
    );
  });

  it('J4: counts only the time in which somebody listened', () => {
    const streak = { consecutiveBad: 0, lastAt: START - 3 * HOUR };
    expect(read(tier, { streak }, { watched: (from) => (START - from) / 3 - 1 }).met).toBe(false);
    expect(read(tier, { streak }, { watched: (from) => (START - from) / 3 }).met).toBe(true);
  });
});

describe('J3: a total outage', () => {
  /** One failure every `gap` milliseconds after a month in which all was well. */
  function minutesToPage(goal: string, gap: number): { minutes: number; failures: number } {
    const slo = defineSlo({ objective: goal });
    const perMonth = Math.round((28 * DAY) / gap);
    let state = QUIET;
    for (let tick = 1; ; tick++) {
      const now = START + tick * Math.min(MINUTE, gap);
      const bad = Math.floor((now - START) / gap);
      const good = perMonth - bad;
      const sum = (duration: number) => {
        const total = Math.max(bad, Math.floor(duration / gap));
        const recent = Math.min(bad, Math.floor(duration / gap));
        return duration === 28 * DAY ? { good, bad } : { good: Math.max(0, total - recent), bad: recent };
      };
      const lastAt = START + bad * gap;
      const evidence = evidenceOf({ sum, streak: { consecutiveBad: bad, lastAt } });
      const next = step(slo, readTiers(slo, evidence, now), state, now);
      state = next.state;
      if (state.incident?.severity === 'page') return { minutes: (now - START) / MINUTE, failures: bad };
      if (tick > 100_000) throw new Error(`${goal} with one every ${gap} ms never pages`);
    }
  }

  it('pages within five minutes, or within the fewest outcomes that prove it, at any objective and traffic', () => {
    for (const goal of [
      '10%',
      '50%',
      '75%',
      '90%',
      '93%',
      '95%',
      '99%',
      '99.5%',
      '99.9%',
      '99.99%',
      '99.999%',
    ]) {
      for (const gap of [12 * HOUR, HOUR, 6 * MINUTE, MINUTE, 10_000, 1000]) {
        const { minutes, failures } = minutesToPage(goal, gap);
        const enough = Math.max(2, outageRun(objective(goal), (28 * DAY) / gap));
        const about = `${goal}, one every ${gap} ms: after ${minutes} minutes and ${failures} failures`;
        expect(minutes <= 5 || failures <= enough, about).toBe(true);
      }
    }
  });
});
