import { DAY, HOUR, MINUTE } from '../../core/time/duration.ts';

const YEAR = 365 * DAY;
const LATEST_DATE = Date.UTC(9999, 11, 31);

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0, signDisplay: 'negative' });
const oneDecimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1, signDisplay: 'negative' });
const twoDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2, signDisplay: 'negative' });
const twoDecimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2, signDisplay: 'negative' });

/** A number of outcomes with thousands separators; fractions, as an allowance may have, only below 10. */
export function amount(value: number): string {
  const size = Math.abs(value);
  // A quiet workflow may be allowed 0.04 failures; that is not the same as 0.
  const format = size < 1 ? twoDigits : size < 10 ? oneDecimal : whole;
  return format.format(value);
}

/** A burn rate or a threshold of one, `13.4x`. */
export function times(rate: number): string {
  const format = rate < 10 ? twoDecimals : rate < 1000 ? oneDecimal : whole;
  return `${format.format(rate)}x`;
}

/** A ratio of 0 or more as a percentage. Never `0%` or `100%` for what is not quite that. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.01) return 'under 0.01%';
  if (value < 1) return `${twoDecimals.format(value)}%`;
  return `${oneDecimal.format(value < 100 ? Math.min(value, 99.9) : value)}%`;
}

/** A ratio of 0 or more as a whole percentage, rounded down: what is left is never overstated, and 100% is all. */
export function wholePercent(ratio: number): string {
  // Rounded first, because 0.29 * 100 is 28.999999999999996.
  const value = Math.floor(Math.round(ratio * 1e8) / 1e6);
  return value === 0 && ratio > 0 ? 'under 1%' : `${whole.format(value)}%`;
}

/** A length of time in at most two units, `2h 10m`; the second is dropped where it says little, as in `14h`. */
export function span(duration: number): string {
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
export function spanAhead(duration: number): string {
  return duration > YEAR ? 'over a year' : span(duration);
}

/** A window as it is said after "in the last": `hour`, `5 minutes`, `3 days`. */
export function windowWords(duration: number): string {
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

/** A moment as `2026-11-22 19:06 UTC`. */
export function utc(at: number): string {
  if (!(at >= 0 && at <= LATEST_DATE)) return 'an unknown time';
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A past moment, absolute and relative to `now`. */
export function ago(at: number, now: number): string {
  return `${utc(at)} (${now - at < MINUTE ? 'just now' : `${span(now - at)} ago`})`;
}

/** The same text cut to at most `limit` characters; a cut one ends in an ellipsis. */
export function shorten(text: string, limit: number): string {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, Math.max(0, limit - 1)).join('')}…`;
}

/**
 * Makes a text safe to stand in a line that others wrote: one line, no control, zero-width or
 * direction-changing characters, no towers of accents, at most `limit` characters, never empty.
 */
export function oneLine(text: string, limit: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}\u115f\u1160\u3164\uffa0]/gu, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
  return line === '' ? '(blank)' : shorten(line, limit);
}

/** `oneLine` for text of producers and authors: mail clients and terminals do not make a link of it either. */
export function plainName(text: string, limit: number): string {
  return oneLine(oneLine(text, limit).replaceAll('://', ':/ /'), limit);
}

/** The address if it is an http(s) one of a sane length, in normal form; else null, and it must not become a link. */
export function webAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && url.href.length <= 1000 ? url.href : null;
}

/** A text as one part of a path; half surrogate pairs, which cannot be encoded, are left out. */
export function urlPart(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, ''));
}
