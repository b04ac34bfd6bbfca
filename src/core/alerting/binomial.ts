/**
 * The chance that at least `bad` of `total` outcomes are bad when each is with the probability `p`, independently of
 * the others; `q` is `1 - p`, given by itself because that difference would round. Counts may be fractions, as those of
 * composites are: between whole counts it runs on smoothly, as the regularised incomplete beta function
 * `I_p(bad, total - bad + 1)`. Exact to about 13 digits.
 */
export function chanceOfAtLeast(total: number, bad: number, p: number, q: number): number {
  if (bad <= 0) return 1;
  if (bad > total) return 0;
  const above = total - bad + 1;
  const density = q * binomialDensity(total, bad, p, q);
  // The continued fraction converges fast on one side of the mean only; the other side is the complement.
  if (p < (bad + 1) / (total + 3)) return Math.min(1, density * betaFraction(bad, above, p));
  return Math.max(0, 1 - ((density * bad) / above) * betaFraction(above, bad, q));
}

/**
 * `total! / (bad! (total - bad)!) p^bad q^(total - bad)` by the saddle-point expansion, which loses no digits however
 * large the counts are (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000).
 */
function binomialDensity(total: number, bad: number, p: number, q: number): number {
  const good = total - bad;
  if (good === 0) return Math.exp(total * (p < 0.5 ? Math.log(p) : Math.log1p(-q)));
  const exponent =
    stirlingError(total) -
    stirlingError(bad) -
    stirlingError(good) -
    deviance(bad, total * p) -
    deviance(good, total * q);
  // In one power: the first factor alone may be too small to have all its digits.
  return Math.exp(exponent + 0.5 * Math.log(total / (2 * Math.PI * bad * good)));
}

/** `ln(n!) - ln(sqrt(2 pi n) (n/e)^n)` for n above 0. */
function stirlingError(n: number): number {
  let error = 0;
  let at = n;
  // Each step down from a large number, where the series holds, is exact.
  for (; at < 16; at++) error += (at + 0.5) * Math.log1p(1 / at) - 1;
  const square = at * at;
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square;
  return error + series / at;
}

/** `count ln(count / mean) + mean - count`, without the cancellation of the two near each other. */
function deviance(count: number, mean: number): number {
  const difference = count - mean;
  if (Math.abs(difference) >= 0.1 * (count + mean)) return count * Math.log(count / mean) - difference;
  const ratio = difference / (count + mean);
  let sum = difference * ratio;
  let power = 2 * count * ratio;
  for (let odd = 3; ; odd += 2) {
    power *= ratio * ratio;
    const next = sum + power / odd;
    if (next === sum) return sum;
    sum = next;
  }
}

/**
 * The continued fraction of the incomplete beta function `I_x(a, b) = x^a (1-x)^b / (a B(a, b)) * fraction`
 * (Digital Library of Mathematical Functions, 8.17.22), by Lentz's method. Far from the mean a handful of terms are enough, near it about the square root of
 * the larger of `a` and `b`.
 */
function betaFraction(a: number, b: number, x: number): number {
  let numerator = 1;
  let denominator = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = denominator;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    denominator = 1 / notZero(1 + even * denominator);
    numerator = notZero(1 + even / numerator);
    fraction *= denominator * numerator;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / notZero(1 + odd * denominator);
    numerator = notZero(1 + odd / numerator);
    const change = denominator * numerator;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-15) return fraction;
    if (m >= MOST_TERMS) return fraction;
  }
}

/** Reached only by counts beyond a thousand billion whose share is within a hair of `p`: far from any proof. */
const MOST_TERMS = 100_000;

function notZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}
