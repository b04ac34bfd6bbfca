import { manualClock } from '../support/clock.ts';
import { describe, expect, it } from 'vitest';
import type { TargetDefinition } from '../../src/core/slo/slo.ts';
import { SECOND } from '../../src/core/time/duration.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import { mailServerAt, OUTBOUND } from '../support/outbound.ts';
import { compileWith } from '../support/compile-with.ts';
import { filesWithout, listedFiles } from '../support/contributing.ts';
import { memoryLog } from '../support/memory-log.ts';
import { definitionsAt } from './http/kinds.ts';
import { LINKS, TEST, notificationOf } from './example-facts.ts';

const LISTED = listedFiles('A target kind');
const DEFINITIONS: { readonly [Kind in TargetDefinition['kind']]: TargetDefinition } = {
  slack: { kind: 'slack', name: 'chat', webhook: 'https://slack.invalid/services/T00/B00/secret-token' },
  email: { kind: 'email', name: 'mailbox', to: ['oncall@example.com'] },
  ...definitionsAt('https://receiver.example.com'),
  log: { kind: 'log', name: 'terminal' },
};
/** Milliseconds from one try to the next. */
const INTERVALS: { readonly [Kind in TargetDefinition['kind']]: number } = {
  slack: SECOND,
  slackApp: SECOND,
  email: SECOND,
  webhook: 200,
  pagerduty: SECOND,
  alertmanager: 100,
  opsgenie: SECOND,
  teams: SECOND,
  // Discord takes 30 a minute and Telegram 20: fewer than these are sent at their pace, see `PACE`.
  discord: SECOND,
  telegram: SECOND,
  ntfy: SECOND,
  log: SECOND,
};
const OPTIONS = {
  ...LINKS,
  mailServer: null,
  outbound: OUTBOUND,
  clock: manualClock(),
  mailFrom: 'burnwatch@example.com',
  log: memoryLog(),
};

describe('a new kind of target', () => {
  it('does not compile before it is in every table that CONTRIBUTING.md lists', () => {
    const withKind = (text: string) =>
      text.replace('type AddressedTarget =', "$& | { readonly kind: 'probe'; readonly name: string }");
    expect(compileWith({ 'src/core/slo/slo.ts': withKind })).toEqual(LISTED);
  });

  it.each(Object.keys(DEFINITIONS))('the list is true: each of its files has an entry of %s', (kind) => {
    expect(LISTED.length).toBeGreaterThan(0);
    expect(filesWithout(kind, LISTED)).toEqual([]);
  });
});

describe('what the kind of a target says', () => {
  it.each(Object.values(DEFINITIONS))('$kind: the pause after each try', async (definition) => {
    const target = createTarget(definition, OPTIONS);
    expect(target.interval).toBe(INTERVALS[definition.kind]);
    await target.close();
  });

  it('repeats nothing of what the other side says, its secrets least of all', async () => {
    const target = createTarget(DEFINITIONS.email, {
      ...OPTIONS,
      mailServer: mailServerAt('smtp://burnwatch:correct-horse@mail.example.com'),
      mailTransport: {
        sendMail: () => Promise.reject(new Error('535 correct-horse is wrong')),
        close() {},
      },
    });
    const delivery = await target.send(notificationOf(TEST), new AbortController().signal);
    expect(delivery).toMatchObject({ result: 'retry', reason: 'The mail server failed: unknown' });
    await target.close();
  });
});
