import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CalendarEvent, CalendarSchedule } from '../../../src/core/slo/on-call-calendar.ts';
import { shiftAt } from '../../../src/core/slo/on-call.ts';
import type { Definitions } from '../../../src/core/slo/slo.ts';
import { onCallReports } from '../../../src/core/ports/on-call.ts';
import type { Store } from '../../../src/core/ports/store/store.ts';
import { MAX_RECORD_BYTES } from '../../../src/core/ports/store/records.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { OnCallCalendars } from '../../../src/engine/on-call/calendars.ts';
import { createOnCallCalendars, TOLD_AFTER } from '../../../src/engine/on-call/calendars.ts';
import type { ManualClock } from '../../support/clock.ts';
import { manualClock } from '../../support/clock.ts';
import { define } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';

const START = Date.parse('2026-11-25T12:00:00Z');
const NEVER = new AbortController().signal;
const SECRET = 'https://calendar.example.com/private-4f7a/oncall.ics';

const SCHEDULE: CalendarSchedule = {
  kind: 'calendar',
  name: 'oncall',
  timeZone: 'Europe/Berlin',
  place: { url: SECRET },
  people: ['anna', 'ben'].map((name) => ({ name, targets: [`${name}-phone`], mails: [] })),
  fallback: ['mail'],
  read: null,
  source: 'teams.yaml:3',
};

let clock: ManualClock;
let store: Store;
let log: ReturnType<typeof memoryLog>;
let events: readonly CalendarEvent[] | Error;
let definitions: Definitions;
let calendars: OnCallCalendars;

beforeEach(async () => {
  clock = manualClock(START);
  store = await openEmbeddedStore(1, clock);
  log = memoryLog();
  events = [shift(-HOUR, DAY, 'anna')];
  definitions = define([], [], [], [], [SCHEDULE]);
  calendars = await started();
});
afterEach(() => store.close());

/** In this process, or after a restart. */
async function started(followed = definitions): Promise<OnCallCalendars> {
  const made = createOnCallCalendars({
    store,
    source: {
      async events() {
        if (events instanceof Error) throw events;
        return events;
      },
    },
    clock,
    log,
  });
  await made.follow(followed);
  return made;
}

const shift = (from: number, until: number, summary: string): CalendarEvent => ({
  from: START + from,
  until: START + until,
  summary,
  mails: [],
});
const now = (of = calendars) => shiftAt(of.fill(definitions).onCall.get('oncall')!, clock.now());
const who = (of = calendars): string => now(of).person.name;
const messages = () => log.entries.map(({ level, message }) => `${level}: ${message}`);

