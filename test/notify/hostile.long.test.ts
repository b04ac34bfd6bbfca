import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NotificationFacts, latestFacts } from '../../src/core/alerting/notification.ts';
import type { TargetDefinition } from '../../src/core/slo/slo.ts';
import { composeMessage } from '../../src/notify/message/message.ts';
import { slackPayload } from '../../src/notify/slack/slack-blocks.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import { systemClock } from '../support/clock.ts';
import { startMailReceiver } from '../support/mail-receiver.ts';
import { OUTBOUND, mailServerAt } from '../support/outbound.ts';
import { ESCALATED, EVERY_PART, LINKS, OPENED, notificationOf } from './example-facts.ts';
import { ATTACKS, MAX_ATTACK } from './hostile-texts.ts';
import { hostileText, randomFacts } from './random-facts.ts';
import {
  FIELDS,
  HOLDS_TEXTS,
  NOWHERE,
  type TextField,
  type TextOf,
  factsWithTexts,
} from './texts-of-others.ts';
import { KINDS, readingOf, sentBy } from './told-by-kind.ts';
import { MESSAGES, OF_EVENTS, type Told } from './told-messages.ts';

const NEVER = new AbortController().signal;
const ALL_KINDS = Object.keys(KINDS) as TargetDefinition['kind'][];
const HARMLESS = 'harmless';

/** Which attack each field makes, so that in as many rounds as there are attacks each field makes each of them. */
function attacksOfRound(round: number): TextOf {
  return (field) => ATTACKS[(FIELDS.indexOf(field) + round) % ATTACKS.length]!;
}

/** Every message is tried in so many rounds at least, and in every one in which a text of it makes an attack that it has not made yet. */
const LEAST_ROUNDS = 1;

/** Tries hostile texts in all messages to a kind of target: what comes of them that does not come of harmless ones. */
async function harmDone(kind: TargetDefinition['kind']): Promise<string[]> {
  const harm: string[] = [];
  const tried = new Set<string>();
  for (const [index, [message, telling]] of Object.entries(MESSAGES).entries()) {
    const readingWith = async (text: TextOf): Promise<string> => {
      const sent = await sentBy(kind, telling(text));
      for (const { broken } of sent) harm.push(...broken.map((rule) => `${message}: breaks ${rule}`));
      return JSON.stringify(readingOf(kind, sent));
    };
    const held = new Set<TextField>();
    const harmless = await readingWith((field) => {
      held.add(field);
      return HARMLESS;
    });
    for (const round of ATTACKS.keys()) {
      const attack = attacksOfRound(round);
      const made = [...held].map((field) => `${field}: ${attack(field)}`);
      const isChosen = (round + index) % Math.floor(ATTACKS.length / LEAST_ROUNDS) === 0;
      if (!isChosen && made.every((one) => tried.has(one))) continue;
      for (const one of made) tried.add(one);
      if ((await readingWith(attack)) === harmless) continue;
      // Together they may just have been so long that less is shown; alone none is.
      for (const field of held) {
        const reading = await readingWith((of) => (of === field ? attack(of) : HARMLESS));
        if (reading !== harmless)
          harm.push(`${message}, ${field}, ${JSON.stringify(attack(field))}: ${parting(harmless, reading)}`);
      }
    }
  }
  // No attack of any text was left out.
  expect(tried.size).toBe((FIELDS.length - NOWHERE.size) * ATTACKS.length);
  return harm;
}

/** Where two readings part. */
function parting(harmless: string, hostile: string): string {
  let at = 0;
  while (at < harmless.length && harmless[at] === hostile[at]) at++;
  const from = Math.max(0, at - 60);
  return `…${hostile.slice(from, at + 160)}… where there was …${harmless.slice(from, at + 80)}…`;
}

