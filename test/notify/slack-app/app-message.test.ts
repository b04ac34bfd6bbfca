import { describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { mrkdwn } from '../../../src/notify/slack/slack-blocks.ts';
import { rootPayload } from '../../../src/notify/slack-app/app-message.ts';
import { notedIn, receiptOf } from '../../../src/notify/slack-app/told-conversation.ts';
import { ESCALATED, EVERY_PART, LINKS, OPENED, notificationOf } from '../example-facts.ts';
import { factsWithTexts } from '../texts-of-others.ts';

const LONG_LINKS = { ...LINKS, publicUrl: `https://burnwatch.example.com/${'b'.repeat(800)}` };

/** Everything at once, of one of several incidents. */
function incident(text: string, id: string): NotificationFacts {
  const facts = factsWithTexts(
    {
      ...ESCALATED,
      ...EVERY_PART,
      lastFailed: Array.from({ length: 5 }, () => OPENED.lastFailed[0]!),
      insteadOf: { target: '', reason: '' },
    },
    () => text,
  );
  return {
    ...facts,
    runbook: `https://wiki.example.com/${'r'.repeat(900)}`,
    incident: id,
    acknowledged: null,
    conversation: { id: 'mi9x2k00-4f7a', openedAt: facts.openedAt, slo: text, others: 29 },
  };
}

describe('the message of an app that says everything at once', () => {
  it.each(['x', '<', '"', '漢', '🔥'])(
    'D4: keeps within the limits, with all its buttons, what people did, and the sentence (%s)',
    (character) => {
      const text = character.repeat(200);
      const facts = Array.from({ length: 30 }, (_, index) => incident(text, `mi9x2k00-${index}`));
      let receipt = receiptOf('payments-oncall', 'mi9x2k00-4f7a', notificationOf(...facts), LONG_LINKS);
      for (const who of ['ana', 'ben', 'eva'])
        receipt = notedIn(receipt, mrkdwn([`Noted by ${who}, `, { name: text }, ' at 19:12 UTC.']), false);
      const { text: push, blocks } = rootPayload(receipt, true);
      const sent = JSON.stringify({ text: push, blocks });
      expect(sent.length).toBeLessThan(8_000);
      expect(push.length).toBeLessThan(4_000);
      expect(sent).toContain('executions');
      expect(sent).toContain('*Owner*');
      // The latest word; the others are in the thread.
      expect(sent).toContain('Noted by eva');
      for (const label of ['Acknowledge', 'Silence for 1 h', 'Runbook']) expect(sent).toContain(label);
    },
  );
});
