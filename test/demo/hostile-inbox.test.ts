import { describe, expect, it } from 'vitest';
import type { CaughtMessage } from '../../src/demo/caught-message.ts';
import { inboxPage } from '../../src/demo/inbox-page.ts';
import type { Mail } from '../../src/notify/email/email-target.ts';
import type { PagerDutyEvent } from '../../src/notify/pagerduty/pagerduty-event.ts';
import type { SlackPayload } from '../../src/notify/slack/slack-blocks.ts';
import { ATTACKS } from '../notify/hostile-texts.ts';
import { html } from '../notify/read-markup.ts';
import { FIELDS, type TextOf } from '../notify/texts-of-others.ts';
import { sentBy } from '../notify/told-by-kind.ts';
import { MESSAGES, OF_EVENTS, type Told } from '../notify/told-messages.ts';

const OF = { id: 1, at: Date.UTC(2026, 10, 22, 19, 6) };

/** What the inbox keeps of a message to each of the receivers that it stands in for. */
async function caught(told: Told): Promise<CaughtMessage[]> {
  const bodies = async (kind: 'slack' | 'pagerduty'): Promise<unknown[]> =>
    (await sentBy(kind, told)).flatMap(({ what }) => (what as { readonly body?: unknown }).body ?? []);
  const webhook = 'https://hooks.example.com/services/payments-oncall';
  return [
    ...(await bodies('slack')).map((payload): CaughtMessage => ({
      kind: 'slack',
      ...OF,
      webhook,
      payload: payload as SlackPayload,
    })),
    ...(await bodies('pagerduty')).map((event): CaughtMessage => ({
      kind: 'pagerduty',
      ...OF,
      event: event as PagerDutyEvent,
      status: 'Triggered',
    })),
    ...(await sentBy('email', told)).map(({ what }): CaughtMessage => ({
      kind: 'mail',
      ...OF,
      mail: what as Mail,
    })),
  ];
}

const pageOf = async (told: Told): Promise<readonly string[]> => html(inboxPage(await caught(told)));

describe('D4: hostile texts on the page of the inbox', () => {
  it.each([...Object.keys(OF_EVENTS), 'a list: pages, tickets, folded, over', 'folded into another'])(
    'change no element, attribute or link of it: %s',
    async (message) => {
      const telling = MESSAGES[message]!;
      const harmless = await pageOf(telling(() => 'harmless'));
      expect(harmless.length).toBeGreaterThan(40);
      for (const round of message === 'opened' ? ATTACKS.keys() : [3, 7]) {
        const attack: TextOf = (field) => ATTACKS[(FIELDS.indexOf(field) + round) % ATTACKS.length]!;
        expect(await pageOf(telling(attack))).toEqual(harmless);
      }
    },
  );
});
