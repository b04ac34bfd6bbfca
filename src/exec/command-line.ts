import { MAX_NAME, isName } from '../core/outcomes/record-fields.ts';
import { parseDuration } from '../core/time/duration.ts';

/** What `burnwatch exec` is to do. */
export interface ExecRequest {
  readonly workflow: string;
  /** Null: made from the workflow, the time and chance. */
  readonly execution: string | null;
  readonly step: string | null;
  readonly attempt: number | null;
  readonly timeoutMs: number | null;
  /** Whether to say on standard error what could not be reported. */
  readonly verbose: boolean;
  readonly command: readonly [string, ...string[]];
}

/** What a wrong command line ends with: no code that the command could be expected to have, as with `timeout` and `env`. */
export const WRONG_USAGE = 125;

/** The options as they were read from the command line; the operands hold what was before `--` and, after that, the command. */
export interface ExecWords {
  readonly operands: readonly string[];
  /** How many of the operands come after `--`; null without one. */
  readonly commandLength: number | null;
  readonly step?: string | undefined;
  readonly attempt?: string | undefined;
  readonly timeout?: string | undefined;
  readonly verbose?: boolean | undefined;
}

const NAMES = `1 to ${MAX_NAME} characters of A-Z a-z 0-9 . _ : / -`;

/** Gives what is asked for, or what is wrong as a sentence. */
export function readExecRequest(words: ExecWords): ExecRequest | string {
  const { operands, commandLength, step = null, attempt, timeout, verbose = false } = words;
  const before = operands.length - (commandLength ?? 0);
  const [command, ...args] = operands.slice(before);
  if (commandLength === null || command === undefined) return 'the command is missing; it comes after --';
  const [workflow = '', execution = '', ...more] = operands.slice(0, before);
  if (more.length > 0) return 'there is more before -- than a workflow and an execution';
  if (!isName(workflow)) return `the workflow must be ${NAMES}`;
  if (step !== null && !isName(step)) return `--step must be ${NAMES}`;
  if (attempt !== undefined && !/^[1-9]\d{0,6}$/.test(attempt))
    return '--attempt must be a whole number from 1';
  const timeoutMs = timeout === undefined ? null : readTimeout(timeout);
  if (Number.isNaN(timeoutMs)) return '--timeout must be a duration such as 90s, 5m or 2h';
  return {
    workflow,
    execution: execution || null,
    step,
    attempt: attempt === undefined ? null : Number(attempt),
    timeoutMs,
    verbose,
    command: [command, ...args],
  };
}

/** Milliseconds of one number with a unit, which is all that `exec.sh` can read; NaN for anything else. */
function readTimeout(text: string): number {
  return (/^\d{1,9}[smhd]$/.test(text) ? parseDuration(text) : null) ?? Number.NaN;
}
