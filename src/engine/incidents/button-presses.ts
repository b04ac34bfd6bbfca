import type { MuteOf } from '../../core/alerting/mute.ts';
import type { ButtonPress, ButtonPresses, PressReport } from '../../core/ports/button-presses.ts';
import { slackActor } from '../../core/ports/button-presses.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ManageIncidents } from '../../core/ports/operator.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused, refuse } from '../../core/ports/refused.ts';
import type { ManageSilences } from '../../core/ports/silences.ts';
import type { Caller } from '../../core/ports/token.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { HOUR } from '../../core/time/duration.ts';
import { formatCount } from '../../core/words/figures.ts';
import { timesAt } from '../../core/words/times.ts';
import type { TakenPresses } from './taken-presses.ts';
import type { ToldInChats, ToldReport } from './told-in-chats.ts';

export interface ButtonPressesOptions {
  readonly definitions: () => Definitions;
  readonly incidents: Pick<ManageIncidents, 'acknowledge'>;
  readonly manageSilences: Pick<ManageSilences, 'createSilence'>;
  readonly silences: { read(now: number): Promise<MuteOf> };
  readonly chats: ToldInChats;
  readonly taken: TakenPresses;
  readonly clock: Clock;
}

const SILENCED_FOR = { text: '1h', span: HOUR };
/** More are silenced by what they have in common, with one silence. */
const MOST_SILENCED = 20;

/** What became of a press, for each incident. */
interface Pressed {
  readonly done: ToldReport[];
  /** Who did it before. */
  readonly already: string[];
  readonly problems: string[];
}

type Act = (incident: ToldReport, press: ButtonPress, caller: Caller, pressed: Pressed) => Promise<void>;

/** Makes what does what people press below messages of a Slack app. */
export function createButtonPresses(options: ButtonPressesOptions): ButtonPresses {
  const { definitions, incidents, manageSilences, silences, chats, taken, clock } = options;

  const acknowledge: Act = async (incident, { user }, caller, { done, already, problems }) => {
    if (incident.acknowledged) {
      already.push(incident.acknowledged.by);
      return;
    }
    const began = clock.now();
    const said = await incidents.acknowledge(incident.id, { by: byOf(user), note: 'in Slack' }, caller);
    if (isRefused(said)) problems.push(...said.problems);
    else if (said.actor === caller.name && said.at >= began) done.push(incident);
    else already.push(said.by);
  };

  const silence: Act = async (incident, { user }, caller, { done, already, problems }) => {
    const slo = allSlos(definitions()).find(({ id }) => id === incident.slo);
    const mute =
      slo && (await silences.read(clock.now()))({ slo, severity: incident.severity, incident: incident.id });
    if (mute) {
      already.push(mute.by);
      return;
    }
    const request = { incident: incident.id, for: SILENCED_FOR.text, by: byOf(user), reason: 'in Slack' };
    const made = await manageSilences.createSilence(request, caller);
    if (isRefused(made)) problems.push(...made.problems);
    else done.push(incident);
  };

  const acts: Readonly<Record<ButtonPress['action'], Act>> = { acknowledge, silence };

  async function press(given: ButtonPress): Promise<PressReport | Refused> {
    const { target, conversation, action, userId, address } = given;
    if (!(await taken.take(given.id)))
      return refuse('over', 'This press was taken before; nothing was done.');
    const open = await chats.openAt(target, conversation);
    const [first] = open;
    const refusal = !first
      ? refuse('over', 'Nothing that is told here is open any more.')
      : action === 'silence' && open.length > MOST_SILENCED
        ? refuse(
            'too-many',
            `${open.length} incidents are open here; make a silence of what they have in common.`,
          )
        : null;
    if (refusal) {
      await chats.tell(
        { conversation, words: [...refusal.problems], acknowledged: false, only: userId },
        target,
      );
      return refusal;
    }
    const pressed: Pressed = { done: [], already: [], problems: [] };
    for (const incident of open) {
      // Who presses may respond to what this target was notified of, and to nothing else.
      const only = { by: 'workflow', pattern: incident.workflow } as const;
      const caller: Caller = { name: slackActor(given), address, grants: [{ scope: 'respond', only }] };
      await acts[action](incident, given, caller, pressed);
    }
    const words = wordsOf(given, pressed, timeZoneOf(first!));
    const isNews = pressed.done.length > 0;
    const acknowledged = action === 'acknowledge' && pressed.problems.length === 0;
    await chats.tell(
      { conversation, words, acknowledged, only: isNews ? null : userId },
      isNews ? undefined : target,
    );
    const message = words.map((piece) => (typeof piece === 'string' ? piece : piece.name)).join('');
    return { done: pressed.done.map(({ id }) => id), message };
  }

  function timeZoneOf({ owner }: ToldReport): string | null {
    return definitions().teams.get(owner)?.timeZone ?? null;
  }

  function wordsOf(
    { action, user }: ButtonPress,
    { done, already, problems }: Pressed,
    timeZone: string | null,
  ): readonly (string | { readonly name: string })[] {
    const now = clock.now();
    const times = timesAt(now, timeZone);
    if (done.length === 0 && already.length === 0) return [problems[0] ?? 'Nothing was done.'];
    if (done.length === 0)
      return [
        action === 'silence' ? 'Already silenced by ' : 'Already acknowledged by ',
        { name: already[0]! },
        '.',
      ];
    const many = done.length > 1 ? `, ${formatCount(done.length)} incidents` : '';
    return action === 'silence'
      ? ['Silenced by ', { name: byOf(user) }, ` until ${times.at(now + SILENCED_FOR.span)}${many}.`]
      : ['Acknowledged by ', { name: byOf(user) }, ` at ${times.at(now)}${many}.`];
  }

  return {
    signingSecrets: () =>
      [...definitions().targets.values()].flatMap((target) =>
        target.kind === 'slackApp' && target.signingSecret !== null
          ? [{ target: target.name, channel: target.channel, secret: target.signingSecret }]
          : [],
      ),
    press,
  };
}

function byOf(user: string): string {
  return `${user} (Slack)`;
}
