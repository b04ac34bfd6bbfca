import type { CalendarSource } from '../core/ports/calendar-source.ts';
import { READ_AHEAD, READ_BACK } from '../core/ports/calendar-source.ts';
import type { CalendarSchedule } from '../core/slo/on-call-calendar.ts';
import { shiftsOfEvents } from '../core/slo/on-call-calendar.ts';
import type { OnCallSchedule } from '../core/slo/on-call.ts';
import type { Definitions } from '../core/slo/slo.ts';

/** What became of reading the calendars of definitions once. */
export interface CalendarsRead {
  readonly definitions: Definitions;
  readonly problems: readonly { readonly schedule: CalendarSchedule; readonly reason: string }[];
}

/** Reads the calendars of definitions that are chosen, once, for those who run and end. Never rejects. */
export async function readCalendars(
  definitions: Definitions,
  source: CalendarSource,
  now: number,
  isChosen: (schedule: CalendarSchedule) => boolean,
): Promise<CalendarsRead> {
  const problems: { schedule: CalendarSchedule; reason: string }[] = [];
  const onCall = new Map<string, OnCallSchedule>();
  for (const [name, schedule] of definitions.onCall) {
    onCall.set(name, schedule);
    if (schedule.kind !== 'calendar' || !isChosen(schedule)) continue;
    const through = now + READ_AHEAD;
    try {
      const events = await source.events(schedule, now - READ_BACK, through, new AbortController().signal);
      const shifts = shiftsOfEvents(events, schedule.people);
      onCall.set(name, { ...schedule, read: { shifts, through, problem: null } });
    } catch (error) {
      problems.push({ schedule, reason: (error as Error).message });
    }
  }
  return { definitions: { ...definitions, onCall }, problems };
}
