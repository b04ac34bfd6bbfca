import type { Evidence } from '../../counters/evidence.ts';
import type { Slo } from '../../slo/slo.ts';
import { DAY, MINUTE } from '../../time/duration.ts';

/** How many bad outcomes the window of a length (milliseconds) holds, each as one. */
export function failuresIn({ sum, failures }: Evidence, duration: number): number {
  return failures ? failures(duration) : sum(duration).bad;
}

/** Whether the window of a length (milliseconds) holds so many bad outcomes. */
export function hasFailures(evidence: Evidence, duration: number, atLeast: number): boolean {
  return failuresIn(evidence, duration) >= atLeast;
}

/**
 * How many outcomes the window of an SLO is going to hold, at least 1: those it holds, or while the history is younger
 * than the window, that many more in proportion. Sums up `window.duration`: what a calendar window is going to hold is
 * estimated from as long a time before.
 */
export function volumeOfWindow(slo: Slo, evidence: Evidence, now: number): number {
  return Math.max(1, Math.ceil(extrapolated(slo, evidence, now, MINUTE)));
}

/** A window that holds fewer outcomes than this is one of a rare job. */
const RARE_BELOW = 100;

/**
 * Whether the window of an SLO is going to hold so few outcomes that one failure matters. Sums up `window.duration`.
 * An hour shows nothing of a job that runs every night, so that of a young history a day is asked for its pace.
 */
export function isRare(slo: Slo, evidence: Evidence, now: number): boolean {
  const read = extrapolated(slo, evidence, now, Math.min(DAY, slo.window.duration));
  return read < RARE_BELOW * (evidence.partial?.share ?? 1);
}

function extrapolated({ window }: Slo, { sum, since }: Evidence, now: number, shortestAge: number): number {
  const { good, bad } = sum(window.duration);
  const age = Math.max(now - since, shortestAge);
  return age < window.duration ? ((good + bad) / age) * window.duration : good + bad;
}