describe('D4: hostile texts', () => {
  it('are tried in every event that there is', () => {
    for (const [event, telling] of Object.entries(OF_EVENTS)) {
      const { facts } = telling(() => HARMLESS).notification;
      const told = latestFacts(facts).kind === 'acknowledged' ? 'acknowledged' : null;
      expect([event, told ?? composeMessage({ facts, key: '' }, LINKS).event]).toEqual([event, event]);
    }
    for (const attack of ATTACKS) expect(attack.length).toBeLessThanOrEqual(MAX_ATTACK);
  });

  it('are in every part of facts that holds texts, in some message', () => {
    const changed = new Set<string>();
    for (const telling of Object.values(MESSAGES)) {
      const [one, other] = ['a', 'b'].map((text) => telling(() => text).notification.facts);
      for (const [index, facts] of one!.entries())
        for (const [part, value] of Object.entries(facts))
          if (JSON.stringify(value) !== JSON.stringify(other![index]![part as keyof NotificationFacts]))
            changed.add(part);
    }
    const holding = Object.entries(HOLDS_TEXTS).filter(([, holds]) => holds);
    expect([...changed].toSorted()).toEqual(holding.map(([part]) => part).toSorted());
  });

  it.each(ALL_KINDS)('do in no message of %s what harmless texts do not do', async (kind) => {
    expect(await harmDone(kind)).toEqual([]);
  });
});

/** Texts of any kind and length, one for each field. */
const ANY_TEXTS = fc
  .record({
    message: fc.constantFrom(...Object.keys(MESSAGES)),
    texts: fc.uniqueArray(hostileText(), { minLength: 9, maxLength: 9 }),
  })
  .map(({ message, texts }) => {
    const text: TextOf = (field) => {
      const given = texts[FIELDS.indexOf(field) % texts.length]!;
      // An address that is too long is no link.
      return field === 'runbook' || field === 'annotation: link' ? given.slice(0, 64) : given;
    };
    return { message, text };
  });

