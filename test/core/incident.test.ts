import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tier } from '../../src/core/alert-policy.ts';
import type { Counts } from '../../src/core/cells.ts';
import type { AlertState, TierReading, Transition } from '../../src/core/incident.ts';
import { QUIET, readTiers, step } from '../../src/core/incident.ts';
import type { Slo } from '../../src/core/slo.ts';
import { MINUTE } from '../../src/core/time.ts';
import { START } from '../support/clock.ts';
import { defineSlo } from '../support/definitions.ts';

/** 99%: a burn rate is the error rate in percent. */
const slo = defineSlo({ objective: '99%', window: '30d' });
const [fast, slow] = slo.alerts.tiers as [Tier, Tier, Tier, Tier];

const NOTHING: Counts = { good: 0, bad: 0 };

/** Outcomes of a window with this burn rate, ten thousand of them; null: none. */
function burning(rate: number | null): Counts {
  return rate === null ? NOTHING : { good: 10_000 - rate * 100, bad: rate * 100 };
}

/** Readings in which these tiers burn at these rates, both windows alike unless two are given; others not at all. */
function readings(
  rates: Record<string, number | null | readonly [long: number | null, short: number | null]>,
): TierReading[] {
  const counts = new Map<number, Counts>();
  return slo.alerts.tiers.flatMap((tier) => {
    const rate = rates[tier.name] ?? (tier.name in rates ? null : 0);
    const [long, short] = typeof rate === 'object' && rate !== null ? rate : [rate, rate];
    counts.set(tier.long, burning(long));
    counts.set(tier.short, burning(short));
    return readTiers({ ...slo, alerts: { ...slo.alerts, tiers: [tier] } }, (window) => counts.get(window)!);
  });
}

/** Steps through readings a minute apart, and gives every state and transition. */
function run(...ticks: readonly (readonly TierReading[])[]): {
  states: AlertState[];
  transitions: (Transition | null)[];
} {
  const states: AlertState[] = [];
  const transitions: (Transition | null)[] = [];
  let state = QUIET;
  ticks.forEach((reading, index) => {
    const next = step(slo, reading, state, START + index * MINUTE);
    state = next.state;
    states.push(state);
    transitions.push(next.transition);
  });
  return { states, transitions };
}

const kinds = (transitions: readonly (Transition | null)[]) => transitions.map((one) => one?.kind ?? null);

describe('readTiers', () => {
  it('reads both windows of every tier, with null for the burn of an empty one', () => {
    const sums = new Map([
      [fast.long, { good: 90, bad: 10 }],
      [fast.short, NOTHING],
    ]);
    const [first, ...others] = readTiers(slo, (window) => sums.get(window) ?? { good: 1, bad: 0 });
    expect(first).toEqual({
      tier: fast,
      long: { good: 90, bad: 10 },
      short: NOTHING,
      longBurnRate: 10,
      shortBurnRate: null,
    });
    expect(others.map(({ longBurnRate }) => longBurnRate)).toEqual([0, 0, 0]);
  });
});

describe('a tier', () => {
  it.each([
    ['both windows at the factor', [14.4, 14.4], true],
    ['the long window just below', [14.39, 100], false],
    ['the short window just below', [100, 14.39], false],
    ['no outcome in the short window', [100, null], false],
    ['no outcome at all', [null, null], false],
  ] as const)('with %s: fires is %s', (_, rates, fires) => {
    const { transition } = step(slo, readings({ fast: rates }), QUIET, START);
    expect(transition !== null).toBe(fires);
  });

  it('needs the least number of failures in its long window', () => {
    for (const [bad, minFailures, fires] of [
      [1, 2, false],
      [2, 2, true],
      [4, 5, false],
      [5, 5, true],
    ] as const) {
      const picky: Slo = { ...slo, alerts: { ...slo.alerts, minFailures } };
      const read = readTiers(picky, () => ({ good: 0, bad }));
      expect(step(picky, read, QUIET, START).transition !== null).toBe(fires);
    }
  });
});

