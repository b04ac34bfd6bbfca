import { groupsByItself } from '../../core/alerting/conversations.ts';
import type { ReportSchedule } from '../../core/slo/report-schedule.ts';
import type { Definitions, TargetDefinition } from '../../core/slo/slo.ts';
import { definedTwice, type KnownNames, reportUnknown } from './known-names.ts';
import type { ReadDocument } from '../native/document.ts';
import type { NativeDocument } from '../native/document-schema.ts';
import { readReportSchedule } from '../native/targets-schema.ts';
import { readTimeZone } from '../native/time-zone.ts';
import { problemAt, type SourceText } from '../yaml/source-text.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';

type NativeReports = Partly<NonNullable<NativeDocument['reports']>>;
type Targets = ReadonlyMap<string, TargetDefinition>;

/** When reports are sent and where; what cannot get them is reported. */
export function readReports(
  native: NativeReports,
  place: Place,
  source: SourceText,
  targets: Targets,
  known: KnownNames,
): ReportSchedule {
  const { weekly = [], monthly = [] } = native;
  for (const [key, names] of Object.entries({ weekly, monthly })) {
    for (const [index, name] of names.entries()) {
      const at = placeAt(place, [key, index])!;
      const kind = targets.get(name)?.kind;
      if (!known.targets.has(name)) reportUnknown(known, 'target', name, at, source, known.targets.keys());
      else if (kind !== undefined && groupsByItself(kind)) {
        const message = `\`${name}\` is of the kind ${kind}, which takes incidents and no reports`;
        const expected = 'a target that people read, such as one of email or slack';
        known.report(problemAt(source, at.start, 'error', message, { expected }));
      }
    }
  }
  return readReportSchedule(native);
}

/** The reports of all teams, which one document may ask for. */
export function readReportsOfAll(
  documents: readonly ReadDocument[],
  targets: Targets,
  known: KnownNames,
): Pick<Definitions, 'reports'> {
  const asked = documents.flatMap(({ data, place, source }) => {
    const at = place.parts.get('reports');
    return at ? [{ native: data.reports, place: at, source }] : [];
  });
  const [first, ...others] = asked;
  for (const { place, source } of others)
    known.report(definedTwice('the map', 'reports', source, place.key, first!));
  if (!first?.native) return {};
  const { native, place, source } = first;
  const { timeZone } = native;
  const zone = readTimeZone(timeZone, placeAt(place, ['timeZone']), source, known.report);
  const schedule = readReports(native, place, source, targets, known);
  return { reports: { ...schedule, timeZone: timeZone === undefined ? null : zone } };
}
