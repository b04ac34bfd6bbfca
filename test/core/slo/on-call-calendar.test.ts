import { describe, expect, it } from 'vitest';
import type {
  CalendarContent,
  CalendarEvent,
  CalendarPerson,
  CalendarSchedule,
} from '../../../src/core/slo/on-call-calendar.ts';
import { shiftsOfEvents } from '../../../src/core/slo/on-call-calendar.ts';
import type { RotationSchedule } from '../../../src/core/slo/on-call.ts';
import { shiftAt, shiftsFrom, targetsAt } from '../../../src/core/slo/on-call.ts';

const PEOPLE: readonly CalendarPerson[] = [
  { name: 'anna', targets: ['anna-pager'], mails: ['Anna@Example.com'] },
  { name: 'ben', targets: ['ben-mail'], mails: ['ben@example.com', 'b@example.org'] },
  { name: 'ann', targets: ['ann-mail'], mails: [] },
];

const event = (from: number, until: number, summary: string, ...mails: string[]): CalendarEvent => ({
  from,
  until,
  summary,
  mails,
});
const written = (events: readonly CalendarEvent[]): readonly string[] =>
  shiftsOfEvents(events, PEOPLE).map(({ from, until, person }) => `${from}-${until} ${person}`);

function schedule(events: readonly CalendarEvent[], more: Partial<CalendarContent> = {}): CalendarSchedule {
  return {
    kind: 'calendar',
    name: 'oncall',
    timeZone: 'UTC',
    place: { file: 'oncall.ics', below: '.' },
    people: PEOPLE,
    fallback: ['team-mail', 'second'],
    read: { shifts: shiftsOfEvents(events, PEOPLE), through: 1000, problem: null, ...more },
    source: 'teams.yaml:1',
  };
}

describe('an event names', () => {
  it.each([
    ['anna', [], 'anna'],
    ['Anna', [], 'anna'],
    ['On call: ANNA (primary)', [], 'anna'],
    ['holidays', ['anna@example.com'], 'anna'],
    // Who attends counts for more than what it is called.
    ['anna', ['B@example.org'], 'ben'],
    ['annabel', [], null],
    ['anna-maria', [], null],
    ['anna → ben', [], null],
    ['x', ['anna@example.com', 'ben@example.com'], null],
    ['', [], null],
  ] as const)('%j with %j: %s', (summary, mails, person) => {
    expect(written([event(1, 2, summary, ...mails)])).toEqual([`1-2 ${person}`]);
  });
});

describe('events become shifts', () => {
  it('of which none overlap: what began last holds, then what was before it goes on', () => {
    const events = [
      event(0, 100, 'anna'),
      event(20, 40, 'ben'),
      event(30, 35, 'nobody'),
      event(150, 160, 'ben'),
    ];
    const shifts = ['0-20 anna', '20-30 ben', '30-35 null', '35-40 ben', '40-100 anna', '150-160 ben'];
    expect(written(events)).toEqual(shifts);
    expect(written(events.toReversed())).toEqual(shifts);
  });

  it('of those that began together the shorter one, and of equal ones always the same', () => {
    expect(written([event(0, 10, 'ben'), event(0, 100, 'anna')])).toEqual(['0-10 ben', '10-100 anna']);
    const same = [event(0, 10, 'ben'), event(0, 10, 'anna')];
    expect(written(same)).toEqual(written(same.toReversed()));
  });

  it('in one piece where they follow each other, and none where they have no length', () => {
    expect(written([event(0, 10, 'anna'), event(10, 20, 'anna'), event(5, 5, 'ben')])).toEqual(['0-20 anna']);
  });
});

describe('who is on call by a calendar', () => {
  const calendar = schedule([event(100, 200, 'anna'), event(300, 400, 'who?')]);
  const at = (moment: number) => {
    const { from, until, person, because } = shiftAt(calendar, moment);
    return [from, until, person.name, because];
  };

  it('is who its events name, and the fallback in gaps and where they name nobody', () => {
    expect(at(50)).toEqual([null, 100, 'the fallback', 'gap']);
    expect(at(100)).toEqual([100, 200, 'anna', null]);
    expect(at(199)).toEqual([100, 200, 'anna', null]);
    expect(at(200)).toEqual([200, 300, 'the fallback', 'gap']);
    expect(at(300)).toEqual([300, 400, 'the fallback', 'unknown']);
    expect(at(400)).toEqual([400, null, 'the fallback', 'gap']);
    expect(at(1000)).toEqual([null, null, 'the fallback', 'unread']);
    expect(shiftAt({ ...calendar, read: null }, 100).because).toBe('unread');
    // Someone who was taken out of the files since.
    expect(shiftAt({ ...calendar, people: [] }, 150).because).toBe('unknown');
  });

  it('follows each other', () => {
    expect(shiftsFrom(calendar, 150, 2).map(({ person }) => person.name)).toEqual(['anna', 'the fallback']);
  });

  it('stands for targets: those of the person, or of the fallback, which may be a rotation', () => {
    const second: RotationSchedule = {
      kind: 'rotation',
      name: 'second',
      timeZone: 'UTC',
      every: 3_600_000,
      starting: 0,
      people: [PEOPLE[1]!],
      overrides: [],
      source: 'teams.yaml:9',
    };
    const onCall = new Map([calendar, second].map((one) => [one.name, one]));
    expect(targetsAt({ onCall }, ['oncall', 'mail'], 150)).toEqual(['anna-pager', 'mail']);
    expect(targetsAt({ onCall }, ['oncall'], 250)).toEqual(['team-mail', 'ben-mail']);
  });
});
