import type { Counts } from '../../src/core/counters/cells.ts';
import type { Evidence } from '../../src/core/counters/evidence.ts';
import { HOUR } from '../../src/core/time/duration.ts';

/** Outcomes by the hour, counted since the first of them. */
export interface Hours {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly length: number;
  /** What the counters say at the last moment of an hour, of windows of whole hours. */
  readonly evidence: (now: number) => Pick<Evidence, 'sum' | 'since'> & Required<Pick<Evidence, 'firstAt'>>;
}

export function hoursOf(start: number, length: number, hour: (index: number) => Counts): Hours {
  const before: Counts[] = [{ good: 0, bad: 0 }];
  for (let index = 0; index < length; index++) {
    const { good, bad } = hour(index);
    const { good: goods, bad: bads } = before[index]!;
    before.push({ good: goods + good, bad: bads + bad });
  }
  const place = (time: number) => Math.min(length, Math.max(0, Math.ceil((time - start) / HOUR)));
  const between = (from: number, to: number): Counts => {
    const [early, late] = [before[place(from)]!, before[place(to)]!];
    return { good: late.good - early.good, bad: late.bad - early.bad };
  };
  return {
    start,
    length,
    evidence: (now) => ({
      sum: (duration) => between(now + 1 - duration, now + 1),
      since: start,
      firstAt(since) {
        for (let time = since; time <= now; time += HOUR) {
          const { good, bad } = between(time, time + HOUR);
          if (good + bad > 0) return time;
        }
        return null;
      },
    }),
  };
}

/** The last moment of an hour, by its number from the start. */
export function endOfHour({ start }: Hours, index: number): number {
  return start + (index + 1) * HOUR - 1;
}
