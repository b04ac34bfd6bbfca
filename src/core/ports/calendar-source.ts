import type { CalendarEvent, CalendarSchedule } from '../slo/on-call-calendar.ts';
import { DAY } from '../time/duration.ts';

/** Reads the calendars of schedules, from where they are. */
export interface CalendarSource {
  /** The events of a time. Rejects with an `Error` that says why not, without the address. */
  events(
    schedule: Pick<CalendarSchedule, 'place' | 'timeZone'>,
    from: number,
    until: number,
    signal: AbortSignal,
  ): Promise<readonly CalendarEvent[]>;
}

/** How far ahead calendars are read, and how far back, so that one sees when a shift began. */
export const READ_AHEAD = 60 * DAY;
export const READ_BACK = 30 * DAY;
