import type { TargetDefinition } from '../../../src/core/slo/slo.ts';
import { type HttpAnswer, type HttpReceiver, startHttpReceiver } from '../../support/http-receiver.ts';
import { judgeSlackApp } from './slack-app.ts';
import { judgeDiscord, judgeNtfy, judgeTeams, judgeTelegram } from './chats.ts';
import { Format } from './format.ts';
import {
  judgeAlertmanager,
  judgeOpsgenie,
  judgePagerDuty,
  judgeWebhook,
  type Judge,
  WEBHOOK_SECRET,
} from './incident-services.ts';

/** The kinds of targets that send requests to a receiver with a published format. */
export type RequestKind = Exclude<TargetDefinition['kind'], 'slack' | 'email' | 'log'>;

interface ReceiverKind {
  readonly definition: (url: string) => TargetDefinition;
  readonly judge: Judge;
  /** How it says that it is asked too much of, where not by its header. */
  readonly limited?: HttpAnswer;
  /** Whether it answers in a way of its own, so that something else at its address is recognised. */
  readonly confirms: boolean;
  readonly secrets: readonly string[];
}

const limited = (body: object): HttpAnswer => ({ status: 429, body: JSON.stringify(body) });

export const RECEIVER_KINDS: { readonly [Kind in RequestKind]: ReceiverKind } = {
  slackApp: {
    definition: (url) => ({
      kind: 'slackApp',
      name: 'channel',
      url,
      botToken: 'xoxb-1234567890-sEcReTbOtToKeN',
      channel: 'C0123ABCD',
      signingSecret: '8f742231b10e8888abcd99eeeccc85a5',
    }),
    judge: judgeSlackApp,
    confirms: true,
    secrets: ['xoxb-1234567890-sEcReTbOtToKeN', '8f742231b10e8888abcd99eeeccc85a5'],
  },
  webhook: {
    definition: (url) => ({
      kind: 'webhook',
      name: 'hook',
      url: `${url}/hooks/sEcReT-path-1`,
      secret: WEBHOOK_SECRET,
    }),
    judge: judgeWebhook,
    confirms: false,
    secrets: ['sEcReT-path-1', WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6)],
  },
  pagerduty: {
    definition: (url) => ({
      kind: 'pagerduty',
      name: 'pager',
      url,
      routingKey: 'e93facc04764012d7bfb002500d5d1a6',
    }),
    judge: judgePagerDuty,
    confirms: true,
    secrets: ['e93facc04764012d7bfb002500d5d1a6'],
  },
  alertmanager: {
    definition: (url) => ({ kind: 'alertmanager', name: 'alerts', urls: [url] }),
    judge: judgeAlertmanager,
    confirms: false,
    secrets: [],
  },
  opsgenie: {
    definition: (url) => ({
      kind: 'opsgenie',
      name: 'genie',
      url,
      apiKey: 'eb243592-faa2-4ba2-a551q-1afdf565c889',
    }),
    judge: judgeOpsgenie,
    confirms: true,
    secrets: ['eb243592-faa2-4ba2-a551q-1afdf565c889'],
  },
  teams: {
    definition: (url) => ({
      kind: 'teams',
      name: 'room',
      webhook: `${url}/workflows/sEcReT-flow-1?sig=sEcReT-sig-1`,
    }),
    judge: judgeTeams,
    confirms: false,
    secrets: ['sEcReT-flow-1', 'sEcReT-sig-1'],
  },
  discord: {
    definition: (url) => ({
      kind: 'discord',
      name: 'guild',
      webhook: `${url}/api/webhooks/123456789/sEcReT-token-1`,
    }),
    judge: judgeDiscord,
    limited: limited({ message: 'You are being rate limited.', retry_after: 16.5, global: false }),
    confirms: true,
    secrets: ['sEcReT-token-1'],
  },
  telegram: {
    definition: (url) => ({
      kind: 'telegram',
      name: 'chat',
      url,
      botToken: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
      chat: '-1001234567890',
      topic: 42,
    }),
    judge: judgeTelegram,
    limited: limited({ ok: false, error_code: 429, parameters: { retry_after: 16.5 } }),
    confirms: true,
    secrets: ['123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11', 'ABC-DEF1234ghIkl-zyx57W2v1u123ew11'],
  },
  ntfy: {
    definition: (url) => ({
      kind: 'ntfy',
      name: 'phone',
      url,
      topic: 'sEcReT-topic-1',
      token: 'tk_sEcReT-token-1',
    }),
    judge: judgeNtfy,
    confirms: true,
    secrets: ['sEcReT-topic-1', 'tk_sEcReT-token-1'],
  },
};

/** A target of each of these kinds whose receiver is at an address. */
export function definitionsAt(url: string): { readonly [Kind in RequestKind]: TargetDefinition } {
  const { slackApp, webhook, pagerduty, alertmanager, opsgenie, teams, discord, telegram, ntfy } =
    RECEIVER_KINDS;
  return {
    slackApp: slackApp.definition(url),
    webhook: webhook.definition(url),
    pagerduty: pagerduty.definition(url),
    alertmanager: alertmanager.definition(url),
    opsgenie: opsgenie.definition(url),
    teams: teams.definition(url),
    discord: discord.definition(url),
    telegram: telegram.definition(url),
    ntfy: ntfy.definition(url),
  };
}

export interface FormatReceiver extends HttpReceiver {
  readonly definition: TargetDefinition;
  /** What requests so far broke of the published format. */
  readonly broken: readonly string[];
}

/** Stands in for the receiver of a kind: refuses, as the real one does, what is not in its format. */
export async function startReceiverOf(kind: RequestKind): Promise<FormatReceiver> {
  const { judge, definition } = RECEIVER_KINDS[kind];
  const broken: string[] = [];
  const receiver = await startHttpReceiver((request) => {
    const format = new Format();
    format.must('content-type', request.headers['content-type'] === 'application/json');
    const answer = judge(format, request, JSON.parse(request.raw));
    broken.push(...format.broken);
    return format.broken.length > 0 ? { status: 400, body: format.broken.join('\n') } : answer;
  });
  return { ...receiver, broken, definition: definition(receiver.url) };
}
