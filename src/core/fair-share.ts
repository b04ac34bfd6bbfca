/** What many share and each takes some of, such as bytes of memory. */
export interface FairShare {
  /**
   * Takes so much for somebody. False, and nothing is taken, when it does not fit, or when that one would then hold more than twice what
   * is left free: alone it gets two thirds, and however much it asks for, there is something left for the next one.
   */
  take(who: string, amount: number): boolean;
  give(who: string, amount: number): void;
  readonly taken: number;
}

export function createFairShare(limit: number): FairShare {
  const held = new Map<string, number>();
  let taken = 0;
  return {
    take(who, amount) {
      const own = (held.get(who) ?? 0) + amount;
      const free = limit - taken - amount;
      // Where nobody holds anything, nobody is kept from it.
      if (free < 0 || (taken > 0 && own > 2 * free)) return false;
      held.set(who, own);
      taken += amount;
      return true;
    },
    give(who, amount) {
      const own = (held.get(who) ?? 0) - amount;
      if (own > 0) held.set(who, own);
      else held.delete(who);
      taken -= amount;
    },
    get taken() {
      return taken;
    },
  };
}
