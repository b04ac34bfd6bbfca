import type { KeptReceipt, Receipts } from '../../src/core/ports/receipts.ts';
import { conversationToldIn } from '../../src/core/ports/receipts.ts';
import type { Delivery, Target } from '../../src/core/ports/target.ts';
import type { TargetDefinition } from '../../src/core/slo/slo.ts';
import type { Mail } from '../../src/notify/email/email-target.ts';
import type { SlackPayload } from '../../src/notify/slack/slack-blocks.ts';
import { createTarget } from '../../src/notify/target-kinds.ts';
import { systemClock } from '../support/clock.ts';
import { OUTBOUND } from '../support/outbound.ts';
import { LINKS } from './example-facts.ts';
import { Format } from './http/format.ts';
import type { Judge } from './http/incident-services.ts';
import { RECEIVER_KINDS } from './http/kinds.ts';
import type { Reading } from './read-markup.ts';
import { discord, html, leadsTo, passedOn, plain, slack, slackPush, telegram } from './read-markup.ts';
import { slackLimitsBroken } from './slack/slack-limits.ts';
import type { Told } from './told-messages.ts';

type Kind = TargetDefinition['kind'];

/** How the receiver of a kind reads one text of what it is sent: `key` is where it stands in `holder`. */
type ReadText = (text: string, key: string, holder: Readonly<Record<string, unknown>>) => Reading;

interface KindOfReceiver {
  readonly definition: TargetDefinition;
  /** Of what is sent over HTTP; absent: nothing is. */
  readonly judge?: Judge;
  readonly read: ReadText;
}

/** What was sent in one go: a request, a mail, or what was logged. */
export interface Sent {
  readonly what: unknown;
  /** What of the format of the receiver is broken. */
  readonly broken: readonly string[];
}

const readSlack: ReadText = (text, key, { type }) => {
  if (key === 'value') return [...new URLSearchParams(text).keys()];
  if (key !== 'text') return [text];
  if (type === 'mrkdwn') return slack(text);
  return type === 'plain_text' ? plain(text) : slackPush(text);
};

/** Every kind of target; a new one does not compile before it is here. */
export const KINDS: { readonly [K in Kind]: KindOfReceiver } = {
  slack: {
    definition: { kind: 'slack', name: 'chat', webhook: 'https://hooks.example.com/services/T0/B0/secret' },
    judge(format, _request, body) {
      format.broken.push(...slackLimitsBroken(body as SlackPayload));
      return { status: 200, body: 'ok' };
    },
    read: readSlack,
  },
  slackApp: { ...ofRequests('slackApp'), read: readSlack },
  email: {
    definition: { kind: 'email', name: 'mailbox', to: ['oncall@example.com'] },
    read: (text, key) => (key === 'html' ? html(text) : plain(text)),
  },
  webhook: { ...ofRequests('webhook'), read: plain },
  pagerduty: { ...ofRequests('pagerduty'), read: passedOn },
  alertmanager: { ...ofRequests('alertmanager'), read: passedOn },
  opsgenie: { ...ofRequests('opsgenie'), read: passedOn },
  // Runs of text are read as they are; `judgeTeams` takes no block that reads Markdown.
  teams: { ...ofRequests('teams'), read: plain },
  discord: {
    ...ofRequests('discord'),
    read: (text, key, holder) => {
      const isFooter = key === 'text';
      if (isFooter || (key === 'name' && 'inline' in holder) || key === 'username') return plain(text);
      return discord(text);
    },
  },
  telegram: {
    ...ofRequests('telegram'),
    read: (text, key) => (key === 'text' ? telegram(text) : [text]),
  },
  ntfy: { ...ofRequests('ntfy'), read: plain },
  log: { definition: { kind: 'log', name: 'terminal' }, read: plain },
};

function ofRequests(kind: keyof typeof RECEIVER_KINDS): Pick<KindOfReceiver, 'definition'> & {
  readonly judge: Judge;
} {
  const { definition, judge } = RECEIVER_KINDS[kind];
  return { definition: definition('https://receiver.example.com'), judge };
}

const ADDRESSES = new Set(['url', 'href', 'click', 'generatorURL', 'client_url', 'runbook_url']);
/** What is one of a few words, and says what something is. */
const WORDS =
  /^(\$schema|type|version|style|color|weight|size|fontType|width|action_id|event_action|method)$/;
/** What a key of an incident is made into: the same length and alphabet, whatever it is. */
const KEYS = new Set(['dedup_key', 'alias', 'webhook-id', 'messageId', 'inReplyTo', 'references']);
/** What changes with the body or the time of sending. */
const SIGNED = new Set(['webhook-signature', 'webhook-timestamp', 'startsAt', 'endsAt']);

