import type { DeadLetterReport, DropReport, ReplayReport } from '../core/ports/dead-letters.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';

/** Which letters, as on the command line. */
export interface LetterOptions {
  readonly source?: string;
  readonly after?: string;
}

/** A letter as the API writes it. */
interface ListedLetter extends Omit<DeadLetterReport, 'at' | 'deadAt'> {
  readonly at: string;
}

const LETTERS = '/v1/dead-letters';
const LISTED = 100;

/** `burnwatch dead-letters list`: a line for each of the letters that a running service keeps, oldest first. */
export function listDeadLetters(
  choice: LetterOptions,
  format: string,
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const query = new URLSearchParams({ ...choice, limit: String(LISTED) });
    const page = await ask<{ items: readonly ListedLetter[]; next: string | null }>(
      `${LETTERS}?${query.toString()}`,
    );
    if (format === 'json') return { ok: true, text: JSON.stringify(page, null, 2) };
    if (page.items.length === 0) return { ok: true, text: 'There are no dead letters.' };
    const lines = page.items.map(
      ({ id, at, source, entry, code, records, message }) =>
        `${id}  ${at}  ${source} ${entry}  ${records === 0 ? 'unreadable' : `${records} records`}\n    ${code}: ${message}`,
    );
    const more = page.next === null ? [] : [`There are more: --after ${page.next}`];
    return { ok: true, text: [...lines, ...more].join('\n') };
  });
}

/** `burnwatch dead-letters replay`: has one letter or all counted; not `ok` when some are left. */
export function replayDeadLetters(id: string, choice: LetterOptions, env: Environment): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    let replayed = 0;
    let left = 0;
    const reasons: string[] = [];
    for (let after = choice.after; ;) {
      const report = await ask<ReplayReport>(`${LETTERS}/replay`, { ...choice, id, after });
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
export function dropDeadLetters(id: string, choice: LetterOptions, env: Environment): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    let dropped = 0;
    for (let after = choice.after; ;) {
      const report = await ask<DropReport>(`${LETTERS}/drop`, { ...choice, id, after });
      dropped += report.dropped;
      if (report.next === null) return { ok: true, text: `${dropped} dropped.` };
      after = report.next;
    }
  });
}
