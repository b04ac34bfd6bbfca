import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { RRuleTemporal } from 'rrule-temporal';
import type { Recurrence, Starts } from '../../core/adjustments/adjustment.ts';
import { offsetOf } from '../../core/time/calendar.ts';
import type { Log } from '../../core/ports/log.ts';
import { DAY, MINUTE } from '../../core/time/duration.ts';

/** Computes when recurrences start. */
export interface Recurrences {
  /** Empty for a rule that cannot be computed, which is logged. */
  readonly starts: Starts;
  /** Computes the starts between two moments ahead of time, without holding the event loop. */
  readonly prepare: (recurrence: Recurrence, from: number, to: number) => Promise<void>;
  /** The first start after a moment; null when there is none any more, or when it cannot be computed. */
  readonly next: (recurrence: Recurrence, after: number) => number | null;
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
 * Makes one. As RFC 5545 has it, a start that falls into the hour that clocks skip in spring does not happen, and one
 * in the hour that comes twice happens the first time.
 */
export function createRecurrences(log: Log): Recurrences {
  const rules = new Map<string, RRuleTemporal>();
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
        ruleOf(recurrence).between(new Date(from), new Date(to), true),
      );
      if (stretches.size >= KEPT_STRETCHES) stretches.clear();
      stretches.set(key, (starts = found.map(({ epochMilliseconds }) => epochMilliseconds)));
    }
    return starts;
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
    const at = ruleOf(recurrence).next(new Date(Math.max(after, recurrence.start - 1)))?.epochMilliseconds;
    return at === undefined || at > (recurrence.until ?? at) ? null : at;
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
    first: (recurrence) => next(recurrence, recurrence.start - 1),
  };
}

function keyOf({ rrule, start, timeZone }: Recurrence): string {
  return `${rrule} ${start} ${timeZone}`;
}

function makeRule({ rrule, start, timeZone }: Recurrence): RRuleTemporal {
  const minute = Math.floor(start / MINUTE) * MINUTE;
  const local = new Date(minute + offsetOf(timeZone, minute)).toISOString().replace(/[-:]|\.\d+Z/g, '');
  return new RRuleTemporal({
    rruleString: `DTSTART;TZID=${timeZone}:${local}\nRRULE:${rrule}`,
    strict: true,
    cache: false,
    maxIterations: MAX_ITERATIONS,
    maxCandidateEvaluations: MAX_CANDIDATES,
  });
}
