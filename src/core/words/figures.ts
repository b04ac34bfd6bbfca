import { DAY, HOUR, MINUTE } from '../time/duration.ts';
import { iso } from '../time/timestamp.ts';

/** How figures are written wherever a person reads them: messages, dashboard, API sentences and `check`. */

const YEAR = 365 * DAY;
const LATEST_TIME = Date.UTC(9999, 11, 31);

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0, signDisplay: 'negative' });
const oneDecimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1, signDisplay: 'negative' });
const twoDecimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2, signDisplay: 'negative' });
const twoDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2, signDisplay: 'negative' });

/** A number of outcomes with thousands separators, `1,250`; fractions, as an allowance may have, only below 10. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  // A quiet workflow may be allowed 0.04 failures; that is not the same as 0.
  const format = size < 1 ? twoDigits : size < 10 ? oneDecimal : whole;
  return format.format(value);
}

/** The factor of a tier, `13.44x`: exact, as thresholds are. */
export function formatFactor(factor: number): string {
  return `${Number(factor.toFixed(3))}x`;
}

/** A measured burn rate, `14.8x`: two decimals, or one from 10 on. Never `0x` for what is not quite that. */
export function formatRate(rate: number): string {
  if (rate > 0 && rate < 0.01) return 'under 0.01x';
  const format = rate < 10 ? twoDecimals : rate < 1000 ? oneDecimal : whole;
  return `${format.format(rate)}x`;
}

/** A ratio as a percentage with at most `digits` decimals, `99.9%`: for promises and thresholds, which are exact. */
export function formatPercent(ratio: number, digits = 1): string {
  return `${Number((ratio * 100).toFixed(digits))}%`;
}

/** A measured ratio of 0 or more as a percentage. Never `0%` or `100%` for what is not quite that. */
export function formatShare(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.01) return 'under 0.01%';
  if (value < 1) return `${twoDecimals.format(value)}%`;
  return `${oneDecimal.format(value < 100 ? Math.min(value, 99.9) : value)}%`;
}

/** A measured ratio of 0 or more as a whole percentage, rounded down: what is left is never overstated, and 100% is all. */
export function formatWholeShare(ratio: number): string {
  // Rounded first, because 0.29 * 100 is 28.999999999999996.
  const value = Math.floor(Math.round(ratio * 1e8) / 1e6);
  return value === 0 && ratio > 0 ? 'under 1%' : `${whole.format(value)}%`;
}

/**
 * A measured length of time in at most two units, `2h 10m`; the second is dropped where it says little, as in `14h`. One
 * that was written, such as a window, is written back by `formatDuration`.
 */
export function formatSpan(duration: number): string {
  const minutes = Math.floor(duration / MINUTE);
  if (minutes < 1) return 'under a minute';
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'm');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const text = `${whole.format(large)}${largeUnit}`;
  return large >= 10 || small === 0 ? text : `${text} ${small}${smallUnit}`;
}

/** How far ahead a forecast lies; beyond a year the number would only look precise. */
export function formatSpanAhead(duration: number): string {
  return duration > YEAR ? 'over a year' : formatSpan(duration);
}

/** A window as it is said after "in the last": `hour`, `5 minutes`, `3 days`. */
export function formatWindow(duration: number): string {
  for (const [size, word] of [
    [DAY, 'day'],
    [HOUR, 'hour'],
  ] as const) {
    if (duration === size) return word;
    if (duration > size && duration % size === 0) return `${whole.format(duration / size)} ${word}s`;
  }
  const minutes = Math.max(1, Math.round(duration / MINUTE));
  return minutes === 1 ? 'minute' : `${whole.format(minutes)} minutes`;
}

/** A time to the minute, `2026-11-22 19:06 UTC`. */
export function formatTime(at: number): string {
  if (!(at >= 0 && at <= LATEST_TIME)) return 'an unknown time';
  return `${iso(at).slice(0, 16).replace('T', ' ')} UTC`;
}

/** From one time to another, `2026-11-22 19:06 to 20:30 UTC`: a day that is the same is written once. */
export function formatPeriod(from: number, to: number): string {
  const [start, end] = [formatTime(from), formatTime(to)];
  if (start.slice(0, 10) !== end.slice(0, 10)) return `${start} to ${end}`;
  return `${start.replace(/ UTC$/, '')} to ${end.slice(11)}`;
}

/** A time relative to `now`: `3h ago`, `just now`, `in 2h 10m`. */
export function formatRelative(at: number, now: number): string {
  if (at > now) return `in ${formatSpan(at - now)}`;
  return now - at < MINUTE ? 'just now' : `${formatSpan(now - at)} ago`;
}

/** A past time, absolute and relative to `now`: `2026-11-22 19:06 UTC (3h ago)`. */
export function formatAgo(at: number, now: number): string {
  return `${formatTime(at)} (${formatRelative(Math.min(at, now), now)})`;
}
