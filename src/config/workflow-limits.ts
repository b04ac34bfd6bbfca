import { matches } from '../core/sli/selection.ts';
import type { SettingReader } from './setting-reader.ts';

/** A limit of the workflows whose names a pattern matches. */
export interface WorkflowLimit {
  readonly pattern: string;
  readonly most: number;
}

/** What `BURNWATCH_IN_FLIGHT_LIMIT` may be at most. */
export const MAX_IN_FLIGHT = 100_000_000;

/** Reads limits by workflow, each from 1 to `largest`. */
export function readWorkflowLimits(
  reader: SettingReader,
  name: 'COUNT_LIMIT' | 'IN_FLIGHT_LIMIT',
  largest: number,
): readonly WorkflowLimit[] {
  const parts = reader.text(name).split(/,\s*/);
  const limits = parts.map((part) => {
    const [, pattern = '*', digits = ''] = /^(?:([A-Za-z0-9._:/*?-]{1,128})=)?(\d{1,9})$/.exec(part) ?? [];
    return { pattern, most: Number(digits) };
  });
  if (limits.every(({ most }) => most >= 1 && most <= largest)) return limits;
  reader.problem(
    name,
    `a whole number from 1 to ${largest}, or pattern=number,… such as nightly-*=50000,*=100`,
  );
  return [];
}

/** The limit of a workflow: that of the first pattern that matches; undefined when none does. */
export function limitOf(limits: readonly WorkflowLimit[], workflow: string): number | undefined {
  return limits.find(({ pattern }) => matches(pattern, workflow))?.most;
}
