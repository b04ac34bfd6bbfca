import type { Cell, FaultMeasure, Found, Pair } from './cell-measures.ts';
import type { Fault } from './scenarios.ts';
import { FAULTS, TRAFFICS } from './scenarios.ts';

export type Row = readonly string[];

type Who = keyof Pair<unknown>;

/** The names of the tables: a summary, and one for every fault. */
export const TABLES = ['summary', ...FAULTS.map(sectionOf)];

/** The tables of docs/judgement.md, by the names of their sections. In a cell stands ours, then the textbook's. */
export function judgementTables(cells: readonly Cell[]): Record<string, Row[]> {
  return {
    summary: summary(cells),
    ...Object.fromEntries(FAULTS.map((fault) => [sectionOf(fault), detection(cells, fault)])),
  };
}

function sectionOf(fault: Fault): string {
  return fault.replaceAll(/[ %]+/g, '-');
}

function summary(cells: readonly Cell[]): Row[] {
  return [
    [
      'traffic',
      'objective',
      'faults paged',
      'faults noticed at all',
      'pages a month, half the budget spent',
      'pages a month, all of it spent',
      'tickets a month, half spent',
      'tickets a month, all spent',
      'precision of pages',
    ],
    ...cells.map((cell) => [
      cell.traffic,
      cell.objective,
      pair((who) => share(foundShare(cell, who, 'page'))),
      pair((who) => share(foundShare(cell, who, 'alarm'))),
      ...(['pages', 'tickets'] as const).flatMap((what) =>
        cell.health.map((health) => pair((who) => rate(health[what][who]))),
      ),
      pair((who) => precision(cell, who)),
    ]),
  ];
}

function detection(cells: readonly Cell[], fault: Fault): Row[] {
  const objectives = [...new Set(cells.map(({ objective }) => objective))];
  return [
    ['objective', ...TRAFFICS],
    ...objectives.map((objective) => [
      objective,
      ...TRAFFICS.map((traffic) => {
        const cell = cells.find((one) => one.traffic === traffic && one.objective === objective)!;
        const measure = cell.faults.find((one) => one.fault === fault)!;
        return pair((who) => detected(measure, who));
      }),
    ]),
  ];
}

/** The median time until somebody is paged, or where most are not, until there is a ticket; and how many are not. */
function detected({ real, runs }: FaultMeasure, who: Who): string {
  const found = runs.map((run) => run.found[who]);
  if (!real) return found.some(({ page }) => page !== null) ? 'paged, though no fault' : 'no fault';
  const paged = median(found, 'page');
  if (paged !== null) return `${paged}${missing(found, 'page')}`;
  const told = median(found, 'alarm');
  return told === null ? 'never' : `ticket ${told}${missing(found, 'alarm')}`;
}

function median(found: readonly Found[], what: keyof Found): string | null {
  const sorted = found.map((one) => one[what] ?? Infinity).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  return middle === Infinity ? null : span(middle);
}

function missing(found: readonly Found[], what: keyof Found): string {
  const missed = found.filter((one) => one[what] === null).length;
  return missed === 0 ? '' : ` (missed ${missed} of ${found.length})`;
}

/** Minutes in words: at most two units, since more would pretend to be exact. */
export function span(minutes: number): string {
  if (minutes < 60) return `${minutes}m`;
  const hours = minutes / 60;
  return hours < 48 ? `${oneDecimal(hours)}h` : `${oneDecimal(hours / 24)}d`;
}

function foundShare({ faults }: Cell, who: Who, what: keyof Found): number {
  const runs = faults.filter(({ real }) => real).flatMap((fault) => fault.runs);
  return runs.filter(({ found }) => found[who][what] !== null).length / runs.length;
}

/** The share of pages that are about a fault, if there is one fault a month, each kind as often as the others. */
function precision(cell: Cell, who: Who): string {
  const right = foundShare(cell, who, 'page');
  const wrong = cell.health[0]!.pages[who];
  return right + wrong === 0 ? '-' : share(right / (right + wrong));
}

function share(ratio: number): string {
  return `${Math.round(ratio * 100)}%`;
}

function rate(perMonth: number): string {
  return perMonth >= 10 ? String(Math.round(perMonth)) : oneDecimal(perMonth);
}

export function oneDecimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function pair(say: (who: Who) => string): string {
  return `${say('ours')} · ${say('textbook')}`;
}

/** A table in Markdown. */
export function markdown([head, ...body]: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`;
  return [line(head!), line(head!.map(() => '---')), ...body.map(line)].join('\n');
}
