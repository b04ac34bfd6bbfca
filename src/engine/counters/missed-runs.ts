import type { MissedRun } from '../../core/alerting/notification.ts';
import { countedBetween } from '../../core/counters/failing.ts';
import { minutesKeptFrom } from '../../core/sli/derived.ts';
import type { ScheduleSli } from '../../core/sli/sli.ts';
import { countedSeries } from '../../core/slo/series.ts';
import type { CountedSeries } from '../../core/slo/series.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { HOUR, MINUTE, minuteOf } from '../../core/time/duration.ts';
import type { CounterCache } from './counter-cache.ts';
import type { FailingRequest, FailingStretches } from './failing-stretches.ts';
import { streakCells } from './streaks.ts';

/** Finds the run of a schedule that was missed last. */
export interface MissedRuns {
  /** Brings what `read` needs of those SLOs that are schedules up to `now`. */
  prepare(slos: readonly Slo[], now: number): Promise<void>;
  /** Prepared for the same `now`; null for other SLIs, and when no tick of the time window was bad. */
  read(slo: Slo, now: number): MissedRun | null;
}

/** A run that was missed, with where its starts are counted. */
interface Missed extends Omit<MissedRun, 'started'> {
  readonly starts: CountedSeries | undefined;
}

const NO_WINDOWS: readonly number[] = [];

export function createMissedRuns(counterCache: CounterCache, failing: FailingStretches): MissedRuns {
  function missedOf(slo: Slo, now: number): Missed | null {
    const { sli } = slo;
    if (sli.kind !== 'schedule') return null;
    const last = failing.read(lastOf(slo, now), now);
    const run = last && runOf(sli, minuteOf(last.to - 1));
    if (!run) return null;
    const { tick } = run;
    const { startWithinMs, finishWithinMs } = sli;
    return {
      ...run,
      startBy: startWithinMs === null ? null : tick + startWithinMs,
      finishBy: tick + finishWithinMs,
      starts: countedSeries(slo as { workflow: string; sli: ScheduleSli }).find(
        ({ sli: { kind } }) => kind === 'starts',
      ),
    };
  }

  return {
    async prepare(slos, now) {
      await failing.prepare(
        slos.filter(({ sli }) => sli.kind === 'schedule').map((slo) => lastOf(slo, now)),
        now,
      );
      const requests = slos.flatMap((slo) => {
        const missed = missedOf(slo, now);
        if (!missed?.starts) return [];
        const { workflow, fingerprint } = missed.starts;
        return [{ workflow, fingerprint, windows: NO_WINDOWS, minutesOf: hoursSince(missed.tick, now) }];
      });
      if (requests.length > 0) await counterCache.refresh(requests, now);
    },
    read(slo, now) {
      const missed = missedOf(slo, now);
      if (!missed) return null;
      const { starts, ...run } = missed;
      if (!starts) return { ...run, started: null };
      const cells = streakCells(counterCache.series(starts), false, minutesKeptFrom(now));
      return { ...run, started: countedBetween(cells, run.tick, now + 1).good > 0 };
    },
  };
}

function lastOf(slo: Slo, now: number): FailingRequest {
  return { slo, ask: 'last', from: now - slo.window.duration };
}

/** The tick that a minute was counted as bad for: at the end of its time to start, or of its time to succeed. */
function runOf(
  { schedule, startWithinMs, finishWithinMs }: ScheduleSli,
  minute: number,
): Pick<MissedRun, 'tick' | 'missed'> | null {
  for (const tick of schedule.ticks(minute * MINUTE - finishWithinMs - MINUTE, (minute + 1) * MINUTE)) {
    if (startWithinMs !== null && minuteOf(tick + startWithinMs) === minute) return { tick, missed: 'start' };
    if (minuteOf(tick + finishWithinMs) === minute) return { tick, missed: 'finish' };
  }
  return null;
}

function hoursSince(from: number, now: number): number[] {
  const first = Math.floor(from / HOUR);
  return Array.from({ length: Math.floor(now / HOUR) - first + 1 }, (_, index) => first + index);
}
