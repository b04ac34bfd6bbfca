import { dirname, join } from 'node:path';
import type { CalendarPlace, CalendarSchedule } from '../../core/slo/on-call-calendar.ts';
import type { NativeDocument } from '../native/document-schema.ts';
import { readTimeZone } from '../native/time-zone.ts';
import { lineAt, problemAt, type SourceText } from '../yaml/source-text.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';
import { reportUnknown } from './known-names.ts';
import type { AroundSchedules } from './around-schedules.ts';
import { teamsNaming, zoneOfTeams } from './around-schedules.ts';

type NativeCalendar = Partly<NonNullable<NonNullable<NativeDocument['targets']>[string]['calendar']>>;

/** The schedule that a calendar is; what it says is read later. Null when it cannot be used, which was reported. */
export function readCalendar(
  name: string,
  native: NativeCalendar,
  place: Place,
  source: SourceText,
  around: AroundSchedules,
): CalendarSchedule | null {
  const { known, people } = around;
  const timeZone =
    native.timeZone === undefined
      ? zoneOfTeams(name, place, source, around)
      : readTimeZone(native.timeZone, placeAt(place, ['timeZone']), source, known.report);
  const fallback = readFallback(name, native, place, source, around);
  const where = placeOf(native, source);
  if (timeZone === null || fallback.length === 0 || !where) return null;
  return {
    kind: 'calendar',
    name,
    timeZone,
    place: where,
    people: [...people.values()],
    fallback,
    read: null,
    source: `${source.file}:${lineAt(source, place.key)}`,
  };
}

function placeOf({ url, file }: NativeCalendar, source: SourceText): CalendarPlace | null {
  if (url !== undefined) return { url };
  if (file === undefined) return null;
  const below = dirname(source.file);
  return { file: join(below, file), below };
}

/** What stands in where a calendar names nobody: a calendar has gaps, and someone is always to be paged. */
function readFallback(
  name: string,
  native: NativeCalendar,
  place: Place,
  source: SourceText,
  { known, teams }: AroundSchedules,
): readonly string[] {
  const { targets, report, complete } = known;
  const isCalendar = (target: string) => Boolean(targets.get(target)?.item?.calendar);
  if (native.fallback === undefined) {
    const theirs = teamsNaming(name, teams).flatMap((team) => team.fallback);
    const found = [...new Set(theirs)].filter((target) => !isCalendar(target));
    if (found.length === 0 && complete) {
      const message = `nothing stands in where the calendar of \`${name}\` names nobody`;
      const expected = '`fallback` with a target that is no calendar, here or in the team that names it';
      report(problemAt(source, place.key, 'error', message, { expected }));
    }
    return found;
  }
  return native.fallback.flatMap((target, index) => {
    if (target === undefined) return [];
    const at = placeAt(place, ['fallback', index])!;
    if (!targets.has(target)) reportUnknown(known, 'target', target, at, source, targets.keys());
    else if (isCalendar(target)) {
      const message = `the target ${quoted(at)} is a calendar as well`;
      report(problemAt(source, at.start, 'error', message, { expected: 'a target that is no calendar' }));
    } else return [target];
    return [];
  });
}
