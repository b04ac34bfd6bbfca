/** A time in which Burnwatch did not evaluate, or whose clock cannot be trusted. */
export type Gap = readonly [from: number, to: number];

/** How much of the time from one moment to another lies in none of the gaps, in milliseconds; at least 0. */
export function watchedTime(gaps: readonly Gap[], from: number, to: number): number {
  const missed = gaps.reduce(
    (sum, [start, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)),
    0,
  );
  return Math.max(0, to - from - missed);
}

/** Whether some of the time from one moment to another lies in one of the gaps. */
export function touchesGap(gaps: readonly Gap[], from: number, to: number): boolean {
  return gaps.some(([start, end]) => start < to && end > from);
}

/** Keep at most this many gaps; drop the oldest. */
const MOST_GAPS = 200;

/** Adds a gap after all others, and drops what ended before `oldest` or lies after the new one. */
export function withGap(gaps: readonly Gap[], [from, to]: Gap, oldest: number): readonly Gap[] {
  const kept = gaps.filter(([, end]) => end > oldest && end <= to);
  const last = kept.at(-1);
  // One that overlaps the last (the clock went back in between) becomes one with it.
  if (last && from <= last[1]) return [...kept.slice(0, -1), [Math.min(last[0], from), to]];
  return [...kept.slice(1 - MOST_GAPS), [from, to]];
}
