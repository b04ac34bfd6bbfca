import { HOUR_RETENTION } from '../counters/cells.ts';
import { endOfPeriod, startOfPeriod } from '../time/calendar.ts';
import { formatDuration } from '../time/duration.ts';
import { REPORT_PERIODS, reportWindow } from '../slo/report-schedule.ts';
import { parseTimestamp } from '../time/timestamp.ts';
import type { PeriodReport, ReportQuery } from './period-report.ts';

/** The period of a report, and when the one before it began. */
export type ReportPeriod = Pick<PeriodReport, 'period' | 'from' | 'to' | 'timeZone' | 'owner'> & {
  readonly before: number;
};

/**
 * Reads which period is asked for: a week if not said otherwise, the last one that is over in this time zone. Answers with every
 * problem, each a sentence that says what would be right.
 */
export function parseReportQuery(
  { period: text, at: asked, owner }: ReportQuery,
  timeZone: string,
  now: number,
): ReportPeriod | { readonly problems: readonly string[] } {
  const period = text === null ? 'week' : REPORT_PERIODS.find((known) => known === text);
  const at = asked === null ? null : parseTimestamp(/^\d{1,16}$/.test(asked) ? Number(asked) : asked);
  const problems: string[] = [];
  if (!period) problems.push(`period must be ${REPORT_PERIODS.join(' or ')}.`);
  if (asked !== null && at === null)
    problems.push('at must be an RFC 3339 time such as 2026-01-31T12:00:00Z, of the period.');
  if (!period || problems.length > 0) return { problems };
  const window = reportWindow(period, timeZone);
  const from = startOfPeriod(window, at ?? startOfPeriod(window, now) - 1);
  if (from > now) problems.push('at must not be of a period that has not begun.');
  if (from < now - HOUR_RETENTION)
    problems.push(
      `The period must have begun at most ${formatDuration(HOUR_RETENTION)} ago: nothing older is kept.`,
    );
  if (problems.length > 0) return { problems };
  return {
    period,
    from,
    to: endOfPeriod(window, from),
    before: startOfPeriod(window, from - 1),
    timeZone,
    owner,
  };
}
