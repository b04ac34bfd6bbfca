import { describe, expect, it } from 'vitest';
import { parseHistoryQuery } from '../../../src/core/ports/history-query.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';

const NOW = START + 20 * SECOND;

function read(from: number | null, to: number | null, step: string | null = null) {
  const text = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return parseHistoryQuery({ from: text(from), to: text(to), step }, NOW);
}

describe('the query of a history', () => {
  it('ends where it was asked to end: 24 hours in steps of one are 24 points', () => {
    const hour = Math.floor(NOW / HOUR) * HOUR;
    expect(read(hour - DAY, hour, '1h')).toEqual({
      from: hour - DAY,
      to: hour,
      step: HOUR,
      resolution: 'minute',
    });
  });

  it('takes in the running minute when it goes until now', () => {
    const end = Math.floor(NOW / MINUTE) * MINUTE + MINUTE;
    expect(read(NOW - HOUR, null)).toMatchObject({ to: end });
    expect(read(NOW - HOUR, NOW + HOUR)).toMatchObject({ to: end });
  });

  it('takes in the minute it was asked to end in', () => {
    expect(read(NOW - HOUR, NOW - 30 * MINUTE)).toMatchObject({
      to: Math.floor(NOW / MINUTE) * MINUTE - 29 * MINUTE,
    });
  });
});
