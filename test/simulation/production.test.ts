import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertState } from '../../src/core/alerting/incident.ts';
import { QUIET } from '../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../src/core/slo/slo.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { START } from '../support/clock.ts';
import { defineSlo } from '../support/definitions.ts';
import type { World } from '../support/world.ts';
import { startWorld } from '../support/world.ts';
import type { MinuteHistory } from './minute-history.ts';
import { endOfMinute, evidenceOf, historyOf } from './minute-history.ts';
import type { Fault, Traffic } from './scenarios.ts';
import { WARM_UP, generate } from './scenarios.ts';

/** Minutes that are lived through in production, and those of them in which the fault is there. */
const MINUTES = 12 * 60;
const FAULT = { from: 100, to: 250 };

const CELLS: readonly (readonly [Traffic, string, Fault])[] = [
  ['10/hour', '90%', 'total outage'],
  ['10/hour', '99.9%', 'half fail'],
  ['1/s', '50%', 'flapping'],
  ['1/s', '95%', 'total outage'],
  ['1/s', '99%', '10% fail'],
  ['100/s', '99.9%', '10% fail'],
];

/** What people would see of a state: everything but whom it was told to. */
function seen({ firing, incident }: AlertState): object {
  if (!incident) return { firing, incident };
  const { id, openedAt, severity, tier, sequence } = incident;
  return { firing, incident: { id, openedAt, severity, tier, sequence } };
}

/** A history of nothing but those minutes; what comes before and after the fault is healthy. */
function historyWith(traffic: Traffic, { objective }: Slo, fault: Fault): MinuteHistory {
  const { errorBudget } = objective;
  const healthy = { traffic, errorBudget, usual: 0.25, fault: null, faultFrom: 0, minutes: MINUTES, seed: 1 };
  const before = generate(healthy);
  const during = generate({ ...healthy, fault });
  const [good, bad] = (['good', 'bad'] as const).map((what) => {
    const counts = before[what].slice(WARM_UP);
    counts.set(during[what].subarray(WARM_UP + FAULT.from, WARM_UP + FAULT.to), FAULT.from);
    return counts;
  });
  return historyOf(START / MINUTE, good!, bad!);
}

describe('J1: production judges as the simulation does:', () => {
  let world: World;
  const slos: Slo[] = CELLS.map(([traffic, objective, fault], index) =>
    defineSlo({
      workflow: `workflow-${index}`,
      name: `${traffic} ${objective} ${fault}`,
      objective,
      // Tickets are over within the hours that are lived through.
      alerts: { resolveAfter: 5 * MINUTE },
    }),
  );
  const histories = CELLS.map(([traffic, , fault], index) => historyWith(traffic, slos[index]!, fault));
  const lived: object[][] = slos.map(() => []);

  beforeAll(async () => {
    world = await startWorld({ slos });
    // Counting begins before the first outcome comes, as in the histories.
    await world.tick();
    for (let minute = 0; minute < MINUTES; minute++) {
      world.clock.set(endOfMinute(histories[0]!, minute));
      const records = histories.flatMap(({ good, bad }, index) =>
        [
          { status: 'succeeded', count: good[minute]! },
          { status: 'failed', count: bad[minute]! },
        ]
          .filter(({ count }) => count > 0)
          .map((ended) => ({
            ...ended,
            workflow: slos[index]!.workflow,
            execution: `${ended.status}-${minute}`,
          })),
      );
      const { accepted } = await world.recorder.record(records);
      expect(accepted).toBe(records.length);
      await world.tick();
      const states = await world.store.loadStates();
      slos.forEach(({ id }, index) => lived[index]!.push(seen(states.get(id)?.state ?? QUIET)));
    }
  }, 300_000);
  afterAll(() => world.close());

  it.each(CELLS.map((cell, index) => [...cell, index] as const))(
    '%s, %s, %s',
    (_traffic, _objective, _fault, index) => {
      const slo = slos[index]!;
      const history = histories[index]!;
      const evidenceAt = evidenceOf(history);
      let state = QUIET;
      const simulated = Array.from({ length: MINUTES }, (_, minute) => {
        const now = endOfMinute(history, minute);
        state = step(slo, readTiers(slo, evidenceAt(minute), now), state, now).state;
        return seen(state);
      });
      expect(lived[index]).toEqual(simulated);
      // Nothing to see would prove nothing: it was quiet, burned, and in the end all was over.
      const burning = simulated.map((one) => 'incident' in one && one.incident !== null);
      expect(burning[FAULT.from - 1]).toBe(false);
      expect(burning).toContain(true);
      expect(burning.lastIndexOf(false)).toBeGreaterThan(burning.indexOf(true));
    },
  );
});
