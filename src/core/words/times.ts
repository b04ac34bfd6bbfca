import { MINUTE } from '../time/duration.ts';
import { formatSpan } from './figures.ts';

/** How times are written in what is sent to people: in their zone, and the date only where it is another day. */
export interface Times {
  /** `19:06 UTC`, on another day `21 Nov 19:06 UTC`, in another year `21 Nov 2025 19:06 UTC`. */
  readonly at: (moment: number) => string;
  /** A past time, also relative to now: `19:06 UTC (3h ago)`. */
  readonly ago: (moment: number) => string;
  /** `18:57 to 19:50 UTC`; days as `at`, the end's only where it is not that of the start. */
  readonly period: (from: number, to: number) => string;
  /** The day and time of a moment, whatever the day of now: `28 Nov 01:02`, without the zone. */
  readonly dated: (moment: number) => string;
}

const LATEST_TIME = Date.UTC(9999, 11, 31);
const UNKNOWN = 'an unknown time';

interface Parts {
  readonly day: string;
  readonly year: string;
  readonly time: string;
  readonly zone: string;
}

const formats = new Map<string, readonly [Intl.DateTimeFormat, Intl.DateTimeFormat]>();

/** Makes the words for times that are read at `now` in a time zone (an IANA name); null: UTC. */
export function timesAt(now: number, timeZone: string | null): Times {
  const zone = timeZone ?? 'UTC';
  const today = partsOf(now, zone);
  const dayOf = ({ day, year }: Parts, other: Parts | null): string => {
    if (other && other.day === day && other.year === year) return '';
    return year === today?.year ? `${day} ` : `${day} ${year} `;
  };
  const at = (moment: number): string => {
    const parts = partsOf(moment, zone);
    return parts ? `${dayOf(parts, today)}${parts.time} ${parts.zone}` : UNKNOWN;
  };
  return {
    at,
    ago(moment) {
      const past = Math.min(moment, now);
      return `${at(past)} (${now - past < MINUTE ? 'just now' : `${formatSpan(now - past)} ago`})`;
    },
    period(from, to) {
      const [start, end] = [partsOf(from, zone), partsOf(to, zone)];
      if (!start || !end) return UNKNOWN;
      // Where summer time ends in between, the zone of each matters.
      const startZone = start.zone === end.zone ? '' : ` ${start.zone}`;
      return `${dayOf(start, today)}${start.time}${startZone} to ${dayOf(end, start)}${end.time} ${end.zone}`;
    },
    dated(moment) {
      const parts = partsOf(moment, zone);
      return parts ? `${parts.day} ${parts.time}` : UNKNOWN;
    },
  };
}

function partsOf(moment: number, zone: string): Parts | null {
  if (!(moment >= 0 && moment <= LATEST_TIME)) return null;
  const [full, american] = formatsOf(zone);
  const parts = new Map(full.formatToParts(moment).map(({ type, value }) => [type, value]));
  const name = parts.get('timeZoneName') ?? zone;
  return {
    day: `${parts.get('day')} ${parts.get('month')}`,
    year: parts.get('year') ?? '',
    time: `${parts.get('hour')}:${parts.get('minute')}`,
    // Each English knows the names of its own zones, `CET` or `EST`, and writes the others as offsets.
    zone: /^(GMT|UTC)./.test(name) ? zoneName(american, moment) : name,
  };
}

function zoneName(format: Intl.DateTimeFormat, moment: number): string {
  return format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

function formatsOf(zone: string): readonly [Intl.DateTimeFormat, Intl.DateTimeFormat] {
  let found = formats.get(zone);
  if (!found) {
    const options: Intl.DateTimeFormatOptions = {
      timeZone: zone,
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    };
    found = [new Intl.DateTimeFormat('en-GB', options), new Intl.DateTimeFormat('en-US', options)];
    formats.set(zone, found);
  }
  return found;
}
