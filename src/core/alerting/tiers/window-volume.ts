import type { Evidence } from '../../counters/evidence.ts';
import type { Slo } from '../../slo/slo.ts';
import { MINUTE } from '../../time/duration.ts';

/** Whether the window of a length (milliseconds) holds so many bad outcomes. */
export function hasFailures({ sum, failures }: Evidence, duration: number, atLeast: number): boolean {
  return (failures ? failures(duration) : sum(duration).bad) >= atLeast;
}

/**
 * How many outcomes the window of an SLO is going to hold, at least 1: those it holds, or while the history is younger
 * than the window, that many more in proportion. Sums up `window.duration`: what a calendar window is going to hold is
 * estimated from as long a time before.
 */
export function volumeOfWindow({ window }: Slo, { sum, since }: Evidence, now: number): number {
  const { good, bad } = sum(window.duration);
  const total = good + bad;
  const age = now - since;
  const extrapolated = age < window.duration ? (total / Math.max(age, MINUTE)) * window.duration : total;
  return Math.max(1, Math.ceil(extrapolated));
}
