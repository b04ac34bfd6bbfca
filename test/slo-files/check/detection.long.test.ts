import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, MINUTE } from '../../../src/core/time/duration.ts';
import { detectionsOf } from '../../../src/slo-files/check/detection.ts';
import { FAULT_BEGINS, arrivalOf, badOf } from '../../../src/slo-files/check/steady-traffic.ts';
import { defineSlo } from '../../support/definitions.ts';
import { startWorld } from '../../support/world.ts';
import { endOfMinute, evidenceOf, historyOf } from '../../simulation/minute-history.ts';

/** How long it is lived through after the failures began, and how long it went well before. */
const LIVED = 2 * DAY;
const BEFORE = 30 * DAY;

/** The minute by whose end the incident opens, and that by whose end it pages, as it is lived through. */
function lived(slo: Slo, rate: number, errorRate: number) {
  const minutes = (BEFORE + LIVED) / MINUTE;
  const good = new Uint32Array(minutes);
  const bad = new Uint32Array(minutes);
  const traffic = { rate, errorRate };
  const begins = BEFORE / MINUTE;
  for (let outcome = Math.floor(-BEFORE * rate); arrivalOf(outcome, traffic) < LIVED; outcome++) {
    const minute = begins + Math.floor(arrivalOf(outcome, traffic) / MINUTE);
    if (minute < 0) continue;
    if (badOf(outcome, traffic) > badOf(outcome - 1, traffic)) bad[minute]! += 1;
    else good[minute]! += 1;
  }
  const history = historyOf((FAULT_BEGINS - BEFORE) / MINUTE, good, bad);
  const evidenceAt = evidenceOf(history);
  let state = QUIET;
  let [first, page]: (number | null)[] = [null, null];
  for (let minute = begins; minute < minutes && page === null; minute++) {
    const now = endOfMinute(history, minute);
    state = step(slo, readTiers(slo, evidenceAt(minute), now), state, now).state;
    const after = (minute - begins + 1) * MINUTE;
    if (state.incident) first ??= after;
    if (state.incident?.severity === 'page') page = after;
  }
  return { first, page };
}

it('J3: what `check` promises is what evaluation does, to the minute', () => {
  let paged = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('50%', '80%', '90%', '95%', '99%', '99.5%', '99.9%', '99.99%'),
      fc.constantFrom('7d', '28d'),
      // From two a day to two a second.
      fc.double({ min: Math.log(2 / DAY), max: Math.log(2 / 1000), noNaN: true }).map(Math.exp),
      fc.constantFrom(0, 1, 2),
      fc.constantFrom(null, null, 1, 5),
      (objective, window, rate, row, minFailures) => {
        const slo = defineSlo({ objective, window, alerts: { minFailures } });
        const { errorRate, first, page } = detectionsOf(slo, rate)[row]!;
        const known = (promised: { readonly after: number } | null) =>
          promised && promised.after <= LIVED ? promised.after : null;
        const found = lived(slo, rate, errorRate);
        expect(found.page).toBe(known(page));
        // What spends just the budget is at the threshold of a ticket: one failure more or less reaches it at any time.
        if (found.first !== null && errorRate > slo.objective.errorBudget * 1.001)
          expect(found.first).toBe(known(first));
        if (found.page !== null) paged++;
      },
    ),
    { numRuns: 40, seed: 8 },
  );
  expect(paged).toBeGreaterThan(20);
});

it('counts what `within` adds: production pages as long after the first hang as it says', async () => {
  const slo = defineSlo({ objective: '95%', sli: { withinMs: 10 * MINUTE } });
  const world = await startWorld({ slos: [slo] });
  try {
    const perMinute = 10;
    for (let minute = 0; minute < 180; minute++) {
      world.clock.advance(MINUTE);
      for (let one = 0; one < perMinute; one++) {
        const execution = `good-${minute}-${one}`;
        const at = world.clock.now();
        await world.recorder.record([
          { workflow: 'orders', execution, status: 'succeeded', startedAt: at - 1000, at },
        ]);
      }
      await world.tick();
    }
    const began = world.clock.now();
    let page: number | null = null;
    for (let minute = 0; minute < 60 && page === null; minute++) {
      world.clock.advance(MINUTE);
      for (let one = 0; one < perMinute; one++)
        await world.recorder.record([
          { workflow: 'orders', execution: `hung-${minute}-${one}`, status: 'started' },
        ]);
      await world.tick();
      const state = await world.state(slo);
      if (state?.incident?.severity === 'page') page = world.clock.now() - began;
    }
    const promised = detectionsOf(slo, perMinute / MINUTE)[0]!.page!.after;
    expect(promised).toBeGreaterThan(10 * MINUTE);
    expect(page).not.toBeNull();
    expect(page!).toBeGreaterThan(10 * MINUTE);
    expect(page!).toBeLessThanOrEqual(promised + MINUTE);
  } finally {
    await world.close();
  }
});
