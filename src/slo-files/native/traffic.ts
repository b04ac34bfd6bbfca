import { DAY, HOUR, MINUTE, SECOND } from '../../core/time/duration.ts';

const UNITS: Readonly<Record<string, number>> = { s: SECOND, minute: MINUTE, hour: HOUR, day: DAY };

/** Executions a millisecond, from `2/day`, `10/hour`, `30/minute` or `100/s`; null unless it is above 0. */
export function parseTraffic(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\/(s|minute|hour|day)$/.exec(text);
  const amount = Number(match?.[1]);
  return match && amount > 0 ? amount / UNITS[match[2]!]! : null;
}
