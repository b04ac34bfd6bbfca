import { versionOf } from '../stored-version.ts';

/** A press of a button that was taken, so that it is not taken again. */
export interface TakenPress {
  readonly at: number;
  /** Differs with every try to take it, so that one of them is first. */
  readonly by: string;
}

/**
 * Presses as they are stored. To change a field of `TakenPress`: raise `VERSION`, describe the former shape in a type of its own
 * with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `TakenPress`.
 */
const VERSION = 1;

export function storedPress({ at, by }: TakenPress): object {
  return { v: VERSION, at, by };
}

/** The press of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradePress(stored: unknown): TakenPress | null {
  if (versionOf(stored) > VERSION) return null;
  const { at, by } = stored as TakenPress;
  return { at, by };
}
