import type { OnCallReport, ShiftReport } from '../core/ports/on-call.ts';
import { onCallWords } from '../core/ports/on-call.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';
import { terminalTable } from './terminal-table.ts';

/** A shift and a report as the API writes them. */
interface ListedShift extends Omit<ShiftReport, 'from' | 'until'> {
  readonly from: string | null;
  readonly until: string | null;
}
interface ListedOnCall extends Omit<OnCallReport, 'now' | 'next'> {
  readonly now: ListedShift;
  readonly next: ListedShift | null;
}

/** `burnwatch oncall`: who is on call now and next, by schedule. */
export function onCallTable(
  { format, colored, now }: { readonly format: string; readonly colored: boolean; readonly now: number },
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const answer = await ask<{ readonly items: readonly ListedOnCall[] }>('/v1/on-call');
    if (format === 'json') return { ok: true, text: JSON.stringify(answer, null, 2) };
    if (answer.items.length === 0)
      return { ok: true, text: 'The SLO files define no schedule: no target is a rotation or a calendar.' };
    const rows = answer.items.map((item) => {
      const report = { ...item, now: readShift(item.now), next: item.next && readShift(item.next) };
      const where = `${item.kind} at ${item.place}${item.problem === null ? '' : ` (cannot be read: ${item.problem})`}`;
      const cells = [item.schedule, onCallWords(report, now), item.now.targets.join(', '), where];
      return cells.map((text) => ({ text }));
    });
    return { ok: true, text: terminalTable(['SCHEDULE', 'ON CALL', 'TARGETS', 'FROM'], rows, colored) };
  });
}

function readShift({ from, until, ...shift }: ListedShift): ShiftReport {
  const read = (text: string | null) => (text === null ? null : Date.parse(text));
  return { ...shift, from: read(from), until: read(until) };
}
