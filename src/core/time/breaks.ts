/** A time from one moment to another, both included, in milliseconds since the epoch. */
export type TimeSpan = readonly [from: number, to: number];

/**
 * The breaks up to `now`, oldest first: what lies after the beginning of the first span and in none of the spans, which may
 * overlap and come in any order. The last break ends at `now` unless a span reaches it; what lies later is left out.
 */
export function breaksBetween(spans: readonly TimeSpan[], now: number): readonly TimeSpan[] {
  const breaks: TimeSpan[] = [];
  let covered: number | null = null;
  for (const [from, to] of spans.filter(([from]) => from <= now).toSorted(([one], [other]) => one - other)) {
    if (covered !== null && from > covered) breaks.push([covered, from]);
    covered = Math.max(covered ?? to, to);
  }
  if (covered !== null && covered < now) breaks.push([covered, now]);
  return breaks;
}

/** When the grace of a break ends: as long after it as it lasted, and at least `leastGrace` milliseconds. */
export function endOfGrace([from, to]: TimeSpan, leastGrace: number): number {
  return to + Math.max(leastGrace, to - from);
}

/** The breaks whose grace is not over at `now`, oldest first. */
export function openBreaks(
  breaks: readonly TimeSpan[],
  leastGrace: number,
  now: number,
): readonly TimeSpan[] {
  return breaks.filter((one) => now < endOfGrace(one, leastGrace));
}

/**
 * Up to which moment deadlines can be judged at `now`. One that passed in a break or in its grace waits until that grace is
 * over, however many breaks follow: so none waits longer than its own break and grace last.
 */
export function settledUntil(breaks: readonly TimeSpan[], leastGrace: number, now: number): number {
  return Math.min(now, ...openBreaks(breaks, leastGrace, now).map(([from]) => from));
}
