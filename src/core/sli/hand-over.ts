import type { TransitionSli } from './sli.ts';

/**
 * The name under which hand-overs from one step to another are kept, as if they were steps of their own: each begins when
 * the one step succeeds and ends when the other starts. Steps that are reported cannot be called so.
 */
export function handOverName({ from, to }: Pick<TransitionSli, 'from' | 'to'>): string {
  return `${from}${ARROW}${to}`;
}

/**
 * The error class of what a queue gave up on: it was never taken over by the step that failed with it, but lost on its way
 * there.
 */
export const DEAD_LETTER = 'dead-letter';

/** The steps that a name of a hand-over is made of; null for the name of a step. */
export function handOverOf(name: string): Pick<TransitionSli, 'from' | 'to'> | null {
  const at = name.indexOf(ARROW);
  return at === -1 ? null : { from: name.slice(0, at), to: name.slice(at + ARROW.length) };
}

const ARROW = ' -> ';
