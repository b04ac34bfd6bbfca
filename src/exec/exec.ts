import { randomBytes } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { endOfExit } from '../core/outcomes/exit-code.ts';
import type { CommandEnd } from '../core/outcomes/exit-code.ts';
import { iso } from '../core/time/timestamp.ts';
import type { ExecRequest } from './command-line.ts';
import { lastLine } from './last-line.ts';
import { createReporter } from './report.ts';
import type { EndedCommand } from './run-command.ts';
import { runCommand } from './run-command.ts';
import { defaultSpool, openSpool, spoolFolder } from './spool.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a service listens that nothing was set for. */
export const DEFAULT_URL = 'http://127.0.0.1:8080';

/**
 * Runs a command and reports when it started and how it ended. Gives the exit code of the command, whatever becomes of the reports; what
 * went wrong with these is said on standard error, and only when that was asked for. Never rejects.
 */
export async function runReported(request: ExecRequest, env: Environment): Promise<number> {
  const { workflow, step, attempt, verbose } = request;
  const note = (text: string): void => void (verbose && say(text));
  const url = (env['BURNWATCH_URL'] || DEFAULT_URL).replace(/\/$/, '');
  const unique = randomBytes(4).toString('hex');
  const startedAt = Date.now();
  const execution = request.execution || `${workflow}-${iso(startedAt).replace(/\.\d+Z$/, 'Z')}-${unique}`;
  const common = {
    workflow,
    execution,
    ...(step !== null && { step }),
    ...(attempt !== null && { attempt }),
  };
  const spool = env['BURNWATCH_SPOOL'] || defaultSpool(env);
  const reporter = createReporter({
    url,
    token: tokenOf(env, note),
    spool: spool === null ? null : openSpool(spoolFolder(spool, url, workflow)),
    note,
  });

  const running = runCommand(request.command, request.timeoutMs);
  const started = reporter
    .report({ ...common, at: startedAt, status: 'started' }, `${startedAt}-${unique}-1`)
    .then((sent) => (sent ? reporter.sendKept() : undefined));
  const ended = await running;
  const message = ended.errorText && lastLine(ended.errorText);
  const { status, error } = reportedEnd(ended);
  await started;
  await reporter.report(
    {
      ...common,
      at: ended.endedAt,
      status,
      durationMs: ended.durationMs,
      ...(error !== null && { error }),
      ...(message !== null && { attributes: { message } }),
    },
    `${ended.endedAt}-${unique}-2`,
  );
  return ended.code;
}

function reportedEnd({ code, timedOut, stopped }: EndedCommand): CommandEnd {
  if (timedOut) return { status: 'failed', error: 'timeout' };
  const end = endOfExit(code);
  return stopped && end.status === 'failed' ? { status: 'cancelled', error: null } : end;
}

function tokenOf(env: Environment, note: (text: string) => void): string | null {
  const { BURNWATCH_TOKEN: token, BURNWATCH_TOKEN_FILE: file } = env;
  if (token || !file) return token || null;
  try {
    return readFileSync(file, 'utf8').split('\n')[0]!.trim() || null;
  } catch {
    note('the token file cannot be read');
    return null;
  }
}

function say(text: string): void {
  try {
    writeSync(2, `burnwatch exec: ${text}\n`);
  } catch {
    // Without a standard error it goes unsaid.
  }
}
