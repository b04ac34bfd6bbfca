import { chanceOfAtLeast } from './binomial.ts';

/** Fewer failures than this single nothing out. */
const LEAST_FAILED = 5;
/** What fewer of the failures have in common is no reason for them all. */
const LEAST_SHARE = 0.5;
/** How many times more often it must fail than what is different. */
const FAR_MORE = 3;
/** Chance may show as much once in so many looks. */
const LOOKS_PER_CHANCE = 1000;

/** How many of the failures, and of all outcomes, have something in common: a value of an attribute, a dependency. */
export interface InCommon {
  readonly failed: number;
  readonly allFailed: number;
  /** Of all outcomes, 0 to 1. */
  readonly share: number;
}

/** Whether so many failures have something in common that it is worth a look at all. */
export function isMostOf({ failed, allFailed }: Pick<InCommon, 'failed' | 'allFailed'>): boolean {
  return failed >= LEAST_FAILED && failed >= allFailed * LEAST_SHARE;
}

/**
 * Whether what most of the failures have in common says something of why they fail: what has it fails far more often than
 * what has not, and more than chance explains. What all outcomes have in common never does.
 */
export function standsOut(common: InCommon): boolean {
  const { failed, allFailed, share } = common;
  if (!isMostOf(common) || share <= 0 || share >= 1) return false;
  const [others, otherShare] = [Math.max(0, allFailed - failed), 1 - share];
  if (failed * otherShare < FAR_MORE * others * share) return false;
  return chanceOfAtLeast(Math.max(allFailed, failed), failed, share, otherShare) * LOOKS_PER_CHANCE < 1;
}
