import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/demo/seeded-random.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { START } from '../support/clock.ts';
import { defineSlo } from '../support/definitions.ts';
import { documentedRows, documentRows } from './documented-table.ts';
import { markdown } from './judgement-tables.ts';
import type { Judge } from './judging.ts';
import { burnwatch, follow, textbook } from './judging.ts';
import type { MinuteHistory } from './minute-history.ts';
import { historyOf } from './minute-history.ts';
import type { ProducerCell } from './producer-measures.ts';
import { LEVELS, PINNED_OBJECTIVES, measureProducers } from './producer-measures.ts';
import { missesOf, producerTable } from './producer-tables.ts';
import { binomial, poisson } from './random-counts.ts';
import { MINUTES_PER_DAY, WARM_UP } from './scenarios.ts';

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

  it.each([
    ['one earlier day', [5]],
    ['every day of the week before', [1, 2, 3, 4, 5, 6, 7]],
  ])('page a fault as soon as the textbook does although %s had one at its hour', (_name, daysAgo) => {
    const late: string[] = [];
    for (const perMinute of [1, 60]) {
      for (const objective of ['99%', '99.9%']) {
        const slo = defineSlo({ objective, window: '28d' });
        const history = withEarlierFaults(perMinute, slo.objective.errorBudget, daysAgo);
        const firstPage = (judge: Judge) => follow(judge, WARM_UP, history.minutes).firstPage;
        const [ours, theirs] = [firstPage(burnwatch(slo, history)), firstPage(textbook(slo, history))];
        // At one a minute a single failure pages the textbook; ours waits until chance does not explain it.
        if (ours === null || ours > theirs! + (perMinute === 1 ? 5 : 0))
          late.push(`${perMinute}/min, ${objective}: ${ours} instead of ${theirs}`);
      }
    }
    expect(late).toEqual([]);
  });

  it('are shown in docs/judgement.md as the simulation finds them', () => {
    const table = markdown(producerTable(cells));
    documentRows('producers', table);
    expect(documentedRows('producers')).toEqual(documentedRows('producers', table));
  });
});

/** Half of all fail from noon on; on some days before it three times the budget's fastest burn did, for two hours. */
function withEarlierFaults(
  perMinute: number,
  errorBudget: number,
  daysAgo: readonly number[],
): MinuteHistory {
  const random = seededRandom(perMinute);
  const minutes = WARM_UP + 6 * 60;
  const good = new Uint32Array(minutes);
  const bad = new Uint32Array(minutes);
  for (let minute = 0; minute < minutes; minute++) {
    const earlier = daysAgo.some((days) => {
      const since = minute - (WARM_UP - days * MINUTES_PER_DAY);
      return since >= -60 && since < 60;
    });
    const rate = minute >= WARM_UP ? 0.5 : (earlier ? 40 : 0.1) * errorBudget;
    const ended = poisson(random, perMinute);
    bad[minute] = binomial(random, ended, rate);
    good[minute] = ended - bad[minute]!;
  }
  return historyOf(START / MINUTE, good, bad);
}
