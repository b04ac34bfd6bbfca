import { versionOf } from '../stored-version.ts';

/** The execution that pings without one are about: the last one of a workflow, or of a step of it. */
export interface PingedExecution {
  readonly execution: string;
  /** Milliseconds since the epoch; null when it was never said to start. */
  readonly startedAt: number | null;
  /** Null while it is open. */
  readonly endedAt: number | null;
}

/**
 * Pinged executions as they are stored. To change a field: raise `VERSION`, describe the former shape in a type of its own with a function
 * that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `PingedExecution`.
 */
const VERSION = 1;

export function storedPing(pinged: PingedExecution): object {
  return { v: VERSION, ...pinged };
}

/** The pinged execution of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradePing(stored: unknown): PingedExecution | null {
  if (versionOf(stored) > VERSION) return null;
  const { execution, startedAt, endedAt } = stored as PingedExecution;
  return { execution, startedAt, endedAt };
}
