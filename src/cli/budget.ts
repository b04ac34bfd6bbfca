import type { SloReport } from '../core/ports/queries.ts';
import { ALERT_LEVELS } from '../core/ports/queries.ts';
import {
  formatCount,
  formatFactor,
  formatPercent,
  formatRelative,
  formatShare,
} from '../core/words/figures.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { everyItem, withService } from './service-call.ts';
import type { Cell, CellTone } from './terminal-table.ts';
import { terminalTable } from './terminal-table.ts';

/** An SLO as the API writes it, as far as it is read here. */
interface ListedSlo extends Pick<
  SloReport,
  'id' | 'owner' | 'objective' | 'window' | 'alert' | 'sli' | 'burnRates'
> {
  readonly budget: Omit<SloReport['budget'], 'exhaustsAt'> & { readonly exhaustsAt: string | null };
}

const HEADING = ['ALERT', 'SLO', 'OWNER', 'OBJECTIVE', 'LEFT', 'BURN 1H', 'EXHAUSTED'] as const;
const ALERT_TONES: Readonly<Record<string, CellTone>> = { page: 'bad', ticket: 'warning' };

/** `burnwatch budget`: what is left of every error budget, the SLOs in which people should look first on top. */
export function budgetTable(
  {
    owner,
    label,
    format,
    colored,
    now,
  }: {
    readonly owner: string | undefined;
    /** Each a name and a glob, all of which an SLO has. */
    readonly label: readonly string[] | undefined;
    readonly format: string;
    readonly colored: boolean;
    readonly now: number;
  },
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const slos = await everyItem<ListedSlo>(ask, '/v1/slos', { owner, label: label?.join() });
    if (format === 'json') return { ok: true, text: JSON.stringify(slos, null, 2) };
    if (slos.length === 0) {
      const whose = owner === undefined ? '' : ` of ${JSON.stringify(owner)}`;
      const labelled = label === undefined ? '' : ` with ${label.join(', ')}`;
      return { ok: true, text: `There are no SLOs${whose}${labelled}.` };
    }
    const rows = slos.toSorted(worstFirst).map((slo) => rowOf(slo, now));
    return { ok: true, text: terminalTable(HEADING, rows, colored) };
  });
}

function worstFirst(one: ListedSlo, other: ListedSlo): number {
  const alert = ALERT_LEVELS.indexOf(one.alert) - ALERT_LEVELS.indexOf(other.alert);
  return alert || left(one) - left(other) || one.id.localeCompare(other.id, 'en');
}

/** An SLO without outcomes has spent nothing. */
function left({ budget }: ListedSlo): number {
  return budget.remainingRatio ?? 1;
}

function rowOf(slo: ListedSlo, now: number): readonly Cell[] {
  const { id, owner, objective, window, alert, sli, burnRates, budget } = slo;
  const { remainingRatio: remaining, exhaustsAt } = budget;
  const rate = burnRates['1h'] ?? null;
  const alertTone = ALERT_TONES[alert];
  const leftText = remaining === null ? soFar(sli) : formatShare(remaining);
  const leftTone = remaining === null ? undefined : toneOf(remaining);
  return [
    { text: alert === 'none' ? '-' : alert, ...(alertTone && { tone: alertTone }) },
    { text: id },
    { text: owner },
    { text: `${formatPercent(objective, 9)} of ${window}` },
    { text: leftText, ...(leftTone && { tone: leftTone }) },
    { text: rate === null ? '-' : formatFactor(rate) },
    { text: exhaustsAt === null ? '-' : formatRelative(Date.parse(exhaustsAt), now) },
  ];
}

/** What was counted while that bears no budget. */
function soFar({ bad, total }: ListedSlo['sli']): string {
  return total === 0 ? 'no data' : `${formatCount(bad)} bad of ${formatCount(total)} so far`;
}

function toneOf(remaining: number): CellTone {
  if (remaining <= 0) return 'bad';
  return remaining < 0.25 ? 'warning' : 'good';
}
