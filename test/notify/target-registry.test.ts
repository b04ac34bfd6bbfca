import { manualClock } from '../support/clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TargetDefinition } from '../../src/core/slo/slo.ts';
import { createTargets } from '../../src/notify/target-registry.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import type { TargetOptions } from '../../src/notify/target-kinds.ts';
import { mailServerAt, OUTBOUND } from '../support/outbound.ts';
import { startMailReceiver } from '../support/mail-receiver.ts';
import type { MailReceiver } from '../support/mail-receiver.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import type { SlackReceiver } from '../support/slack-receiver.ts';
import { LINKS, TEST, notificationOf } from './example-facts.ts';

const NOTIFICATION = notificationOf(TEST);
const SIGNAL = new AbortController().signal;

let slack: SlackReceiver;
let mail: MailReceiver;
let written: string;
let options: TargetOptions;
let definitions: { readonly [kind in 'slack' | 'email' | 'log']: TargetDefinition };

beforeEach(async () => {
  slack = await startSlackReceiver();
  mail = await startMailReceiver();
  written = '';
  options = {
    ...LINKS,
    mailServer: mailServerAt(mail.url),
    outbound: OUTBOUND,
    clock: manualClock(),
    mailFrom: 'burnwatch@example.com',
    write: (text) => (written += text),
  };
  definitions = {
    slack: { kind: 'slack', name: 'chat', webhook: slack.url },
    email: { kind: 'email', name: 'mailbox', to: ['oncall@example.com'] },
    log: { kind: 'log', name: 'terminal' },
  };
});

afterEach(async () => {
  await slack.close();
  await mail.close();
});

describe('a target of each kind', () => {
  it.each(['slack', 'email', 'log'] as const)('%s: has its name and kind, and delivers', async (kind) => {
    const definition = definitions[kind];
    const target = createTarget(definition, options);
    expect({ name: target.name, kind: target.kind }).toEqual({ name: definition.name, kind });
    expect(await target.send(NOTIFICATION, SIGNAL)).toEqual({ result: 'delivered' });
    await target.close();
    const reached = { slack: slack.requests.length, email: mail.mails.length, log: written === '' ? 0 : 1 };
    expect(reached).toEqual({ slack: 0, email: 0, log: 0, [kind]: 1 });
  });

  it('slack: goes only where the rules allow', async () => {
    const outbound = { ...OUTBOUND, http: 'never' } as const;
    const target = createTarget(definitions.slack, { ...options, outbound });
    expect(await target.send(NOTIFICATION, SIGNAL)).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('plain http is not allowed') as string,
    });
    expect(slack.requests).toEqual([]);
  });

  it('email: refuses without a mail server', async () => {
    const target = createTarget(definitions.email, { ...options, mailServer: null });
    expect(await target.send(NOTIFICATION, SIGNAL)).toMatchObject({ result: 'refused' });
  });

  it('log: asks for another try when it cannot write', async () => {
    const full = () => {
      throw new Error('ENOSPC: no space left on device, write to file:///var/log/alerts?token=12345678');
    };
    expect(
      await createTarget(definitions.log, { ...options, write: full }).send(NOTIFICATION, SIGNAL),
    ).toEqual({
      result: 'retry',
      reason: 'Cannot write: Error: ENOSPC: no space left on device, write to file://',
      after: null,
    });
  });
});

describe('the targets in force', () => {
  const byName = (...all: TargetDefinition[]) =>
    new Map(all.map((definition) => [definition.name, definition]));

  /** Options whose mail transport counts how often it is closed. */
  function countingCloses() {
    const counted = { closed: 0 };
    const mailTransport = {
      secrets: [],
      sendMail: () => Promise.resolve({ rejected: [] }),
      close: () => void counted.closed++,
    };
    return { counted, options: { ...options, mailTransport } };
  }

  it('are found by name, and only those', async () => {
    const targets = createTargets(options);
    expect(targets.get('chat')).toBeNull();
    await targets.replace(byName(definitions.slack, definitions.log));
    expect(targets.get('chat')?.kind).toBe('slack');
    expect(targets.get('terminal')?.kind).toBe('log');
    expect(targets.get('mailbox')).toBeNull();
    await targets.close();
  });

  it('go on as they are when their definition does not change', async () => {
    const { counted, options: counting } = countingCloses();
    const targets = createTargets(counting);
    await targets.replace(byName(definitions.email, definitions.log));
    const [email, log] = [targets.get('mailbox'), targets.get('terminal')];
    await targets.replace(byName({ ...definitions.log }, { ...definitions.email }));
    expect(targets.get('mailbox')).toBe(email);
    expect(targets.get('terminal')).toBe(log);
    expect(counted.closed).toBe(0);
    await targets.close();
    expect(counted.closed).toBe(1);
  });

  it('are closed and made anew when it does', async () => {
    const { counted, options: counting } = countingCloses();
    const targets = createTargets(counting);
    await targets.replace(byName(definitions.email));
    const before = targets.get('mailbox');
    await targets.replace(byName({ kind: 'email', name: 'mailbox', to: ['lead@example.com'] }));
    expect(targets.get('mailbox')).not.toBe(before);
    expect(counted.closed).toBe(1);
    await targets.close();
  });

  it('are closed and gone when nothing defines them any more', async () => {
    const { counted, options: counting } = countingCloses();
    const targets = createTargets(counting);
    await targets.replace(byName(definitions.email));
    await targets.replace(byName());
    expect(targets.get('mailbox')).toBeNull();
    expect(counted.closed).toBe(1);
  });
});
