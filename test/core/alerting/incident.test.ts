import { alertDefinition } from '../../../src/core/alerting/alert-definition.ts';
import { describe, expect, it } from 'vitest';
import type { AlertPolicy } from '../../../src/core/slo/alert-policy.ts';
import type { TierReading } from '../../../src/core/alerting/tier-kind.ts';
import type { AlertState, Transition } from '../../../src/core/alerting/incident.ts';
import { QUIET, acknowledge, afterClockMoved } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { evidenceOf, readingsOf, slo } from '../../support/tier-readings.ts';

const named = (name: string) => slo.alerts.tiers.find((tier) => tier.name === name)!;

/** Steps through readings a minute apart, and gives every state and transition. */
function run(...ticks: readonly (readonly TierReading[])[]) {
  return runWith({}, ...ticks);
}

/** The same, under a policy that differs in these parts. */
function runWith(
  policy: Partial<AlertPolicy>,
  ...ticks: readonly (readonly TierReading[])[]
): { states: AlertState[]; transitions: (Transition | null)[] } {
  const judged: Slo = { ...slo, alerts: { ...slo.alerts, ...policy } };
  const states: AlertState[] = [];
  const transitions: (Transition | null)[] = [];
  let state = QUIET;
  ticks.forEach((reading, index) => {
    const next = step(judged, reading, state, START + index * MINUTE);
    state = next.state;
    states.push(state);
    transitions.push(next.transition);
  });
  return { states, transitions };
}

const kinds = (transitions: readonly (Transition | null)[]) => transitions.map((one) => one?.kind ?? null);

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
      const burning = picky.alerts.tiers.filter(({ kind }) => kind === 'burnRate');
      const alone = { ...picky, alerts: { ...picky.alerts, tiers: burning } };
      const read = readTiers(alone, evidenceOf({ sum: { good: 0, bad } }), START);
      expect(step(picky, read, QUIET, START).transition !== null).toBe(fires);
    }
  });
});