describe('an incident', () => {
  it('opens with the worst tier that fires', () => {
    const { state, transition } = step(slo, readings({ drift: 20, slow: 30 }), QUIET, START);
    expect(transition).toMatchObject({ kind: 'opened', reading: { tier: slow } });
    expect(state).toEqual({
      firing: {
        slow: { since: START, belowSince: null },
        drift: { since: START, belowSince: null },
      },
      incident: {
        id: expect.stringMatching(/^[0-9a-z]+-[0-9a-z]+$/),
        openedAt: START,
        severity: 'page',
        tier: 'slow',
        peakBurnRate: 30,
        sequence: 1,
        notified: [],
      },
    });
    expect(transition!.incident).toEqual(state.incident);
  });

  it('D2: is one over all its tiers: opens as a ticket, escalates once, and resolves with the last tier', () => {
    const quiet = readings({});
    const { transitions, states } = run(
      readings({ drift: 5 }),
      readings({ drift: 6, slow: 7 }),
      readings({ drift: 6, slow: 7, fast: 40 }),
      ...Array.from({ length: 6 }, () => readings({ drift: 6 })),
      ...Array.from({ length: 6 }, () => quiet),
      quiet,
    );
    expect(kinds(transitions)).toEqual([
      'opened',
      'escalated',
      null,
      ...Array<null>(6).fill(null),
      ...Array<null>(5).fill(null),
      'resolved',
      null,
    ]);
    const told = transitions.filter((one) => one !== null).map(({ incident }) => incident);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(told.map(({ severity }) => severity)).toEqual(['ticket', 'page', 'page']);
    expect(told.map(({ tier }) => tier)).toEqual(['drift', 'slow', 'slow']);
    expect(told.map(({ peakBurnRate }) => peakBurnRate)).toEqual([5, 7, 40]);
    expect(states.at(-1)).toEqual(QUIET);
  });

  it('stays a page when only its ticket tiers still fire, and pages no second time', () => {
    const over = Array.from({ length: 6 }, () => readings({ drift: 6 }));
    const { transitions } = run(readings({ drift: 6, fast: 20 }), ...over, readings({ drift: 6, fast: 20 }));
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(7).fill(null)]);
  });

  it('remembers its highest burn rate without a transition', () => {
    const { states, transitions } = run(
      readings({ fast: 20 }),
      readings({ fast: 50 }),
      readings({ fast: 30 }),
    );
    expect(states.map(({ incident }) => incident!.peakBurnRate)).toEqual([20, 50, 50]);
    expect(kinds(transitions)).toEqual(['opened', null, null]);
  });

  it('resolves with a reading of its own tier', () => {
    const { transitions } = run(readings({ slow: 10 }), ...Array.from({ length: 6 }, () => readings({})));
    expect(transitions.at(-1)).toMatchObject({
      kind: 'resolved',
      reading: { tier: slow, shortBurnRate: 0 },
      incident: { sequence: 2, openedAt: START },
    });
  });

  it('keeps whom it told', () => {
    const { state } = step(slo, readings({ drift: 5 }), QUIET, START);
    const told = { ...state, incident: { ...state.incident!, notified: ['inbox'] } };
    const { transition } = step(slo, readings({ drift: 5, fast: 20 }), told, START + MINUTE);
    expect(transition!.incident.notified).toEqual(['inbox']);
  });

  it('has an id of its own among 10,000 SLOs that open at the same moment', () => {
    const ids = new Set<string>();
    for (let index = 0; index < 10_000; index++) {
      const one = { ...slo, id: `orders/slo-${index}` };
      ids.add(step(one, readings({ fast: 20 }), QUIET, START).state.incident!.id);
    }
    expect(ids.size).toBe(10_000);
  });
});

