import { START_EARLY } from '../../src/core/sli/counted-kinds.ts';
import type {
  FreshnessSli,
  MeasurementSli,
  OutcomeSli,
  Schedule,
  ScheduleSli,
  SliceRule,
  SliceSli,
} from '../../src/core/sli/sli.ts';

/** An SLI of whole executions that succeed, with these differences. */
export function outcomeSli(changes: Partial<OutcomeSli> = {}): OutcomeSli {
  return {
    kind: 'outcomes',
    step: null,
    dependency: null,
    where: {},
    withinMs: null,
    from: 'started',
    per: 'execution',
    good: 'succeeded',
    ...changes,
  };
}

/** An SLI of measurements that are at most 100, with these differences. */
export function measurementSli(changes: Partial<MeasurementSli> = {}): MeasurementSli {
  return { kind: 'measurement', name: 'depth', where: {}, op: '<=', limit: 100, sums: false, ...changes };
}

export function sliceSli(sliceMs: number, rule: SliceRule, of: SliceSli['of'] = outcomeSli()): SliceSli {
  return { kind: 'slices', sliceMs, of, rule };
}

/** At least half of a slice is good. */
export const HALF: SliceRule = { kind: 'ratio', atLeast: { numerator: 1, denominator: 2 } };

export function freshnessSli(everyMs: number, of: OutcomeSli = outcomeSli()): FreshnessSli {
  return { kind: 'freshness', of, everyMs };
}

/** A schedule that ticks every so many milliseconds since the epoch. */
export function every(interval: number): Schedule {
  return {
    cron: `every ${interval} ms`,
    timeZone: 'UTC',
    ticks(from, to) {
      const ticks: number[] = [];
      for (let tick = Math.ceil(from / interval) * interval; tick <= to; tick += interval) ticks.push(tick);
      return ticks;
    },
  };
}

export function scheduleSli(
  schedule: Schedule,
  startWithinMs: number | null,
  finishWithinMs: number,
  startEarlyMs: number = START_EARLY,
): ScheduleSli {
  return { kind: 'schedule', where: {}, schedule, startEarlyMs, startWithinMs, finishWithinMs };
}
