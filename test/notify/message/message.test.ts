import { describe, expect, it } from 'vitest';
import type { MissedRun, NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { phraseText } from '../../../src/notify/message/phrase.ts';
import {
  DEESCALATED,
  ESCALATED,
  LINKS,
  MISSED_TICKS,
  OPENED,
  OPENED_AT,
  OUTAGE,
  REMINDER,
  RESOLVED,
  STEP,
  TICKET,
  TINY,
  UNACKNOWLEDGED,
  notificationOf,
} from '../example-facts.ts';

const compose = (...facts: NotificationFacts[]) => composeMessage(notificationOf(...facts), LINKS);

/** The fields of a message as plain text, by label. */
function fieldsOf(facts: NotificationFacts): Record<string, string> {
  return Object.fromEntries(compose(facts).fields.map(({ label, value }) => [label, phraseText(value)]));
}

describe('what several facts become', () => {
  it.each([
    ['opened', [TICKET]],
    ['escalated', [ESCALATED]],
    ['escalated', [TICKET, ESCALATED]],
    ['resolved', [RESOLVED]],
    ['resolved', [ESCALATED, RESOLVED]],
    ['recovered', [OPENED, RESOLVED]],
    ['recovered', [TICKET, ESCALATED, RESOLVED]],
    ['reminder', [REMINDER]],
    // Who has not heard that it burns is not reminded of it.
    ['escalated', [ESCALATED, REMINDER]],
    ['opened', [OPENED, REMINDER, REMINDER]],
    ['deescalated', [ESCALATED, DEESCALATED]],
    ['unacknowledged', [UNACKNOWLEDGED]],
  ] as const)('D2: one message, %s', (event, facts) => {
    expect(compose(...facts).event).toBe(event);
  });

  it('takes the causes from the latest facts that know some, with the failures they are of', () => {
    const { causes } = compose(OPENED, { ...RESOLVED, failures: [] });
    expect(causes[0]).toEqual({
      label: 'Step',
      name: 'charge-card',
      share: 227 / 270,
      words: '84% of failures',
    });
  });
});

describe('D4: what is not known is said so', () => {
  const unknown = { allowed: 0, spent: 0, remaining: 0, remainingRatio: null };

  it('without outcomes in the window', () => {
    const [reason] = OPENED.reasons;
    if (reason?.kind !== 'burnRate') throw new Error('the example burns');
    const short = { duration: 5 * MINUTE, good: 0, bad: 0, burnRate: null };
    const facts = {
      ...OPENED,
      budget: unknown,
      counted: 0,
      exhaustsAt: null,
      reasons: [{ ...reason, short }],
    };
    expect(fieldsOf(facts)).toMatchObject({
      'Burn rate': '2.92x over 1h, no outcomes over 5m',
      'Budget left': 'no outcomes to judge',
      'Runs out': 'not at this pace',
    });
    expect(compose(facts).headline).toBe(
      'PAGE order-fulfillment/fulfilled-in-10m: burning its error budget at 2.92x',
    );
  });

  it('without outcomes at all', () => {
    const empty = { duration: HOUR, good: 0, bad: 0, burnRate: null };
    const [reason] = STEP.reasons;
    if (reason?.kind !== 'burnRate') throw new Error('the example burns');
    const message = compose({
      ...STEP,
      budget: unknown,
      counted: 0,
      reasons: [{ ...reason, long: empty, short: empty }],
    });
    expect(message.headline).toBe('TICKET order-fulfillment/charge-card-succeeds: burning its error budget');
    expect(phraseText(message.sentence)).toBe(
      'No executions ended in the last hour (the objective allows 0.5% to fail); failing since 18:57 UTC.',
    );
  });

  it('does not date what is more than a year ahead', () => {
    expect(fieldsOf({ ...OPENED, exhaustsAt: OPENED_AT + 400 * DAY })['Runs out']).toBe('in over a year');
  });
});

describe('shares of failures', () => {
  it('are told without a second total, though they are kept by the hour', () => {
    const { sentence, causes } = compose(STEP);
    expect(phraseText(sentence)).toMatch(/^9 of 23 executions of step charge-card calling stripe failed/);
    expect(causes.map(({ name, words }) => `${name} ${words}`)).toEqual([
      'charge-card 100% of failures',
      'stripe 100% of failures',
      'timeout 100% of failures',
    ]);
  });

  it('never exceed all, and count the failures nothing is known of', () => {
    const failures = [{ step: 'ship', dependency: null, error: null, count: 54 }];
    expect(compose({ ...OPENED, failures }).causes).toEqual([
      { label: 'Step', name: 'ship', share: 0.2, words: '20% of failures' },
    ]);
  });
});

describe('links', () => {
  it.each([
    [
      'https://burnwatch.example.com',
      'https://burnwatch.example.com/slos/order-fulfillment/fulfilled-in-10m',
    ],
    ['https://example.com/watch//', 'https://example.com/watch/slos/order-fulfillment/fulfilled-in-10m'],
  ])('lead from %s to the budget page', (publicUrl, url) => {
    const { links } = composeMessage(notificationOf(OPENED), { publicUrl, traceUrl: null });
    expect(links).toEqual([
      { label: 'Runbook', url: 'https://wiki.example.com/runbooks/fulfillment' },
      { label: 'Budget', url },
    ]);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'wiki/runbook', ''])(
    'D4: %j is none',
    (runbook) => {
      const { links } = composeMessage(notificationOf({ ...OPENED, runbook }), {
        publicUrl: runbook,
        traceUrl: runbook,
      });
      expect(links).toEqual([]);
    },
  );
});

describe('an overspent budget', () => {
  const spent = (remainingRatio: number) =>
    compose({
      ...OPENED,
      budget: {
        allowed: 10,
        spent: 10 * (1 - remainingRatio),
        remaining: 10 * remainingRatio,
        remainingRatio,
      },
    });

  it.each([
    [-0.3, 'budget overspent by 30%', 'overspent by 30%: 3 more than the 10 executions allowed to fail'],
    [-8.5, 'budget overspent by 850%', 'overspent by 850%: 85 more than the 10 executions allowed to fail'],
    [-9, 'budget spent 10 times over', 'spent 10 times over: 100 failed, and 10 may'],
    [-48.7, 'budget spent 49 times over', 'spent 49 times over: 497 failed, and 10 may'],
  ])('of %d is told as a share, and from ten times the budget on as a multiple', (ratio, push, field) => {
    const message = spent(ratio);
    expect(message.headline).toBe(
      `PAGE order-fulfillment/fulfilled-in-10m: 65.9% failing at charge-card (timeout), ${push}`,
    );
    const left = message.fields.find(({ label }) => label === 'Budget left')!;
    expect(phraseText(left.value)).toBe(field);
  });

  it('of less than one outcome is told by what there was', () => {
    expect(fieldsOf(TINY)['Budget left']).toBe(
      'spent 50 times over: 2 of 4 executions failed, and of so few none may',
    );
    const unspent = { allowed: 0.04, spent: 0, remaining: 0.04, remainingRatio: 1 };
    expect(fieldsOf({ ...TINY, budget: unspent })['Budget left']).toBe('100%: none of 4 executions failed');
  });
});

describe('the headline', () => {
  const long = { ...OPENED, slo: `${'w'.repeat(120)}/${'fulfilled-in-10m'.repeat(8)}` };

  it.each([
    OPENED,
    long,
    ESCALATED,
    { ...long, kind: 'unacknowledged' as const, waited: 15 * MINUTE },
    { ...long, failures: [{ step: 's'.repeat(128), dependency: null, error: 'e'.repeat(128), count: 270 }] },
  ])('D4: says what fails now, at which step and why, within 80 characters', (facts) => {
    const { headline } = compose(facts);
    const cause = /^.* 65\.9% failing at \S+( \([^)]+\))?/.exec(headline)![0];
    expect(Array.from(cause).length).toBeLessThanOrEqual(80);
    // A name keeps enough to be known by.
    expect(headline).toMatch(/^(PAGE|UNACKNOWLEDGED) (order-ful|wwwwwwwww)/);
  });

  it('D4: says no share of a few, and no cause of a minority', () => {
    const [reason] = OPENED.reasons;
    if (reason?.kind !== 'burnRate') throw new Error('the example burns');
    const short = { duration: 5 * MINUTE, good: 1, bad: 3, burnRate: 15 };
    const failures = [
      { step: 'a', dependency: null, error: null, count: 100 },
      { step: 'b', dependency: null, error: null, count: 90 },
    ];
    expect(compose({ ...OPENED, failures, reasons: [{ ...reason, short }] }).headline).toBe(
      'PAGE order-fulfillment/fulfilled-in-10m: 3 of 4 failing, 41% budget left, gone in 14h',
    );
  });
});

