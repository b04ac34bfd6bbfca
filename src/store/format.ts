/**
 * The format of a store is the number of its tables or keys and of how values lie in them. It is noted in the store at its
 * first start and read at every start. Each adapter has a list of steps (lmdb/format.ts, redis/format.ts): the first brings
 * format 1 to 2, the second 2 to 3, and so on; the format it knows is the one that the last step leads to. A step may
 * run again after a crash. What the values themselves hold has versions of its own, see core/stored-version.ts.
 */
export const FIRST_FORMAT = 1;

/** The format that all steps lead to. */
export function knownFormat(steps: readonly unknown[]): number {
  return FIRST_FORMAT + steps.length;
}

/**
 * The steps that a store of a format still needs. Throws an error that says what to do when the format is newer than
 * what is known. `place` names the store.
 */
export function stepsFrom<Step>(found: number, steps: readonly Step[], place: string): readonly Step[] {
  const known = knownFormat(steps);
  if (!(found >= FIRST_FORMAT && found <= known)) {
    throw new Error(
      `The store in ${place} has format ${found}, and this version of Burnwatch knows formats up to ${known}: run the version that wrote it or a newer one, or use another store.`,
    );
  }
  return steps.slice(found - FIRST_FORMAT);
}
