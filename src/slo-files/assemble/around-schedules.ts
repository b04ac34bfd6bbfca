import type { CalendarPerson } from '../../core/slo/on-call-calendar.ts';
import type { Team } from '../../core/slo/slo.ts';
import { problemAt, type SourceText } from '../yaml/source-text.ts';
import type { Place } from '../yaml/value-tree.ts';
import type { KnownNames } from './known-names.ts';

/** What schedules refer to. */
export interface AroundSchedules {
  readonly known: KnownNames;
  readonly teams: ReadonlyMap<string, Team>;
  readonly people: ReadonlyMap<string, CalendarPerson>;
}

/** The time zone of the teams that name a schedule, UTC when they have none; null when they have several, which is reported. */
export function zoneOfTeams(
  schedule: string,
  place: Place,
  source: SourceText,
  { known, teams }: AroundSchedules,
): string | null {
  const zones = new Map(teamsNaming(schedule, teams).map(({ name, timeZone }) => [timeZone ?? 'UTC', name]));
  if (zones.size < 2) return [...zones.keys()][0] ?? 'UTC';
  const listed = [...zones].map(([zone, team]) => `${zone} (${team})`).join(' and ');
  const message = `the teams that name \`${schedule}\` have different time zones: ${listed}`;
  const expected = '`timeZone` in the schedule, which says whose clocks it follows';
  known.report(problemAt(source, place.key, 'error', message, { expected }));
  return null;
}

/** The teams whose notifications a schedule gets. */
export function teamsNaming(schedule: string, teams: ReadonlyMap<string, Team>): readonly Team[] {
  return [...teams.values()].filter(({ page, ticket, fallback }) =>
    [...page, ...ticket, ...fallback].includes(schedule),
  );
}
