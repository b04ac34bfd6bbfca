import * as fc from 'fast-check';
import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { Reason } from '../../src/core/alerting/reason.ts';
import type { OutcomeSli } from '../../src/core/sli/sli.ts';
import { sliWithTexts } from './texts-of-others.ts';

/** Facts of every kind with numbers from nothing to huge, and with nulls wherever facts may have them. */
export function randomFacts(): fc.Arbitrary<NotificationFacts> {
  const name = fc.stringMatching(/^[a-m-]{1,12}$/);
  const nameOrNull = fc.option(name, { freq: 2 });
  const count = fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.nat(), fc.maxSafeNat());
  const positive = fc.oneof(fc.constantFrom(0, 1e-9, 1e18), amountBelow(1), amountBelow(1e18));
  const signed = fc.oneof(
    positive,
    positive.map((value) => -value),
  );
  const time = fc.oneof(fc.constantFrom(0, -1, Number.MAX_SAFE_INTEGER), fc.nat(4e12 / 2), fc.maxSafeNat());
  const counts = { good: count, bad: count };
  const window = fc.record({
    duration: fc.oneof(fc.nat(1e9), fc.constantFrom(1, 60_000, 3_600_000, 259_200_000)),
    ...counts,
    burnRate: fc.option(positive),
  });
  const where = { step: nameOrNull, dependency: nameOrNull, error: nameOrNull };
  const ratio = fc.double({ min: 0, max: 1, noNaN: true });
  const outcomes: fc.Arbitrary<OutcomeSli> = fc.record({
    kind: fc.constant('outcomes'),
    step: nameOrNull,
    dependency: nameOrNull,
    where: fc.dictionary(
      name,
      fc.record({
        op: fc.constantFrom('in', 'not-in', 'glob', 'not-glob'),
        values: fc.array(name, { maxLength: 3 }),
      }),
      { maxKeys: 3 },
    ),
    withinMs: fc.option(fc.nat()),
    from: fc.constantFrom('started', 'queued'),
    per: fc.constantFrom('execution', 'attempt'),
    good: fc.constantFrom('succeeded', 'first-try'),
  });
  const others = fc
    .constantFrom('measurement', 'transition', 'slices', 'freshness', 'schedule', 'composite')
    .chain((kind) => name.map((text) => sliWithTexts(kind, () => text)));
  const base = { tier: name, severity: fc.constantFrom('page', 'ticket') };
  const reason: fc.Arbitrary<Reason> = fc.oneof(
    fc.record({ ...base, kind: fc.constant('burnRate'), factor: positive, long: window, short: window }),
    fc.record({ ...base, kind: fc.constant('successRate'), below: ratio, over: window }),
    fc.record({ ...base, kind: fc.constant('budgetRemaining'), below: ratio }),
    fc.record({
      ...base,
      kind: fc.constant('forecast'),
      within: count,
      left: fc.option(positive),
      recent: window,
    }),
    fc.record({
      ...base,
      kind: fc.constant('outage'),
      consecutiveBad: count,
      needed: count,
      streakSince: fc.option(time),
    }),
    fc.record({
      ...base,
      kind: fc.constant('noData'),
      after: count,
      lastAt: fc.option(time),
      silentFor: count,
    }),
  );
  return fc.record({
    kind: fc.constantFrom(
      'opened',
      'escalated',
      'deescalated',
      'unacknowledged',
      'reminder',
      'resolved',
      'acknowledged',
      'test',
    ),
    slo: fc.tuple(name, name).map((parts) => parts.join('/')),
    workflow: name,
    owner: name,
    description: nameOrNull,
    runbook: fc.constantFrom(null, '', 'no address', 'https://wiki.example.com/x'),
    objective: fc.oneof(
      fc.constantFrom(0.95, 0.999_999_999, 1e-9),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    errorBudget: fc.oneof(fc.constantFrom(0, 1), ratio),
    window: name,
    sli: fc.oneof(outcomes, others),
    incident: name,
    severity: fc.constantFrom('page', 'ticket'),
    openedAt: time,
    began: fc.option(time),
    at: time,
    reasons: fc.array(reason, { maxLength: 6 }),
    budget: fc.record({
      allowed: positive,
      spent: count,
      remaining: signed,
      remainingRatio: fc.option(signed),
    }),
    counted: count,
    cause: fc.constantFrom(null, 'definition-changed', 'removed'),
    exhaustsAt: fc.option(time),
    pace: fc.option(fc.nat()),
    peakBurnRate: positive,
    timeZone: fc.constantFrom(null, 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'),
    failing: fc.option(fc.record({ since: time, ...counts })),
    failedUntil: fc.option(time),
    recovering: fc.option(fc.record({ lastFailedAt: time, resolvesAt: time })),
    waiting: fc.nat(),
    likelyCause: fc.option(
      fc.record({
        dependency: name,
        failures: ratio,
        usual: fc.option(ratio),
        sla: ratio,
        broken: fc.boolean(),
        lastHour: fc.record(counts),
        today: fc.record(counts),
      }),
    ),
    standsOut: fc.option(fc.record({ attribute: name, value: name, failures: ratio, outcomes: ratio })),
    stuck: fc.array(
      fc.record({
        of: fc.constantFrom('execution' as const, 'step' as const),
        step: nameOrNull,
        count: fc.nat(),
        oldest: fc.option(time),
      }),
      { maxLength: 5 },
    ),
    missedRun: fc.option(
      fc.record({
        tick: time,
        missed: fc.constantFrom('start', 'finish'),
        started: fc.option(fc.boolean()),
        startBy: fc.option(time),
        finishBy: time,
      }),
    ),
    during: fc.record(counts),
    acknowledged: fc.option(fc.record({ at: time, by: name })),
    waited: fc.option(fc.nat()),
    members: fc.array(fc.record({ name, share: fc.option(ratio) }), { maxLength: 4 }),
    postmortem: fc.option(fc.record({ policy: name, above: ratio, spent: positive })),
    notified: fc.array(name, { maxLength: 2 }),
    failures: fc.array(fc.record({ ...where, count }), { maxLength: 8 }),
    lastFailed: fc.array(fc.record({ execution: name, at: time, ...where, traceId: nameOrNull }), {
      maxLength: 8,
    }),
    insteadOf: fc.option(fc.record({ target: name, reason: name })),
  });
}

function amountBelow(max: number): fc.Arbitrary<number> {
  return fc.double({ min: 1e-9, max, noNaN: true });
}

/** Texts as a hostile producer would write them: markup of every target, line ends, invisible characters, great lengths. */
export function hostileText(): fc.Arbitrary<string> {
  const attack = fc.constantFrom(
    '<!channel>',
    '<!here|now>',
    '<!subteam^S1>',
    '<@U1>',
    '<#C1>',
    '@here',
    '@channel',
    '<http://evil.example|payments>',
    'https://evil.example/x',
    '[a](http://evil.example)',
    '`',
    '```',
    '*',
    '_',
    '~',
    '>',
    '&',
    '&lt;!channel&gt;',
    '&#60;',
    '"',
    "'",
    '</td></tr></table>',
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<!--',
    '<style>*{display:none}</style>',
    '\r\nBcc: victim@example.com\r\n',
    '\r\n\r\nbody',
    '\n.\nRCPT TO:<victim@example.com>\n',
    '\u2028',
    '\u0085',
    '\u0000',
    '\u001b[31m',
    '\u202e',
    '\u2066',
    '\u200b',
    '\ufeff',
    '\u{e0041}',
    '\ud800',
    'e\u0301\u0302\u0303\u0304\u0305\u0306',
    '=?utf-8?q?=0d=0aBcc:_x@example.com?=',
    '{traceId}',
    '|',
    '%0d%0aBcc:x',
    '../..//',
    'x'.repeat(5000),
    '<'.repeat(3000),
    '🔥'.repeat(900),
  );
  return fc
    .array(fc.oneof(attack, fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 10 })), {
      maxLength: 6,
    })
    .map((parts) => parts.join(''));
}
