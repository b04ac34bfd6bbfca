import { array, assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshHour } from '../../../src/core/sli/freshness.ts';
import type { FreshnessSli } from '../../../src/core/sli/sli.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { cellHistory, verdicts } from '../../support/cell-history.ts';

function every(minutes: number): FreshnessSli {
  return {
    kind: 'freshness',
    of: {
      kind: 'outcomes',
      step: null,
      dependency: null,
      where: {},
      withinMs: null,
      from: 'started',
      per: 'execution',
      good: 'succeeded',
    },
    everyMs: minutes * MINUTE,
  };
}

const succeeded = (...minutes: readonly number[]) =>
  new Map(minutes.map((minute) => [minute, { good: 1, bad: 0 }]));

interface Hours {
  readonly from?: number;
  readonly to: number;
  readonly since?: number;
  readonly running?: number;
  readonly minutesFrom?: number;
}

/** The verdicts of all minutes of some hours, as text: `+` good, `-` bad, `.` none. */
function read(sli: FreshnessSli, successes: readonly number[], hours: Hours): string {
  const { from = 0, to, since = 0, running = Infinity, minutesFrom = 0 } = hours;
  let text = '';
  for (let hour = from; hour <= to; hour++) {
    const cells = cellHistory(succeeded(...successes), minutesFrom);
    const found = verdicts(hour, freshHour(sli, hour, cells, since * MINUTE, running));
    for (let minute = 0; minute < 60; minute++) text += found[hour * 60 + minute] ?? '.';
  }
  return text;
}

describe('a minute', () => {
  it('is good while the last success is at most so long ago, and bad after that', () => {
    expect(read(every(10), [5, 30], { to: 0 })).toBe(
      `.....${'+'.repeat(11)}${'-'.repeat(14)}${'+'.repeat(11)}${'-'.repeat(19)}`,
    );
  });

  it('is not bad before that long has been counted, and does not count before that at all', () => {
    expect(read(every(10), [], { to: 0, since: 20 })).toBe(`${'.'.repeat(31)}${'-'.repeat(29)}`);
    expect(read(every(10), [15], { to: 0, since: 20 })).toBe(`${'.'.repeat(20)}++++++.....${'-'.repeat(29)}`);
  });

  it('counts when it is over', () => {
    expect(read(every(2), [0], { to: 0, running: 5 })).toBe(`+++--${'.'.repeat(55)}`);
  });

  it('finds a success hours and days ago', () => {
    const day = 24 * 60;
    expect(read(every(26 * 60), [30], { from: 26, to: 26 })).toBe(`${'+'.repeat(31)}${'-'.repeat(29)}`);
    expect(read(every(30 * day), [30], { from: 30 * 24, to: 30 * 24 })).toBe(
      `${'+'.repeat(31)}${'-'.repeat(29)}`,
    );
  });

  it('takes a success whose minute is forgotten for one at the end of its hour', () => {
    expect(read(every(26 * 60), [30], { from: 27, to: 27, minutesFrom: 5 })).toBe('-'.repeat(60));
    expect(read(every(26 * 60), [30], { from: 26, to: 26, minutesFrom: 5 })).toBe('+'.repeat(60));
  });

  it('agrees with a naive search of any successes', () => {
    assert(
      property(
        integer({ min: 2, max: 400 }),
        array(nat(60 * 10 - 1), { maxLength: 8 }),
        nat(60 * 8),
        integer({ min: 0, max: 60 * 11 }),
        (length, successes, since, running) => {
          let expected = '';
          for (let minute = 0; minute < 60 * 10; minute++) {
            const fresh = successes.some((at) => at <= minute && minute - at <= length);
            const counts = minute >= since && minute < running;
            if (!counts) expected += '.';
            else expected += fresh ? '+' : minute > since + length ? '-' : '.';
          }
          expect(read(every(length), successes, { to: 9, since, running })).toBe(expected);
        },
      ),
    );
  });
});
