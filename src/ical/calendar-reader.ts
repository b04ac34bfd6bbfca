import { Worker } from 'node:worker_threads';
import type { CalendarEvent } from '../core/slo/on-call-calendar.ts';
import { timestampOfLocal } from '../core/time/calendar.ts';

/** What is asked of a calendar. */
export interface CalendarQuestion {
  readonly text: string;
  readonly from: number;
  readonly until: number;
  /** Of days, and of times without a time zone. */
  readonly timeZone: string;
}

/** Reads iCalendar files (RFC 5545). */
export interface CalendarReader {
  /**
   * The events that overlap a time, with what repeats and what was changed of it. Rejects with an `Error` for people when it is no
   * calendar, or takes more time or memory than a calendar may.
   */
  events(question: CalendarQuestion): Promise<readonly CalendarEvent[]>;
}

export interface CalendarReaderOptions {
  /** Milliseconds for one calendar. */
  readonly timeout?: number;
  /** The program of the thread. */
  readonly program?: URL;
}

const TIMEOUT = 5000;
const MEMORY_MB = 128;
const MOST_EVENTS = 1000;

/** A moment, or what clocks show, as if they showed UTC. */
type WrittenMoment = { readonly at: number } | { readonly local: number; readonly zone: string | null };

interface WrittenEvent extends Omit<CalendarEvent, 'from' | 'until'> {
  readonly from: WrittenMoment;
  readonly until: WrittenMoment;
}

type Answer =
  | { readonly events: readonly WrittenEvent[]; readonly problem: null }
  | { readonly events: null; readonly problem: string };

/** Makes the reader; each calendar is read by a thread of its own, which ends with it. */
export function createCalendarReader({
  timeout = TIMEOUT,
  program = new URL('./read-calendar.js', import.meta.url),
}: CalendarReaderOptions = {}): CalendarReader {
  return {
    async events({ text, from, until, timeZone }) {
      const written = await answerOf({ text, from, until, most: MOST_EVENTS }, program, timeout);
      return written
        .map((event) => ({
          ...event,
          from: momentOf(event.from, timeZone),
          until: momentOf(event.until, timeZone),
        }))
        .filter((event) => event.from < event.until && event.until > from && event.from < until);
    },
  };
}

function momentOf(moment: WrittenMoment, timeZone: string): number {
  if ('at' in moment) return moment.at;
  const { local, zone } = moment;
  try {
    return timestampOfLocal(zone ?? timeZone, local);
  } catch (error) {
    throw new Error('it has times in a time zone that it does not explain and that is not one of IANA', {
      cause: error,
    });
  }
}

function answerOf(workerData: object, program: URL, timeout: number): Promise<readonly WrittenEvent[]> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(program, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      stdout: true,
      stderr: true,
    });
    const timer = setTimeout(() => {
      end();
      reject(new Error(`it was not read within ${timeout} ms`));
    }, timeout);
    const end = (): void => {
      clearTimeout(timer);
      void thread.terminate();
    };
    thread.on('message', ({ events, problem }: Answer) => {
      end();
      if (events) resolve(events);
      else reject(new Error(problem));
    });
    thread.on('error', (error: Error & { code?: string }) => {
      end();
      const isLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(new Error(isLarge ? 'it takes too much memory' : 'it cannot be read'));
    });
    thread.on('exit', () => reject(new Error('it cannot be read')));
  });
}
