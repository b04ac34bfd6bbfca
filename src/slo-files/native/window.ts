import type { TimeWindow } from '../../core/time/time-window.ts';
import { DAY, parseDuration } from '../../core/time/duration.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { readTimeZone } from './time-zone.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';
import type { NativeWindow } from './window-schema.ts';

/** How long a calendar window is taken to be where its real length does not matter. */
const NOMINAL = { week: 7 * DAY, month: 30 * DAY, quarter: 90 * DAY } as const;

/** The windows of an SLO, the one alerts are about first; null when one of them cannot be used. */
export function readWindows(
  native: Partly<NativeWindow | NativeWindow[]> | undefined,
  place: Place | undefined,
  source: SourceText,
  report: ReportProblem,
): readonly [TimeWindow, ...TimeWindow[]] | null {
  if (native === undefined || !place) return null;
  const list = Array.isArray(native) ? native : [native];
  const windows: TimeWindow[] = [];
  for (const [index, item] of list.entries()) {
    const at = Array.isArray(native) ? placeAt(place, [index])! : place;
    const window = readWindow(item, at, source, report);
    if (!window) continue;
    const twin = windows.findIndex((other) => isSame(other, window));
    if (twin === -1) windows.push(window);
    else
      report(problemAt(source, at.start, 'error', `window ${index + 1} is the same as window ${twin + 1}`));
  }
  const [first, ...others] = windows;
  return first && windows.length === list.length ? [first, ...others] : null;
}

function readWindow(
  native: Partly<NativeWindow>,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): TimeWindow | null {
  if (typeof native === 'string') return { kind: 'rolling', duration: parseDuration(native)!, text: native };
  const { calendar: unit } = native;
  const timeZone = readTimeZone(native.timeZone, placeAt(place, ['timeZone']), source, report);
  if (unit === undefined || timeZone === null) return null;
  return { kind: 'calendar', unit, timeZone, duration: NOMINAL[unit], text: `${unit} (${timeZone})` };
}

function isSame(a: TimeWindow, b: TimeWindow): boolean {
  if (a.kind === 'rolling') return b.kind === 'rolling' && a.duration === b.duration;
  return b.kind === 'calendar' && a.unit === b.unit && a.timeZone === b.timeZone;
}
