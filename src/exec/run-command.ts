import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { SECOND } from '../core/time/duration.ts';
import { openErrorCopy } from './error-copy.ts';

/** How a command ended. */
export interface EndedCommand {
  /** As a shell gives it: 128 and its number for a signal, 127 for a command that is not there. */
  readonly code: number;
  readonly timedOut: boolean;
  /** A signal that asks to end was passed on to it. */
  readonly stopped: boolean;
  /** The end of what it wrote to its standard error; null when that was not looked at. */
  readonly errorText: Buffer | null;
  /** By the clock, and how long it ran by time that passes. */
  readonly endedAt: number;
  readonly durationMs: number;
}

const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];
const PASSED_ON: readonly NodeJS.Signals[] = [...STOP_SIGNALS, 'SIGUSR1', 'SIGUSR2'];
/** From TERM to KILL. */
const GRACE = 10 * SECOND;
/** Timers of Node take no more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Runs a command with the standard input, output and error of this process and waits for its end; passes on the signals that this process
 * gets. Never rejects.
 */
export async function runCommand(
  [command, ...args]: readonly [string, ...string[]],
  timeoutMs: number | null,
): Promise<EndedCommand> {
  const copy = openErrorCopy();
  const startedAt = performance.now();
  const child: ChildProcess = spawn(command, args, { stdio: copy ? [...copy.stdio] : 'inherit' });
  const ended = endOf(child, command);
  copy?.begin();
  let stopped = false;
  const listeners = PASSED_ON.map((signal) => {
    const pass = (): void => {
      stopped ||= STOP_SIGNALS.includes(signal);
      child.kill(signal);
    };
    process.on(signal, pass);
    return { signal, pass };
  });
  let timedOut = false;
  const cancel =
    timeoutMs === null
      ? () => {}
      : after(timeoutMs, () => {
          timedOut = true;
          child.kill('SIGTERM');
          return after(GRACE, () => child.kill('SIGKILL'));
        });
  const code = await ended;
  cancel();
  for (const { signal, pass } of listeners) {
    process.off(signal, pass);
    // The end is still to be reported.
    process.on(signal, () => {});
  }
  const durationMs = Math.round(performance.now() - startedAt);
  const endedAt = Date.now();
  return { code, timedOut, stopped, errorText: (await copy?.end()) ?? null, endedAt, durationMs };
}

async function endOf(child: ChildProcess, command: string): Promise<number> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal!];
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EACCES';
    try {
      writeSync(2, `burnwatch exec: ${command}: ${isThere ? 'cannot be run' : 'not found'}\n`);
    } catch {
      // Without a standard error it goes unsaid.
    }
    return isThere ? 126 : 127;
  }
}

/** Runs something later, however much later, and gives what cancels it and what it began in turn. */
function after(milliseconds: number, run: () => (() => void) | boolean): () => void {
  let cancelNext = (): void => {};
  const timer = setTimeout(
    () => {
      const rest = milliseconds - LONGEST_TIMER;
      const began = rest > 0 ? after(rest, run) : run();
      if (typeof began === 'function') cancelNext = began;
    },
    Math.min(milliseconds, LONGEST_TIMER),
  );
  return () => {
    clearTimeout(timer);
    cancelNext();
  };
}
