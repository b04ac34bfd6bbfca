import type { Clock } from './core/ports/clock.ts';
import type { Log } from './core/ports/log.ts';
import type { OutboundRules } from './core/ports/outbound.ts';
import type { RecordStore } from './core/ports/store/records.ts';
import type { Definitions } from './core/slo/slo.ts';
import { MINUTE } from './core/time/duration.ts';
import type { OnCallCalendars } from './engine/on-call/calendars.ts';
import { createOnCallCalendars } from './engine/on-call/calendars.ts';
import { createCalendarReader } from './ical/calendar-reader.ts';
import { MAX_CALENDAR, createCalendarSource } from './ical/calendar-source.ts';
import { guardedFetch } from './outbound/guarded-fetch.ts';

/** The calendars of the SLO files, read again and again. */
export interface ServiceCalendars extends Pick<OnCallCalendars, 'fill' | 'problems'> {
  /** Takes up other definitions, with what is kept of their calendars, and begins to read them. */
  follow(definitions: Definitions): Promise<void>;
  stop(): Promise<void>;
}

const REFRESH_EVERY = 5 * MINUTE;

export function createServiceCalendars(options: {
  readonly store: RecordStore;
  readonly outbound: OutboundRules;
  readonly clock: Clock;
  readonly log: Log;
}): ServiceCalendars {
  // One byte more than a calendar may have, so that one can see that there are more.
  const fetch = guardedFetch(options.outbound, undefined, MAX_CALENDAR + 1);
  const source = createCalendarSource(fetch, createCalendarReader());
  const calendars = createOnCallCalendars({ ...options, source });
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const refresh = (): void => {
    running = running.then(() => calendars.refresh(stopping.signal));
  };
  const timer = setInterval(refresh, REFRESH_EVERY);
  return {
    ...calendars,
    async follow(definitions) {
      await calendars.follow(definitions);
      if (!stopping.signal.aborted) refresh();
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
