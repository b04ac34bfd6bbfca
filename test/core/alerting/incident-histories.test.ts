import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TierReading } from '../../../src/core/alerting/tier-kind.ts';
import type { AlertState, Transition } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { step } from '../../../src/core/alerting/incident-step.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { readingsOf, slo } from '../../support/tier-readings.ts';

describe('over random histories', () => {
  const tiers = slo.alerts.tiers.filter(({ kind }) => kind === 'burnRate');
  const rate = fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(0, 0.5, 0.9, 1, 2.7, 3, 5.39, 5.4, 6, 12.95, 12.96, 14.4, 50, 100),
    },
  );
  const reading = fc
    .record(Object.fromEntries(tiers.map(({ name }) => [name, fc.tuple(rate, rate)])))
    .map((rates) => readingsOf(rates));
  const gap = fc.constantFrom(5_000, MINUTE, 4 * MINUTE, 5 * MINUTE, 60 * MINUTE);
  // Each reading lasts for some ticks, so that incidents end as well as begin.
  const history = fc
    .array(fc.tuple(reading, gap, fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 25 })
    .map((stretches) =>
      stretches.flatMap(([read, wait, times]) => Array.from({ length: times }, () => ({ read, wait }))),
    );

  interface Tick {
    readonly read: readonly TierReading[];
    readonly at: number;
  }

  function timed(ticks: readonly { read: readonly TierReading[]; wait: number }[]): Tick[] {
    let at = START;
    return ticks.map(({ read, wait }) => ({ read, at: (at += wait) }));
  }

  function burnRatesOf(read: readonly TierReading[], name: string) {
    const { tier, figures } = read.find((one) => one.tier.name === name)!;
    if (tier.kind !== 'burnRate' || figures.kind !== 'burnRate') throw new Error(`${name} is no burn rate`);
    return { factor: tier.factor, ...figures };
  }

  /**
   * Whether a tier fires after each tick, told from the whole history at once: it fires from a tick at which both
   * windows reach the factor until the end of the first five minutes without a reading at or above 0.9.
   */
  function firingTicks(ticks: readonly Tick[], name: string): boolean[] {
    const seen = ticks.map(({ read, at }) => ({ at, ...burnRatesOf(read, name) }));
    const fires = Array.from(seen, () => false);
    let from = 0;
    for (;;) {
      const start = seen.findIndex(
        ({ factor, longBurnRate, shortBurnRate, long }, index) =>
          index >= from && Math.min(longBurnRate ?? -1, shortBurnRate ?? -1) >= factor && long.bad >= 2,
      );
      if (start === -1) return fires;
      const end = seen.findIndex((last, index) => {
        if (index <= start || last.shortBurnRate === null) return false;
        const high = seen.findLastIndex(
          ({ shortBurnRate, factor }, earlier) =>
            earlier <= index && shortBurnRate !== null && shortBurnRate >= 0.9 * factor,
        );
        const low = seen.findIndex(({ shortBurnRate }, later) => later > high && shortBurnRate !== null);
        return high < index && last.at - seen[low]!.at >= 5 * MINUTE;
      });
      fires.fill(true, start, end === -1 ? fires.length : end);
      if (end === -1) return fires;
      from = end;
    }
  }

  it('opens, escalates, de-escalates and resolves as an independent reading of the whole history does', () => {
    fc.assert(
      fc.property(history, (stretches) => {
        const ticks = timed(stretches);
        const firing = tiers.map(({ name, severity }) => ({
          name,
          severity,
          ticks: firingTicks(ticks, name),
        }));
        let state = QUIET;
        let severity: string | null = null;
        ticks.forEach(({ read, at }, index) => {
          const active = firing.filter((tier) => tier.ticks[index]);
          const next = step(slo, read, state, at);
          expect(Object.keys(next.state.firing)).toEqual(active.map(({ name }) => name));
          const worst = active.some((tier) => tier.severity === 'page') ? 'page' : 'ticket';
          let expected: string | null = null;
          if (active.length === 0) {
            if (severity) expected = 'resolved';
            severity = null;
          } else if (!severity) {
            expected = 'opened';
            severity = worst;
          } else if (severity === 'ticket' && worst === 'page') {
            expected = 'escalated';
            severity = worst;
          } else if (severity === 'page' && worst === 'ticket') {
            expected = 'deescalated';
            severity = worst;
          }
          expect(next.transition?.kind ?? null).toBe(expected);
          expect(next.state.incident?.severity ?? null).toBe(severity);
          state = next.state;
        });
      }),
      { numRuns: 300 },
    );
  });

  it('J1: the same readings, state and time give the same result, also after the state was stored', () => {
    fc.assert(
      fc.property(history, (stretches) => {
        const ticks = timed(stretches);
        let state = QUIET;
        let stored = QUIET;
        for (const { read, at } of ticks) {
          const frozen = Object.freeze({ ...state, firing: Object.freeze({ ...state.firing }) });
          const once = step(slo, read, frozen, at);
          expect(step(slo, read, frozen, at)).toEqual(once);
          const again = step(slo, read, stored, at);
          expect(again).toEqual(once);
          state = once.state;
          stored = JSON.parse(JSON.stringify(again.state)) as AlertState;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('D2: numbers the transitions of every incident from 1 without a gap, open first and resolved last', () => {
    fc.assert(
      fc.property(history, (stretches) => {
        const incidents = new Map<string, Transition[]>();
        let state = QUIET;
        for (const { read, at } of timed(stretches)) {
          const next = step(slo, read, state, at);
          state = next.state;
          if (!next.transition) continue;
          const { id } = next.transition.incident;
          incidents.set(id, [...(incidents.get(id) ?? []), next.transition]);
        }
        for (const transitions of incidents.values()) {
          expect(transitions[0]!.kind).toBe('opened');
          expect(transitions.map(({ incident }) => incident.sequence)).toEqual(
            transitions.map((_, index) => index + 1),
          );
          expect(transitions.slice(0, -1).map(({ kind }) => kind)).not.toContain('resolved');
        }
      }),
      { numRuns: 100 },
    );
  });
});
