import type { MinuteHistory } from './minute-history.ts';

/**
 * The policy of the SRE Workbook, ch. 5 ("Multiwindow, Multi-Burn-Rate Alerts", table 5-8), as its rules are usually
 * written for Prometheus: factors of a 30-day window, a comparison by `>`, no least number of failures, firing
 * exactly while the condition holds. Made of nothing that Burnwatch itself is made of, to be compared with it.
 */
export const TEXTBOOK = [
  { severity: 'page', long: 60, short: 5, factor: 14.4 },
  { severity: 'page', long: 6 * 60, short: 30, factor: 6 },
  { severity: 'ticket', long: 24 * 60, short: 2 * 60, factor: 3 },
  { severity: 'ticket', long: 3 * 24 * 60, short: 6 * 60, factor: 1 },
] as const;

/** Whether the textbook pages, and whether it writes a ticket, with all of a minute counted. */
export function textbookAt(
  history: MinuteHistory,
  errorBudget: number,
  minute: number,
): { readonly page: boolean; readonly ticket: boolean } {
  let page = false;
  let ticket = false;
  for (const { severity, long, short, factor } of TEXTBOOK) {
    if (severity === 'page' ? page : ticket) continue;
    const threshold = factor * errorBudget;
    if (errorRatio(history, short, minute) > threshold && errorRatio(history, long, minute) > threshold) {
      if (severity === 'page') page = true;
      else ticket = true;
    }
  }
  return { page, ticket };
}

/** The bad share of so many minutes; NaN without outcomes, as 0/0 is in Prometheus, which compares to nothing. */
function errorRatio({ goodBefore, badBefore }: MinuteHistory, minutes: number, minute: number): number {
  const from = Math.max(0, minute + 1 - minutes);
  const bad = badBefore[minute + 1]! - badBefore[from]!;
  return bad / (bad + goodBefore[minute + 1]! - goodBefore[from]!);
}
