import { z } from 'zod';
import type { TargetDefinition } from '../../core/slo/slo.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';
import type { ReportProblem, SourceText } from '../yaml/source-text.ts';
import { problemAt } from '../yaml/source-text.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';
import { listOf, mapWith, timeZone } from './field-schemas.ts';
import { readTimeZone } from './time-zone.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const TIME = 'a time of the day such as 22:00';
const WEEKDAY = `one of ${DAYS.join(', ')}`;

const time = z.string({ error: TIME }).regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: TIME });

/** When what can wait is not sent to a target. */
export const quietSchema = mapWith(
  {
    from: time.describe('When they begin, such as 22:00.'),
    until: time.describe('When they end, such as 08:00; of the next day where that is not later.'),
    timeZone: timeZone.describe('Whose clocks these are, such as Europe/Berlin.'),
    days: listOf(z.enum(DAYS, { error: WEEKDAY }), 'days', 7)
      .min(1, { error: 'at least one day' })
      .optional()
      .describe('The days on which they begin; all if absent.'),
    pages: z
      .boolean({ error: 'true or false' })
      .optional()
      .describe('Whether pages wait as well; they do not if absent.'),
  },
  'a map of from, until, timeZone, days and pages',
);

/** What has quiet hours elsewhere. */
const INSTEAD: Readonly<Record<string, string>> = {
  rotation: '`quiet` of the targets of its people',
  calendar: '`quiet` of the targets of its people',
  alertmanager: 'its own mute time intervals: it is sent what is open again and again',
};

type NativeQuiet = Partly<z.infer<typeof quietSchema>>;

/** The quiet hours of a target; none where something is missing, which was reported. */
export function readQuietHours({
  from,
  until,
  timeZone,
  days = [...DAYS],
  pages = false,
}: NativeQuiet): Pick<TargetDefinition, 'quiet'> {
  if (from === undefined || until === undefined || timeZone === undefined) return {};
  const begin = days.flatMap((day) => (day === undefined ? [] : [DAYS.indexOf(day)]));
  return { quiet: { from: timeOf(from), until: timeOf(until), timeZone, days: begin, pages } };
}

function timeOf(text: string): number {
  const [hour, minute] = text.split(':').map(Number) as [number, number];
  return hour * HOUR + minute * MINUTE;
}

/** Reports what is wrong with quiet hours beyond their shape. */
export function checkQuiet(
  { from, until, timeZone }: NativeQuiet,
  kind: string | undefined,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): void {
  readTimeZone(timeZone, placeAt(place, ['timeZone']), source, report);
  const expected = kind === undefined ? undefined : INSTEAD[kind];
  if (expected !== undefined)
    report(problemAt(source, place.key, 'error', `\`quiet\` of a target of the kind ${kind}`, { expected }));
  if (from === undefined || from !== until) return;
  const at = placeAt(place, ['until'])!;
  const message = `\`until\` is ${quoted(at)}, the same as \`from\``;
  report(problemAt(source, at.start, 'error', message, { expected: 'another time' }));
}
