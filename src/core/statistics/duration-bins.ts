/**
 * Durations are kept in bins, log-linear with two significant digits: every duration of two digits, such as 2.5 s or
 * 10 m, is the edge of a bin, so that what was faster than that can be counted exactly. Below 100 ms each millisecond is
 * a bin. From there on each power of ten has bins of 2, 5 and 10 hundredths of it (`EXACT` is where it begins), the finest
 * where digits are small, so that no bin is wider than 4% of what it holds and its middle at most 1.97% away from that.
 * `store/redis/statistics.lua` has the same in Lua.
 */
const EXACT = 100;
/** From a number of hundredths on, bins are so many hundredths wide. */
const STEPS = [
  { from: 100, width: 2 },
  { from: 130, width: 5 },
  { from: 250, width: 10 },
] as const;
const END = 1000;
/** Bins of one power of ten. */
const PER_DECADE = STEPS.reduce(
  (sum, { from, width }, i) => sum + ((STEPS[i + 1]?.from ?? END) - from) / width,
  0,
);
/** The largest unit: what takes longer than 115 days is in the last bin. */
const LARGEST_UNIT = 10_000_000;

/** The bin of a duration in milliseconds; what is below zero, by clocks that differ, counts as zero. */
export function binOf(duration: number): number {
  if (duration < EXACT) return Math.max(0, Math.floor(duration));
  let unit = 1;
  let first = EXACT;
  while (duration >= END * unit && unit < LARGEST_UNIT) {
    unit *= 10;
    first += PER_DECADE;
  }
  const hundredths = Math.min(END - 1, Math.floor(duration / unit));
  if (hundredths < 130) return first + Math.floor((hundredths - 100) / 2);
  if (hundredths < 250) return first + 15 + Math.floor((hundredths - 130) / 5);
  return first + 39 + Math.floor((hundredths - 250) / 10);
}

/** The durations of a bin: from the one, which is in it, to the other, which is not. */
export function edgesOf(bin: number): readonly [from: number, to: number] {
  if (bin < EXACT) return [bin, bin + 1];
  const unit = 10 ** Math.floor((bin - EXACT) / PER_DECADE);
  let offset = (bin - EXACT) % PER_DECADE;
  for (const [i, { from, width }] of STEPS.entries()) {
    const bins = ((STEPS[i + 1]?.from ?? END) - from) / width;
    if (offset < bins) return [(from + offset * width) * unit, (from + (offset + 1) * width) * unit];
    offset -= bins;
  }
  throw new RangeError(`There is no bin ${bin}.`);
}

/**
 * The duration that stands for a bin: below 100 ms the one in it, else the one that is at most the same share away from
 * all of them (the harmonic mean of its edges), in whole milliseconds.
 */
export function durationOf(bin: number): number {
  const [from, to] = edgesOf(bin);
  return bin < EXACT ? from : Math.round((2 * from * to) / (from + to));
}
