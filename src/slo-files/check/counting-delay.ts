import type { Sli, SliOf } from '../../core/sli/sli.ts';

/** For how long what is wrong with an SLI of each kind may go on before it counts as bad, in milliseconds. */
const COUNTING_DELAY: { readonly [K in Sli['kind']]: (sli: SliOf<K>) => number } = {
  outcomes: ({ withinMs }) => withinMs ?? 0,
  measurement: () => 0,
  transition: ({ withinMs }) => withinMs,
  slices: ({ of, sliceMs }) => sliceMs + (of.kind === 'outcomes' ? (of.withinMs ?? 0) : 0),
  freshness: ({ everyMs }) => everyMs,
  schedule: ({ finishWithinMs }) => finishWithinMs,
  composite: ({ members }) => Math.max(0, ...members.map(({ sli }) => countingDelay(sli))),
};

/**
 * How long an execution that never ends, or a success that never comes, is waited for before it counts as bad, in
 * milliseconds: so much later than what fails at once it is noticed.
 */
export function countingDelay<K extends Sli['kind']>(sli: SliOf<K>): number {
  return COUNTING_DELAY[sli.kind](sli);
}
