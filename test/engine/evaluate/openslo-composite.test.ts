import { afterEach, describe, expect, it } from 'vitest';
import { burnRate } from '../../../src/core/budget/burn-rate.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { TEAMS, definitionsOf, loadFiles, told } from '../../slo-files/slo-folder.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;

interface Part {
  readonly workflow: string;
  readonly target: number;
}

const partOf =
  (method: string) =>
  ({ workflow, target }: Part, index: number) =>
    `
    - displayName: p${index}
      target: ${target}
      ${method === 'Timeslices' ? 'timeSliceTarget: 0.5\n      timeSliceWindow: 5m' : ''}
      indicator:
        metadata: { name: i${index} }
        spec:
          ratioMetric:
            rawType: success
            raw: { metricSource: { type: burnwatch, spec: { workflow: ${workflow} } } }`;

/** An OpenSLO composite of parts, and what is said of it. */
async function load(method: string, parts: readonly Part[]) {
  const loaded = await loadFiles({
    'composite.yaml': `apiVersion: openslo/v1
kind: Service
metadata: { name: shop, labels: { owner: payments } }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: journey }
spec:
  service: shop
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: ${method}
  objectives: ${parts.map(partOf(method)).join('')}
`,
    'teams.yaml': TEAMS,
  });
  const slos = allSlos(definitionsOf(loaded));
  return { slos, journey: slos.find(({ name }) => name === 'journey')!, problems: told(loaded) };
}

const PARTS = [
  { workflow: 'pay', target: 0.999 },
  { workflow: 'pack', target: 0.9 },
  { workflow: 'ship', target: 0.9 },
];

/** An outcome a minute of each part, of which one fails. */
async function minutes(count: number, failing: string | null): Promise<void> {
  for (let minute = 0; minute < count; minute += 5) {
    world.clock.advance(5 * MINUTE);
    for (const { workflow } of PARTS)
      await world.report(workflow === failing ? 0 : 5, workflow === failing ? 5 : 0, { workflow });
  }
}

const openAt = async (slos: readonly Slo[]) => {
  world = await startWorld({ slos, counted: 28 * DAY });
};

describe('an OpenSLO composite', () => {
  afterEach(() => world.close());

  it('pages when its strict part fails beside lenient ones that are well: it burns as the mean of their burn rates', async () => {
    const { slos, journey, problems } = await load('Occurrences', PARTS);
    // What `check` says: of a lenient part alone the mean stays below what pages.
    expect(problems).toEqual([
      expect.stringMatching(/outage of `pack\/journey-p1`, `ship\/journey-p2` alone, .* pages no one$/),
    ]);
    await openAt(slos);
    await minutes(360, null);
    await world.tick();
    expect(await world.state(journey)).toBeUndefined();
    await minutes(20, 'pay');
    await world.tick();
    expect(await world.state(journey)).toMatchObject({ incident: { severity: 'page' } });
    // A third of 1000x over five minutes: the parts' burn rates, each against its own target.
    const rate = burnRate(journey.objective, await world.counted(journey, 5 * MINUTE));
    expect(rate).toBeCloseTo(1000 / 3, 3);
    const hour = burnRate(journey.objective, await world.counted(journey, HOUR));
    expect(hour).toBeCloseTo((1000 * (20 / 60)) / 3, 3);
  });

  it('does not burn for a part that just keeps its promise while another one is silent', async () => {
    const { slos, journey } = await load('Occurrences', PARTS);
    await openAt(slos);
    world.clock.advance(5 * MINUTE);
    await world.report(90, 10, { workflow: 'ship' });
    const rate = burnRate(journey.objective, await world.counted(journey, 5 * MINUTE));
    expect(rate).toBeCloseTo(1, 6);
  });

  it('of time slices is bad in every slice in which a part is', async () => {
    const { slos, journey } = await load('Timeslices', PARTS);
    expect(journey.objective.ratio).toBeCloseTo(0.999 * 0.9 * 0.9, 9);
    await openAt(slos);
    await minutes(60, null);
    await minutes(15, 'ship');
    await minutes(60, null);
    world.clock.advance(5 * MINUTE);
    await world.tick();
    const { good, bad } = await world.counted(journey, 3 * HOUR);
    expect([good + bad, bad]).toEqual([27, 3]);
  });
});

it('warns of an OpenSLO composite of many equal parts: the outage of one could page no one', async () => {
  const many = Array.from({ length: 5 }, (_, index) => ({ workflow: `w${index}`, target: 0.9 }));
  const { problems } = await load('Occurrences', many);
  expect(problems).toContainEqual(
    expect.stringMatching(
      /warning: a total outage of `w0\/journey-p0`, .* alone, with the other parts well, pages no one$/,
    ),
  );
});