describe('a calendar', () => {
  it('says who is on call from when it was read, and again when it changes', async () => {
    expect([who(), now().because]).toEqual(['the fallback', 'unread']);
    await calendars.refresh(NEVER);
    expect(who()).toBe('anna');
    const before = calendars.fill(definitions);
    await calendars.refresh(NEVER);
    expect(calendars.fill(definitions)).toBe(before);
    events = [shift(-HOUR, DAY, 'ben')];
    clock.advance(5 * MINUTE);
    await calendars.refresh(NEVER);
    expect(who()).toBe('ben');
    expect(calendars.fill(definitions)).not.toBe(before);
  });

  it('that cannot be read is used as it was read last, which is told after an hour', async () => {
    await calendars.refresh(NEVER);
    events = new Error('its server answered 503');
    clock.advance(5 * MINUTE);
    await calendars.refresh(NEVER);
    await calendars.refresh(NEVER);
    expect(who()).toBe('anna');
    expect(calendars.problems()).toEqual([]);
    clock.advance(TOLD_AFTER);
    expect(who()).toBe('anna');
    expect(calendars.problems()).toEqual([
      'the calendar of oncall cannot be read: its server answered 503; what was read at 2026-11-25T12:00:00.000Z is used',
    ]);
    const [report] = onCallReports(calendars.fill(definitions), clock.now());
    expect(report).toMatchObject({
      place: 'calendar.example.com',
      problem: 'its server answered 503; what was read at 2026-11-25T12:00:00.000Z is used',
    });
    expect(messages()).toEqual(['warn: a calendar cannot be read; what was read last is used']);

    events = [shift(-HOUR, DAY, 'ben')];
    await calendars.refresh(NEVER);
    expect([who(), calendars.problems()]).toEqual(['ben', []]);
  });

  it('is known after a restart and on other replicas, however long it cannot be read', async () => {
    await calendars.refresh(NEVER);
    events = new Error('its server cannot be reached: ENOTFOUND');
    clock.advance(2 * HOUR);
    const restarted = await started();
    expect(who(restarted)).toBe('anna');
    await restarted.refresh(NEVER);
    expect(who(restarted)).toBe('anna');
    // Not an hour from now: what is used is two hours old.
    expect(restarted.problems()).toHaveLength(1);
  });

  it('that was never read is told at once, and the fallback stands in', async () => {
    events = new Error('its server answered 404');
    await calendars.refresh(NEVER);
    expect([who(), now().because]).toEqual(['the fallback', 'unread']);
    expect(calendars.problems()).toEqual([
      'the calendar of oncall cannot be read: its server answered 404; it was never read',
    ]);
    expect(onCallReports(calendars.fill(definitions), clock.now())[0]!.problem).toBe(
      'its server answered 404; it was never read',
    );
  });

  it('with a gap, or a name that is nobody of `people`, is told once for each time', async () => {
    events = [shift(-HOUR, HOUR, 'Zoe'), shift(2 * HOUR, DAY, 'anna')];
    await calendars.refresh(NEVER);
    await calendars.refresh(NEVER);
    expect([who(), now().because]).toEqual(['the fallback', 'unknown']);
    clock.advance(HOUR);
    await calendars.refresh(NEVER);
    expect(now().because).toBe('gap');
    clock.advance(HOUR);
    await calendars.refresh(NEVER);
    expect(who()).toBe('anna');
    const standsIn = 'warn: nobody whom the calendar names is on call; the fallback stands in';
    expect(messages()).toEqual([
      standsIn,
      standsIn,
      'info: somebody whom the calendar names is on call again',
    ]);
    expect(log.entries[1]!.fields).toEqual({
      schedule: 'oncall',
      fallback: ['mail'],
      because: 'the calendar has no event then',
      until: '2026-11-25T14:00:00.000Z',
    });
  });

  it('G1: leaves its address neither in the log, nor in reports, nor in the store', async () => {
    await calendars.refresh(NEVER);
    events = new Error('its server answered 503');
    clock.advance(TOLD_AFTER);
    await calendars.refresh(NEVER);
    const shown = [
      log.entries,
      calendars.problems(),
      onCallReports(calendars.fill(definitions), clock.now()),
      await store.records('calendars'),
    ];
    expect(JSON.stringify(shown)).not.toContain('private');
  });

  it('at another address is another one: nothing of the old one is used', async () => {
    await calendars.refresh(NEVER);
    definitions = define([], [], [], [], [{ ...SCHEDULE, place: { url: `${SECRET}?2` } }]);
    await calendars.follow(definitions);
    expect(now().because).toBe('unread');
  });

  it('with more shifts than a record holds is kept as far as it fits', async () => {
    events = Array.from({ length: 1000 }, (_, at) =>
      shift(at * HOUR, (at + 1) * HOUR, at % 2 ? 'anna' : 'ben'),
    );
    await calendars.refresh(NEVER);
    const [record] = await store.records('calendars');
    expect(JSON.stringify(record!.value).length).toBeLessThanOrEqual(MAX_RECORD_BYTES);
    events = new Error('away');
    const restarted = await started();
    clock.advance(100 * HOUR);
    expect(who(restarted)).toBe('ben');
    clock.advance(800 * HOUR);
    expect(now(restarted).because).toBe('unread');
  });

  it('goes on while the store is away', async () => {
    const away = createOnCallCalendars({
      store: {
        records: () => Promise.reject(new Error('away')),
        putRecord: () => Promise.reject(new Error('away')),
      },
      source: { events: async () => [shift(0, DAY, 'ben')] },
      clock,
      log,
    });
    await away.follow(definitions);
    await away.refresh(NEVER);
    expect(who(away)).toBe('ben');
  });
});
