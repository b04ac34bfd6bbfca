import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, quoted } from '../yaml/value-tree.ts';

const known = new Map<string, boolean>();

/** Whether a name is a time zone of this machine's data; those that are only known under an older name count. */
export function isTimeZone(name: string): boolean {
  let is = known.get(name);
  if (is === undefined) {
    try {
      Intl.DateTimeFormat('en-US', { timeZone: name });
      is = true;
    } catch {
      is = false;
    }
    if (known.size >= 10_000) known.clear();
    known.set(name, is);
  }
  return is;
}

/** The time zone of a file, UTC when it names none; null when there is no such zone, which is reported. */
export function readTimeZone(
  name: string | undefined,
  at: Place | undefined,
  source: SourceText,
  report: ReportProblem,
): string | null {
  if (name === undefined || isTimeZone(name)) return name ?? 'UTC';
  if (at) {
    const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
    // Of a place alone the continent is missing.
    const place = `/${name.toLowerCase()}`;
    const suggestion = zones.find((zone) => zone.toLowerCase().endsWith(place)) ?? nearest(name, zones);
    const message = `there is no time zone ${quoted(at)}`;
    report(problemAt(source, at.start, 'error', message, { expected: 'an IANA name', suggestion }));
  }
  return null;
}
