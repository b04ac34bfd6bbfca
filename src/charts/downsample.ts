/** One value over time; null where nothing was counted, which is not 0. */
export interface TimedValue {
  readonly at: number;
  readonly value: number | null;
}

/**
 * At most four points for each of `buckets` equal parts: the first, the lowest, the highest and the last, so that no extreme is
 * lost. A part in which nothing was counted stays a gap. Points come, and go, by time; few enough are given back as they are.
 */
export function downsample<P extends TimedValue>(points: readonly P[], buckets: number): readonly P[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length <= 4 * buckets) return points;
  const width = (last.at - first.at) / buckets || 1;
  const kept: P[] = [];
  for (let start = 0; start < points.length;) {
    const bucket = bucketOf(points[start]!, first.at, width, buckets);
    let end = start;
    const counted: number[] = [];
    for (; end < points.length && bucketOf(points[end]!, first.at, width, buckets) === bucket; end++) {
      if (points[end]!.value !== null) counted.push(end);
    }
    const value = (index: number): number => points[index]!.value!;
    const lowest = counted.reduce((low, index) => (value(index) < value(low) ? index : low), counted[0]!);
    const highest = counted.reduce((high, index) => (value(index) > value(high) ? index : high), counted[0]!);
    const chosen = counted.length === 0 ? [start] : [counted[0]!, lowest, highest, counted.at(-1)!];
    kept.push(...[...new Set(chosen)].toSorted((a, b) => a - b).map((index) => points[index]!));
    start = end;
  }
  return kept;
}

function bucketOf({ at }: TimedValue, from: number, width: number, buckets: number): number {
  return Math.min(buckets - 1, Math.floor((at - from) / width));
}
