import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { RRuleTemporal } from 'rrule-temporal';
import type { Recurrence, Starts } from '../../core/adjustments/adjustment.ts';
import { timestampOfLocal, offsetOf, skippedTimes } from '../../core/time/calendar.ts';
import type { SkippedTime } from '../../core/time/calendar.ts';
import type { Log } from '../../core/ports/log.ts';
import { DAY, MINUTE } from '../../core/time/duration.ts';

/** A start at a local time that does not exist. */
export interface MovedStart {
  readonly local: number;
  readonly at: number;
}

/** Computes when recurrences start. */
export interface Recurrences {
  /** Empty for a rule that cannot be computed, which is logged. */
  readonly starts: Starts;
  /** Computes the starts between two moments ahead of time, without holding the event loop. */
  readonly prepare: (recurrence: Recurrence, from: number, to: number) => Promise<void>;
  /** The first start after a moment; null when there is none any more, or when it cannot be computed. */
  readonly next: (recurrence: Recurrence, after: number) => number | null;
  /** Starts that clocks skip, between two moments: the local time, given as if it were UTC, and when it starts instead. */
  readonly moved: (recurrence: Recurrence, from: number, to: number) => readonly MovedStart[];
  /** The first start of all, or null; throws when the rule never happens or takes too long to work out. */
  readonly first: (recurrence: Recurrence) => number | null;
}

/** Starts are computed and kept for periods of this length. */
const STRETCH = 32 * DAY;
const KEPT_STRETCHES = 4096;
/** Enough for a start an hour in a stretch; a rule that takes more is refused before it blocks the event loop (G2). */
const MAX_ITERATIONS = 1000;
const MAX_CANDIDATES = 10_000;

/**
 * Makes one. A start in the hour that clocks skip in spring comes right after it, as the ticks of schedules do (RFC 5545
 * leaves it out), and one in the hour that comes twice happens the first time. What recurs by the hour has nothing to move.
 */
