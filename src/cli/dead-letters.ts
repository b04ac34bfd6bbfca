import { readFileSync } from 'node:fs';
import type { DeadLetterReport, DropReport, ReplayReport } from '../core/ports/dead-letters.ts';

/** Which letters, as on the command line. */
export interface LetterOptions {
  readonly source?: string;
  readonly after?: string;
}

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

/** A letter as the API writes it. */
interface ListedLetter extends Omit<DeadLetterReport, 'at' | 'deadAt'> {
  readonly at: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'http://127.0.0.1:8080';
const LISTED = 100;
/** A request goes through 1,000 letters at most, which may each be counted. */
const ANSWER_WITHIN = 120_000;

/** `burnwatch dead-letters list`: a line for each of the letters that a running service keeps, oldest first. */
export function listDeadLetters(choice: LetterOptions, format: string, env: Environment): Promise<Answer> {
  return answered(env, async (ask) => {
    const query = new URLSearchParams({ ...choice, limit: String(LISTED) });
    const page = await ask<{ letters: readonly ListedLetter[]; next: string | null }>(`?${query.toString()}`);
    if (format === 'json') return { ok: true, text: JSON.stringify(page, null, 2) };
    if (page.letters.length === 0) return { ok: true, text: 'There are no dead letters.' };
    const lines = page.letters.map(
      ({ id, at, source, entry, code, records, message }) =>
        `${id}  ${at}  ${source} ${entry}  ${records === 0 ? 'unreadable' : `${records} records`}\n    ${code}: ${message}`,
    );
    const more = page.next === null ? [] : [`There are more: --after ${page.next}`];
    return { ok: true, text: [...lines, ...more].join('\n') };
  });
}

/** `burnwatch dead-letters replay`: has one letter or all counted; not `ok` when some are left. */
export function replayDeadLetters(id: string, choice: LetterOptions, env: Environment): Promise<Answer> {
  return answered(env, async (ask) => {
    let replayed = 0;
    let left = 0;
    const reasons: string[] = [];
    for (let after = choice.after; ;) {
      const report = await ask<ReplayReport>('/replay', { ...choice, id, after });
      replayed += report.replayed;
      left += report.left;
      for (const each of report.reasons) reasons.push(`${each.id}: ${each.code}: ${each.message}`);
      if (report.next === null) break;
      after = report.next;
    }
    const more = left > reasons.length ? [`and ${left - reasons.length} more`] : [];
    return { ok: left === 0, text: [`${replayed} replayed, ${left} left.`, ...reasons, ...more].join('\n') };
  });
}

/** `burnwatch dead-letters drop`: removes one letter or all. */
export function dropDeadLetters(id: string, choice: LetterOptions, env: Environment): Promise<Answer> {
  return answered(env, async (ask) => {
    let dropped = 0;
    for (let after = choice.after; ;) {
      const report = await ask<DropReport>('/drop', { ...choice, id, after });
      dropped += report.dropped;
      if (report.next === null) return { ok: true, text: `${dropped} dropped.` };
      after = report.next;
    }
  });
}

/** Asks `/v1/dead-letters…`: with a body by POST, else by GET. Throws an error with what was wrong. */
type Ask = <Found>(path: string, body?: object) => Promise<Found>;

async function answered(env: Environment, work: (ask: Ask) => Promise<Answer>): Promise<Answer> {
  const url = (env['BURNWATCH_URL'] || DEFAULT_URL).replace(/(?<!\/)\/+$/, '');
  try {
    const token = tokenOf(env);
    return await work(async (path, body) => {
      const response = await fetch(`${url}/v1/dead-letters${path}`, {
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        headers: {
          'Content-Type': 'application/json',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        // A redirect would get the token.
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      const answer = (await response.json()) as { readonly code?: string; readonly detail?: string };
      if (response.ok) return answer as never;
      throw new Error(`${answer.code ?? response.status}: ${answer.detail ?? response.statusText}`);
    });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    return { ok: false, text: `${url} does not do it: ${reason}` };
  }
}

function tokenOf({ BURNWATCH_TOKEN: token, BURNWATCH_TOKEN_FILE: file }: Environment): string | null {
  if (token || !file) return token || null;
  return readFileSync(file, 'utf8').split('\n')[0]!.trim() || null;
}
