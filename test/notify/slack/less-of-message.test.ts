import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { createSignedLinks } from '../../../src/engine/incidents/signed-links.ts';
import { composeMessage, type Message } from '../../../src/notify/message/message.ts';
import { phraseText } from '../../../src/notify/message/phrase.ts';
import { lessOf } from '../../../src/notify/slack/less-of-message.ts';
import { slackPayload } from '../../../src/notify/slack/slack-blocks.ts';
import { ESCALATED, EVERY_PART, LINKS, OPENED, TICKET, notificationOf } from '../example-facts.ts';
import { factsWithTexts } from '../texts-of-others.ts';
import { hostileText, randomFacts } from '../random-facts.ts';
import { slackLimitsBroken } from './slack-limits.ts';

const { sign } = createSignedLinks(['a secret of these examples']);
const ACTING = { ...LINKS, signLink: sign };
/** Links as long as they may be. */
const LONG = {
  publicUrl: `https://burnwatch.example.com/${'b'.repeat(600)}`,
  traceUrl: `https://trace.example.com/${'t'.repeat(900)}/{traceId}`,
  signLink: sign,
};

/** Everything at once that a message may say beside its sentence. */
function withEverything(facts: NotificationFacts): NotificationFacts {
  return {
    ...facts,
    ...EVERY_PART,
    waiting: 995,
    readShare: 0.7,
    failures: OPENED.failures,
    lastFailed: Array.from({ length: 20 }, () => OPENED.lastFailed[0]!),
    insteadOf: { target: '', reason: '' },
    postmortem: { policy: '', above: 0.2, spent: 0.3 },
    folded: { incident: '', slo: '', because: '' },
    silenced: { since: facts.openedAt, until: facts.at, by: '', because: '' },
    flapping: {
      last: { pages: 3, within: 3_600_000, lasts: 900_000 },
      heldBack: { count: 2, since: facts.openedAt },
    },
  };
}

/** Names of the lengths that people give, and of any other. */
const text = fc.oneof(
  fc
    .integer({ min: 20, max: 300 })
    .chain((length) =>
      fc.constantFrom('x', '<', '"', '&', '`', '🔥', '漢').map((character) => character.repeat(length)),
    ),
  hostileText(),
);

const notification = fc
  .record({
    base: fc.oneof({ weight: 1, arbitrary: randomFacts() }, { weight: 3, arbitrary: fc.constant(ESCALATED) }),
    texts: fc.array(text, { minLength: 5, maxLength: 9 }),
    others: fc.nat(12),
  })
  .map(({ base, texts, others }) => {
    let at = 0;
    const facts = factsWithTexts(withEverything(base), () => texts[at++ % texts.length]!);
    const more = Array.from({ length: others }, (_, index) => ({ ...facts, incident: `${index}` }));
    // An id that is none of ours is not signed.
    return notificationOf(...more, { ...facts, incident: OPENED.incident });
  });

/** What no message goes without, as it is seen. */
function staysIn({ sentence, fields, links }: Message): string[] {
  const words = sentence.filter((piece) => typeof piece === 'string' && piece.trim() !== '');
  const owner = fields.filter(({ label }) => label === 'Owner').map(({ label }) => `*${label}*`);
  const acting = links.filter(({ label }) => label === 'Acknowledge' || label === 'Silence');
  const escaped = (written: string): string =>
    written.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    ...words.map((piece) => escaped(piece as string)),
    ...owner,
    ...acting.map(({ label, url }) => `<${escaped(url)}|${label}>`),
  ];
}

describe('a message to Slack that says everything at once', () => {
  it.each([
    ['links as usual', ACTING],
    ['long links', LONG],
  ])(
    'D4: keeps within the limits whatever the facts are, and keeps the sentence, the owner and the links to act (%s)',
    (_, links) => {
      let shortened = 0;
      let acting = 0;
      fc.assert(
        fc.property(notification, (facts) => {
          const message = composeMessage(facts, links);
          const payload = slackPayload(message);
          expect(slackLimitsBroken(payload)).toEqual([]);
          const shown = payload.blocks.map((block) => JSON.stringify(block)).join('\n');
          for (const part of staysIn(message)) expect(shown).toContain(JSON.stringify(part).slice(1, -1));
          if (shown.includes('|Silence>')) acting++;
          if (shown.includes('shortened to fit')) shortened++;
        }),
        { numRuns: 50 },
      );
      expect(Math.min(shortened, acting)).toBeGreaterThan(10);
    },
  );

  it('says all of it where that fits, and does not say that it is shortened', () => {
    const message = composeMessage(notificationOf(TICKET, ESCALATED), ACTING);
    const shown = JSON.stringify(slackPayload(message));
    expect(shown).not.toContain('shortened');
    for (const { label } of [...message.fields, ...message.causes, ...message.links])
      expect(shown).toContain(label);
  });

  it('gives way in the order that is written down', () => {
    const name = 'n'.repeat(120);
    let message: Message | null = composeMessage(
      notificationOf({ ...factsWithTexts(withEverything(ESCALATED), () => name), incident: OPENED.incident }),
      ACTING,
    );
    const gone: string[] = [];
    const partsOf = ({ description, lastFailed, fields, causes, links, notices }: Message) => ({
      description: description === null ? 0 : 1,
      'last failed': lastFailed.length,
      fields: fields.length,
      causes: causes.length,
      links: links.length,
      notices: notices.length,
    });
    while (message) {
      const less: Message | null = lessOf(message);
      if (less) {
        const [before, after] = [partsOf(message), partsOf(less)];
        const changed = (Object.keys(before) as (keyof typeof before)[]).filter(
          (part) => before[part] !== after[part],
        );
        expect(changed.map((part) => before[part] - after[part])).toEqual([1]);
        if (gone.at(-1) !== changed[0]) gone.push(changed[0]!);
      } else {
        const { sentence, fields, links, headline } = message;
        expect(fields.map(({ label }) => label)).toEqual(['Owner']);
        expect(links.map(({ label }) => label)).toEqual(['Silence']);
        expect(phraseText(sentence)).not.toBe('');
        expect(headline).not.toBe('');
      }
      message = less;
    }
    expect(gone).toEqual(['description', 'last failed', 'fields', 'causes', 'links', 'notices']);
  });
});
