import { beforeAll, describe, expect, it } from 'vitest';
import { documentedRows, documentRows } from './documented-table.ts';
import { markdown } from './judgement-tables.ts';
import type { ProducerCell } from './producer-measures.ts';
import { LEVELS, PINNED_OBJECTIVES, measureProducers } from './producer-measures.ts';
import { missesOf, producerTable } from './producer-tables.ts';

let cells: ProducerCell[] = [];
beforeAll(() => void (cells = measureProducers(PINNED_OBJECTIVES, 1, 2)), 600_000);

/** What shares a fate, or ends before it can be told, see docs/judgement.md. */
const ONE_FATE = 'records of 50 with one fate';

describe('producers as they are', () => {
  it('page no healthy workflow where at most half of the budget is spent', () => {
    const paged = cells
      .filter(({ producer }) => producer !== ONE_FATE)
      .flatMap(({ producer, objective, pages }) =>
        pages
          .filter(({ ours }, index) => LEVELS[index]! <= 0.5 && ours > 0)
          .map(({ ours }) => `${producer}, ${objective}: ${ours}`),
      );
    expect(paged).toEqual([]);
  });

  it('page a healthy workflow no more often than the textbook, whatever is spent', () => {
    const worse = cells.flatMap(({ producer, objective, pages }) =>
      pages
        .filter(({ ours, textbook }) => ours > textbook)
        .map(({ ours, textbook }) => `${producer}, ${objective}: ${ours} instead of ${textbook}`),
    );
    expect(worse.filter((cell) => !cell.startsWith(ONE_FATE))).toEqual([]);
  });

  it('J3: are paged in a total outage within 5 minutes, or the fewest executions that prove it plus one usual gap', () => {
    const late = missesOf(cells).filter(({ what }) => what.startsWith('total outage'));
    expect(late).toEqual([]);
    expect(cells).toHaveLength(14 * PINNED_OBJECTIVES.length);
  });

  it('are shown in docs/judgement.md as the simulation finds them', () => {
    const table = markdown(producerTable(cells));
    documentRows('producers', table);
    expect(documentedRows('producers')).toEqual(documentedRows('producers', table));
  });
});
