import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertState, Transition } from '../../../src/core/alerting/incident.ts';
import { QUIET, acknowledge, afterClockMoved, isQuiet } from '../../../src/core/alerting/incident.ts';
import { step } from '../../../src/core/alerting/incident-step.ts';
import { storedState, upgradeState } from '../../../src/core/alerting/stored-state.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { readingsOf, slo } from '../../support/tier-readings.ts';

const PAGES = { fast: [30, 30] } as const;
const TICKETS = { drift: [20, 20] } as const;
const CALM = { fast: [0, 0], slow: [0, 0], drift: [0, 0], creep: [0, 0] } as const;

interface Minute {
  readonly at: number;
  readonly transition: Transition | null;
  readonly state: AlertState;
}

/** Judges once a minute: `fires` says of each whether the page tier does, beside a ticket tier where `ticket` says so. */
function run(
  fires: readonly boolean[],
  { ticket = false, policy = {}, from = QUIET } = {},
): readonly Minute[] {
  const judged: Slo = { ...slo, alerts: { ...slo.alerts, resolveAfter: MINUTE, ...policy } };
  let state: AlertState = from;
  return fires.map((fire, index) => {
    const at = START + index * MINUTE;
    const readings = readingsOf({ ...CALM, ...(ticket && TICKETS), ...(fire && PAGES) });
    // As a store keeps it between two ticks.
    const before = upgradeState(JSON.parse(JSON.stringify(storedState(state))))!;
    const next = step(judged, readings, before, at);
    state = next.state;
    return { at, transition: next.transition, state };
  });
}

/** What is notified, as minutes since the beginning, and what; the end of what was held back goes to no one. */
const told = (minutes: readonly Minute[]) =>
  minutes.flatMap(({ at, transition }) => {
    const heldToItsEnd = transition?.kind === 'resolved' && transition.incident.muted?.notifiedAs === null;
    return transition?.mute === null && !heldToItsEnd ? [`${(at - START) / MINUTE} ${transition.kind}`] : [];
  });

const pagesOf = (minutes: readonly Minute[]) =>
  minutes.flatMap(({ at, transition }) => {
    const wakes = transition?.kind === 'opened' || transition?.kind === 'escalated';
    return wakes && transition.mute === null && transition.incident.severity === 'page' ? [at] : [];
  });

const repeated = (...runs: readonly (readonly [boolean, number])[]) =>
  runs.flatMap(([fires, count]) => Array.from({ length: count }, () => fires));

/** On and off for so many minutes each, again and again. */
const flapping = (on: number, off: number, times: number) =>
  Array.from({ length: times }, () => repeated([true, on], [false, off])).flat();