describe('D4: no false sentence', () => {
  const texts = (facts: NotificationFacts) => {
    const { headline, sentence } = compose(facts);
    return `${headline}\n${phraseText(sentence)}`;
  };
  const outage = { kind: 'outage', tier: 'outage', severity: 'page', needed: 3 } as const;

  it('about a run that a success has ended', () => {
    const reasons = [{ ...outage, consecutiveBad: 0, streakSince: null }];
    const said = texts({ ...OUTAGE, kind: 'reminder', reasons });
    expect(said).not.toMatch(/everything fails|last 0|the last of/);
  });

  it.each(['unacknowledged', 'deescalated', 'reminder'] as const)('while it recovers: %s', (kind) => {
    const recovering = { lastFailedAt: OUTAGE.at - 2 * MINUTE, resolvesAt: OUTAGE.at + 3 * MINUTE };
    const reasons = [{ ...outage, consecutiveBad: 0, streakSince: null }];
    const said = texts({ ...OUTAGE, kind, reasons, recovering });
    expect(said).not.toMatch(/everything fails|last 0|gone in/);
    expect(said).toMatch(/recovering, no failure for 2m/);
    expect(said).toMatch(/Recovering: no failure since 19:04 UTC, resolves in about 3m if it stays so/);
  });

  it('about failures of a window before the onset', () => {
    expect(fieldsOf(OPENED)['Failing since']).toBe('18:57 UTC (9m ago)');
    expect(fieldsOf(ESCALATED)['Failing since']).toBe('18:57 UTC (1h 44m ago), opened 19:06 UTC');
  });

  it('about how long it failed: until the last failure, not until it resolved', () => {
    expect(fieldsOf(RESOLVED)).toMatchObject({
      'Failed for': '2h 13m, 18:57 to 21:10 UTC',
      'Open for': '2h 10m, 19:06 to 21:16 UTC',
    });
  });
});

