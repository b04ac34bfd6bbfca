import { beforeAll, describe, expect, it } from 'vitest';
import type { Slo } from '../../src/core/slo/slo.ts';
import { DAY } from '../../src/core/time/duration.ts';
import { defineSlo } from '../support/definitions.ts';
import type { Cell, FaultRun } from './cell-measures.ts';
import { measureAll } from './cell-measures.ts';
import { documentRows, documentedRows } from './documented-table.ts';
import { usualGap } from './producer-measures.ts';
import { TABLES, judgementTables, markdown } from './judgement-tables.ts';
import { burnwatch } from './judging.ts';
import { sumUpTo } from './minute-history.ts';
import { MINUTES_PER_DAY, WARM_UP, generate } from './scenarios.ts';

let cells: Cell[] = [];
beforeAll(() => void (cells = measureAll()), 600_000);

/**
 * The fewest bad outcomes in a row that prove an outage where a window holds `volume`: the smallest n with
 * (1 / budget)^n >= 100 * volume, in whole numbers.
 */
function proof({ objective, alerts }: Slo, volume: number): number {
  let run = 1;
  while (
    BigInt(objective.parts) ** BigInt(run) <
    100n * BigInt(volume) * BigInt(objective.budgetParts) ** BigInt(run)
  )
    run++;
  return Math.max(run, alerts.minFailures ?? 1);
}

/** How many minutes after the beginning of a total outage there is a proof of it. */
function minutesToProof(slo: Slo, { history, began }: FaultRun): number {
  for (let minute = began; minute < history.minutes; minute++) {
    const failed = history.badBefore[minute + 1]! - history.badBefore[began]!;
    const { good, bad } = sumUpTo(history, 28 * DAY, minute);
    if (failed >= proof(slo, good + bad)) return minute - began + 1;
  }
  return Infinity;
}

describe('ours', () => {
  it('J3: never misses a total outage: pages within 5 minutes, or by the executions that prove it plus one usual gap', () => {
    let runs = 0;
    for (const { slo, traffic, objective, faults } of cells) {
      for (const run of faults.find(({ fault }) => fault === 'total outage')!.runs) {
        runs++;
        const { page } = run.found.ours;
        expect(page, `${objective} at ${traffic}`).not.toBeNull();
        const proven = minutesToProof(slo, run) + usualGap(run.history, run.began);
        expect(page, `${objective} at ${traffic}`).toBeLessThanOrEqual(Math.max(5, proven));
      }
    }
    expect(runs).toBe(72);
  });

  it('pages a healthy workflow no more often than the textbook, in every cell', () => {
    const worse = cells.flatMap(({ traffic, objective, health }) =>
      health
        .filter(({ pages }) => pages.ours > pages.textbook)
        .map(({ usual }) => `${objective} at ${traffic}, ${usual * 100}% of the budget spent`),
    );
    expect(worse).toEqual([]);
  });

  it('tells of every fault that the textbook tells of where anything comes in every minute', () => {
    for (const { traffic, objective, faults } of cells) {
      if (traffic !== '1/s' && traffic !== '100/s') continue;
      for (const { fault, runs } of faults) {
        for (const { found } of runs) {
          if (found.textbook.alarm === null) continue;
          expect(found.ours.alarm, `${fault}, ${objective} at ${traffic}`).not.toBeNull();
          // Factors of 28 days are lower than those of 30, so ours is never later there.
          expect(found.ours.alarm).toBeLessThanOrEqual(found.textbook.alarm);
        }
      }
    }
  });
});

describe('the simulation', () => {
  it('judges the minutes that it passes over as it would if it did not', () => {
    for (const [traffic, objective] of [
      ['2/day', '90%'],
      ['10/hour', '95%'],
      ['1/s', '99%'],
    ] as const) {
      const slo = defineSlo({ objective, window: '28d' });
      const { errorBudget } = slo.objective;
      const minutes = 4 * MINUTES_PER_DAY;
      const fault = 'flapping';
      const history = generate({ traffic, errorBudget, usual: 1, fault, faultFrom: 2000, minutes, seed: 7 });
      const [quick, thorough] = [burnwatch(slo, history), burnwatch(slo, history, true)];
      let alarms = 0;
      for (let minute = WARM_UP; minute < history.minutes; minute++) {
        const alarm = quick(minute);
        if (alarm.page || alarm.ticket) alarms++;
        expect(thorough(minute)).toEqual(alarm);
      }
      expect(alarms).toBeGreaterThan(0);
    }
  });
});

describe('docs/judgement.md', () => {
  it.each(TABLES)('shows what the simulation finds: %s', (name) => {
    const table = markdown(judgementTables(cells)[name]!);
    documentRows(name, table);
    expect(documentedRows(name)).toEqual(documentedRows(name, table));
  });
});
