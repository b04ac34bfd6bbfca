import { describe, expect, it } from 'vitest';
import { parseAdjustment, parseSignature } from '../../../src/core/adjustments/adjustment-request.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';

const ONCE = { slo: 'orders/done', reason: 'maintenance', by: 'sam', from: START, to: START + HOUR };
const AGAIN = {
  workflow: 'orders',
  reason: 'backup',
  by: 'sam',
  rrule: 'FREQ=WEEKLY;BYDAY=SU,WE;BYHOUR=2;BYMINUTE=30',
  start: '2026-03-01T00:00:00Z',
  duration: '1h30m',
  timeZone: 'Europe/Berlin',
};

const problems = (request: unknown): string => {
  const parsed = parseAdjustment(request, START);
  return 'problems' in parsed ? parsed.problems.join(' ') : 'none';
};
const draft = (request: unknown) => {
  const parsed = parseAdjustment(request, START);
  if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
  return parsed.draft;
};

describe('a request for an adjustment', () => {
  it('is of one interval, or of one that comes again', () => {
    expect(draft({ ...ONCE, from: '2026-03-02T13:00:00+01:00', reason: ' maintenance ' })).toEqual({
      slo: 'orders/done',
      workflow: null,
      reason: 'maintenance',
      createdBy: 'sam',
      when: { kind: 'once', from: START, to: START + HOUR },
    });
    expect(draft(AGAIN).when).toEqual({
      kind: 'recurring',
      rrule: 'FREQ=WEEKLY;BYDAY=SU,WE;BYHOUR=2;BYMINUTE=30',
      start: Date.UTC(2026, 2, 1),
      duration: 90 * MINUTE,
      timeZone: 'Europe/Berlin',
      until: null,
    });
    const short = draft({ ...AGAIN, duration: undefined, durationMs: 90_000, rrule: 'rrule:freq=daily' });
    expect(short.when).toMatchObject({ rrule: 'FREQ=DAILY', duration: 90_000 });
  });

  it('says of everything that is wrong what would be right, all at once', () => {
    expect(problems(null)).toBe('An adjustment is a JSON object.');
    expect(problems({})).toMatch(
      /^Give either slo .* reason is missing: why.* by is missing: who.* from must be an RFC 3339 time.* to must be/,
    );
    expect(problems({ ...ONCE, workflow: 'orders', form: 1 })).toMatch(
      /There is no field "form"; there are slo, workflow,.* Give either slo/,
    );
  });

  it.each([
    [{ ...ONCE, to: START }, 'to must be later than from'],
    [{ ...ONCE, to: START + 31 * DAY + 1 }, 'at most 31d apart'],
    [{ ...ONCE, from: START - 90 * DAY - 1, to: START - 89 * DAY }, 'from must be at most 90d ago'],
    [{ ...ONCE, from: START + 400 * DAY, to: START + 401 * DAY }, 'from must be at most 366d ahead'],
    [{ ...ONCE, from: '2026-02-30T00:00:00Z' }, 'from must be an RFC 3339 time'],
    [{ ...ONCE, from: '2026-03-02T12:00:00' }, 'from must be an RFC 3339 time'],
    [{ ...ONCE, duration: '1h' }, 'duration belong to a recurring adjustment'],
    [{ ...ONCE, by: '' }, 'by must be a text'],
    [{ ...ONCE, by: 'a\nb' }, 'by must be a text'],
    [{ ...ONCE, reason: 'x'.repeat(1001) }, 'reason must be a text of 1 to 1000'],
    [{ ...ONCE, reason: '\ud800' }, 'reason must be a text'],
    [{ ...ONCE, slo: 7 }, 'slo must be a text'],
    [{ ...AGAIN, from: START }, 'start and duration instead of from and to'],
    [{ ...AGAIN, start: START - 91 * DAY }, 'start must be at most 90d ago'],
    [{ ...AGAIN, until: START - 2 * DAY }, 'until must not be earlier than start'],
    [{ ...AGAIN, until: 'never' }, 'until must be an RFC 3339 time'],
    [{ ...AGAIN, duration: undefined }, 'as duration ("2h") or as durationMs'],
    [{ ...AGAIN, durationMs: HOUR }, 'as duration ("2h") or as durationMs'],
    [{ ...AGAIN, duration: '59s' }, 'duration must be from 1m to 31d'],
    [{ ...AGAIN, duration: undefined, durationMs: Infinity }, 'durationMs must be from 1m to 31d'],
    [{ ...AGAIN, timeZone: 'Berlin' }, 'timeZone must be the IANA name'],
    [{ ...AGAIN, timeZone: '+01:00' }, 'timeZone must be the IANA name'],
    [{ ...AGAIN, rrule: 7 }, 'rrule must be an RFC 5545'],
    [{ ...AGAIN, rrule: '' }, 'rrule must be an RFC 5545'],
    [{ ...AGAIN, rrule: 'BYDAY=MO' }, 'rrule must have FREQ'],
    [{ ...AGAIN, rrule: 'FREQ=MINUTELY' }, 'FREQ must be HOURLY, DAILY'],
    [{ ...AGAIN, rrule: 'FREQ=SECONDLY' }, 'FREQ must be HOURLY, DAILY'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;FREQ=DAILY' }, 'FREQ is there twice'],
    [
      { ...AGAIN, rrule: 'FREQ=DAILY;BYMINUTE=0,30' },
      'one minute from 0 to 59, since it may recur once an hour at most',
    ],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;BYSECOND=1' }, '"BYSECOND" is none of the parts'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;__PROTO__=1' }, '"__PROTO__" is none of the parts'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;INTERVAL=0' }, 'INTERVAL must be a whole number from 1'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;COUNT=501' }, 'COUNT must be a whole number from 1 to 500'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;BYHOUR=24' }, 'BYHOUR must be hours from 0 to 23'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY;UNTIL=20260401T000000Z' }, 'give the end as until, beside rrule'],
    [{ ...AGAIN, rrule: 'FREQ=HOURLY;BYMONTH=2' }, 'use FREQ=DAILY or rarer'],
    [{ ...AGAIN, rrule: `FREQ=DAILY${';X=1'.repeat(200)}` }, 'rrule must be an RFC 5545'],
    [{ ...AGAIN, rrule: 'FREQ=DAILY\nRDATE:20260301' }, 'FREQ must be'],
  ])('%j is refused: %s', (request, message) => {
    expect(problems(request)).toContain(message);
  });
});

describe('a signature', () => {
  it('says who, and if they like, why', () => {
    expect(parseSignature({ by: 'sam' })).toEqual({ by: 'sam', text: null });
    expect(parseSignature({ by: 'sam', note: 'on it' }, 'note')).toEqual({ by: 'sam', text: 'on it' });
    expect(parseSignature({ by: 'sam', note: 'on it' })).toMatchObject({
      problems: [expect.stringContaining('no field "note"')],
    });
    for (const nobody of [undefined, null, [], {}, { by: ' ' }, { by: 5 }]) {
      expect(parseSignature(nobody)).toHaveProperty('problems');
    }
  });
});