/** What a receiver makes of what it is sent: everything but the words. Texts that change it have changed what it is. */
export function readingOf(kind: Kind, sent: readonly Sent[]): unknown {
  const { read } = KINDS[kind];
  const readAll = (value: unknown, key: string, holder: object): unknown => {
    if (Array.isArray(value)) return value.map((item) => readAll(item, key, holder));
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).map(([name, item]) => [name, readAll(item, name, value)]);
    if (typeof value !== 'string') return value;
    if (ADDRESSES.has(key)) return leadsTo(value);
    if (WORDS.test(key)) return value;
    if (SIGNED.has(key)) return 'as of now';
    if (KEYS.has(key)) return /^[\x21-\x7e]{1,255}$/.test(value) ? 'key' : value;
    return read(value, key, holder as Readonly<Record<string, unknown>>);
  };
  return sent.map(({ what }) => readAll(what, '', {}));
}

/** What is no incident goes to no receiver that manages those. */
const NOT_SENT = /^(a report|word of an override) goes where people read/;

/** Sends by a target of a kind what is told, and gives what its receiver got. */
export async function sentBy(
  kind: Kind,
  { before, notification, notes = [] }: Told,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const target = targetOf(kind, sent);
  const signal = new AbortController().signal;
  const deliver = async (sending: Promise<Delivery>): Promise<void> => {
    const delivery = await sending;
    if (delivery.result === 'delivered') return;
    const { reason } = delivery;
    sent.push({ what: delivery, broken: NOT_SENT.test(reason) ? [] : [reason] });
  };
  // Only where a conversation is one message does it matter what was told before.
  if (before && kind === 'slackApp') await deliver(target.send(before, signal));
  await deliver(target.send(notification, signal));
  const conversation = conversationToldIn(notification.facts[0]!);
  for (const note of notes) if (target.say) await deliver(target.say({ ...note, conversation }, signal));
  await target.close();
  return sent;
}

function targetOf(kind: Kind, sent: Sent[]): Target {
  const { definition, judge } = KINDS[kind];
  return createTarget(definition, {
    ...LINKS,
    signLink: ({ action }) => `signed-${action}`,
    mailServer: null,
    mailFrom: 'Burnwatch <burnwatch@example.com>',
    clock: systemClock,
    outbound: OUTBOUND,
    receipts: receiptsInMemory(),
    write: (text) => void sent.push({ what: { text }, broken: [] }),
    mailTransport: {
      async sendMail(mail) {
        const { signal: _, ...what } = mail;
        sent.push({ what, broken: brokenInMail(what) });
        return { rejected: [] };
      },
      close() {},
    },
    async fetch(url, init) {
      const { pathname, search } = new URL(url);
      const raw = init!.body as string;
      const names = Object.entries(init!.headers as Record<string, string>);
      const headers = Object.fromEntries(names.map(([name, value]) => [name.toLowerCase(), value]));
      const format = new Format();
      const body: unknown = JSON.parse(raw);
      const { method = '' } = init!;
      const request = { method, path: pathname + search, headers, raw, bytes: Buffer.from(raw) };
      for (const [name, value] of names) format.must(`header ${name}`, /^[\x20-\x7e]+$/.test(value));
      const answer = judge!(format, request, body);
      const path = pathname.split('/').length + search;
      sent.push({ what: { method, path, headers, body }, broken: format.broken });
      const { status } = answer;
      return new Response(status === 204 ? null : (answer.body ?? null), { status });
    },
  });
}

/** What a header of a mail may not hold, and who may not get it. */
function brokenInMail({ from, to, subject, headers, ...mail }: Mail): string[] {
  const { messageId, inReplyTo, references } = mail;
  const format = new Format();
  for (const [name, value] of Object.entries({
    ...headers,
    from,
    subject,
    messageId,
    inReplyTo,
    references,
  })) {
    format.must(`name of header ${name}`, /^[A-Za-z-]+$/.test(name));
    format.must(`line of header ${name}`, !/[\r\n\0]/.test(value));
    format.text(`header ${name}`, value, 500);
  }
  format.must('recipients', JSON.stringify(to) === '[{"name":"","address":"oncall@example.com"}]');
  return format.broken;
}

function receiptsInMemory(): Receipts {
  const kept = new Map<string, KeptReceipt>();
  return {
    read: (target, conversation) => Promise.resolve(kept.get(`${target} ${conversation}`) ?? null),
    write(receipt, revision) {
      const stored = JSON.parse(JSON.stringify({ ...receipt, at: 0 })) as KeptReceipt['receipt'];
      kept.set(`${receipt.target} ${receipt.conversation}`, { revision: revision + 1, receipt: stored });
      return Promise.resolve(true);
    },
  };
}