describe('hysteresis', () => {
  const open = readings({ fast: 20 });

  it('resolves after the short window was under 0.9 of the threshold for 5 minutes, whatever the long one does', () => {
    const under = readings({ fast: [20, 12.9] });
    expect(kinds(run(open, under, under, under, under, under, under).transitions)).toEqual([
      'opened',
      null,
      null,
      null,
      null,
      null,
      'resolved',
    ]);
  });

  it('does not resolve at 0.9 of the threshold', () => {
    const at = readings({ fast: 14.4 * 0.9 });
    expect(kinds(run(open, ...Array.from({ length: 20 }, () => at)).transitions)).toEqual([
      'opened',
      ...Array<null>(20).fill(null),
    ]);
  });

  it('begins again when the short window comes back over it', () => {
    const under = readings({ fast: 0 });
    const back = readings({ fast: 13 });
    const { transitions, states } = run(open, under, under, under, under, under, back, under, under, under);
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(9).fill(null)]);
    expect(states[5]!.firing['fast']!.belowSince).toBe(START + MINUTE);
    expect(states[6]!.firing['fast']!.belowSince).toBeNull();
    expect(states[7]!.firing['fast']!.belowSince).toBe(START + 7 * MINUTE);
  });

  it('J4: a clock that jumped back resolves nothing early and fires nothing', () => {
    const under = readings({ fast: 0 });
    const first = step(slo, open, QUIET, START).state;
    const second = step(slo, under, first, START + MINUTE).state;
    const { state, transition } = step(slo, under, second, START - 60 * MINUTE);
    expect(transition).toBeNull();
    expect(state.incident).toEqual(first.incident);
  });
});

describe('J2: without outcomes', () => {
  const silent = readings({ fast: null, slow: null, drift: null, creep: null });

  it('an open incident is held, for ever', () => {
    const { transitions, states } = run(
      readings({ fast: 20 }),
      ...Array.from({ length: 1000 }, () => silent),
    );
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(1000).fill(null)]);
    expect(states.at(-1)).toEqual(states[0]);
  });

  it('nothing opens', () => {
    expect(step(slo, silent, QUIET, START)).toEqual({ state: QUIET, transition: null });
  });

  it('a tier keeps how long it has been under its threshold', () => {
    const under = readings({ fast: 0 });
    const { states } = run(readings({ fast: 20 }), under, silent, silent);
    expect(states[3]).toEqual(states[1]);
  });
});

describe('over random histories', () => {
  const rate = fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(0, 0.5, 0.9, 1, 2.7, 3, 5.39, 5.4, 6, 12.95, 12.96, 14.4, 50, 100),
    },
  );
  const reading = fc
    .record(Object.fromEntries(slo.alerts.tiers.map(({ name }) => [name, fc.tuple(rate, rate)])))
    .map((rates) => readings(rates as Record<string, [number | null, number | null]>));
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

  /**
   * Whether a tier fires after each tick, told from the whole history at once: it fires from a tick at which
   * both windows reach the factor until the end of the first five minutes without a reading at or above 0.9.
   */
  function firingTicks(ticks: readonly Tick[], name: string): boolean[] {
    const seen = ticks.map(({ read, at }) => ({ at, ...read.find(({ tier }) => tier.name === name)! }));
    const fires = Array.from(seen, () => false);
    let from = 0;
    for (;;) {
      const start = seen.findIndex(
        ({ tier: { factor }, longBurnRate, shortBurnRate, long }, index) =>
          index >= from &&
          Math.min(longBurnRate ?? -1, shortBurnRate ?? -1) >= factor &&
          long.bad >= slo.alerts.minFailures,
      );
      if (start === -1) return fires;
      const end = seen.findIndex((last, index) => {
        if (index <= start || last.shortBurnRate === null) return false;
        const high = seen.findLastIndex(
          ({ shortBurnRate, tier }, earlier) =>
            earlier <= index && shortBurnRate !== null && shortBurnRate >= 0.9 * tier.factor,
        );
        const low = seen.findIndex(({ shortBurnRate }, later) => later > high && shortBurnRate !== null);
        return high < index && last.at - seen[low]!.at >= 5 * MINUTE;
      });
      fires.fill(true, start, end === -1 ? fires.length : end);
      if (end === -1) return fires;
      from = end;
    }
  }

  it('opens, escalates and resolves as an independent reading of the whole history does', () => {
    fc.assert(
      fc.property(history, (stretches) => {
        const ticks = timed(stretches);
        const firing = slo.alerts.tiers.map(({ name, severity }) => ({
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
