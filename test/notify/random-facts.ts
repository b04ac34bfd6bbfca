import * as fc from 'fast-check';
import type { NotificationFacts } from '../../src/core/notification.ts';

/** Every place of a notification that holds text somebody else wrote, filled by `text`. */
export function factsWithTexts(facts: NotificationFacts, text: () => string): NotificationFacts {
  return {
    ...facts,
    // What becomes part of an address is no longer than the real thing: longer addresses are no links.
    slo: text().slice(0, 64),
    workflow: text(),
    owner: text(),
    description: text(),
    incident: text(),
    tier: text(),
    sli: { step: text(), dependency: text(), where: { [text()]: [text(), text()] }, withinMs: 600_000 },
    failures: facts.failures.map(({ count }) => ({ step: text(), dependency: text(), error: text(), count })),
    lastFailed: facts.lastFailed.map(({ at }) => ({
      execution: text(),
      at,
      step: text(),
      dependency: text(),
      error: text(),
      traceId: text().slice(0, 32),
    })),
    insteadOf: { target: text(), reason: text() },
  };
}

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
  return fc.record({
    kind: fc.constantFrom('opened', 'escalated', 'resolved', 'test'),
    slo: fc.tuple(name, name).map((parts) => parts.join('/')),
    workflow: name,
    owner: name,
    description: nameOrNull,
    runbook: fc.constantFrom(null, '', 'no address', 'https://wiki.example.com/x'),
    objective: fc.oneof(
      fc.constantFrom(0.95, 0.999_999_999, 1e-9),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    window: name,
    sli: fc.record({
      step: nameOrNull,
      dependency: nameOrNull,
      where: fc.dictionary(name, fc.array(name, { maxLength: 3 }), { maxKeys: 3 }),
      withinMs: fc.option(fc.nat()),
    }),
    incident: name,
    severity: fc.constantFrom('page', 'ticket'),
    openedAt: time,
    at: time,
    tier: name,
    factor: positive,
    long: window,
    short: window,
    budget: fc.record({
      allowed: positive,
      spent: count,
      remaining: signed,
      remainingRatio: fc.option(signed),
    }),
    exhaustsAt: fc.option(time),
    peakBurnRate: positive,
    during: fc.record(counts),
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
