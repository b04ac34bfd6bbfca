/** What one event of a calendar says; `start` and `end` as they stand behind their names. */
export interface EventText {
  readonly uid: string;
  readonly start: string;
  readonly end: string | null;
  readonly summary: string;
  readonly more?: readonly string[];
}

export function eventText({ uid, start, end, summary, more = [] }: EventText): string {
  return [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    `DTSTART${start}`,
    ...(end === null ? [] : [`DTEND${end}`]),
    `SUMMARY:${summary}`,
    ...more,
    'END:VEVENT',
  ].join('\r\n');
}

/** A calendar as a server sends it. */
export function calendarOf(...parts: readonly string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...parts, 'END:VCALENDAR', ''].join('\r\n');
}

/** A time zone with a name of its own. */
export const CUSTOM_ZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:Office',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0530',
  'TZOFFSETTO:+0530',
  'END:STANDARD',
  'END:VTIMEZONE',
].join('\r\n');
