import { describe, expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import { chanceProof } from '../../../src/core/alerting/outage-proof.ts';
import type { Counts } from '../../../src/core/counters/cells.ts';
import type { Evidence } from '../../../src/core/counters/evidence.ts';
import { defaultTiers } from '../../../src/core/slo/alert-policy.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo, objective } from '../../support/definitions.ts';
import { evidenceOf } from '../../support/tier-readings.ts';

/** Whether a default tier fires by what its windows hold; the SLO's window holds `volume`. */
function fires(
  goal: string,
  name: string,
  long: Counts,
  {
    volume = 10_000,
    minFailures = null as number | null,
    ...more
  }: { volume?: number; minFailures?: number | null } & Partial<Parameters<typeof evidenceOf>[0]> = {},
) {
  const tiers = defaultTiers(objective(goal), 28 * DAY).filter((tier) => tier.name === name);
  const slo = defineSlo({ objective: goal, alerts: { tiers, minFailures } });
  const sum = (duration: number) =>
    duration === 28 * DAY ? { good: volume - long.bad, bad: long.bad } : long;
  return readTiers(slo, evidenceOf({ sum, ...more }), START)[0]!.met;
}

describe('a burn rate that pages', () => {
  it('takes as many failures as chance does not explain: three of ten in an hour at 99%, not two', () => {
    expect(fires('99%', 'fast', { good: 8, bad: 2 })).toBe(false);
    expect(fires('99%', 'fast', { good: 7, bad: 3 })).toBe(true);
    // Over six hours two of six are enough, which burn just as fast.
    expect(fires('99%', 'slow', { good: 4, bad: 2 })).toBe(false);
    expect(fires('99%', 'slow', { good: 2, bad: 2 })).toBe(true);
  });

  it('takes one failure where one is proof: at 99.99% the only one of an hour', () => {
    expect(fires('99.99%', 'fast', { good: 0, bad: 1 }, { volume: 28 })).toBe(true);
    expect(fires('99.99%', 'fast', { good: 1, bad: 1 }, { volume: 28 })).toBe(false);
    expect(fires('99.9%', 'fast', { good: 0, bad: 1 }, { volume: 28 })).toBe(false);
  });

  it('still takes as many as the policy says', () => {
    expect(fires('99.99%', 'fast', { good: 0, bad: 1 }, { minFailures: 2 })).toBe(false);
    expect(fires('99.99%', 'fast', { good: 0, bad: 2 }, { minFailures: 2 })).toBe(true);
    // Nor does it take fewer than prove it.
    expect(fires('99%', 'fast', { good: 8, bad: 2 }, { minFailures: 1 })).toBe(false);
  });

  it('takes more than usual: what begins with its failures burns for minutes', () => {
    // Every hour 10,000, of which 30 fail, at the beginning.
    const hours = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, () => [9970, 30]).flat();
    expect(fires('99.9%', 'fast', { good: 0, bad: 90 }, { hours })).toBe(false);
    expect(fires('99.9%', 'fast', { good: 0, bad: 101 }, { hours })).toBe(true);
  });

  it('asks a lowered factor, which is near what is promised, at every minute', () => {
    const { below } = chanceProof(objective('50%'), { good: 1, bad: 1 }, 1, MINUTE, 28 * DAY);
    expect(below).toBeCloseTo(1 / 403_200, 12);
    expect(fires('50%', 'fast', { good: 0, bad: 18 })).toBe(false);
    expect(fires('50%', 'fast', { good: 0, bad: 19 })).toBe(true);
  });

  it('counts a failure that weighs as much as many outcomes once', () => {
    const weighted = { good: 750, bad: 250 };
    expect(chanceProof(objective('99%'), weighted, 1, HOUR, 28 * DAY).chance).toBeCloseTo(1 - 0.99 ** 4, 12);
    expect(chanceProof(objective('99%'), weighted, 250, HOUR, 28 * DAY).chance).toBeLessThan(1e-200);
    expect(chanceProof(objective('99%'), { good: 5, bad: 0 }, 0, HOUR, 28 * DAY).chance).toBe(1);
  });
});

