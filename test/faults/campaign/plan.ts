import { seededRandom, shuffled } from '../../support/random.ts';
import type { FaultKind, Strength } from './fault-kinds.ts';
import type { Stage } from './stage.ts';

/** Faults that are there at the same time. */
export interface PlannedStep<On extends Stage> {
  readonly faults: readonly FaultKind<On>[];
  /** Decides everything else about them. */
  readonly seed: number;
  /** Milliseconds for which all of them last. */
  readonly lasts: number;
}

/**
 * Every kind once in an order that the seed decides, and then again in other orders without end, two at a time from the
 * second round on. The same seed gives the same plan.
 */
export function* planOf<On extends Stage>(
  kinds: readonly FaultKind<On>[],
  seed: number,
  strength: Strength,
): Generator<PlannedStep<On>, never> {
  const random = seededRandom(seed);
  const next = (): number => Math.floor(random() * 2 ** 31);
  for (let round = 0; ; round++) {
    const order = shuffled(kinds, next());
    const partners = shuffled(kinds, next());
    for (const [index, kind] of order.entries()) {
      const partner = partners[index]!;
      const faults = round === 0 || partner === kind ? [kind] : [kind, partner];
      const [least, most] = faults
        .map(({ lasts }) => lasts)
        .reduce(([a, b], [c, d]) => [Math.max(a, c), Math.max(b, d)]);
      const spread = (most - least) / (strength === 'short' ? 2 : 1);
      yield { faults, seed: next(), lasts: Math.round(least + random() * spread) };
    }
  }
}
