import { describe, expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { detectionTime } from '../../support/detection-time.ts';
import { defineSlo } from '../../support/definitions.ts';
import { startWorld } from '../../support/world.ts';

describe('a simulated month', () => {
  const slo = defineSlo({ objective: '99%', window: '28d' });
  const at = (days: number, hours = 0) => START + days * DAY + hours * HOUR;
  // A total outage, a partial one, and a slow leak; with the tier that must find each first.
  const incidents = [
    { from: at(5), until: at(5, 0.5), errorRate: 1, tier: 'outage', severity: 'page', target: 'pager' },
    { from: at(12), until: at(12, 10), errorRate: 0.08, tier: 'slow', severity: 'page', target: 'pager' },
    { from: at(19), until: at(20), errorRate: 0.035, tier: 'drift', severity: 'ticket', target: 'inbox' },
  ] as const;
  const USUAL_ERROR_RATE = 0.0002;
  const PER_MINUTE = 10_000;

  /**
   * How long a tier takes to fire. Thousands of failures prove an outage at once, but every minute has had a success:
   * so one has to pass without, see `usualGap`.
   */
  function timeToFire(name: string, errorRate: number): number {
    const tier = slo.alerts.tiers.find((one) => one.name === name)!;
    return tier.kind === 'burnRate' ? detectionTime(slo.objective, tier, errorRate)! : MINUTE;
  }

  /** How long until the next tick: a minute where it matters, and long where nothing happens. */
  function stepAt(now: number): number {
    const near = incidents.find(({ from, until }) => now >= from && now < until + 9 * HOUR);
    if (!near) return 6 * HOUR;
    return now < near.from + HOUR ? MINUTE : 20 * MINUTE;
  }

  /** Everything that ended after one moment up to another, counted by the minute. */
  function trafficBetween(after: number, now: number): object[] {
    const records: object[] = [];
    for (let ended = now; ended > after; ended -= MINUTE) {
      const incident = incidents.find(({ from, until }) => ended > from && ended <= until);
      const bad = Math.round(PER_MINUTE * (incident?.errorRate ?? USUAL_ERROR_RATE));
      const common = { workflow: slo.workflow, at: ended };
      records.push({ ...common, execution: `bad-${ended}`, status: 'failed', count: bad });
      const good = PER_MINUTE - bad;
      if (good > 0) records.push({ ...common, execution: `good-${ended}`, status: 'succeeded', count: good });
    }
    return records;
  }

  it('J3: finds incidents when their tier says it will, resolves them, and is quiet for the rest', async () => {
    const world = await startWorld({ slos: [slo] });
    const { clock } = world;
    while (clock.now() < at(28)) {
      const before = clock.now();
      clock.advance(stepAt(before));
      const records = trafficBetween(before, clock.now());
      expect(await world.recorder.record(records)).toMatchObject({ accepted: records.length });
      await world.tick();
    }
    const told = await world.told();
    const named = [...new Set(told.map(({ incident }) => incident))];
    const conversations = named.map((name) => told.filter(({ incident }) => incident === name));
    expect(conversations).toHaveLength(incidents.length);
    incidents.forEach(({ from, until, errorRate, tier, severity, target }, index) => {
      const conversation = conversations[index]!;
      const [opened, resolved] = [conversation[0]!, conversation.at(-1)!];
      expect([opened.facts.kind, resolved.facts.kind]).toEqual(['opened', 'resolved']);
      const predicted = from + timeToFire(tier, errorRate);
      const tick = stepAt(predicted);
      expect(opened.facts).toMatchObject({ severity, reasons: [{ tier }] });
      expect([opened.target, resolved.target]).toEqual([target, target]);
      // The usual errors before it make it a little earlier than after none at all.
      expect(opened.facts.at).toBeGreaterThanOrEqual(predicted - 2 * tick);
      expect(opened.facts.at).toBeLessThanOrEqual(predicted + tick);
      expect(resolved.facts.at).toBeGreaterThan(until);
      // At most the longest short window, and then the two hours of hysteresis of a ticket.
      expect(resolved.facts.at).toBeLessThanOrEqual(until + 8 * HOUR + 40 * MINUTE);
    });
    expect(await world.state(slo)).toEqual(QUIET);
    await world.close();
  });
});
