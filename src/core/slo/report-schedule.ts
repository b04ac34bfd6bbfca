import { endOfPeriod, offsetOf, startOfPeriod, timestampOfLocal } from '../time/calendar.ts';
import { DAY, MINUTE } from '../time/duration.ts';
import type { CalendarWindow } from '../time/time-window.ts';

export const REPORT_PERIODS = ['week', 'month'] as const;

/** Where reports of weeks and months are sent, as names of targets, and when. */
export interface ReportSchedule {
  readonly weekly: readonly string[];
  readonly monthly: readonly string[];
  /** Of weekly ones, 0 is Monday; monthly ones are sent on the first day of the next month. */
  readonly weekday: number;
  /** Of the day, by the clocks of the time zone. */
  readonly minute: number;
}

/** Reports of one kind: of the weeks or months of a team, or of all teams. */
export interface ReportSeries {
  /** The same for the same period and owner: `week/payments`; `week/*` of all teams. */
  readonly id: string;
  readonly period: (typeof REPORT_PERIODS)[number];
  readonly owner: string | null;
  readonly targets: readonly string[];
  readonly schedule: ReportSchedule;
  /** Of its periods, and of the clocks it follows. */
  readonly timeZone: string;
}

/** A period that is over; milliseconds since the epoch. `due` is when its report is to be sent. */
export interface ReportedPeriod {
  readonly from: number;
  readonly to: number;
  readonly due: number;
}

/** The calendar window of weeks or months in a time zone. */
export function reportWindow(unit: ReportSeries['period'], timeZone: string): CalendarWindow {
  return { kind: 'calendar', unit, timeZone, duration: 30 * DAY, text: unit };
}

/** What definitions say of reports: those of teams, and those of all of them. */
interface AskedReports {
  readonly teams: ReadonlyMap<
    string,
    { readonly name: string; readonly timeZone: string | null; readonly reports?: ReportSchedule }
  >;
  readonly reports?: ReportSchedule & { readonly timeZone: string | null };
}

/** All reports that are to be sent again and again. */
export function reportSeries({ teams, reports }: AskedReports): ReportSeries[] {
  const found: ReportSeries[] = [];
  const add = (owner: string | null, schedule: ReportSchedule, timeZone: string | null): void => {
    for (const period of REPORT_PERIODS) {
      const targets = period === 'week' ? schedule.weekly : schedule.monthly;
      if (targets.length === 0) continue;
      const id = `${period}/${owner ?? '*'}`;
      found.push({ id, period, owner, targets, schedule, timeZone: timeZone ?? 'UTC' });
    }
  };
  if (reports) add(null, reports, reports.timeZone);
  for (const team of teams.values()) if (team.reports) add(team.name, team.reports, team.timeZone);
  return found;
}

/** The period that begins at a moment. */
export function periodFrom(series: Omit<ReportSeries, 'id' | 'targets'>, from: number): ReportedPeriod {
  const to = endOfPeriod(reportWindow(series.period, series.timeZone), from);
  return { from, to, due: dueAfter(series, to) };
}

/** The last period whose report is due at `now`. */
export function lastDuePeriod(series: Omit<ReportSeries, 'id' | 'targets'>, now: number): ReportedPeriod {
  const window = reportWindow(series.period, series.timeZone);
  let to = startOfPeriod(window, now);
  if (dueAfter(series, to) > now) to = startOfPeriod(window, to - 1);
  return { from: startOfPeriod(window, to - 1), to, due: dueAfter(series, to) };
}

/** When the report is due of a period that ended at a moment. */
function dueAfter({ period, schedule, timeZone }: Omit<ReportSeries, 'id' | 'targets'>, to: number): number {
  const local = to + offsetOf(timeZone, to);
  const day = Math.floor(local / DAY) + (period === 'week' ? schedule.weekday : 0);
  return timestampOfLocal(timeZone, day * DAY + schedule.minute * MINUTE);
}
