import type { Pair } from './cell-measures.ts';
import type { Row } from './judgement-tables.ts';
import { oneDecimal, span } from './judgement-tables.ts';
import type { ProducerCell, ProducerRun } from './producer-measures.ts';
import { LEVELS } from './producer-measures.ts';
import { PRODUCER_FAULTS } from './producers.ts';

/** False pages a month that are borne at half of the budget. */
const BORNE = 0.1;

/** How far a cell is from what is asked of every one. */
export interface Miss {
  readonly cell: string;
  readonly what: string;
}

/** The table of docs/judgement.md: in a cell stands ours, then the textbook's. */
export function producerTable(cells: readonly ProducerCell[]): Row[] {
  return [
    [
      'producer',
      'objective',
      ...LEVELS.map(
        (level) => `pages a month, ${level === 1 ? 'all' : `${level * 100}%`} of the budget spent`,
      ),
      'total outage paged after',
      'half failing paged after',
    ],
    ...cells.map((cell) => [
      cell.producer,
      cell.objective,
      ...cell.pages.map(({ ours, textbook }) => `${oneDecimal(ours)} · ${oneDecimal(textbook)}`),
      ...PRODUCER_FAULTS.map((fault) => pagedAfter(cell.faults[fault])),
    ]),
  ];
}

/** The median of the runs. */
function pagedAfter(runs: readonly ProducerRun[]): string {
  const of = (who: keyof Pair<unknown>) => {
    const sorted = runs.map(({ found }) => found[who].page ?? Infinity).toSorted((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)]!;
    return middle === Infinity ? 'never' : span(middle);
  };
  return `${of('ours')} · ${of('textbook')}`;
}

/** The cells that miss what is asked of all of them. */
export function missesOf(cells: readonly ProducerCell[]): Miss[] {
  return cells.flatMap(({ producer, objective, pages, faults }) => {
    const cell = `${producer}, ${objective}`;
    const misses: Miss[] = [];
    pages.forEach(({ ours, textbook }, index) => {
      const level = `${LEVELS[index]! * 100}% of the budget`;
      if (LEVELS[index]! <= 0.5 && ours > BORNE)
        misses.push({ cell, what: `${oneDecimal(ours)} pages a month at ${level}` });
      else if (LEVELS[index]! <= 0.5 && ours > textbook)
        misses.push({ cell, what: `more pages than the textbook at ${level}` });
    });
    for (const fault of PRODUCER_FAULTS) {
      for (const { found, dueAfter } of faults[fault]) {
        const { page } = found.ours;
        if (dueAfter === null || (page !== null && page <= dueAfter)) continue;
        const when = page === null ? 'not paged' : `paged after ${span(page)}`;
        misses.push({ cell, what: `${fault}: ${when} instead of ${span(dueAfter)}` });
      }
    }
    return misses;
  });
}
