import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RotationSchedule } from '../../../src/core/slo/on-call.ts';
import type { Person } from '../../../src/core/slo/person.ts';
import { shiftAt, shiftsFrom, targetsAt } from '../../../src/core/slo/on-call.ts';
import { onCallReports, onCallWords } from '../../../src/core/ports/on-call.ts';
import { DAY, HOUR, MINUTE, WEEK } from '../../../src/core/time/duration.ts';
import { parseLocalTime } from '../../../src/core/time/local-time.ts';
import { PAYMENTS, define } from '../../support/definitions.ts';

const person = (name: string): Person => ({ name, targets: [`${name}-phone`, `${name}-mail`] });
const [ANNA, BEN, EVA] = [person('anna'), person('ben'), person('eva')];

const local = (text: string) => parseLocalTime(text)!;
const at = (text: string) => Date.parse(text);

function rotation(fields: Partial<RotationSchedule> = {}): RotationSchedule {
  return {
    kind: 'rotation',
    name: 'oncall',
    timeZone: 'Europe/Berlin',
    every: WEEK,
    starting: local('2026-03-16 09:00'),
    people: [ANNA, BEN],
    overrides: [],
    source: 'a.yaml:1',
    ...fields,
  };
}

const who = (schedule: RotationSchedule, moment: string) => shiftAt(schedule, at(moment)).person.name;

describe('who is on call by a rotation', () => {
  it('changes at the hand-over, to the millisecond', () => {
    expect(who(rotation(), '2026-03-16T08:00:00Z')).toBe('anna');
    expect(who(rotation(), '2026-03-23T07:59:59.999Z')).toBe('anna');
    expect(who(rotation(), '2026-03-23T08:00:00Z')).toBe('ben');
  });

  it('hands over at 09:00 of the clocks before and after they are set forward, and back', () => {
    // Forward on 29 March, back on 25 October 2026.
    const spring = shiftsFrom(rotation(), at('2026-03-24T00:00:00Z'), 2);
    expect(spring.map(({ from, until }) => [from, until])).toEqual([
      [at('2026-03-23T08:00:00Z'), at('2026-03-30T07:00:00Z')],
      [at('2026-03-30T07:00:00Z'), at('2026-04-06T07:00:00Z')],
    ]);
    const autumn = shiftsFrom(rotation(), at('2026-10-20T00:00:00Z'), 2);
    expect(autumn.map(({ from, until }) => [from, until])).toEqual([
      [at('2026-10-19T07:00:00Z'), at('2026-10-26T08:00:00Z')],
      [at('2026-10-26T08:00:00Z'), at('2026-11-02T08:00:00Z')],
    ]);
  });

  it('hands over when clocks go on, where they skip that hour, and the first time where it comes twice', () => {
    const nightly = rotation({ every: DAY, starting: local('2026-03-27 02:30') });
    // 02:30 of 29 March is skipped: clocks go from 02:00 CET to 03:00 CEST at 01:00 UTC.
    expect(shiftAt(nightly, at('2026-03-29T00:59:59Z')).until).toBe(at('2026-03-29T01:00:00Z'));
    expect(shiftAt(nightly, at('2026-03-29T01:00:00Z')).until).toBe(at('2026-03-30T00:30:00Z'));
    // 02:30 of 25 October comes at 00:30 and at 01:30 UTC.
    expect(shiftAt(nightly, at('2026-10-25T00:30:00Z')).from).toBe(at('2026-10-25T00:30:00Z'));
    expect(who(nightly, '2026-10-25T00:30:00Z')).toBe(who(nightly, '2026-10-25T01:30:00Z'));
  });

  it('is its first person until it starts, and is said to be so', () => {
    const shift = shiftAt(rotation(), at('2020-01-01T00:00:00Z'));
    expect(shift).toEqual({
      from: null,
      until: at('2026-03-16T08:00:00Z'),
      person: ANNA,
      because: 'not-started',
    });
    const [report] = onCallReports(define([], [PAYMENTS], [], [], [rotation()]), at('2026-03-01T12:00:00Z'));
    expect(onCallWords(report!, at('2026-03-01T12:00:00Z'))).toBe(
      'anna until 23 Mar 09:00 CET (the rotation has not begun; until then it is its first person), then ben until 30 Mar 09:00 CEST',
    );
  });

  it('is whom an override names, from its first moment until before its last', () => {
    const override = { from: at('2026-03-18T10:00:00Z'), until: at('2026-03-19T10:00:00Z'), person: EVA };
    const schedule = rotation({ overrides: [override] });
    const shifts = shiftsFrom(schedule, at('2026-03-17T00:00:00Z'), 4);
    expect(shifts.map((shift) => [shift.person.name, shift.from, shift.until, shift.because])).toEqual([
      ['anna', at('2026-03-16T08:00:00Z'), override.from, null],
      ['eva', override.from, override.until, 'override'],
      ['anna', override.until, at('2026-03-23T08:00:00Z'), null],
      ['ben', at('2026-03-23T08:00:00Z'), at('2026-03-30T07:00:00Z'), null],
    ]);
  });

  it('is one person for ever, where there is one; nobody follows', () => {
    expect(shiftsFrom(rotation({ people: [ANNA] }), at('2026-03-17T00:00:00Z'), 2)).toEqual([
      { from: at('2026-03-16T08:00:00Z'), until: null, person: ANNA, because: null },
    ]);
  });

  it('is exactly one person at every moment, in order, in zones of all kinds, with turns of any length', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Pacific/Apia',
    ];
    const hours = fc.integer({ min: 1, max: 24 * 60 });
    const starting = fc.integer({ min: Date.UTC(2009, 0, 1) / MINUTE, max: Date.UTC(2012, 0, 1) / MINUTE });
    const moment = fc.integer({ min: Date.UTC(2009, 0, 1), max: Date.UTC(2013, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), hours, starting, moment, (timeZone, every, start, now) => {
        const schedule = rotation({
          timeZone,
          every: every * HOUR,
          starting: start * MINUTE,
          people: [ANNA, BEN, EVA],
        });
        const { from, until, person: one } = shiftAt(schedule, now);
        expect(from === null || from <= now).toBe(true);
        expect(until! > now).toBe(true);
        // The same to its last moment, and then the next one, whatever the clocks do.
        expect(shiftAt(schedule, until! - 1).person).toBe(one);
        expect(shiftAt(schedule, until!).from).toBe(until);
        if (from !== null) expect(shiftAt(schedule, from).person).toBe(one);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the targets of names', () => {
  const definitions = define([], [{ ...PAYMENTS, page: ['oncall', 'pager'] }], [], [], [rotation()]);

  it('are those of who is on call then, each once, and the others as they are', () => {
    const names = ['pager', 'oncall', 'anna-mail'];
    expect(targetsAt(definitions, names, at('2026-03-17T00:00:00Z'))).toEqual([
      'pager',
      'anna-phone',
      'anna-mail',
    ]);
    expect(targetsAt(definitions, ['oncall'], at('2026-03-24T00:00:00Z'))).toEqual(['ben-phone', 'ben-mail']);
  });
});

describe('local times', () => {
  it.each([
    ['2026-11-30 09:00', Date.UTC(2026, 10, 30, 9)],
    ['2026-11-30T09:00', Date.UTC(2026, 10, 30, 9)],
    ['2026-02-30 09:00', null],
    ['2026-11-30 24:00', null],
    ['2026-13-01 09:00', null],
    ['1999-11-30 09:00', null],
    ['2026-11-30 09:00Z', null],
  ])('%s', (text, expected) => expect(parseLocalTime(text)).toBe(expected));
});
