import type { EndStatus } from './outcome.ts';

/** The codes with which shells give the signals HUP, INT, QUIT and TERM, by which people and supervisors stop a command. */
const STOPPED: ReadonlySet<number> = new Set([129, 130, 131, 143]);

/** How a command that ended with an exit code is reported: its status and the class of its error. */
export interface CommandEnd {
  readonly status: EndStatus;
  readonly error: string | null;
}

/**
 * 0 succeeded; one that was stopped is `cancelled`; any other code failed with the error `exit-<code>`. That of a crash or of the kernel's
 * KILL, too: an execution that ran out of memory has failed.
 */
export function endOfExit(code: number): CommandEnd {
  if (code === 0) return { status: 'succeeded', error: null };
  if (STOPPED.has(code)) return { status: 'cancelled', error: null };
  return { status: 'failed', error: `exit-${code}` };
}
