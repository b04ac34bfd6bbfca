import { DAY, HOUR, MINUTE, WEEK } from '../../core/time/duration.ts';

/** A duration as OpenSLO writes it: `5m`, `28d`, `1M`. Case matters: `m` are minutes, `M` months. */
export interface Shorthand {
  readonly amount: number;
  readonly unit: Unit;
  /** Milliseconds; a month counts as 30 days, a quarter as 90, a year as 365. */
  readonly duration: number;
}

const UNITS = { m: MINUTE, h: HOUR, d: DAY, w: WEEK, M: 30 * DAY, Q: 90 * DAY, Y: 365 * DAY } as const;
type Unit = keyof typeof UNITS;

/** Reads a duration; null unless it is a whole number with one of the seven units. */
export function parseShorthand(text: string): Shorthand | null {
  const match = /^(\d{1,9})([mhdwMQY])$/.exec(text);
  if (!match) return null;
  const amount = Number(match[1]);
  const unit = match[2] as Unit;
  const duration = amount * UNITS[unit];
  return Number.isSafeInteger(duration) ? { amount, unit, duration } : null;
}

/** Writes a duration of whole minutes in the largest of the units m, h and d that fits without a rest. */
export function formatShorthand(duration: number): string {
  for (const unit of ['d', 'h'] as const) {
    if (duration % UNITS[unit] === 0) return `${duration / UNITS[unit]}${unit}`;
  }
  return `${Math.ceil(duration / MINUTE)}m`;
}
