import { Cron } from 'croner';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { readSchedule } from '../../../src/slo-files/native/schedule.ts';

function schedule(cron: string, timeZone = 'UTC') {
  const read = readSchedule(cron, timeZone);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

function ticks(cron: string, timeZone: string, from: string, to: string): string[] {
  const found = schedule(cron, timeZone).schedule.ticks(Date.parse(from), Date.parse(to));
  return found.map((at) => new Date(at).toISOString().replace(':00.000Z', ''));
}

describe('the ticks of a schedule', () => {
  it('are those of local time, on both sides of a change of clocks', () => {
    expect(ticks('0 2 * * *', 'UTC', '2026-03-28T00:00Z', '2026-03-29T23:00Z')).toEqual([
      '2026-03-28T02:00',
      '2026-03-29T02:00',
    ]);
    expect(ticks('0 9 * * MON-FRI', 'Europe/Berlin', '2026-03-27T00:00Z', '2026-03-30T23:00Z')).toEqual([
      '2026-03-27T08:00',
      '2026-03-30T07:00',
    ]);
    expect(ticks('30 1 L * *', 'Asia/Kolkata', '2026-02-01T00:00Z', '2026-03-31T00:00Z')).toEqual([
      '2026-02-27T20:00',
      '2026-03-30T20:00',
    ]);
  });

  it('come right after a gap and once in an overlap when they have a fixed time', () => {
    // 02:30 is not on 29 March and twice on 25 October.
    const night = (date: string) => ticks('30 2 * * *', 'Europe/Berlin', `${date}T00:00Z`, `${date}T12:00Z`);
    expect(night('2026-03-28')).toEqual(['2026-03-28T01:30']);
    expect(night('2026-03-29')).toEqual(['2026-03-29T01:00']);
    expect(night('2026-10-25')).toEqual(['2026-10-25T00:30']);
    const twice = ticks('0,30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T12:00Z');
    expect(twice).toEqual(['2026-03-29T01:00']);
  });

  it('go by elapsed time when they have none', () => {
    const hourly = ticks('15 * * * *', 'Europe/Berlin', '2026-10-24T23:30Z', '2026-10-25T02:30Z');
    expect(hourly).toEqual(['2026-10-25T00:15', '2026-10-25T01:15', '2026-10-25T02:15']);
    expect(ticks('15 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T02:00Z')).toEqual([
      '2026-03-29T00:15',
      '2026-03-29T01:15',
    ]);
  });

  it('include both ends of the time that is asked for', () => {
    const { ticks: of } = schedule('0 2 * * *').schedule;
    const at = Date.parse('2026-05-01T02:00Z');
    expect(of(at, at)).toEqual([at]);
    expect(of(at + 1, at + DAY - 1)).toEqual([]);
    expect(of(at - DAY, at + DAY)).toEqual([at - DAY, at, at + DAY]);
    expect(of(at, at - 1)).toEqual([]);
  });

  it('are those that the cron library itself finds, in any zone', () => {
    const minute = fc.constantFrom('0', '7', '*/20', '10,50', '0-30/10', '59');
    const hour = fc.constantFrom('*', '2', '1,3', '*/5', '0', '23', '1-4', '*/2');
    const date = fc.constantFrom(
      '* * *',
      '* * MON-FRI',
      '1,15 * *',
      'L * *',
      '* * SUN',
      '13 * FRI',
      '* 3,10,4,9,11 *',
      '* * 1#1',
    );
    // Zones, and a day before their clocks change: by an hour or half of one, at night or at midnight.
    const zones = fc.constantFrom<[timeZone: string, before: string]>(
      ['UTC', '2026-01-01'],
      ['Asia/Kathmandu', '2026-01-01'],
      ['Pacific/Apia', '2026-01-01'],
      ['Pacific/Kiritimati', '2026-01-01'],
      ['Europe/Berlin', '2026-03-28'],
      ['Europe/Berlin', '2026-10-24'],
      ['America/New_York', '2026-03-07'],
      ['America/New_York', '2026-10-31'],
      ['Australia/Lord_Howe', '2026-04-04'],
      ['Australia/Lord_Howe', '2026-10-03'],
      ['America/Santiago', '2026-04-04'],
      ['America/Santiago', '2026-09-05'],
      ['Asia/Beirut', '2026-03-28'],
      ['Asia/Beirut', '2026-10-24'],
      ['Africa/Casablanca', '2026-02-14'],
      ['Africa/Casablanca', '2026-03-21'],
    );
    const offset = fc.oneof(
      fc.integer({ min: -DAY, max: DAY }),
      fc.integer({ min: -300 * DAY, max: 300 * DAY }),
    );
    fc.assert(
      fc.property(minute, hour, date, zones, offset, (minutes, hours, days, [timeZone, before], later) => {
        const from = Date.parse(before) + later;
        const cron = `${minutes} ${hours} ${days}`;
        const read = readSchedule(cron, timeZone);
        if ('problem' in read) return;
        const to = from + 3 * DAY;
        const oracle = new Cron(cron, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
        const expected: number[] = [];
        for (let next = oracle.nextRun(new Date(from - 1000)); next && next.getTime() <= to;) {
          if (next.getTime() >= from) expected.push(next.getTime());
          next = oracle.nextRun(next);
        }
        expect(read.schedule.ticks(from, to), `${cron} ${timeZone} ${new Date(from).toISOString()}`).toEqual(
          expected,
        );
      }),
      { numRuns: 250, seed: 7 },
    );
  });

  it('G2: are found in steps that do not grow with what is asked for, for ever', () => {
    const { ticks: of } = schedule('* * * * *').schedule;
    const now = Date.parse('2026-06-01T00:00Z');
    expect(of(0, now).length).toBe((400 * DAY) / MINUTE + 1);
    expect(schedule('0 0 1 * *').schedule.ticks(-Infinity, now)).toHaveLength(14);
  });
});

describe('the shortest time between two ticks', () => {
  it.each([
    ['*/5 * * * *', 'UTC', 5 * MINUTE],
    ['0 2 * * *', 'UTC', DAY],
    // The night on which clocks are put forward has 23 hours.
    ['0 12 * * *', 'Europe/Berlin', 23 * HOUR],
    ['0 2,14 * * *', 'UTC', 12 * HOUR],
    ['0 22,1 * * *', 'UTC', 3 * HOUR],
    ['0 9 * * MON-FRI', 'UTC', DAY],
    ['0 0 1 * *', 'UTC', 28 * DAY],
    ['0 0 * * SUN', 'UTC', 7 * DAY],
  ])('of %s in %s', (cron, timeZone, shortest) => {
    expect(schedule(cron, timeZone).shortest).toBe(shortest);
  });
});

describe('a cron expression', () => {
  it('of six fields has no seconds', () => {
    expect(schedule('0 0 2 * * *').schedule.cron).toBe('0 2 * * *');
    expect(readSchedule('*/10 0 2 * * *', 'UTC')).toEqual({
      problem: 'the seconds are `*/10`',
      expected: expect.stringContaining('0: ticks are judged to the minute'),
    });
  });

  it.each([
    ['', 'it has 1 of the fields'],
    ['@daily', 'it has 1 of the fields'],
    ['0 2 * *', 'it has 4 of the fields'],
    ['0 2 * * * 2026 x', 'it has 7 of the fields'],
    ['61 2 * * *', 'Invalid value for minute: 61'],
    ['0 25 * * *', 'Invalid value for hour: 25'],
    ['0 2 * * MOO', 'MOO'],
    ['0 2 ? * *', '`?` has no fixed meaning'],
    ['0 0 30 2 *', 'it never ticks'],
    ['0 0 31 4,6,9,11 *', 'it never ticks'],
    ['0 0 31 * *', 'it does not tick for 61d at a time'],
    ['0 0 29 2 *', 'it never ticks'],
    ['0 0 1 1,7 *', 'it does not tick for 184d'],
  ])('such as %j is refused: %s', (cron, problem) => {
    expect(readSchedule(cron, 'UTC')).toEqual({
      problem: expect.stringContaining(problem),
      expected: expect.any(String),
    });
  });
});
