import { describe, expect, it } from 'vitest';
import { detectionTime } from '../../src/core/alert-policy.ts';
import type { OutboxRow } from '../../src/core/notification.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { START } from '../support/clock.ts';
import { defineSlo } from '../support/definitions.ts';
import { startWorld } from '../support/world.ts';

describe('a simulated month', () => {
  const slo = defineSlo({ objective: '99%', window: '28d' });
  const at = (days: number, hours = 0) => START + days * DAY + hours * HOUR;
  // A total outage, a partial one, and a slow leak; with the tier that must find each first.
  const incidents = [
    { from: at(5), until: at(5, 0.5), errorRate: 1, tier: 'fast', severity: 'page', target: 'pager' },
    { from: at(12), until: at(12, 10), errorRate: 0.08, tier: 'slow', severity: 'page', target: 'pager' },
    { from: at(19), until: at(20), errorRate: 0.035, tier: 'drift', severity: 'ticket', target: 'inbox' },
  ] as const;

  /** Ticks every minute where it matters, and coarsely where nothing happens, to keep the month short. */
  function stepAt(now: number): number {
    const near = incidents.find(({ from, until }) => now >= from - 7 * HOUR && now < until + 7 * HOUR);
    if (!near) return HOUR;
    return now >= near.from && now < near.from + HOUR ? MINUTE : 10 * MINUTE;
  }

  it('J3: finds incidents when their tier says it will, resolves them, and is quiet for the rest', async () => {
    const world = await startWorld({ slos: [slo] });
    while (world.clock.now() < at(28)) {
      const now = world.clock.now();
      const step = stepAt(now);
      const { errorRate } = incidents.find(({ from, until }) => now >= from && now < until) ?? {
        errorRate: 0.0002,
      };
      const total = (step / MINUTE) * 10_000;
      await world.report(total - Math.round(total * errorRate), Math.round(total * errorRate));
      await world.tick();
      world.clock.advance(step);
    }
    const told = await world.told();
    expect(told.map(({ facts }) => facts.kind)).toEqual(incidents.flatMap(() => ['opened', 'resolved']));
    incidents.forEach(({ from, until, errorRate, tier, severity, target }, index) => {
      const [opened, resolved] = told.slice(index * 2, index * 2 + 2) as [OutboxRow, OutboxRow];
      const definition = slo.alerts.tiers.find(({ name }) => name === tier)!;
      const predicted = from + detectionTime(slo.objective, definition, errorRate)!;
      const step = stepAt(predicted);
      expect(opened.facts).toMatchObject({ tier, severity, factor: definition.factor });
      expect([opened.target, resolved.target]).toEqual([target, target]);
      expect(opened.facts.at).toBeGreaterThanOrEqual(predicted - 2 * step);
      expect(opened.facts.at).toBeLessThanOrEqual(predicted + step);
      expect(resolved.incident).toBe(opened.incident);
      expect(resolved.facts.at).toBeGreaterThan(until);
      // At most the longest short window, and then the five minutes of hysteresis.
      expect(resolved.facts.at).toBeLessThanOrEqual(until + 6 * HOUR + 20 * MINUTE);
    });
    expect(await world.state(slo)).toEqual({ firing: {}, incident: null });
    await world.close();
  });
});