describe('an SLO that comes and goes', () => {
  it('pages three times within an hour, and tells the end of those', () => {
    const minutes = run(flapping(2, 3, 11));
    expect(told(minutes)).toEqual([
      '0 opened',
      '3 resolved',
      '5 opened',
      '8 resolved',
      '10 opened',
      '13 resolved',
    ]);
    // What is held back is remembered as what it was, and why.
    const held = minutes[15]!.transition;
    expect(held).toMatchObject({
      kind: 'opened',
      mute: { reason: 'flapping', by: 'Burnwatch', because: 'it paged 3 times within an hour' },
    });
  });

  it('pages when it goes on for 15 minutes, as what has opened, and says since when it was held back', () => {
    const minutes = run([...flapping(2, 3, 3), ...repeated([true, 30])]);
    expect(told(minutes).slice(6)).toEqual(['30 opened']);
    const { transition } = minutes[30]!;
    expect(transition!.unmuted).toMatchObject({ since: START + 15 * MINUTE, notifiedAs: null });
    // Whoever gets it now has the whole time to acknowledge it.
    expect(transition!.incident.pagedAt).toBe(START + 30 * MINUTE);
  });

  it('pages at once when the first of the three was an hour ago', () => {
    const minutes = run([...flapping(2, 3, 3), ...repeated([false, 40], [true, 10])]);
    expect(told(minutes).slice(6)).toEqual(['60 opened']);
    const calm = run([...repeated([true, 1], [false, 65])]);
    expect(isQuiet(calm.at(-1)!.state)).toBe(true);
  });

  it('pages seven times in any hour at most, whatever it does, also as a ticket that becomes a page', () => {
    const length = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
      fc.integer({ min: 1, max: 25 }),
    );
    const pattern = fc.array(fc.tuple(length, length), { minLength: 10, maxLength: 40 });
    fc.assert(
      fc.property(pattern, fc.boolean(), (lengths, ticket) => {
        const fires = lengths.flatMap(([on, off]) => repeated([true, on], [false, off]));
        const pages = pagesOf(run(fires, { ticket }));
        for (const first of pages)
          expect(pages.filter((at) => at >= first && at < first + HOUR).length).toBeLessThanOrEqual(7);
      }),
      { numRuns: 150 },
    );
  });

  it('comes close to that bound with a hostile pattern, so that it is one', () => {
    const pages = pagesOf(run([...flapping(1, 2, 3), ...flapping(16, 2, 20)]));
    const most = Math.max(
      ...pages.map((first) => pages.filter((at) => at >= first && at < first + HOUR).length),
    );
    expect(most).toBeGreaterThanOrEqual(5);
  });

  it('holds back no page that lasts: every one that goes on for 15 minutes is notified by then', () => {
    const length = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(length, length), { maxLength: 20 }), (lengths) => {
        const before = lengths.flatMap(([on, off]) => repeated([true, on], [false, off + 3]));
        const pages = pagesOf(run([...before, ...repeated([true, 16])]));
        const began = START + before.length * MINUTE;
        expect(pages.filter((at) => at >= began && at <= began + 15 * MINUTE)).toHaveLength(1);
      }),
      { numRuns: 150 },
    );
  });

  it('as a ticket that becomes a page again and again: what was not told is not told to be over either', () => {
    const minutes = run([...repeated([false, 2]), ...flapping(2, 3, 6)], { ticket: true });
    expect(told(minutes)).toEqual([
      '0 opened',
      '2 escalated',
      '5 deescalated',
      '7 escalated',
      '10 deescalated',
      '12 escalated',
      '15 deescalated',
    ]);
  });

  it('says with the last page that is sent at once that the next one has to last, and with no other', () => {
    const minutes = run([...flapping(2, 3, 3), ...repeated([true, 30])]);
    const last = { pages: 3, within: HOUR, lasts: 15 * MINUTE };
    const said = minutes.flatMap(({ at, transition }) =>
      transition?.flapping?.last ? [[(at - START) / MINUTE, transition.kind, transition.flapping.last]] : [],
    );
    // The one that lasted is the third within an hour as well.
    expect(said).toEqual([
      [10, 'opened', last],
      [30, 'opened', last],
    ]);
  });

  it('says with what is sent next how many pages were held back, and since when', () => {
    const minutes = run([...flapping(2, 3, 6), ...repeated([true, 20], [false, 5])]);
    const said = minutes.flatMap(({ at, transition }) =>
      transition?.flapping?.heldBack
        ? [[(at - START) / MINUTE, transition.kind, transition.flapping.heldBack]]
        : [],
    );
    expect(said).toEqual([[45, 'opened', { count: 3, since: START + 15 * MINUTE }]]);
    expect(minutes.at(-1)!.state.heldBack).toBeUndefined();
    // It is not forgotten until it is said, also where the hour is over, and the clock set.
    const calm = run([...flapping(2, 3, 5), ...repeated([false, 70], [true, 1])]);
    expect(calm.at(-1)!.transition!.flapping).toEqual({ heldBack: { count: 2, since: START + 15 * MINUTE } });
    const held = run([...flapping(2, 3, 5)]).at(-1)!.state;
    expect(isQuiet({ ...held, pages: [] })).toBe(false);
    expect(afterClockMoved(held, HOUR).heldBack).toEqual({ count: 2, since: START + 75 * MINUTE });
  });

  it('counts each page that is held back once, whatever it does: all are told or said to be held back', () => {
    const length = fc.integer({ min: 1, max: 20 });
    const pattern = fc.array(fc.tuple(length, length), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(pattern, fc.boolean(), (lengths, ticket) => {
        const fires = lengths.flatMap(([on, off]) => repeated([true, on], [false, off + 2]));
        // In the end it is calm for long, and pages once more.
        const minutes = run([...fires, ...repeated([false, 70], [true, 1])], { ticket });
        const episodes = lengths.length + 1;
        const held = minutes.reduce(
          (sum, { transition }) => sum + (transition?.flapping?.heldBack?.count ?? 0),
          0,
        );
        expect(pagesOf(minutes).length + held).toBe(episodes);
      }),
      { numRuns: 150 },
    );
  });

  it('does not escalate while it is held back, and starts anew once it is told', () => {
    const policy = { escalation: [{ after: 10 * MINUTE, to: ['lead'] }], repeat: 5 * MINUTE };
    const minutes = run([...flapping(2, 3, 3), ...repeated([true, 30])], { policy });
    expect(told(minutes).slice(6)).toEqual(['30 opened', '35 reminder', '40 unacknowledged']);
  });

  it('that is open and acknowledged as one page is not held back: it does not end', () => {
    const [first] = run([true]);
    const acknowledged = acknowledge(first!.state, { at: START, by: 'eva' });
    const minutes = run(repeated([true, 60]), { from: acknowledged });
    expect(told(minutes)).toEqual([]);
  });

  it('is held as long where the clock is set in between', () => {
    const minutes = run(flapping(2, 3, 3));
    const { pages } = afterClockMoved(minutes.at(-1)!.state, 2 * HOUR);
    expect(pages).toEqual([0, 5, 10].map((minute) => START + 2 * HOUR + minute * MINUTE));
  });
});
