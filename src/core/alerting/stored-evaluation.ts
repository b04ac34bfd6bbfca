import { versionOf } from '../stored-version.ts';
import type { Gap } from '../time/gaps.ts';

/** Until when SLOs were evaluated, and what was missed before. */
export interface EvaluationAccount {
  readonly lastAt: number;
  readonly gaps: readonly Gap[];
  /** Times that the clock jumped over, which are among the gaps. */
  readonly jumps: readonly Gap[];
}

/**
 * The record of evaluation gaps as it is stored. To change a field of `EvaluationAccount`: raise `VERSION`, describe the
 * former shape in a type of its own with a function that brings it one version further, and add fixtures (see
 * CONTRIBUTING.md).
 *
 * - 1: the fields of `EvaluationAccount`. Up to 0.1 there were no `jumps`, and a replica of it leaves them out again.
 */
const VERSION = 1;

/** The id of its record. */
export const EVALUATION_RECORD = 'watch';

/** An account as it is stored from now on. */
export function storedEvaluation(account: EvaluationAccount): object {
  return { v: VERSION, ...account };
}

/** The account of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeEvaluation(stored: unknown): EvaluationAccount | null {
  if (versionOf(stored) > VERSION) return null;
  const {
    lastAt,
    gaps,
    jumps = [],
  } = stored as Partial<EvaluationAccount> & Omit<EvaluationAccount, 'jumps'>;
  return { lastAt, gaps, jumps };
}
