import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SloReport } from '../../src/core/ports/queries.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { nightlyOutcomes } from '../../src/demo/nightly-run.ts';
import { stageAt } from './stage.ts';

const MIDNIGHT = Date.parse('2028-02-28T00:00:00Z');
const DUE = 1.5 * HOUR;

describe('the nightly run', () => {
  it('is the same however the time is cut into pieces: history and live traffic agree', () => {
    const whole = nightlyOutcomes(MIDNIGHT, MIDNIGHT + 3 * DAY);
    const cut = integer({ min: 0, max: 3 * DAY });
    assert(
      property(array(cut, { maxLength: 8 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), 3 * DAY];
        const parts = edges
          .slice(1)
          .flatMap((to, at) => nightlyOutcomes(MIDNIGHT + edges[at]!, MIDNIGHT + to));
        expect(parts).toEqual(whole);
      }),
    );
  });

  it('starts within a minute after it is due and ends in time, every night', () => {
    for (let night = 0; night < 400; night++) {
      const midnight = MIDNIGHT + night * DAY;
      const outcomes = nightlyOutcomes(midnight, midnight + DAY);
      const times = outcomes.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const ofRun = outcomes.filter(({ step }) => step === undefined);
      expect(ofRun.map(({ status }) => status)).toEqual(['started', 'succeeded']);
      const [started, ended] = ofRun.map(({ at }) => at - midnight);
      expect(started).toBeGreaterThanOrEqual(DUE);
      expect(started).toBeLessThan(DUE + MINUTE);
      expect(ended).toBeLessThan(DUE + 1.5 * HOUR);
    }
  });
});

describe('a demo that runs through the night', () => {
  // Before midnight, before the run is due, the minute it is due, and while it runs.
  it.each(['2028-02-28T23:55:30Z', '2026-11-25T01:29:50Z', '2026-11-25T01:30:05Z', '2026-11-25T02:10:00Z'])(
    'counts the run of that night as good, once, when started at %s',
    async (start) => {
      const stage = await stageAt(Date.parse(start), 26 * HOUR);
      try {
        const nightly = async (): Promise<SloReport[]> =>
          (await stage.slos()).filter(({ workflow }) => workflow === 'nightly-invoices');
        const before = await nightly();
        const morning = Math.floor(Date.parse(start) / DAY + 0.5) * DAY + 4 * HOUR;
        const notified = await stage.play(morning - Date.parse(start), MINUTE);
        expect(notified.filter(({ facts }) => facts.workflow === 'nightly-invoices')).toEqual([]);
        for (const [index, { id, alert, data, sli }] of (await nightly()).entries()) {
          const { good } = before[index]!.sli;
          expect({ id, alert, data, ...sli }).toMatchObject({
            id,
            alert: 'none',
            data: 'ok',
            good: good + 1,
            bad: 0,
          });
        }
        expect(await stage.store.inFlight('nightly-invoices')).toEqual({
          running: 0,
          overdue: 0,
          waiting: 0,
        });
      } finally {
        await stage.close();
      }
    },
  );
});
