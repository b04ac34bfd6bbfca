import type { CalendarSchedule } from '../../core/slo/on-call-calendar.ts';
import { BECAUSE_WORDS } from '../../core/ports/on-call.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { shiftAt } from '../../core/slo/on-call.ts';
import { DAY } from '../../core/time/duration.ts';
import { timesAt } from '../../core/words/times.ts';
import type { Loaded } from '../load.ts';
import type { FileProblem } from '../yaml/problem.ts';

/** How far ahead `check` looks for times in which a calendar names nobody, and how many of them it lists. */
const LOOKED_AHEAD = 28 * DAY;
const LISTED = 3;

/** What reading the calendars that are files came to. */
interface ReadFiles {
  readonly definitions: Definitions;
  readonly problems: readonly { readonly schedule: CalendarSchedule; readonly reason: string }[];
}

/** What was loaded, with its calendars as they were read, and what is wrong with those. */
export function withCalendars(loaded: Loaded, { definitions, problems }: ReadFiles, now: number): Loaded {
  const unread = problems.map(({ schedule, reason }) =>
    problemOf(schedule, 'error', `the calendar of \`${schedule.name}\` cannot be read: ${reason}`),
  );
  const warnings = [...definitions.onCall.values()].flatMap((schedule) =>
    schedule.kind === 'calendar' && schedule.read ? gapsOf(schedule, now) : [],
  );
  return { ...loaded, definitions, problems: [...loaded.problems, ...unread, ...warnings] };
}

/** The times that nobody has whom the calendar names. */
function gapsOf(schedule: CalendarSchedule, now: number): readonly FileProblem[] {
  const times = timesAt(now, schedule.timeZone);
  const gaps: string[] = [];
  const end = Math.min(now + LOOKED_AHEAD, schedule.read!.through);
  let at: number | null = now;
  while (at !== null && at < end) {
    const { until, because }: ReturnType<typeof shiftAt> = shiftAt(schedule, at);
    if (because !== null) {
      const words = BECAUSE_WORDS[because];
      gaps.push(
        until === null ? `from ${times.at(at)} on: ${words}` : `${times.period(at, until)}: ${words}`,
      );
    }
    at = until;
  }
  if (gaps.length === 0) return [];
  const more = gaps.length > LISTED ? `; and ${gaps.length - LISTED} more` : '';
  const message = `the fallback of \`${schedule.name}\` stands in ${gaps.slice(0, LISTED).join('; ')}${more}`;
  return [problemOf(schedule, 'warning', message)];
}

function problemOf(
  { source }: CalendarSchedule,
  severity: 'error' | 'warning',
  message: string,
): FileProblem {
  const [, file = source, line = '1'] = /^(.*):(\d+)$/.exec(source) ?? [];
  return { severity, file, line: Number(line), column: 1, message, sourceLine: '' };
}
