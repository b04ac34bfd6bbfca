import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CalendarSource } from '../../src/core/ports/calendar-source.ts';
import type { CalendarPlace } from '../../src/core/slo/on-call-calendar.ts';
import { createCalendarReader } from '../../src/ical/calendar-reader.ts';
import { MAX_CALENDAR, createCalendarSource } from '../../src/ical/calendar-source.ts';
import { guardedFetch } from '../../src/outbound/guarded-fetch.ts';
import { calendarOf, eventText } from '../support/calendars.ts';
import type { HttpAnswer, HttpReceiver } from '../support/http-receiver.ts';
import { startHttpReceiver } from '../support/http-receiver.ts';
import { OUTBOUND } from '../support/outbound.ts';

const FROM = Date.parse('2026-11-01T00:00:00Z');
const UNTIL = Date.parse('2026-12-01T00:00:00Z');
const CALENDAR = calendarOf(
  eventText({ uid: '1', start: ':20261110T090000Z', end: ':20261111T090000Z', summary: 'anna' }),
);

let server: HttpReceiver;
let folder: string;
let source: CalendarSource;
beforeEach(async () => {
  server = await startHttpReceiver(() => ({ status: 200, body: CALENDAR }));
  folder = await mkdtemp(join(tmpdir(), 'burnwatch-calendar-'));
  await mkdir(join(folder, 'slos'));
  source = createCalendarSource(
    guardedFetch(OUTBOUND, undefined, MAX_CALENDAR + 1),
    createCalendarReader({ timeout: 60_000 }),
  );
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function read(place: CalendarPlace): Promise<readonly string[]> {
  const events = await source.events({ place, timeZone: 'UTC' }, FROM, UNTIL, new AbortController().signal);
  return events.map(({ summary }) => summary);
}
const fileAt = (name: string) => ({ file: join(folder, 'slos', name), below: join(folder, 'slos') });

describe('a calendar at an address', () => {
  it('is fetched', async () => {
    expect(await read({ url: `${server.url}/oncall.ics` })).toEqual(['anna']);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/oncall.ics' });
  });

  const large = (size: number): HttpAnswer => ({
    status: 200,
    body: CALENDAR.replace('SUMMARY:', `COMMENT:${'x'.repeat(size - CALENDAR.length - 10)}\r\nSUMMARY:`),
  });
  it.each([
    ['an error', { status: 503 }, 'its server answered 503'],
    [
      'a redirect',
      { status: 302, headers: { Location: 'http://169.254.169.254/' } },
      'its server answered 302',
    ],
    ['a page to sign in', { status: 200, body: '<html>' }, /./],
    ['more than 1 MB', large(MAX_CALENDAR + 1), 'it has more than 1 MB'],
    ['nothing', (response) => void response.socket!.destroy(), 'its server cannot be reached: ECONNRESET'],
  ] as readonly (readonly [string, HttpAnswer, string | RegExp])[])(
    'G2: that answers with %s is refused',
    async (_what, answer, reason) => {
      server.answer(answer);
      await expect(read({ url: `${server.url}/secret-path` })).rejects.toThrow(reason);
      server.answer(answer);
      await expect(read({ url: `${server.url}/secret-path` })).rejects.not.toThrow(/secret-path/);
    },
  );

  it('may have 1 MB', async () => {
    server.answer(large(MAX_CALENDAR));
    expect(await read({ url: server.url })).toEqual(['anna']);
  });

  it.each([
    ['http://169.254.169.254/latest', 'it is not read: '],
    ['https://169.254.169.254/latest', 'it is not read: '],
    ['http://10.0.0.1/', 'it is not read: '],
  ])('G1: is never fetched from %s', async (url, reason) => {
    await expect(read({ url })).rejects.toThrow(reason);
  });
});

describe('a calendar in a file', () => {
  it('is read', async () => {
    await writeFile(join(folder, 'slos/oncall.ics'), CALENDAR);
    expect(await read(fileAt('oncall.ics'))).toEqual(['anna']);
  });

  it('is refused where it is not there, too large, a folder, or led to by a link out of the folder', async () => {
    await expect(read(fileAt('none.ics'))).rejects.toThrow('there is no such file');
    await writeFile(join(folder, 'slos/large.ics'), ' '.repeat(MAX_CALENDAR + 1));
    await expect(read(fileAt('large.ics'))).rejects.toThrow('it has more than 1 MB');
    await mkdir(join(folder, 'slos/folder.ics'));
    await expect(read(fileAt('folder.ics'))).rejects.toThrow('it cannot be read: EISDIR');
    await writeFile(join(folder, 'secret.ics'), CALENDAR);
    await symlink(join(folder, 'secret.ics'), join(folder, 'slos/link.ics'));
    await expect(read(fileAt('link.ics'))).rejects.toThrow(
      'its path leads out of the folder of the SLO files',
    );
  });
});