describe('D4: a run that did not come in time', () => {
  const run = MISSED_TICKS.missedRun!;
  const sentenceAt = (at: number, change: Partial<MissedRun> = {}) =>
    phraseText(compose({ ...MISSED_TICKS, at, missedRun: { ...run, ...change } }).sentence);

  it.each([
    [
      'still may',
      run.startBy!,
      {},
      /^The 04:00 CET run has not started; due to start by 04:10 CET and done by 05:00 CET/,
    ],
    ['never did', run.finishBy, {}, /^The 04:00 CET run never started;/],
    ['came late', run.finishBy, { started: true }, /^The 04:00 CET run started late;/],
    [
      'has not ended',
      run.finishBy,
      { missed: 'finish' },
      /^The 04:00 CET run had not succeeded by 05:00 CET\./,
    ],
  ] as const)('%s', (_what, at, change, words) => {
    expect(sentenceAt(at, change)).toMatch(words);
  });
});

describe('an incident of all values of an attribute', () => {
  const burning = (values: readonly string[]) => ({
    ...OPENED,
    burning: { attribute: 'region', values, of: 9 },
  });

  it('names those that burn, at most three', () => {
    expect(fieldsOf(burning(['eu', 'us']))['Burning']).toBe('2 of 9 values of region: eu, us');
    expect(fieldsOf(burning(['a', 'b', 'c', 'd', 'e', 'f', 'g']))['Burning']).toBe(
      '7 of 9 values of region: a, b, c and 4 more',
    );
  });

  it('says nothing of it where none burns, and in no other', () => {
    expect(fieldsOf(burning([]))).not.toHaveProperty('Burning');
    expect(fieldsOf(OPENED)).not.toHaveProperty('Burning');
  });
});

describe('what was noted before it began', () => {
  const noted = (facts: NotificationFacts, before: number, link: string | null = null) =>
    compose({ ...facts, after: { at: facts.began! - before, text: 'deploy 7f3c', link } });

  it('is the last sentence of what says that it burns', () => {
    for (const facts of [OPENED, ESCALATED, REMINDER, UNACKNOWLEDGED]) {
      const sentence = phraseText(noted(facts, 4 * MINUTE).sentence);
      expect(sentence.endsWith(' It began 4 minutes after deploy 7f3c.')).toBe(true);
      expect(sentence.startsWith(phraseText(compose(facts).sentence))).toBe(true);
    }
    expect(phraseText(noted(OPENED, -20_000).sentence)).toContain('It began right after deploy 7f3c.');
    expect(phraseText(noted(RESOLVED, 4 * MINUTE).sentence)).not.toContain('7f3c');
  });

  it('has its link beside the others, where it is one', () => {
    const labels = (link: string | null) => noted(OPENED, 0, link).links.map(({ label }) => label);
    expect(labels('https://git.example.com/7f3c')).toContain('What came before');
    expect(labels('javascript:alert(1)')).not.toContain('What came before');
    expect(labels(null)).not.toContain('What came before');
  });
});
