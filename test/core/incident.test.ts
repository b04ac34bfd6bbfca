import { describe, expect, it } from 'vitest';
import type { Tier } from '../../src/core/alert-policy.ts';
import type { AlertState, TierReading, Transition } from '../../src/core/incident.ts';
import { QUIET, readTiers, step } from '../../src/core/incident.ts';
import type { Slo } from '../../src/core/slo.ts';
import { MINUTE } from '../../src/core/time.ts';
import { START } from '../support/clock.ts';
import { readingsOf, slo } from '../support/tier-readings.ts';

const [fast, slow] = slo.alerts.tiers as [Tier, Tier, Tier, Tier];

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
      [fast.short, { good: 0, bad: 0 }],
    ]);
    const [first, ...others] = readTiers(slo, (window) => sums.get(window) ?? { good: 1, bad: 0 });
    expect(first).toEqual({
      tier: fast,
      long: { good: 90, bad: 10 },
      short: { good: 0, bad: 0 },
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
    const { transition } = step(slo, readingsOf({ fast: rates }), QUIET, START);
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
    const { state, transition } = step(slo, readingsOf({ drift: 20, slow: 30 }), QUIET, START);
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
    const quiet = readingsOf({});
    const { transitions, states } = run(
      readingsOf({ drift: 5 }),
      readingsOf({ drift: 6, slow: 7 }),
      readingsOf({ drift: 6, slow: 7, fast: 40 }),
      ...Array.from({ length: 6 }, () => readingsOf({ drift: 6 })),
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
    const over = Array.from({ length: 6 }, () => readingsOf({ drift: 6 }));
    const { transitions } = run(
      readingsOf({ drift: 6, fast: 20 }),
      ...over,
      readingsOf({ drift: 6, fast: 20 }),
    );
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(7).fill(null)]);
  });

  it('remembers its highest burn rate without a transition', () => {
    const { states, transitions } = run(
      readingsOf({ fast: 20 }),
      readingsOf({ fast: 50 }),
      readingsOf({ fast: 30 }),
    );
    expect(states.map(({ incident }) => incident!.peakBurnRate)).toEqual([20, 50, 50]);
    expect(kinds(transitions)).toEqual(['opened', null, null]);
  });

  it('resolves with a reading of its own tier', () => {
    const { transitions } = run(readingsOf({ slow: 10 }), ...Array.from({ length: 6 }, () => readingsOf({})));
    expect(transitions.at(-1)).toMatchObject({
      kind: 'resolved',
      reading: { tier: slow, shortBurnRate: 0 },
      incident: { sequence: 2, openedAt: START },
    });
  });

  it('keeps whom it told', () => {
    const { state } = step(slo, readingsOf({ drift: 5 }), QUIET, START);
    const told = { ...state, incident: { ...state.incident!, notified: ['inbox'] } };
    const { transition } = step(slo, readingsOf({ drift: 5, fast: 20 }), told, START + MINUTE);
    expect(transition!.incident.notified).toEqual(['inbox']);
  });

  it('has an id of its own among 10,000 SLOs that open at the same moment', () => {
    const ids = new Set<string>();
    for (let index = 0; index < 10_000; index++) {
      const one = { ...slo, id: `orders/slo-${index}` };
      ids.add(step(one, readingsOf({ fast: 20 }), QUIET, START).state.incident!.id);
    }
    expect(ids.size).toBe(10_000);
  });
});

describe('hysteresis', () => {
  const open = readingsOf({ fast: 20 });

  it('resolves after the short window was under 0.9 of the threshold for 5 minutes, whatever the long one does', () => {
    const under = readingsOf({ fast: [20, 12.9] });
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
    const at = readingsOf({ fast: 14.4 * 0.9 });
    expect(kinds(run(open, ...Array.from({ length: 20 }, () => at)).transitions)).toEqual([
      'opened',
      ...Array<null>(20).fill(null),
    ]);
  });

  it('begins again when the short window comes back over it', () => {
    const under = readingsOf({ fast: 0 });
    const back = readingsOf({ fast: 13 });
    const { transitions, states } = run(open, under, under, under, under, under, back, under, under, under);
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(9).fill(null)]);
    expect(states[5]!.firing['fast']!.belowSince).toBe(START + MINUTE);
    expect(states[6]!.firing['fast']!.belowSince).toBeNull();
    expect(states[7]!.firing['fast']!.belowSince).toBe(START + 7 * MINUTE);
  });

  it('J4: a clock that jumped back resolves nothing early and fires nothing', () => {
    const under = readingsOf({ fast: 0 });
    const first = step(slo, open, QUIET, START).state;
    const second = step(slo, under, first, START + MINUTE).state;
    const { state, transition } = step(slo, under, second, START - 60 * MINUTE);
    expect(transition).toBeNull();
    expect(state.incident).toEqual(first.incident);
  });
});

describe('J2: without outcomes', () => {
  const silent = readingsOf({ fast: null, slow: null, drift: null, creep: null });

  it('an open incident is held, for ever', () => {
    const { transitions, states } = run(
      readingsOf({ fast: 20 }),
      ...Array.from({ length: 1000 }, () => silent),
    );
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(1000).fill(null)]);
    expect(states.at(-1)).toEqual(states[0]);
  });

  it('nothing opens', () => {
    expect(step(slo, silent, QUIET, START)).toEqual({ state: QUIET, transition: null });
  });

  it('a tier keeps how long it has been under its threshold', () => {
    const under = readingsOf({ fast: 0 });
    const { states } = run(readingsOf({ fast: 20 }), under, silent, silent);
    expect(states[3]).toEqual(states[1]);
  });
});