describe('a burn rate that opens a ticket', () => {
  it('takes the first failure of a rare job, and two of others', () => {
    for (const [volume, expected] of [
      [28, true],
      [99, true],
      [100, false],
      [6720, false],
    ] as const) {
      expect(fires('95%', 'drift', { good: 0, bad: 1 }, { volume }), `${volume}`).toBe(expected);
      expect(fires('95%', 'drift', { good: 0, bad: 2 }, { volume })).toBe(true);
    }
    expect(fires('95%', 'drift', { good: 0, bad: 1 }, { volume: 28, minFailures: 2 })).toBe(false);
  });

  it('takes a job that has run once since yesterday for rare, and nothing that came often', () => {
    const once = { volume: 1, since: START - 10 * HOUR };
    expect(fires('95%', 'drift', { good: 0, bad: 1 }, once)).toBe(true);
    expect(fires('95%', 'drift', { good: 4, bad: 1 }, { ...once, volume: 5 })).toBe(false);
  });

  it('resolves when it has been low for two hours, a page when it has been for five minutes', () => {
    const slo = defineSlo({ objective: '99%' });
    const at = (share: number): Evidence =>
      evidenceOf({ sum: (duration) => ({ good: duration * (1 - share), bad: duration * share }) });
    let state = step(slo, readTiers(slo, at(0.5), START), QUIET, START).state;
    const seen: [number, string | null][] = [];
    for (let minute = 1; minute <= 125; minute++) {
      const now = START + minute * MINUTE;
      const { state: next, transition } = step(slo, readTiers(slo, at(0), now), state, now);
      if (transition) seen.push([minute, next.incident?.severity ?? null]);
      state = next;
    }
    expect(seen).toEqual([
      [6, 'ticket'],
      [121, null],
    ]);
  });
});

describe('an outage', () => {
  const tier = { kind: 'outage', name: 'outage', severity: 'page' } as const;
  const slo = defineSlo({ objective: '99%', alerts: { tiers: [tier] } });
  const now = START;
  /** Every hour 10,000, of which 30 fail. */
  const fanOut = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, () => [9970, 30]).flat();

  function met(
    consecutiveBad: number,
    badMinutes: number,
    goodAgo: number,
    usualGap: number,
    hours: Evidence['hours'] = fanOut,
  ) {
    const evidence = evidenceOf({
      sum: { good: 6_700_000, bad: 20_000 },
      streak: {
        consecutiveBad,
        badMinutes,
        lastGoodMinute: now / MINUTE - goodAgo,
        streakSince: now - badMinutes * MINUTE,
        lastAt: now,
      },
      usualGap,
      hours,
    });
    return readTiers(slo, evidence, now)[0]!.met;
  }

  it('is none while as many fail as usual before the first success', () => {
    expect(met(40, 3, 50, 55)).toBe(false);
    expect(met(100, 3, 50, 55)).toBe(false);
    expect(met(101, 3, 50, 55)).toBe(true);
  });

  it('is one when nothing has succeeded for twice as long as usual', () => {
    expect(met(40, 3, 110, 55)).toBe(false);
    expect(met(40, 3, 111, 55)).toBe(true);
    // Where something succeeds in every minute, the third one without.
    expect(met(40, 2, 2, 1)).toBe(false);
    expect(met(40, 2, 3, 1)).toBe(true);
  });

  it('takes more than one record that was counted before it was sent', () => {
    expect(met(10_000, 1, 3, 1)).toBe(false);
    expect(met(10_000, 2, 3, 1)).toBe(true);
  });

  it('takes a minute for each piece where outcomes share a fate', () => {
    // A record of 50 every hour, of which one in twenty fails whole.
    const alone = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, index) =>
        (first + index) % 20 === 0 ? [0, 50] : [50, 0],
      ).flat();
    expect(met(200, 4, 300, 60, alone)).toBe(false);
    expect(met(250, 5, 360, 60, alone)).toBe(true);
  });
});
