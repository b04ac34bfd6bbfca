import { afterEach, describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { NO_FIGURES } from '../../../src/core/alerting/notification.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import type { ReadIncidentCharts } from '../../../src/engine/queries/incident-charts.ts';
import { createIncidentCharts } from '../../../src/engine/queries/incident-charts.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { ANYONE } from '../../support/tokens.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';
import { OPENED } from '../../notify/example-facts.ts';

const slo = defineSlo({ objective: '95%' });

let world: World;
let known: readonly Slo[];
let read: ReadIncidentCharts;
afterEach(() => world.close());

async function open(): Promise<void> {
  known = [slo];
  world = await startWorld({ slos: [slo], counted: 28 * DAY });
  const { store } = world;
  const adjustments = createAdjustments(store, world.log);
  read = createIncidentCharts({
    store,
    adjustments,
    annotations: world.annotations,
    definitions: () => define(known),
  });
}

/** 100 good ones, then 3 hours in which 20, 40 and 60 of 100 fail. */
async function burn(): Promise<NotificationFacts> {
  await open();
  world.clock.advance(HOUR);
  await world.report(100, 0);
  const began = world.clock.now();
  for (const bad of [20, 40, 60]) {
    world.clock.advance(HOUR);
    await world.report(100 - bad, bad, { error: 'timeout' });
  }
  world.clock.advance(MINUTE);
  const at = world.clock.now();
  return {
    ...OPENED,
    ...NO_FIGURES,
    slo: slo.id,
    workflow: slo.workflow,
    sli: slo.sli,
    objective: 0.95,
    window: slo.window.text,
    openedAt: began + HOUR,
    began,
    at,
    counted: 400,
    budget: { allowed: 200, spent: 120, remaining: 80, remainingRatio: 0.4 },
    exhaustsAt: at + HOUR,
  };
}

describe('the charts of a notification', () => {
  it('show the budget and what failed, with some of the time before', async () => {
    const facts = await burn();
    const data = (await read(facts))!;
    expect(data.burnDown).toMatchObject({ remainingRatio: 0.4, exhaustsAt: facts.exhaustsAt });
    const left = data.burnDown.points.filter(({ remaining }) => remaining !== null);
    expect(left.at(-1)!.remaining).toBeCloseTo(0.4, 9);
    expect(data.range).toMatchObject({ from: expect.any(Number) as number });
    expect(data.range.from).toBeLessThanOrEqual(facts.began! - HOUR);
    const sum = (key: 'good' | 'bad') => data.points.reduce((total, point) => total + point[key], 0);
    expect([sum('good'), sum('bad')]).toEqual([280, 120]);
    expect(data.incidents).toEqual([
      { id: facts.incident, severity: 'page', from: facts.openedAt, to: null },
    ]);
  });

  it('are as of the notification, whenever it is sent', async () => {
    const facts = await burn();
    const first = await read(facts);
    for (let hour = 0; hour < 5; hour++) {
      world.clock.advance(HOUR);
      await world.report(0, 50, { error: 'timeout' });
    }
    expect(await read(facts)).toEqual(first);
  });

  it('mark what was noted, and the end of what is over', async () => {
    const facts = await burn();
    await world.annotations.annotate(
      { text: '7f3c', kind: 'deploy', workflow: 'orders', at: facts.began },
      ANYONE,
    );
    const data = await read({ ...facts, kind: 'resolved' });
    expect(data!.annotations).toEqual([{ at: facts.began, text: 'deploy 7f3c' }]);
    expect(data!.incidents[0]!.to).toBe(facts.at);
  });

  it('are none of an SLO that is gone, promises or counts something else, or counted nothing', async () => {
    const facts = await burn();
    expect(await read({ ...facts, counted: 0 })).toBeNull();
    for (const change of [
      [],
      [defineSlo({ objective: '90%' })],
      [defineSlo({ objective: '95%', window: '7d' })],
    ]) {
      known = change;
      expect(await read(facts)).toBeNull();
    }
    known = [slo];
    expect(await read({ ...facts, sli: { ...slo.sli, step: 'ship' } as Slo['sli'] })).toBeNull();
    expect(await read(facts)).not.toBeNull();
  });
});