describe('an incident', () => {
  it('opens with the worst tier that fires', () => {
    const { state, transition } = step(slo, readingsOf({ drift: 20, slow: 30 }), QUIET, START);
    expect(transition).toMatchObject({ kind: 'opened', step: null });
    expect(transition!.readings.map(({ tier }) => tier)).toEqual([named('slow'), named('drift')]);
    expect(state).toEqual({
      firing: {
        slow: { since: START, belowSince: null },
        drift: { since: START, belowSince: null },
      },
      incident: {
        id: expect.stringMatching(/^[0-9a-z]+-[0-9a-z]+$/),
        openedAt: START,
        began: START - 6 * HOUR,
        severity: 'page',
        tier: 'slow',
        peakBurnRate: 30,
        pagedAt: START,
        stepsTaken: 0,
        lastNotifiedAt: START,
        acknowledged: null,
        sequence: 1,
        notified: [],
      },
      definition: alertDefinition(slo),
      pages: [START],
    });
    expect(transition!.incident).toEqual(state.incident);
  });

  it('is told by its page tiers first, wherever the policy names them', () => {
    const [outage, fast, slow, drift, creep] = slo.alerts.tiers;
    const mixed: Slo = { ...slo, alerts: { ...slo.alerts, tiers: [drift!, creep!, slow!, outage!, fast!] } };
    const { transition } = step(mixed, readingsOf({ fast: 20, slow: 20, drift: 20 }, mixed), QUIET, START);
    expect(transition!.readings.map(({ tier }) => tier.name)).toEqual(['slow', 'fast', 'drift']);
    expect(transition!.incident).toMatchObject({ severity: 'page', tier: 'slow' });
  });

  it('D2: is one over all its tiers: opens as a ticket, escalates, de-escalates, and resolves with the last tier', () => {
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
      ...Array<null>(5).fill(null),
      'deescalated',
      ...Array<null>(5).fill(null),
      'resolved',
      null,
    ]);
    const told = transitions.filter((one) => one !== null).map(({ incident }) => incident);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(told.map(({ severity }) => severity)).toEqual(['ticket', 'page', 'ticket', 'ticket']);
    expect(told.map(({ tier }) => tier)).toEqual(['drift', 'slow', 'drift', 'drift']);
    expect(told.map(({ peakBurnRate }) => peakBurnRate)).toEqual([5, 7, 40, 40]);
    expect(told.map(({ pagedAt }) => pagedAt)).toEqual([null, START + MINUTE, null, null]);
    expect(states.at(-1)).toEqual({ ...QUIET, pages: [START + MINUTE] });
  });

  it('pages again when a page tier fires again after it came down to a ticket', () => {
    const over = Array.from({ length: 6 }, () => readingsOf({ drift: 6 }));
    const { transitions } = run(
      readingsOf({ drift: 6, fast: 20 }),
      ...over,
      readingsOf({ drift: 6, fast: 20 }),
    );
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(5).fill(null), 'deescalated', 'escalated']);
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
      readings: [{ tier: named('slow'), figures: { shortBurnRate: 0 } }],
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

  it('is as the policy says', () => {
    const half = { resolveShare: 0.5, resolveAfter: 2 * MINUTE };
    const judged = { ...slo, alerts: { ...slo.alerts, ...half } };
    const [above, under] = [readingsOf({ fast: 8 }, judged), readingsOf({ fast: 7.1 }, judged)];
    const { transitions } = runWith(half, open, above, above, above, under, under, under);
    expect(kinds(transitions)).toEqual(['opened', null, null, null, null, null, 'resolved']);
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
    const { pages: _, ...first } = states[0]!;
    expect(states.at(-1)).toEqual(first);
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

describe('a page that nobody acknowledges', () => {
  const page = readingsOf({ fast: 20 });
  const escalation = [
    { after: 2 * MINUTE, to: ['lead'] },
    { after: 4 * MINUTE, to: ['boss', 'boss-mail'] },
  ];
  const times = (count: number) => Array.from({ length: count }, () => page);

  it('goes one step further after the time of each, and then no further', () => {
    const { transitions } = runWith({ escalation }, ...times(10));
    expect(kinds(transitions)).toEqual([
      'opened',
      null,
      'unacknowledged',
      null,
      'unacknowledged',
      ...Array<null>(5).fill(null),
    ]);
    expect(transitions.flatMap((one) => (one?.step ? [one.step] : []))).toEqual(escalation);
  });

  it('takes steps that are overdue one at a time, in their order', () => {
    const judged: Slo = { ...slo, alerts: { ...slo.alerts, escalation } };
    let { state } = step(judged, page, QUIET, START);
    const steps: (readonly string[] | undefined)[] = [];
    for (let tick = 0; tick < 3; tick++) {
      const next = step(judged, page, state, START + HOUR + tick);
      state = next.state;
      steps.push(next.transition?.step?.to);
    }
    expect(steps).toEqual([['lead'], ['boss', 'boss-mail'], undefined]);
  });

  it('counts from when it became a page, and again after it was a ticket in between', () => {
    const ticket = readingsOf({ drift: 6 });
    const both = readingsOf({ drift: 6, fast: 20 });
    const { transitions } = runWith(
      { escalation: [escalation[0]!] },
      ...Array.from({ length: 4 }, () => ticket),
      ...Array.from({ length: 4 }, () => both),
      ...Array.from({ length: 6 }, () => ticket),
      ...Array.from({ length: 4 }, () => both),
    );
    expect(kinds(transitions).flatMap((kind, minute) => (kind ? [`${minute} ${kind}`] : []))).toEqual([
      '0 opened',
      '4 escalated',
      '6 unacknowledged',
      '13 deescalated',
      '14 escalated',
      '16 unacknowledged',
    ]);
  });

  it('is escalated anew although someone took on its ticket, who is not woken by that', () => {
    const judged: Slo = { ...slo, alerts: { ...slo.alerts, escalation } };
    const ticket = readingsOf({ drift: 6 });
    const both = readingsOf({ drift: 6, fast: 20 });
    const begun = step(judged, ticket, QUIET, START).state;
    const taken = acknowledge(begun, { at: START, by: 'eva', severity: 'ticket' });
    const escalated = step(judged, both, taken, START + MINUTE);
    expect(escalated.transition).toMatchObject({ kind: 'escalated', incident: { acknowledged: null } });
    const waited = step(judged, both, escalated.state, START + 3 * MINUTE);
    expect(waited.transition!.kind).toBe('unacknowledged');
    // One of the page holds for the whole episode, whatever it comes down to in between.
    let state = acknowledge(waited.state, { at: START, by: 'kim' });
    for (const readings of [ticket, both, both])
      state = step(judged, readings, state, START + 2 * HOUR).state;
    expect(state.incident!.acknowledged).toMatchObject({ by: 'kim' });
  });

  it('a ticket does not', () => {
    const ticket = readingsOf({ drift: 6 });
    const { transitions } = runWith({ escalation }, ...Array.from({ length: 10 }, () => ticket));
    expect(kinds(transitions)).toEqual(['opened', ...Array<null>(9).fill(null)]);
  });

  it('stays where it is once somebody has, for the whole incident', () => {
    const judged: Slo = { ...slo, alerts: { ...slo.alerts, escalation, repeat: MINUTE } };
    const opened = step(judged, page, QUIET, START).state;
    let state = acknowledge(opened, { at: START + 1000, by: 'eva' });
    for (let minute = 1; minute < 10; minute++) {
      const next = step(judged, page, state, START + minute * MINUTE);
      expect(next.transition).toBeNull();
      state = next.state;
    }
    expect(state.incident!.acknowledged).toEqual({ at: START + 1000, by: 'eva' });
    // The first one counts.
    expect(acknowledge(state, { at: START + 2000, by: 'bob' })).toBe(state);
  });

  it('J4: waits no longer because the clock was moved', () => {
    const judged: Slo = { ...slo, alerts: { ...slo.alerts, escalation, repeat: 10 * MINUTE } };
    const opened = step(judged, page, QUIET, START).state;
    const moved = afterClockMoved(opened, HOUR);
    expect(step(judged, page, moved, START + HOUR + MINUTE).transition).toBeNull();
    expect(step(judged, page, moved, START + HOUR + 2 * MINUTE).transition!.kind).toBe('unacknowledged');
  });
});

describe('a reminder', () => {
  it('comes whenever the policy time has passed since somebody was told', () => {
    const { transitions } = runWith(
      { repeat: 3 * MINUTE },
      ...Array.from({ length: 5 }, () => readingsOf({ drift: 6 })),
      ...Array.from({ length: 5 }, () => readingsOf({ drift: 6, slow: 7 })),
    );
    expect(kinds(transitions).flatMap((kind, minute) => (kind ? [`${minute} ${kind}`] : []))).toEqual([
      '0 opened',
      '3 reminder',
      '5 escalated',
      '8 reminder',
    ]);
    expect(transitions[8]!.readings.map(({ tier }) => tier.name)).toEqual(['slow', 'drift']);
  });

  it('is not sent while every tier only waits to resolve', () => {
    const { transitions } = runWith(
      { repeat: 3 * MINUTE },
      readingsOf({ drift: 6 }),
      readingsOf({ drift: 6 }),
      ...Array.from({ length: 4 }, () => readingsOf({ drift: 0 })),
      readingsOf({ drift: 6 }),
    );
    expect(kinds(transitions).flatMap((kind, minute) => (kind ? [`${minute} ${kind}`] : []))).toEqual([
      '0 opened',
      '6 reminder',
    ]);
  });
});