describe('D4: texts and figures of any size', () => {
  it('add nothing to a message that harmless texts do not, though less may be shown', async () => {
    await fc.assert(
      fc.asyncProperty(ANY_TEXTS, async ({ message, text }) => {
        const telling = MESSAGES[message]!;
        for (const kind of ALL_KINDS) {
          const sent = await sentBy(kind, telling(text));
          expect([kind, sent.flatMap(({ broken }) => broken)]).toEqual([kind, []]);
          const harmless = new Set(
            textsOf(
              readingOf(
                kind,
                await sentBy(
                  kind,
                  telling(() => HARMLESS),
                ),
              ),
            ),
          );
          const added = textsOf(readingOf(kind, sent)).filter((part) => !harmless.has(part));
          expect([kind, message, added]).toEqual([kind, message, []]);
        }
      }),
      { numRuns: 8 },
    );
  });

  it('are in the format of every receiver, and nothing is said that is not a number or a word', async () => {
    const notification = fc
      .array(randomFacts(), { minLength: 1, maxLength: 3 })
      .map((facts) => notificationOf(...facts));
    await fc.assert(
      fc.asyncProperty(notification, async (facts) => {
        for (const kind of ALL_KINDS) {
          const sent = await sentBy(kind, { notification: facts });
          expect([kind, sent.flatMap(({ broken }) => broken)]).toEqual([kind, []]);
          for (const text of textsOf(sent))
            expect(text).not.toMatch(/NaN|\bnull\b|undefined|Infinity|∞|\[object|Invalid|-0\b(?![.\d:-])/);
        }
      }),
      { numRuns: 25 },
    );
  });

  it.each(['<', '&', '"', '\\', '`', '🔥', 'x', '[', '漢'])(
    'are in the format of every receiver when all are long and of %s',
    async (character) => {
      const telling: Told = {
        notification: notificationOf(
          factsWithTexts(
            {
              ...ESCALATED,
              ...EVERY_PART,
              lastFailed: Array.from({ length: 20 }, () => OPENED.lastFailed[0]!),
            },
            () => character.repeat(5000),
          ),
        ),
      };
      for (const kind of ALL_KINDS)
        expect([kind, (await sentBy(kind, telling)).flatMap(({ broken }) => broken)]).toEqual([kind, []]);
    },
  );
});

/** Every text in a value, at any depth. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

describe('D4: hostile texts in a mail that goes through a mail server', () => {
  it('add no header, recipient or part', async () => {
    const receiver = await startMailReceiver();
    const target = createTarget(KINDS.email.definition, {
      ...LINKS,
      mailServer: mailServerAt(receiver.url),
      mailFrom: 'burnwatch@example.com',
      outbound: OUTBOUND,
      clock: systemClock,
    });
    const mailOf = async (text: TextOf, telling: (typeof MESSAGES)[string]) => {
      expect(await target.send(telling(text).notification, NEVER)).toEqual({ result: 'delivered' });
      const { to, parsed } = receiver.mails.at(-1)!;
      const { headers, attachments, text: shown = '' } = parsed;
      return { to, headers: [...headers.keys()], attachments, lines: shown.trimEnd().split('\n').length };
    };
    try {
      const lines = ATTACKS.filter((attack) => /[\r\n\0?]/.test(attack));
      expect(lines.length).toBeGreaterThan(3);
      const harmless = await mailOf(() => HARMLESS, OF_EVENTS.opened);
      for (const attack of lines) expect(await mailOf(() => attack, OF_EVENTS.opened)).toEqual(harmless);
      expect(receiver.mails.every(({ to }) => to.join() === 'oncall@example.com')).toBe(true);
    } finally {
      await target.close();
      await receiver.close();
    }
  });
});

describe('D4: in Slack', () => {
  it('our own words are escaped, too', () => {
    const message = { ...composeMessage(notificationOf(OPENED), LINKS), sentence: ['<!channel> & <@U1>'] };
    const { text, blocks } = slackPayload(message);
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;@U1&gt;');
    expect(JSON.stringify(blocks)).not.toMatch(/<[!@]/);
  });
});

describe('D4: a runbook', () => {
  it.each(['javascript:alert(1)', 'data:text/html,<b>', 'tg://user?id=1', 'wiki', '//evil.example', ' '])(
    'that is no address of the web is no link: %s',
    async (runbook) => {
      const notification = (given: string | null) => notificationOf({ ...OPENED, runbook: given });
      for (const kind of ALL_KINDS) {
        const reading = readingOf(kind, await sentBy(kind, { notification: notification(runbook) }));
        expect(reading).toEqual(readingOf(kind, await sentBy(kind, { notification: notification(null) })));
      }
    },
  );
});

describe('which texts of others', () => {
  it('each kind of target shows, in how many of the messages that have them', async () => {
    const shown = new Map<string, number>();
    const holding = new Map<TextField, number>();
    for (const telling of Object.values(MESSAGES)) {
      const held = new Set<TextField>();
      // At its end, so that a text counts only where all of it is shown.
      const text: TextOf = (field) => {
        held.add(field);
        return `q${FIELDS.indexOf(field)}q`.padStart(MAX_ATTACK, 'x');
      };
      for (const kind of ALL_KINDS) {
        const sent = JSON.stringify(await sentBy(kind, telling(text)));
        for (const field of held) {
          const cell = `${kind} ${field}`;
          if (sent.includes(text(field))) shown.set(cell, (shown.get(cell) ?? 0) + 1);
        }
      }
      for (const field of held) holding.set(field, (holding.get(field) ?? 0) + 1);
    }
    const width = Math.max(...FIELDS.map((field) => field.length));
    const rows = FIELDS.map((field) => {
      const cells = ALL_KINDS.map((kind) =>
        String(shown.get(`${kind} ${field}`) ?? '-').padStart(kind.length),
      );
      const messages = String(holding.get(field) ?? '-').padStart('messages'.length);
      return [field.padEnd(width), messages, ...cells].join('  ');
    });
    expectGolden([[' '.repeat(width), 'messages', ...ALL_KINDS].join('  '), ...rows].join('\n'));
    for (const field of FIELDS) expect([field, holding.has(field)]).toEqual([field, !NOWHERE.has(field)]);
  });
});

/** Compares with `golden/texts-of-others.txt`, or writes it when UPDATE_GOLDEN is set. */
function expectGolden(text: string): void {
  const path = new URL('golden/texts-of-others.txt', import.meta.url);
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(path, 'utf8'));
}
