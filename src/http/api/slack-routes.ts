import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ButtonPress, PressReport } from '../../core/ports/button-presses.ts';
import { slackActor } from '../../core/ports/button-presses.ts';
import { isRefused } from '../../core/ports/refused.ts';
import { SECOND } from '../../core/time/duration.ts';
import { HttpProblem } from '../answers/problems.ts';
import { signersOf } from '../guard/slack-signature.ts';
import { demandForm } from '../requests/form-body.ts';
import type { Call, HttpRoute, Services } from './route-table.ts';

/** Slack waits for 3 seconds, and shows an error after that. */
const ANSWERED_WITHIN = 2.5 * SECOND;
const MAX_NAME = 80;

const ACTIONS: ReadonlyMap<unknown, ButtonPress['action']> = new Map([
  ['burnwatch_acknowledge', 'acknowledge'],
  ['burnwatch_silence', 'silence'],
]);
const AUDITED: Readonly<Record<ButtonPress['action'], string>> = {
  acknowledge: 'incident.acknowledged',
  silence: 'silence.created',
};

/** What Slack says when someone presses a button of a `slackApp` target. */
export const SLACK_ROUTES: readonly HttpRoute[] = [
  {
    method: 'POST',
    path: '/v1/slack/interactivity',
    scope: 'public',
    signed: true,
    summary: 'what was pressed below a message of a `slackApp` target; Slack sends it, with its signature',
    answer: { kind: 'text', type: 'text/plain; charset=utf-8', statuses: [200] },
    async handler(services, call) {
      const { presses, clock } = services;
      const signers = signersOf(call.request, call.raw, presses.signingSecrets(), clock.now());
      demandForm(call.request);
      const press = pressOf(call);
      if (press === null) return '';
      if (signers.get(press.target) !== press.channel)
        throw new HttpProblem(
          'bad-signature',
          'Another app than that of the target signed this, or it was pressed in another channel.',
        );
      const done = act(services, press);
      // It goes on, and the message shows what became of it.
      const late = wait(ANSWERED_WITHIN, 'It takes longer; the message will show it.', { ref: false });
      return Promise.race([done, late]);
    },
  },
];

async function act({ presses, audit }: Services, press: ButtonPress): Promise<string> {
  const report: PressReport | { readonly problems: readonly string[] } = await presses.press(press);
  if (isRefused(report)) return report.problems.join(' ');
  const { done, message } = report as PressReport;
  for (const about of done)
    await audit.note({
      who: slackActor(press),
      what: AUDITED[press.action],
      about,
      address: press.address,
    });
  return message;
}

/** What was pressed, and where; null for what does nothing here, such as a link. Throws the `HttpProblem` for what Slack would not send. */
function pressOf({ raw, caller, request }: Call): (ButtonPress & { readonly channel: string }) | null {
  const payload = objectOf(new URLSearchParams(raw.toString()).get('payload'));
  if (payload['type'] !== 'block_actions') return null;
  const [pressed] = Array.isArray(payload['actions']) ? (payload['actions'] as unknown[]) : [];
  const { action_id: id, value } = fieldsIn(pressed);
  const action = ACTIONS.get(id);
  if (action === undefined) return null;
  const about = new URLSearchParams(typeof value === 'string' ? value : '');
  const [target, conversation] = [about.get('target'), about.get('conversation')];
  const user = fieldsIn(payload['user']);
  const userId = textOf(user['id']);
  const channel = fieldsIn(payload['channel'])['id'];
  if (target === null || conversation === null || userId === null || typeof channel !== 'string')
    throw new HttpProblem(
      'invalid-fields',
      'The button has no target and conversation, or no one pressed it in a channel.',
    );
  const name = textOf(user['username']) ?? textOf(user['name']) ?? userId;
  // Of the same bytes at the same second there is one signature.
  const signature = String(request.headers['x-slack-signature']);
  const key = createHash('sha256').update(signature).digest('hex');
  return { id: key, target, channel, conversation, action, user: name, userId, address: caller.address };
}

function objectOf(text: string | null): Readonly<Record<string, unknown>> {
  try {
    return fieldsIn(JSON.parse(text ?? ''));
  } catch {
    throw new HttpProblem('invalid-fields', 'payload must be a JSON object, as a field of a form.');
  }
}

function fieldsIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A name as it may be stored and shown; null for what is none. */
function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
  return text === '' ? null : text.slice(0, MAX_NAME);
}
