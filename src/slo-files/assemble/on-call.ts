import type { OnCallSchedule, Override, RotationSchedule } from '../../core/slo/on-call.ts';
import type { CalendarPerson } from '../../core/slo/on-call-calendar.ts';
import type { AroundSchedules } from './around-schedules.ts';
import { zoneOfTeams } from './around-schedules.ts';
import { readCalendar } from './on-call-calendar.ts';
import type { Team } from '../../core/slo/slo.ts';
import { timestampOfLocal } from '../../core/time/calendar.ts';
import { parseDuration } from '../../core/time/duration.ts';
import { parseLocalTime } from '../../core/time/local-time.ts';
import { type KnownNames, reportUnknown } from './known-names.ts';
import { readTimeZone } from '../native/time-zone.ts';
import type { NativeDocument } from '../native/document-schema.ts';
import { lineAt, problemAt, type SourceText } from '../yaml/source-text.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';

type NativeRotation = Partly<NonNullable<NonNullable<NativeDocument['targets']>[string]['rotation']>>;

/** The schedules among the targets, by name, and what is wrong with them and with `people`. */
export function readOnCall(
  known: KnownNames,
  teams: ReadonlyMap<string, Team>,
): ReadonlyMap<string, OnCallSchedule> {
  const people = readPeople(known);
  const schedules = new Map<string, OnCallSchedule>();
  for (const [name, { item, place, source }] of known.targets) {
    const around = { known, teams, people };
    const schedule = item?.rotation
      ? readRotation(name, item.rotation, placeAt(place, ['rotation'])!, source, around)
      : item?.calendar
        ? readCalendar(name, item.calendar, placeAt(place, ['calendar'])!, source, around)
        : null;
    if (schedule) schedules.set(name, schedule);
  }
  return schedules;
}

function readPeople(known: KnownNames): ReadonlyMap<string, CalendarPerson> {
  const { people, targets, report } = known;
  const read = new Map<string, CalendarPerson>();
  for (const [name, { item, place, source }] of people) {
    if (!item) continue;
    for (const [index, target] of item.entries()) {
      const at = placeAt(place, [index])!;
      const known = targets.get(target ?? '');
      if (!known && target !== undefined) reportMissing(target, at, source);
      else if (known?.item?.rotation || known?.item?.calendar) {
        const message = `the target ${quoted(at)} of \`${name}\` is a schedule`;
        report(problemAt(source, at.start, 'error', message, { expected: 'a target that reaches a person' }));
      }
    }
    const named = item.filter((target) => target !== undefined);
    const mails = named.flatMap((target) => targets.get(target)?.item?.email?.to ?? []);
    read.set(name, { name, targets: named, mails: mails.filter((mail) => mail !== undefined) });
  }
  return read;

  function reportMissing(target: string, at: Place, source: SourceText): void {
    reportUnknown(known, 'target', target, at, source, targets.keys());
  }
}

/** Null when it cannot be used, which was reported. */
function readRotation(
  name: string,
  native: NativeRotation,
  place: Place,
  source: SourceText,
  around: AroundSchedules,
): RotationSchedule | null {
  const { known } = around;
  const people = (native.people ?? []).flatMap((person, index) =>
    findPerson(person, placeAt(place, ['people', index]), source, around),
  );
  const zone =
    native.timeZone === undefined
      ? zoneOfTeams(name, place, source, around)
      : readTimeZone(native.timeZone, placeAt(place, ['timeZone']), source, known.report);
  const every = native.every === undefined ? null : parseDuration(native.every);
  const starting = native.starting === undefined ? null : parseLocalTime(native.starting);
  if (zone === null) return null;
  const overrides = readOverrides(native, zone, place, source, around);
  if (every === null || starting === null || people.length === 0) return null;
  return {
    kind: 'rotation',
    name,
    timeZone: zone,
    every,
    starting,
    people,
    overrides,
    source: `${source.file}:${lineAt(source, place.key)}`,
  };
}

/** None where there is no such person, which is reported. */
function findPerson(
  name: string | undefined,
  at: Place | undefined,
  source: SourceText,
  { known, people }: AroundSchedules,
): CalendarPerson[] {
  if (name === undefined || !at) return [];
  const person = people.get(name);
  if (person) return [person];
  // One that was written badly is there, and was reported.
  if (!known.people.has(name)) reportUnknown(known, 'person', name, at, source, known.people.keys());
  return [];
}

function readOverrides(
  { overrides = [] }: NativeRotation,
  zone: string,
  place: Place,
  source: SourceText,
  around: AroundSchedules,
): readonly Override[] {
  const { report } = around.known;
  const read = overrides.flatMap((native, index) => {
    const at = placeAt(place, ['overrides', index])!;
    const [person] = findPerson(native?.person, placeAt(at, ['person']), source, around);
    const [from, until] = [native?.from, native?.until].map((text) =>
      text === undefined ? null : parseLocalTime(text),
    );
    if (from == null || until == null) return [];
    if (until <= from) {
      const untilAt = placeAt(at, ['until'])!;
      const message = `\`until\` is ${quoted(untilAt)}, which is not after \`from\``;
      report(problemAt(source, untilAt.start, 'error', message, { expected: 'a later time' }));
      return [];
    }
    if (!person) return [];
    return [{ from: timestampOfLocal(zone, from), until: timestampOfLocal(zone, until), person, at }];
  });
  const inOrder = read.toSorted((one, other) => one.from - other.from);
  for (const [index, { from, at }] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (!before || from >= before.until) continue;
    const message = `this override begins before the one in line ${lineAt(source, before.at.start)} ends`;
    report(problemAt(source, at.start, 'error', message, { expected: 'one person on call at each moment' }));
  }
  // Of local times that clocks skip nothing is left.
  return inOrder.flatMap(({ from, until, person }) => (from < until ? [{ from, until, person }] : []));
}
