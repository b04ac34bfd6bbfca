import { describe, expect, it } from 'vitest';
import { muteBy } from '../../../src/core/alerting/mute.ts';
import type { Silence, SilenceSubject } from '../../../src/core/alerting/silence.ts';
import { holdsUntil, isOf, isOver } from '../../../src/core/alerting/silence.ts';
import { parseSilence } from '../../../src/core/alerting/silence-request.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createRecurrences } from '../../../src/engine/adjustments/recurrence.ts';
import { START } from '../../support/clock.ts';
import { memoryLog } from '../../support/memory-log.ts';

const ANY: Silence['matching'] = {
  workflow: null,
  slo: null,
  owner: null,
  severity: null,
  labels: {},
  incident: null,
};

function silence(changes: Partial<Silence> = {}): Silence {
  return {
    id: 'a',
    matching: ANY,
    within: null,
    when: { kind: 'once', from: START, to: START + HOUR },
    reason: 'a deploy',
    createdAt: START,
    createdBy: 'alice',
    actor: null,
    ended: null,
    ...changes,
  };
}

const SUBJECT: SilenceSubject = {
  slo: { id: 'orders/fast', workflow: 'orders', owner: 'payments', labels: { tier: 'gold' } },
  severity: 'page',
  incident: 'i1',
};

describe('what a silence is of', () => {
  const fits = (matching: Partial<Silence['matching']>, subject = SUBJECT) =>
    isOf(silence({ matching: { ...ANY, ...matching } }), subject);

  it.each([
    [{ workflow: 'ord*' }, true],
    [{ workflow: 'carts' }, false],
    [{ slo: 'orders/fa?t' }, true],
    [{ slo: 'orders/slow' }, false],
    [{ owner: 'pay*' }, true],
    [{ owner: 'ops' }, false],
    [{ severity: 'page' }, true],
    [{ severity: 'ticket' }, false],
    [{ labels: { tier: 'g*' } }, true],
    [{ labels: { tier: 'silver' } }, false],
    [{ labels: { region: '*' } }, false],
    [{ labels: { constructor: '*' } }, false],
    [{ incident: 'i1' }, true],
    [{ incident: 'i2' }, false],
    [{ workflow: 'orders', owner: 'ops' }, false],
  ] as const)('%o: %o', (matching, expected) => {
    expect(fits(matching)).toBe(expected);
  });

  it('is an SLO of one value with the whole', () => {
    const value = { whole: 'orders/fast', attribute: 'region', value: 'eu' };
    const slo = { ...SUBJECT.slo, id: 'orders/fast@eu', value };
    expect(fits({ slo: 'orders/fast' }, { ...SUBJECT, slo })).toBe(true);
    expect(fits({ slo: 'orders/fast' }, { ...SUBJECT, slo: { ...SUBJECT.slo, id: 'orders/fast@eu' } })).toBe(
      false,
    );
  });

  it('is nothing beyond what its creator may respond to, whatever it matches', () => {
    const everything = silence({ within: [{ by: 'owner', pattern: 'payments' }] });
    expect(isOf(everything, SUBJECT)).toBe(true);
    expect(isOf(everything, { ...SUBJECT, slo: { ...SUBJECT.slo, owner: 'ops' } })).toBe(false);
  });

  it('says who, why and until when; of several the one that lasts longest', () => {
    const one = { silence: silence(), until: START + HOUR };
    const longer = { silence: silence({ id: 'b', reason: 'a move' }), until: START + 2 * HOUR };
    expect(muteBy([one, longer])(SUBJECT)).toEqual({
      reason: 'silence',
      silence: 'b',
      by: 'alice',
      because: 'a move',
      until: START + 2 * HOUR,
      untilResolved: false,
    });
    expect(muteBy([])(SUBJECT)).toBeNull();
  });
});

