import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import type { IntakeAccount } from '../../core/alerting/stored-intake.ts';
import { intakeRecord, storedIntake } from '../../core/alerting/stored-intake.ts';
import type { TimeSpan } from '../../core/time/breaks.ts';
import { SECOND } from '../../core/time/duration.ts';

/**
 * Keeps account of when this replica could take outcomes, and says so in the store, so that deadlines that passed while
 * no replica could are not held against producers.
 */
export interface Intake {
  /** Producers can reach this replica from now on. */
  open(): void;
  /**
   * To be called once a second, when the store was just asked: `able` says whether it answers, and `flowing` which of the sources
   * that are read get on. Never rejects.
   */
  check(able: boolean, flowing?: readonly string[]): Promise<void>;
  /** The store as recorders are to see it: what it fails to record ends the time in which outcomes could be taken. */
  watching(store: IntakeStore): IntakeStore;
  /** The times in which it could take outcomes, oldest first, up to this moment. */
  readonly spans: () => readonly TimeSpan[];
  /** The times in which each source got on, by its name. */
  readonly sourceSpans: () => ReadonlyMap<string, readonly TimeSpan[]>;
  /** Producers cannot reach this replica any more. Never rejects. */
  close(): Promise<void>;
}

/** What a recorder needs of a store. */
export type IntakeStore = Pick<CountStore, 'record'> & { readonly partitions: number };

export interface IntakeOptions {
  readonly store: RecordStore;
  /** Made anew at each start of a process. */
  readonly owner: string;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** A check that comes later than this finds that the process, or its machine, stood still. */
const STOOD_STILL = 3 * SECOND;
const SAVE_INTERVAL = 5 * SECOND;
/** More breaks than this within the time that matters: the oldest are forgotten. */
const MOST_SPANS = 100;

/** The times in which something went on. */
interface Stretches {
  end(): void;
  /** Extends the current span to this moment, or begins another one where it does not reach it. */
  extend(): void;
  readonly isOpen: () => boolean;
  /** As they were at the last check. */
  readonly known: () => readonly TimeSpan[];
  /** Up to this moment. */
  readonly spans: () => readonly TimeSpan[];
}

function createStretches(clock: Clock, elapsed: () => number): Stretches {
  let past: readonly TimeSpan[] = [];
  let current: TimeSpan | null = null;
  let checkedAt = -Infinity;

  function end(): void {
    if (current) past = [...past, current].slice(1 - MOST_SPANS);
    current = null;
  }

  const known = () => (current ? [...past, current] : past);
  return {
    end,
    extend() {
      const now = clock.now();
      const passed = elapsed();
      if (passed - checkedAt > STOOD_STILL) end();
      // A clock that was set back must not leave a span that lies ahead.
      current = [Math.min(current?.[0] ?? now, now), now];
      checkedAt = passed;
    },
    isOpen: () => current !== null,
    known,
    spans() {
      const isNow = current !== null && elapsed() - checkedAt <= STOOD_STILL;
      return current && isNow ? [...past, [current[0], Math.max(current[1], clock.now())]] : known();
    },
  };
}

export function createIntake({ store, owner, clock, elapsed, log }: IntakeOptions): Intake {
  const id = intakeRecord(owner);
  const own = createStretches(clock, elapsed);
  const sources = new Map<string, Stretches>();
  let revision = 0;
  let isOpen = false;
  let savedAt = -Infinity;

  function extend(): void {
    // What begins anew is stored at once.
    const before = own.known().length;
    own.extend();
    if (own.known().length !== before) savedAt = -Infinity;
  }

  function follow(flowing: readonly string[]): void {
    for (const name of flowing) if (!sources.has(name)) sources.set(name, createStretches(clock, elapsed));
    for (const [name, stretches] of sources) {
      if (flowing.includes(name)) stretches.extend();
      else stretches.end();
    }
  }

  function account(): IntakeAccount {
    const ofSources = [...sources].map(([name, stretches]) => [name, stretches.known()] as const);
    return { spans: own.known(), ...(sources.size > 0 && { sources: Object.fromEntries(ofSources) }) };
  }

  async function save(): Promise<void> {
    const passed = elapsed();
    if (passed - savedAt < SAVE_INTERVAL) return;
    savedAt = passed;
    try {
      if (await store.putRecord('evaluation', id, revision, storedIntake(account()))) revision++;
      // The leader removed it, since it was too old; or an answer was lost.
      else {
        const found = (await store.records('evaluation')).find((record) => record.id === id);
        revision = found?.revision ?? 0;
        savedAt = -Infinity;
      }
    } catch (error) {
      savedAt = -Infinity;
      own.end();
      log.warn({ error: String(error) }, 'when outcomes could be taken could not be stored');
    }
  }

  return {
    open() {
      isOpen = true;
      extend();
    },
    async check(able, flowing = []) {
      if (!isOpen) return;
      follow(able ? flowing : []);
      if (!able) {
        own.end();
        return;
      }
      extend();
      await save();
    },
    watching: (recording) => ({
      // Not known before the store is there.
      get partitions() {
        return recording.partitions;
      },
      async record(batch) {
        try {
          return await recording.record(batch);
        } catch (error) {
          own.end();
          throw error;
        }
      },
    }),
    spans: own.spans,
    sourceSpans: () => new Map([...sources].map(([name, stretches]) => [name, stretches.spans()])),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      if (own.isOpen()) extend();
      savedAt = -Infinity;
      await save();
      own.end();
    },
  };
}
