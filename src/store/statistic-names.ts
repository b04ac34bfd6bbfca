import type { CountedSubject } from '../core/ports/store/statistics.ts';

/** The names under which the stores keep statistics: of executions, of the steps past the bound, and of each step. */
export const EXECUTION_NAME = 'e';
export const OTHERS_NAME = 'o';

export function statisticName(step: string | null): string {
  return step === null ? EXECUTION_NAME : `s${step}`;
}

export function subjectOfName(name: string): CountedSubject {
  if (name === EXECUTION_NAME) return { kind: 'execution' };
  if (name === OTHERS_NAME) return { kind: 'others' };
  return { kind: 'step', step: name.slice(1) };
}
