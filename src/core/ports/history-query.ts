import { HOUR_RETENTION, MINUTE_EXACT } from '../counters/cells.ts';
import { iso, parseTimestamp } from '../time/timestamp.ts';
import { DAY, HOUR, MINUTE, formatDuration, parseDuration } from '../time/duration.ts';

/** Which part of an SLO's history is asked for, in milliseconds; whole minutes or, further back, whole hours. */
export interface HistoryQuery {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly resolution: 'minute' | 'hour';
}

export const MAX_POINTS = 2000;
const DEFAULT_POINTS = 300;
const DEFAULT_SPAN = DAY;
/** Steps to choose from when none is asked for. */
const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];

/**
 * Reads the query of a history as the texts it came in: `from` and `to` are moments (default: the last day),
 * `step` a duration. Answers with every problem, each a sentence that says what would be right.
 */
export function parseHistoryQuery(
  texts: { readonly from: string | null; readonly to: string | null; readonly step: string | null },
  now: number,
): HistoryQuery | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const asked = timestamp('from', texts.from, problems);
  const end = Math.min(timestamp('to', texts.to, problems) ?? now, now);
  const from = asked ?? end - DEFAULT_SPAN;
  if (problems.length === 0 && from >= end) problems.push('from must be earlier than to, and than now.');
  if (from < now - HOUR_RETENTION) {
    problems.push(`from must be at most ${formatDuration(HOUR_RETENTION)} ago: nothing older is kept.`);
  }
  // The minutes at the far edge may go while this is answered.
  const resolution = from >= now - MINUTE_EXACT - HOUR ? 'minute' : 'hour';
  const unit = resolution === 'minute' ? MINUTE : HOUR;
  const first = Math.floor(from / unit) * unit;
  // Until now means its running minute, too; an end that was asked for is not part of the history itself.
  const last = Math.max(first + unit, Math.ceil((end === now ? end + 1 : end) / MINUTE) * MINUTE);
  const step = texts.step === null ? defaultStep(last - first, unit) : (parseDuration(texts.step) ?? 0);
  if (step < unit || step % unit !== 0) {
    const why = resolution === 'hour' ? ', since single minutes are kept for 3 days only' : '';
    problems.push(`step must be whole ${resolution}s such as ${resolution === 'hour' ? '6h' : '5m'}${why}.`);
  } else if ((last - first) / step > MAX_POINTS) {
    const least = formatDuration(Math.ceil((last - first) / MAX_POINTS / unit) * unit);
    problems.push(
      `That is more than ${MAX_POINTS} points; step must be at least ${least} from ${iso(first)} to ${iso(last)}.`,
    );
  }
  return problems.length > 0 ? { problems } : { from: first, to: last, step, resolution };
}

function timestamp(name: string, text: string | null, problems: string[]): number | null {
  if (text === null) return null;
  // In a query a plus sign stands for a space.
  const written = text.replace(/ (\d{2}:\d{2})$/, '+$1');
  const at = parseTimestamp(/^\d{1,16}$/.test(written) ? Number(written) : written);
  if (at === null) {
    problems.push(
      `${name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch.`,
    );
  }
  return at;
}

function defaultStep(span: number, unit: number): number {
  return STEPS.find((step) => step >= unit && span / step <= DEFAULT_POINTS) ?? DAY;
}
