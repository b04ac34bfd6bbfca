import { createCalendarReader } from './ical/calendar-reader.ts';
import { createCalendarSource } from './ical/calendar-source.ts';
import { readCalendars } from './ical/read-calendars.ts';
import { withCalendars } from './slo-files/check/check-calendars.ts';
import type { Loaded } from './slo-files/load.ts';

/** What was loaded, with what its calendar files say; those at an address are the service's to read. */
export async function checkCalendarFiles(loaded: Loaded, now: number): Promise<Loaded> {
  if (!loaded.definitions) return loaded;
  const source = createCalendarSource(null, createCalendarReader());
  const isFile = ({ place }: { readonly place: object }): boolean => 'file' in place;
  return withCalendars(loaded, await readCalendars(loaded.definitions, source, now, isFile), now);
}
