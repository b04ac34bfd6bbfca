import { iso } from '../../core/time/timestamp.ts';
import type { Watched } from '../../core/alerting/tier-kind.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Sli } from '../../core/sli/sli.ts';
import { silenceAllowed } from '../../core/sli/sli-kinds.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { DAY, MINUTE } from '../../core/time/duration.ts';
import type { EvaluationAccount } from '../../core/alerting/stored-evaluation.ts';
import { storedEvaluation, upgradeEvaluation } from '../../core/alerting/stored-evaluation.ts';
import type { Gap } from '../../core/time/gaps.ts';
import { watchedTime, withGap } from '../../core/time/gaps.ts';

/** What a tick may believe of the time since the one before. */
export interface TickContext {
  readonly watched: Watched;
  /** How far the clock was moved since the last tick, in milliseconds; 0 when it was not. */
  readonly clockMoved: number;
  /** Whether nothing new may be concluded about an SLI yet, since the clock was set or evaluation was interrupted. */
  readonly inconclusive: (sli: Sli) => boolean;
}

/** Tracks gaps in evaluation across restarts and leader changes (J4). */
export interface EvaluationGaps {
  /** To be asked once at the beginning of each tick. */
  begin(now: number): Promise<TickContext>;
  /** Stores the account, at most once a minute; to be called at the end of each tick. */
  end(now: number): Promise<void>;
}

export interface EvaluationGapsOptions {
  readonly store: RecordStore;
  readonly term: () => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** Why not everything is believed: since when (of elapsed time), how long windows need, and how much was missed. */
interface SettlingPeriod {
  readonly since: number;
  readonly settling: number;
  readonly missed: number;
}

const RECORD = 'watch';
/** A clock that differs by more than this from the time that passed was moved. */
const CLOCK_TOLERANCE = MINUTE;
/** Ticks that follow each other within this are no break, nor within twice what they usually take. */
const BREAK = MINUTE;
/** After the clock was moved, windows need two minutes of the new time before anything is concluded of them. */
const SETTLING = 2 * MINUTE;
/** No condition looks further back. */
const GAPS_KEPT = 100 * DAY;
const SAVE_INTERVAL = MINUTE;

/** Makes the tracker; what is stored is read again in every term. */
export function createEvaluationGaps({ store, term, elapsed, log }: EvaluationGapsOptions): EvaluationGaps {
  let gaps: readonly Gap[] = [];
  let revision = 0;
  // What a newer version of Burnwatch stored is neither understood nor overwritten.
  let newer = false;
  let readInTerm: number | null = null;
  // Of the last tick that got to its end: what failed has not listened either.
  let last: { readonly at: number; readonly elapsed: number } | null = null;
  let interval = 0;
  let settlingPeriod: SettlingPeriod | null = null;
  let savedAt: number | null = null;

  async function read(): Promise<EvaluationAccount | null> {
    const record = (await store.records('evaluation')).find(({ id }) => id === RECORD);
    revision = record?.revision ?? 0;
    const account = record ? upgradeEvaluation(record.value) : null;
    newer = record !== undefined && account === null;
    if (newer)
      log.error({ record: RECORD }, 'a newer version of Burnwatch stored when it evaluated; left alone');
    return account;
  }

  function missed(from: number, to: number): void {
    if (to > from) gaps = withGap(gaps, [from, to], to - GAPS_KEPT);
    savedAt = null;
  }

  return {
    async begin(now) {
      const passed = elapsed();
      let clockMoved = 0;
      if (readInTerm !== term() || !last) {
        const account = await read();
        readInTerm = term();
        gaps = account?.gaps ?? [];
        if (account && now - account.lastAt > BREAK + SAVE_INTERVAL) {
          missed(account.lastAt, now);
          settlingPeriod = { since: passed, settling: 0, missed: now - account.lastAt };
          log.warn({ since: iso(account.lastAt) }, 'nothing was evaluated for a while');
        }
      } else {
        const wall = now - last.at;
        const real = passed - last.elapsed;
        if (Math.abs(wall - real) > CLOCK_TOLERANCE) {
          clockMoved = wall - real;
          settlingPeriod = { since: passed, settling: SETTLING, missed: Math.abs(clockMoved) };
          missed(last.at, now);
          log.warn({ by: clockMoved }, 'the clock was set; nothing new fires or resolves for two minutes');
        } else if (real > Math.max(BREAK, 2 * interval)) {
          missed(last.at, now);
          settlingPeriod = { since: passed, settling: 0, missed: real };
        }
      }
      const back = last !== null && now < last.at;
      return {
        watched: (from) => watchedTime(gaps, from, now),
        clockMoved,
        inconclusive(sli) {
          if (back || !settlingPeriod) return back;
          // Outcomes from the gap may still arrive; wait as long as the gap lasted before judging.
          return (
            passed <
            settlingPeriod.since +
              settlingPeriod.settling +
              Math.min(silenceAllowed(sli), settlingPeriod.missed)
          );
        },
      };
    },

    async end(now) {
      const passed = elapsed();
      if (last) interval = passed - last.elapsed;
      last = { at: now, elapsed: passed };
      if (newer) return;
      if (savedAt !== null && passed - savedAt < SAVE_INTERVAL) return;
      const account = storedEvaluation({ lastAt: now, gaps });
      if (await store.putRecord('evaluation', RECORD, revision, account)) {
        revision++;
        savedAt = passed;
      } else {
        // Another leader wrote it.
        readInTerm = null;
      }
    },
  };
}
