/** Draws of a seeded `random` (numbers from 0 up to 1), whole numbers all of them. */

/** Above this mean a draw is made from the normal distribution, rounded: nobody could tell them apart. */
const LARGE_MEAN = 40;

/** How many of `trials` happen when each does with `probability`. */
export function binomial(random: () => number, trials: number, probability: number): number {
  if (probability <= 0 || trials === 0) return 0;
  if (probability > 0.5) return trials - binomial(random, trials, 1 - probability);
  const mean = trials * probability;
  if (mean > LARGE_MEAN) return rounded(random, mean, Math.sqrt(mean * (1 - probability)), trials);
  // From one that happens to the next: the trials between them are geometrically distributed.
  const each = Math.log1p(-probability);
  let happened = 0;
  for (let at = 0; ; happened++) {
    at += Math.floor(Math.log1p(-random()) / each) + 1;
    if (at > trials) return happened;
  }
}

/** How many events there are where `mean` are expected, each independent of the others. */
export function poisson(random: () => number, mean: number): number {
  if (mean > LARGE_MEAN) return rounded(random, mean, Math.sqrt(mean), Number.MAX_SAFE_INTEGER);
  const limit = Math.exp(-mean);
  let events = 0;
  for (let product = random(); product > limit; product *= random()) events++;
  return events;
}

function rounded(random: () => number, mean: number, deviation: number, most: number): number {
  const normal = Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random());
  return Math.min(most, Math.max(0, Math.round(mean + deviation * normal)));
}