describe('when a silence holds', () => {
  const { starts } = createRecurrences(memoryLog());

  it('is from its beginning until before its end', () => {
    const later = silence({ when: { kind: 'once', from: START + MINUTE, to: START + HOUR } });
    const held = [START, START + MINUTE, START + HOUR - 1, START + HOUR].map((now) =>
      holdsUntil(later, now, starts),
    );
    expect(held).toEqual([null, START + HOUR, START + HOUR, null]);
    expect([isOver(later, START + HOUR - 1), isOver(later, START + HOUR)]).toEqual([false, true]);
  });

  it.each([
    // Of a night shift in Berlin, the nights in which clocks are set are an hour shorter and longer.
    ['2026-03-28', '2026-03-28T21:00:00Z', '2026-03-29T05:00:00Z'],
    ['2026-03-29', '2026-03-29T20:00:00Z', '2026-03-30T04:00:00Z'],
    ['2026-10-24', '2026-10-24T20:00:00Z', '2026-10-25T04:00:00Z'],
    ['2026-10-25', '2026-10-25T21:00:00Z', '2026-10-26T05:00:00Z'],
  ])('begins by the clocks of its zone and lasts as long as it says: %s', (_day, from, to) => {
    const nightly = silence({
      when: {
        kind: 'recurring',
        rrule: 'FREQ=DAILY',
        start: Date.parse('2026-03-02T21:00:00Z'),
        duration: 8 * HOUR,
        timeZone: 'Europe/Berlin',
        until: Date.parse('2026-12-31T00:00:00Z'),
      },
    });
    const [begins, ends] = [Date.parse(from), Date.parse(to)];
    const held = [begins - 1, begins, ends - 1, ends].map((now) => holdsUntil(nightly, now, starts));
    expect(held).toEqual([null, ends, ends, null]);
  });

  it('is over after the last start that a rule may have', () => {
    const until = START + 2 * DAY;
    const daily = silence({
      when: { kind: 'recurring', rrule: 'FREQ=DAILY', start: START, duration: HOUR, timeZone: 'UTC', until },
    });
    expect(holdsUntil(daily, until + MINUTE, starts)).toBe(until + HOUR);
    expect(holdsUntil(daily, until + DAY + MINUTE, starts)).toBeNull();
    expect([isOver(daily, until + HOUR - 1), isOver(daily, until + HOUR)]).toEqual([false, true]);
  });
});

describe('a request for a silence', () => {
  const parse = (request: unknown, actor: string | null = 'alice') => parseSilence(request, actor, START);
  const problemsOf = (request: unknown, actor?: string | null) => {
    const parsed = parse(request, actor);
    return 'problems' in parsed ? parsed.problems.join(' ') : '';
  };

  it('needs what, why and an end; who is the one who asks', () => {
    expect(parse({ workflow: 'ord*', for: '4h', reason: 'a deploy' })).toEqual({
      draft: {
        matching: { ...ANY, workflow: 'ord*' },
        when: { kind: 'once', from: START, to: START + 4 * HOUR },
        reason: 'a deploy',
        createdBy: 'alice',
      },
    });
  });

  it.each([
    [{ for: '4h', reason: 'x' }, 'Say what to silence'],
    [{ slo: 'a', for: '4h' }, 'reason is missing'],
    [{ slo: 'a', reason: 'x' }, 'Every silence has an end'],
    [{ slo: 'a', reason: 'x', for: '4h', until: START + HOUR }, 'Every silence has an end'],
    [{ slo: 'a', reason: 'x', for: '10s' }, 'for must be from 1m to 31d'],
    [{ slo: 'a', reason: 'x', for: '40d' }, 'for must be from 1m to 31d'],
    [{ slo: 'a', reason: 'x', until: START - 1 }, 'until must be later than'],
    [{ slo: 'a', reason: 'x', from: START - 2 * HOUR, until: START - HOUR }, 'until must be later than now'],
    [{ slo: 'a', reason: 'x', until: START + 32 * DAY }, 'A silence may last 31d at most'],
    [{ slo: 'a', reason: 'x', untilResolved: true }, 'untilResolved needs incident'],
    [{ incident: 'i', reason: 'x', untilResolved: 'yes' }, 'untilResolved must be true or false'],
    [{ severity: 'high', reason: 'x', for: '1h' }, 'severity must be page or ticket'],
    [{ labels: {}, reason: 'x', for: '1h' }, 'labels must be 1 to 10 labels'],
    [{ labels: { tier: 3 }, reason: 'x', for: '1h' }, 'labels.tier must be a text'],
    [{ slo: 'a', reason: 'x', rrule: 'FREQ=DAILY', start: START, duration: '1h' }, 'until is missing'],
    [{ slo: 'a', reason: 'x', rrule: 'FREQ=DAILY', from: START }, 'start and duration instead of from'],
    [{ slo: 'a', reason: 'x', for: '1h', timeZone: 'Mars' }, 'belong to a recurring silence'],
    [{ slo: 'a', reason: 'x', for: '1h', who: 'me' }, 'There is no field "who"'],
    ['text', 'A silence is a JSON object'],
  ])('is refused with what would be right: %j', (request, problem) => {
    expect(problemsOf(request)).toContain(problem);
  });

  it('without a token needs a name', () => {
    expect(problemsOf({ slo: 'a', for: '1h', reason: 'x' }, null)).toBe(
      'by is missing: who does this, as a text.',
    );
  });
});
