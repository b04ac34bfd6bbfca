import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { iso } from '../../src/core/time/timestamp.ts';
import { createCalendarReader } from '../../src/ical/calendar-reader.ts';
import { CUSTOM_ZONE, calendarOf, eventText } from '../support/calendars.ts';

const FROM = Date.parse('2026-10-10T00:00:00Z');
const UNTIL = Date.parse('2026-12-10T00:00:00Z');

async function read(text: string, timeZone = 'Europe/Berlin'): Promise<string[]> {
  const events = await createCalendarReader({ timeout: 60_000 }).events({
    text,
    from: FROM,
    until: UNTIL,
    timeZone,
  });
  return events.map(
    ({ from, until, summary }) => `${iso(from).slice(0, 16)} ${iso(until).slice(0, 16)} ${summary}`,
  );
}

describe('a calendar', () => {
  it('repeats at the same time of the clocks, without what was taken out and with what was changed', async () => {
    const shifts = calendarOf(
      eventText({
        uid: 'weekly',
        start: ';TZID=Europe/Berlin:20261019T090000',
        end: ';TZID=Europe/Berlin:20261026T090000',
        summary: 'anna',
        more: ['RRULE:FREQ=WEEKLY', 'EXDATE;TZID=Europe/Berlin:20261116T090000'],
      }),
      eventText({
        uid: 'weekly',
        start: ';TZID=Europe/Berlin:20261103T120000',
        end: ';TZID=Europe/Berlin:20261109T090000',
        summary: 'ben',
        more: ['RECURRENCE-ID;TZID=Europe/Berlin:20261102T090000'],
      }),
      eventText({
        uid: 'weekly',
        start: ';TZID=Europe/Berlin:20261109T090000',
        end: ';TZID=Europe/Berlin:20261116T090000',
        summary: 'cancelled',
        more: ['RECURRENCE-ID;TZID=Europe/Berlin:20261109T090000', 'STATUS:CANCELLED'],
      }),
    );
    // The clocks of Berlin went back on 25 October.
    expect(await read(shifts)).toEqual([
      '2026-10-19T07:00 2026-10-26T08:00 anna',
      '2026-10-26T08:00 2026-11-02T08:00 anna',
      '2026-11-03T11:00 2026-11-09T08:00 ben',
      '2026-11-23T08:00 2026-11-30T08:00 anna',
      '2026-11-30T08:00 2026-12-07T08:00 anna',
      '2026-12-07T08:00 2026-12-14T08:00 anna',
    ]);
  });

  it('has times of UTC, of zones that it explains, of IANA, of none, and whole days', async () => {
    const at = (start: string, summary: string, end = 'DURATION:PT2H') =>
      eventText({ uid: summary, start, end: null, summary, more: end === '' ? [] : [end] });
    const text = calendarOf(
      CUSTOM_ZONE,
      at(':20261110T090000Z', 'utc'),
      at(';TZID=Office:20261110T090000', 'explained'),
      at(';TZID=America/New_York:20261110T090000', 'iana'),
      at(':20261110T090000', 'floating'),
      at(';VALUE=DATE:20261110', 'day', ''),
    );
    expect(await read(text, 'Asia/Tokyo')).toEqual([
      '2026-11-10T09:00 2026-11-10T11:00 utc',
      // Five hours and a half ahead of UTC, as the calendar says.
      '2026-11-10T03:30 2026-11-10T05:30 explained',
      '2026-11-10T14:00 2026-11-10T16:00 iana',
      '2026-11-10T00:00 2026-11-10T02:00 floating',
      '2026-11-09T15:00 2026-11-10T15:00 day',
    ]);
  });

  it('says who attends, and holds what overlaps the time asked for only', async () => {
    const text = calendarOf(
      eventText({
        uid: '1',
        start: ':20261008T090000Z',
        end: ':20261010T090000Z',
        summary: 'x'.repeat(500),
        more: ['ATTENDEE;CN=Anna:mailto:anna@example.com', 'ATTENDEE:MAILTO:b@example.com', 'ATTENDEE:urn:x'],
      }),
      eventText({ uid: '2', start: ':20261201T090000Z', end: ':20261201T090000Z', summary: 'of no length' }),
      eventText({ uid: '3', start: ':20260101T090000Z', end: ':20260101T100000Z', summary: 'before' }),
      eventText({ uid: '4', start: ':20270101T090000Z', end: ':20270101T100000Z', summary: 'after' }),
    );
    const events = await createCalendarReader({ timeout: 60_000 }).events({
      text,
      from: FROM,
      until: UNTIL,
      timeZone: 'UTC',
    });
    expect(events.map(({ mails, summary }) => [mails, summary.length])).toEqual([
      [['anna@example.com', 'b@example.com'], 200],
    ]);
  });
});

describe('G2: what is no calendar, or a hostile one', () => {
  const every = (rule: string, count = 1) =>
    calendarOf(
      ...Array.from({ length: count }, (_, index) =>
        eventText({
          uid: String(index),
          start: ':19700101T000000Z',
          end: ':19700101T000001Z',
          summary: 'x',
          more: [`RRULE:${rule}`],
        }),
      ),
    );
  it.each([
    ['a web page', '<html><body>Sign in</body></html>', /./],
    ['nothing', '', /./],
    ['another component', 'BEGIN:VCARD\r\nEND:VCARD\r\n', 'it is not a calendar (BEGIN:VCALENDAR)'],
    ['a part of one', calendarOf().slice(0, 40), /./],
    ['every second since 1970', every('FREQ=SECONDLY'), 'its events repeat too often'],
    [
      'more events than are looked at',
      calendarOf(
        ...Array.from({ length: 1001 }, (_, index) =>
          eventText({ uid: `${index}`, start: ':20261110T090000Z', end: ':20261110T100000Z', summary: 'x' }),
        ),
      ),
      'it has more than 1000 events in the time that is looked ahead',
    ],
    [
      'an unknown zone',
      calendarOf(
        eventText({
          uid: '1',
          start: ';TZID=Nowhere:20261110T090000',
          end: null,
          summary: 'x',
          more: ['DURATION:PT1H'],
        }),
      ),
      'it has times in a time zone that it does not explain and that is not one of IANA',
    ],
  ])('is refused: %s', async (_what, text, reason) => {
    await expect(read(text)).rejects.toThrow(reason);
  });

  it.each([
    ['stands still', 'for (;;);', 'it was not read within 300 ms'],
    ['ends', 'process.exit(1);', 'it cannot be read'],
    ['throws', 'throw new Error("secret");', 'it cannot be read'],
  ])('is given up with its thread, when that %s', async (_what, program, reason) => {
    const folder = mkdtempSync(join(tmpdir(), 'burnwatch-ical-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'program.mjs');
    writeFileSync(path, program);
    const reader = createCalendarReader({ program: pathToFileURL(path), timeout: 300 });
    const asked = { text: '', from: FROM, until: UNTIL, timeZone: 'UTC' };
    if (program.startsWith('for')) await expect(reader.events(asked)).rejects.toThrow(reason);
    else
      await expect(
        createCalendarReader({ program: pathToFileURL(path), timeout: 60_000 }).events(asked),
      ).rejects.toThrow(reason);
  });
});
