import { createHash } from 'node:crypto';
import type { CalendarSource } from '../../core/ports/calendar-source.ts';
import { READ_AHEAD, READ_BACK } from '../../core/ports/calendar-source.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import { BECAUSE_WORDS } from '../../core/ports/on-call.ts';
import type { KeptCalendar } from '../../core/ports/stored-calendar.ts';
import { storedCalendar, upgradeCalendar } from '../../core/ports/stored-calendar.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import { MAX_RECORD_BYTES } from '../../core/ports/store/records.ts';
import type { CalendarContent, CalendarSchedule } from '../../core/slo/on-call-calendar.ts';
import { shiftOfCalendar, shiftsOfEvents } from '../../core/slo/on-call-calendar.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { DAY, HOUR } from '../../core/time/duration.ts';
import { iso } from '../../core/time/timestamp.ts';

/** The calendars of the SLO files, as they were read last. */
export interface OnCallCalendars {
  /** Takes up other definitions: from now on their calendars are read; what is kept of them in the store is used until then. Never rejects. */
  follow(definitions: Definitions): Promise<void>;
  /** The definitions with what was read of their calendars; the same object while nothing of that changes. */
  fill(definitions: Definitions): Definitions;
  /** Reads all calendars. Never rejects. */
  refresh(signal: AbortSignal): Promise<void>;
  /** The calendars that could not be read for `TOLD_AFTER`, or never, each in a sentence. */
  problems(): readonly string[];
}

