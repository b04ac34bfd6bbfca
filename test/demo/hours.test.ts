import { describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '../../src/core/time/duration.ts';
import { FIRST_INCIDENT_AFTER } from '../../src/demo/incident-script.ts';
import { HISTORY_LENGTH } from '../../src/demo/history.ts';
import { stageAt } from './stage.ts';
import { dataAtStart } from './data-at-start.ts';

const CHARGE_CARD = 'order-fulfillment/charge-card-succeeds';
/** What the first minute of the incident touches. */
const STRUCK = new Set([CHARGE_CARD, 'order-fulfillment/payment-gateway']);

const ORDINARY_DAY = '2026-11-25';
const SPECIAL_DAYS = [
  '2026-10-25', // Berlin's clocks go back
  '2027-03-28', // and forward
  '2026-10-31', // the last day of a month
  '2026-11-01', // the first one; New York's clocks go back
  '2026-12-31', // the last day of a quarter
  '2027-01-01', // and the first one
  '2028-02-29', // a leap day
  '2028-03-01', // and the day after
];
/** Before the changes of the clocks, before the nightly run would be late, and before midnight in Berlin and in UTC. */
const CRITICAL_TIMES = ['00:59:50', '01:45:30', '21:59:50', '22:59:50', '23:59:50'];
const OTHER_TIMES = ['06:07:00', '12:30:59', '18:14:01'];
/** Each at another second, so that the incident meets the edge of a minute in every way. */
const EVERY_HOUR = Array.from({ length: 24 }, (_, hour) => {
  const second = Math.floor(2.5 * hour);
  return [hour, 45, second].map((part) => String(part).padStart(2, '0')).join(':');
});

/** With BURNWATCH_TEST_ALL_HOURS set, every hour of every day is tried, with the whole history: some ten minutes. */
const all = Boolean(process.env['BURNWATCH_TEST_ALL_HOURS']);
// Long enough for the last nightly run and the windows that page.
const history = all ? HISTORY_LENGTH : 26 * HOUR;
const timesOfSpecialDays = [...CRITICAL_TIMES, ...OTHER_TIMES, ...(all ? EVERY_HOUR : [])];

const starts = [
  ...EVERY_HOUR.map((time) => `${ORDINARY_DAY}T${time}Z`),
  ...SPECIAL_DAYS.flatMap((day) => timesOfSpecialDays.map((time) => `${day}T${time}Z`)),
];

describe('the demo looks the same whenever it starts', () => {
  it.concurrent.each([...new Set(starts)])('%s', async (start) => {
    const stage = await stageAt(Date.parse(start), history);
    try {
      for (const report of await stage.slos()) {
        expect([report.id, report.alert, report.data]).toEqual([report.id, 'none', dataAtStart(report)]);
        expect(report.budget.remainingRatio ?? 1, report.id).toBeGreaterThan(0.3);
      }

      const notified = await stage.play(45 * SECOND);
      const [told, paged] = notified.filter(({ facts }) => facts.slo === CHARGE_CARD);
      expect(told!.facts).toMatchObject({ kind: 'opened', severity: 'ticket' });
      expect(told!.facts.reasons[0]!.tier).toBe('early');
      expect(paged!.facts).toMatchObject({ kind: 'escalated', severity: 'page' });
      expect(paged!.facts.reasons[0]!.tier).toBe('fast');
      expect(paged!.after).toBeLessThanOrEqual(40 * SECOND);
      // Long enough before for people to see it as a ticket.
      expect(paged!.after - told!.after).toBeGreaterThanOrEqual(10 * SECOND);
      // It is never the gateway that comes first: that would fold this one into it.
      expect(notified[0]).toBe(told);
      const sibling = notified.findIndex(({ facts }) => facts.slo !== CHARGE_CARD);
      expect(sibling === -1 || sibling > notified.indexOf(paged!)).toBe(true);
      for (const { after, facts } of notified) {
        expect(after).toBeGreaterThan(FIRST_INCIDENT_AFTER);
        expect(STRUCK).toContain(facts.slo);
      }

      for (const report of await stage.slos()) {
        if (!STRUCK.has(report.id))
          expect([report.id, report.alert, report.data]).toEqual([report.id, 'none', dataAtStart(report)]);
      }
    } finally {
      await stage.close();
    }
  });
});
