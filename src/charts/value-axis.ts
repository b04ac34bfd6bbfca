/** Beyond this a chart draws the end of its scale, and says so by that: no budget is overspent a trillion times. */
const LARGEST = 1e12;

/** A value as it can be drawn: null for what is no number, and within what a scale can show. */
export function plottable(value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return Math.min(LARGEST, Math.max(-LARGEST, value));
}

/** A scale of values: where it begins and ends, and the values that are written beside it. */
export interface ValueAxis {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly ticks: readonly number[];
}

/** Steps that people count in, of each power of ten. */
const STEPS = [1, 2, 2.5, 5, 10];

/** A scale from one value to another, rounded out to whole steps at the ends that `fixed` does not name. */
export function valueAxis(
  low: number,
  high: number,
  count: number,
  fixed: { readonly low?: boolean; readonly high?: boolean } = {},
): ValueAxis {
  // Values that a computer hardly tells apart have no ticks between them.
  const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-6 + 1e-9;
  const end = high - low > least ? high : low + Math.max(Math.abs(low), 1e-3);
  const step = niceStep((end - low) / Math.max(1, count));
  // A step that is a hair too small would leave its own end out.
  const first = fixed.low ? Math.ceil(low / step - 1e-9) : Math.floor(low / step + 1e-9);
  const last = fixed.high ? Math.floor(end / step + 1e-9) : Math.ceil(end / step - 1e-9);
  const ticks: number[] = [];
  for (let index = first; index <= last && ticks.length < 50; index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return {
    low: fixed.low ? low : Math.min(low, ticks[0] ?? low),
    high: fixed.high ? end : Math.max(end, ticks.at(-1) ?? end),
    step,
    ticks,
  };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return (STEPS.find((step) => step * power >= rough * (1 - 1e-9)) ?? 10) * power;
}

const plain = new Map<number, Intl.NumberFormat>();
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** A value of an axis with as many decimals as tell it from its neighbours, `12.5`; large ones as `1.2M`. */
export function formatTick(value: number, step: number): string {
  if (Math.abs(value) >= 10_000) return compact.format(value);
  const decimals = Math.min(
    6,
    Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (isHalfStep(step) ? 1 : 0)),
  );
  let format = plain.get(decimals);
  if (!format)
    plain.set(decimals, (format = new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals })));
  return format.format(value + 0);
}

/** A share as a percentage, `99.5%`. */
export function formatShareTick(value: number, step: number): string {
  return `${formatTick(value * 100, step * 100)}%`;
}

function isHalfStep(step: number): boolean {
  const digit = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
  return Math.abs(digit - 2.5) < 1e-6;
}