export function createRecurrences(log: Log): Recurrences {
  const rules = new Map<string, RRuleTemporal>();
  const skippedBetween = rememberedSkips();
  const stretches = new Map<string, readonly number[]>();

  function ruleOf(recurrence: Recurrence): RRuleTemporal {
    const key = keyOf(recurrence);
    let rule = rules.get(key);
    if (!rule) {
      if (rules.size >= KEPT_STRETCHES) rules.clear();
      rules.set(key, (rule = makeRule(recurrence)));
    }
    return rule;
  }

  function stretch(recurrence: Recurrence, number: number): readonly number[] {
    const key = `${keyOf(recurrence)} ${number}`;
    let starts = stretches.get(key);
    if (!starts) {
      const [from, to] = [number * STRETCH, (number + 1) * STRETCH - 1];
      const found = tried(recurrence, [], () =>
        isHourly(recurrence)
          ? between(recurrence, from, to)
          : between(recurrence, from - DAY, to + DAY).map((local) =>
              timestampOfLocal(recurrence.timeZone, local),
            ),
      );
      if (stretches.size >= KEPT_STRETCHES) stretches.clear();
      // Two hours of which one is skipped are one start.
      starts = [...new Set(found)].filter((at) => at >= from && at <= to);
      stretches.set(key, starts);
    }
    return starts;
  }

  /** The starts of a rule between two moments; local times as if they were UTC, unless it recurs by the hour. */
  function between(recurrence: Recurrence, from: number, to: number): number[] {
    const found = ruleOf(recurrence).between(new Date(from), new Date(to), true);
    return found.map(({ epochMilliseconds }) => epochMilliseconds);
  }

  function moved(recurrence: Recurrence, from: number, to: number): readonly MovedStart[] {
    if (isHourly(recurrence)) return [];
    const last = Math.min(to, recurrence.until ?? to);
    return skippedBetween(recurrence.timeZone, Math.max(from, recurrence.start), last).flatMap((skipped) =>
      between(recurrence, skipped.from, skipped.to - 1).map((local) => ({ local, at: skipped.at })),
    );
  }

  /** One rule that fails must not take the others with it (J4). */
  function tried<Found>(recurrence: Recurrence, otherwise: Found, work: () => Found): Found {
    try {
      return work();
    } catch (error) {
      log.error(
        { recurrence, error: String(error) },
        'a recurring adjustment cannot be computed and does nothing',
      );
      return otherwise;
    }
  }

  function next(recurrence: Recurrence, after: number): number | null {
    const { timeZone, start, until } = recurrence;
    const last = Math.max(after, start - 1);
    const rule = ruleOf(recurrence);
    const nextIn = (from: number) => rule.next(new Date(from))?.epochMilliseconds;
    let at: number | undefined;
    if (isHourly(recurrence)) at = nextIn(last);
    else {
      // Clocks that were set since make a local time of a day ago the earliest that can be later than this moment.
      let local = nextIn(last + offsetOf(timeZone, last) - DAY);
      while (local !== undefined && timestampOfLocal(timeZone, local) <= last) local = nextIn(local);
      at = local === undefined ? undefined : timestampOfLocal(timeZone, local);
    }
    return at === undefined || at > (until ?? at) ? null : at;
  }

  return {
    starts(recurrence, from, to) {
      const found: number[] = [];
      const first = Math.max(from, recurrence.start);
      const last = Math.min(to, recurrence.until ?? to);
      for (let number = Math.floor(first / STRETCH); number * STRETCH <= last; number++) {
        for (const at of stretch(recurrence, number)) if (at >= first && at <= last) found.push(at);
      }
      return found;
    },
    async prepare(recurrence, from, to) {
      for (let at = Math.max(from, recurrence.start); at <= to; at += STRETCH) {
        stretch(recurrence, Math.floor(at / STRETCH));
        await yieldToEventLoop();
      }
    },
    next: (recurrence, after) => tried(recurrence, null, () => next(recurrence, after)),
    moved: (recurrence, from, to) => tried(recurrence, [], () => moved(recurrence, from, to)),
    first: (recurrence) => next(recurrence, recurrence.start - 1),
  };
}

/** Whether a rule recurs hour by hour: its library goes by elapsed time then, and no start of it is skipped. */
function isHourly({ rrule }: Pick<Recurrence, 'rrule'>): boolean {
  return /(^|;)FREQ=HOURLY(;|$)/.test(rrule) && !/(^|;)BYHOUR=/.test(rrule);
}

/** `skippedTimes`, by whole days and computed once for each time zone and time. */
function rememberedSkips(): typeof skippedTimes {
  const known = new Map<string, readonly SkippedTime[]>();
  return (timeZone, from, to) => {
    const [first, last] = [Math.floor(from / DAY) * DAY, Math.ceil(to / DAY) * DAY];
    const key = `${timeZone} ${first} ${last}`;
    let skipped = known.get(key);
    if (!skipped) {
      if (known.size >= KEPT_STRETCHES) known.clear();
      known.set(key, (skipped = skippedTimes(timeZone, first, last)));
    }
    return skipped.filter(({ at }) => at >= from && at <= to);
  };
}

function keyOf({ rrule, start, timeZone }: Recurrence): string {
  return `${rrule} ${start} ${timeZone}`;
}

function makeRule({ rrule, start, timeZone }: Recurrence): RRuleTemporal {
  const minute = Math.floor(start / MINUTE) * MINUTE;
  const local = new Date(minute + offsetOf(timeZone, minute)).toISOString().replace(/[-:]|\.\d+Z/g, '');
  const zone = isHourly({ rrule }) ? timeZone : 'UTC';
  return new RRuleTemporal({
    rruleString: `DTSTART;TZID=${zone}:${local}\nRRULE:${rrule}`,
    strict: true,
    cache: false,
    maxIterations: MAX_ITERATIONS,
    maxCandidateEvaluations: MAX_CANDIDATES,
  });
}