export interface OnCallCalendarsOptions {
  readonly store: RecordStore;
  readonly source: CalendarSource;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a calendar may not be read until that is a problem. What was read last is used all the time. */
export const TOLD_AFTER = HOUR;
/** What was read is written again so often at least, so that a restart knows since when it is old. */
const WRITTEN_EVERY = 10 * 60_000;
/** What was read of a calendar that no file names any more is kept so long. */
const KEPT_FOR = 100 * DAY;

interface Known {
  /** What was read last; null while nothing was. */
  readonly kept: KeptCalendar | null;
  /** Why it could not be read this time. */
  readonly reason: string | null;
  /** Since when it could not, as far as this process knows. */
  readonly failingSince: number | null;
}

const NOTHING: Known = { kept: null, reason: null, failingSince: null };

export function createOnCallCalendars({
  store,
  source,
  clock,
  log,
}: OnCallCalendarsOptions): OnCallCalendars {
  let followed: readonly CalendarSchedule[] = [];
  const known = new Map<string, Known>();
  /** Who stands in at which schedule, as it was logged last. */
  const standingIn = new Map<string, string>();
  const filled = new WeakMap<Definitions, { readonly shown: string; readonly definitions: Definitions }>();

  /** What everything else sees of a calendar. */
  function contentOf(schedule: CalendarSchedule): CalendarContent | null {
    const { kept, reason } = known.get(idOf(schedule)) ?? NOTHING;
    const problem = isTold(schedule) && reason !== null ? { reason, lastRead: kept?.readAt ?? null } : null;
    if (!kept) return problem && { shifts: [], through: 0, problem };
    return { shifts: kept.shifts, through: kept.through, problem };
  }

  function isTold(schedule: CalendarSchedule): boolean {
    const { kept, reason, failingSince } = known.get(idOf(schedule)) ?? NOTHING;
    if (reason === null) return false;
    const now = clock.now();
    // A restart does not make what was read any younger.
    const isOld = (since: number | null) => since !== null && now - since >= TOLD_AFTER;
    return kept === null || isOld(kept.readAt) || isOld(failingSince);
  }

  async function records(): Promise<ReadonlyMap<string, StoredRecord>> {
    return new Map((await store.records('calendars')).map((record) => [record.id, record]));
  }

  /** What another process read, or this one before it started, when it is newer. */
  function takeUp(schedule: CalendarSchedule, record: StoredRecord | undefined): void {
    const kept = record ? upgradeCalendar(record.value) : null;
    const id = idOf(schedule);
    const before = known.get(id) ?? NOTHING;
    if (kept && kept.readAt > (before.kept?.readAt ?? -Infinity)) known.set(id, { ...before, kept });
  }

  async function read(schedule: CalendarSchedule, signal: AbortSignal): Promise<void> {
    const id = idOf(schedule);
    const { name } = schedule;
    const before = known.get(id) ?? NOTHING;
    const now = clock.now();
    try {
      const events = await source.events(schedule, now - READ_BACK, now + READ_AHEAD, signal);
      const shifts = shiftsOfEvents(events, schedule.people);
      // Whole days, so that what is seen of it changes seldom.
      const through = Math.floor((now + READ_AHEAD) / DAY) * DAY;
      known.set(id, {
        kept: { schedule: name, readAt: now, through, shifts },
        reason: null,
        failingSince: null,
      });
      if (before.reason !== null) log.info({ schedule: name }, 'a calendar can be read again');
    } catch (error) {
      if (signal.aborted) return;
      const reason = (error as Error).message;
      known.set(id, { ...before, reason, failingSince: before.failingSince ?? now });
      const used = before.kept && iso(before.kept.readAt);
      if (before.reason !== reason)
        log.warn({ schedule: name, reason, used }, 'a calendar cannot be read; what was read last is used');
    }
  }

  async function keep(schedule: CalendarSchedule, record: StoredRecord | undefined): Promise<void> {
    const id = idOf(schedule);
    const { kept, reason } = known.get(id) ?? NOTHING;
    if (!kept || reason !== null) return;
    const stored = record ? upgradeCalendar(record.value) : null;
    // A newer version of Burnwatch wrote it, in its own way.
    if (record && !stored) return;
    const isSame = stored !== null && JSON.stringify(stored.shifts) === JSON.stringify(kept.shifts);
    if (isSame && kept.readAt - stored.readAt < WRITTEN_EVERY && kept.readAt >= stored.readAt) return;
    // Another replica may have written the same meanwhile, which is as good.
    await store.putRecord('calendars', id, record?.revision ?? 0, storedCalendar(kept, MAX_RECORD_BYTES));
  }

  async function forgetOthers(stored: ReadonlyMap<string, StoredRecord>): Promise<void> {
    const used = new Set(followed.map(idOf));
    for (const [id, { value, revision }] of stored) {
      const kept = used.has(id) ? null : upgradeCalendar(value);
      if (kept && clock.now() - kept.readAt > KEPT_FOR)
        await store.putRecord('calendars', id, revision, null);
    }
  }

  /** Says when nobody whom a calendar names is on call, once for each time. */
  function sayWhoStandsIn(): void {
    for (const schedule of followed) {
      const { name, fallback } = schedule;
      const { because, until } = shiftOfCalendar({ ...schedule, read: contentOf(schedule) }, clock.now());
      const said = because === null ? null : JSON.stringify([because, until]);
      if (said === (standingIn.get(name) ?? null)) continue;
      if (said === null) standingIn.delete(name);
      else standingIn.set(name, said);
      if (because === null) log.info({ schedule: name }, 'somebody whom the calendar names is on call again');
      else
        log.warn(
          {
            schedule: name,
            fallback,
            because: BECAUSE_WORDS[because],
            until: until === null ? null : iso(until),
          },
          'nobody whom the calendar names is on call; the fallback stands in',
        );
    }
  }

  return {
    async follow(definitions) {
      followed = calendarsOf(definitions);
      if (followed.length === 0) return;
      try {
        const stored = await records();
        for (const schedule of followed) takeUp(schedule, stored.get(idOf(schedule)));
      } catch (error) {
        log.warn({ error: String(error) }, 'what was read of calendars before is not known yet');
      }
    },
    fill(definitions) {
      const schedules = calendarsOf(definitions);
      if (schedules.length === 0) return definitions;
      const contents = schedules.map((schedule) => ({ schedule, read: contentOf(schedule) }));
      const shown = JSON.stringify(contents.map(({ read }) => read));
      const before = filled.get(definitions);
      if (before?.shown === shown) return before.definitions;
      const onCall = new Map(definitions.onCall);
      for (const { schedule, read } of contents) onCall.set(schedule.name, { ...schedule, read });
      const next = { ...definitions, onCall };
      filled.set(definitions, { shown, definitions: next });
      return next;
    },
    async refresh(signal) {
      if (followed.length === 0) return;
      const schedules = followed;
      await Promise.all(schedules.map((schedule) => read(schedule, signal)));
      try {
        const stored = await records();
        for (const schedule of schedules) {
          takeUp(schedule, stored.get(idOf(schedule)));
          await keep(schedule, stored.get(idOf(schedule)));
        }
        await forgetOthers(stored);
      } catch (error) {
        log.warn({ error: String(error) }, 'what was read of calendars could not be kept');
      }
      sayWhoStandsIn();
    },
    problems: () =>
      followed.filter(isTold).map((schedule) => {
        const { kept, reason } = known.get(idOf(schedule))!;
        const used = kept ? `what was read at ${iso(kept.readAt)} is used` : 'it was never read';
        return `the calendar of ${schedule.name} cannot be read: ${reason}; ${used}`;
      }),
  };
}

function calendarsOf({ onCall }: Definitions): readonly CalendarSchedule[] {
  return [...onCall.values()].filter((schedule) => schedule.kind === 'calendar');
}

/** Of a schedule and the place of its calendar, which may be a secret: another place is another calendar. */
function idOf({ name, place, timeZone }: CalendarSchedule): string {
  return createHash('sha256')
    .update(JSON.stringify([name, place, timeZone]))
    .digest('hex');
}
