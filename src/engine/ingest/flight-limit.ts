import type { Rejection } from '../../core/outcomes/record-fields.ts';
import type { InFlight } from '../../core/ports/store/counting.ts';
import { SECOND } from '../../core/time/duration.ts';

export interface FlightLimitOptions {
  readonly store: { inFlight(workflow: string): Promise<Pick<InFlight, 'running'>> };
  /** The most executions and steps that may be in flight. */
  readonly limitOf: (workflow: string) => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
}

/** Keeps what is in flight, each of which takes memory of the store until it ends, below a limit. */
export interface FlightLimit {
  /** Takes one more start of a workflow, or says why not. */
  take(workflow: string): Rejection | null;
}

/** What is in flight in one workflow, as far as this replica knows. */
interface Reading {
  /** As the store said; null before the first time. */
  running: number | null;
  /** Starts taken since, of which many may have ended by now. */
  taken: number;
  /** When the store was asked last. */
  askedAt: number;
  isAsking: boolean;
}

/** The store is not asked more often. */
const ASK_EVERY = SECOND;

/**
 * Asks the store only now and then: after a share of what was left has been taken, and while nothing is left. Until the
 * store has answered for the first time starts are taken, so that a restart refuses nothing; and since each replica may take what
 * was left when it asked, replicas together may pass the limit by as much.
 */
export function createFlightLimit({ store, limitOf, elapsed }: FlightLimitOptions): FlightLimit {
  const readings = new Map<string, Reading>();

  async function ask(workflow: string, reading: Reading): Promise<void> {
    reading.isAsking = true;
    reading.askedAt = elapsed();
    const before = reading.taken;
    try {
      reading.running = (await store.inFlight(workflow)).running;
      // Those taken while it was asked may be in its answer or not: counted twice until it is asked again.
      reading.taken -= before;
    } catch {
      // While the store is away nothing is taken at all; what was known is good enough until it is back.
    } finally {
      reading.isAsking = false;
    }
  }

  return {
    take(workflow) {
      let reading = readings.get(workflow);
      if (!reading)
        readings.set(workflow, (reading = { running: null, taken: 0, askedAt: -Infinity, isAsking: false }));
      const limit = limitOf(workflow);
      const left = limit - (reading.running ?? 0);
      const isFull = reading.running !== null && reading.taken >= left;
      const isDue = reading.running === null || isFull || reading.taken * 4 >= left;
      if (isDue && !reading.isAsking && elapsed() - reading.askedAt >= ASK_EVERY) void ask(workflow, reading);
      if (isFull) return tooMany(workflow, limit);
      reading.taken++;
      return null;
    },
  };
}

function tooMany(workflow: string, limit: number): Rejection {
  return {
    code: 'too-many-in-flight',
    message:
      `${limit} executions and steps of ${workflow} are in flight, which is all that may be (BURNWATCH_IN_FLIGHT_LIMIT); this start is not followed. ` +
      'Its end counts all the same when it says startedAt or durationMs.',
  };
}
