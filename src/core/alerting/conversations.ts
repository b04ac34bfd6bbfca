import type { QuietHours } from '../slo/quiet-hours.ts';
import { quietUntil } from '../slo/quiet-hours.ts';
import type { Definitions, TargetDefinition } from '../slo/slo.ts';
import type { AlertState, Incident, TransitionKind } from './incident.ts';
import type { NotificationFacts, OutboxRow } from './notification.ts';
import { newRow, outboxRowId, wakes } from './notification.ts';
import type { Conversation, IncidentConversation } from './conversation.ts';

/** The conversations of the incidents that are open. */
export interface Conversations {
  /**
   * Follows a change of an incident, and gives its conversation after it. One that opens joins the first conversation with a sign in
   * common that began at most `within` milliseconds before and has fewer than `MAX_TOGETHER`, else it begins one; `null` has it stay alone. Later it stays in
   * its conversation, whatever comes of the others.
   */
  follow(
    change: { readonly kind: TransitionKind; readonly incident: Incident },
    facts: SignFacts,
    within: number | null,
  ): { readonly conversation: IncidentConversation; readonly said: Pick<NotificationFacts, 'conversation'> };
  /** Whether a conversation takes one more incident. */
  hasRoom(conversation: string): boolean;
}

type SignFacts = Pick<NotificationFacts, 'slo' | 'workflow' | 'likelyCause' | 'failures'>;

/** Whether a receiver groups incidents by itself, so that each of them has a conversation of its own there. */
const GROUPS_BY_ITSELF: { readonly [K in TargetDefinition['kind']]: boolean } = {
  slack: false,
  slackApp: false,
  email: false,
  webhook: true,
  pagerduty: true,
  alertmanager: true,
  opsgenie: true,
  teams: false,
  discord: false,
  telegram: false,
  ntfy: false,
  log: false,
};

/**
 * What becomes of an acknowledgement at a kind of target that was told of its incident. `taken`: the incident is acknowledged there, too, and
 * its own escalation goes on until it is. `told`: people read it, so that nobody else gets up. `shown`: what shows the incident was changed
 * as it was acknowledged. `none`: there is nothing like it.
 */
const ACKNOWLEDGEMENTS: {
  readonly [K in TargetDefinition['kind']]: 'taken' | 'told' | 'shown' | 'none';
} = {
  slack: 'told',
  slackApp: 'shown',
  email: 'told',
  webhook: 'told',
  pagerduty: 'taken',
  alertmanager: 'none',
  opsgenie: 'taken',
  teams: 'told',
  discord: 'told',
  telegram: 'told',
  ntfy: 'told',
  log: 'told',
};

/** Whether an acknowledgement is sent to a kind of target. */
export function hearsAcknowledgements(kind: TargetDefinition['kind'] | undefined): boolean {
  return kind !== undefined && (ACKNOWLEDGEMENTS[kind] === 'taken' || ACKNOWLEDGEMENTS[kind] === 'told');
}

/** A conversation that many incidents joined is claimed, sent and written as a whole; further ones begin another. */
export const MAX_TOGETHER = 500;

export function groupsByItself(kind: TargetDefinition['kind']): boolean {
  return GROUPS_BY_ITSELF[kind];
}

/** Makes them of the incidents in the states of SLOs; null is a state that cannot be read. */
export function createConversations(
  states: ReadonlyMap<string, { readonly state: AlertState | null }>,
): Conversations {
  const members = new Map<string, Set<string>>();
  const bySign = new Map<string, Map<string, IncidentConversation>>();

  function add(conversation: IncidentConversation, incident: string): void {
    const { id, signs } = conversation;
    members.set(id, (members.get(id) ?? new Set()).add(incident));
    for (const sign of signs) {
      const known = bySign.get(sign) ?? new Map<string, IncidentConversation>();
      bySign.set(sign, known.has(id) ? known : known.set(id, conversation));
    }
  }

  function found(signs: readonly string[], openedAt: number, within: number): Conversation | undefined {
    return (
      signs
        .flatMap((sign) => [...(bySign.get(sign)?.values() ?? [])])
        // The clock may have been set back since.
        .filter((one) => Math.abs(openedAt - one.openedAt) <= within)
        .filter(({ id }) => hasRoom(id))
        .toSorted((one, other) => one.openedAt - other.openedAt || (one.id < other.id ? -1 : 1))[0]
    );
  }

  const hasRoom = (id: string) => (members.get(id)?.size ?? 0) < MAX_TOGETHER;
  for (const [slo, { state }] of states) {
    if (state?.incident && isTold(state.incident))
      add(conversationOf(slo, state.incident), state.incident.id);
  }
  return {
    hasRoom,
    follow({ kind, incident }, facts, within) {
      let conversation = conversationOf(facts.slo, incident);
      // What nothing is sent of is in no list, and nothing is answered to it.
      if (!isTold(incident)) return { conversation, said: {} };
      if (kind === 'opened' && !incident.conversation) {
        const signs = within === null ? [] : signsOf(facts);
        const { id, openedAt, slo } =
          (within !== null && found(signs, incident.openedAt, within)) || conversation;
        conversation = { id, openedAt, slo, signs };
      }
      if (kind === 'resolved') members.get(conversation.id)?.delete(incident.id);
      else add(conversation, incident.id);
      const there = members.get(conversation.id);
      const others = (there?.size ?? 0) - (there?.has(incident.id) ? 1 : 0);
      return { conversation, said: conversationFacts(incident.id, conversation, others) };
    },
  };
}

/** Whether something of an incident is sent: of what is folded into another one, with that. */
function isTold({ muted }: Incident): boolean {
  return !muted || muted.mute.reason === 'dependency';
}

/** The conversation of an incident of an SLO; of one from before there were conversations, its own. */
export function conversationOf(slo: string, { conversation, id, openedAt }: Incident): IncidentConversation {
  return conversation ?? { id, openedAt, slo, signs: [] };
}

/** What incidents of one cause have in common: the workflow, the dependency that likely fails, or how most of it fails. */
function signsOf({ workflow, likelyCause, failures }: SignFacts): readonly string[] {
  const all = failures.reduce((sum, { count }) => sum + count, 0);
  const most = failures.find(({ count }) => 2 * count > all);
  return [
    JSON.stringify(['workflow', workflow]),
    ...(likelyCause ? [JSON.stringify(['dependency', likelyCause.dependency])] : []),
    ...(most?.step && most.error ? [JSON.stringify(['failure', most.step, most.error])] : []),
  ];
}

/** What a notification says of a conversation; nothing of one that is of its incident alone. */
export function conversationFacts(
  incident: string,
  { id, openedAt, slo }: Conversation,
  others: number,
): Pick<NotificationFacts, 'conversation'> {
  return id === incident && others === 0 ? {} : { conversation: { id, openedAt, slo, others } };
}

/** Which conversation the rows of a notification are of at a target of a kind. */
export function conversationAt(
  kind: TargetDefinition['kind'] | undefined,
  { conversation }: Pick<NotificationFacts, 'conversation'>,
): { readonly conversation?: string } {
  return conversation && kind !== undefined && !groupsByItself(kind) ? { conversation: conversation.id } : {};
}

/** The rows that notify targets of a change of an incident. */
export function rowsFor(
  { targets }: Pick<Definitions, 'targets'>,
  notify: readonly string[],
  sequence: number,
  facts: NotificationFacts,
): readonly OutboxRow[] {
  return notify.map((target) => {
    const definition = targets.get(target);
    return {
      ...newRow(outboxRowId(facts, sequence, target), target, facts),
      ...conversationAt(definition?.kind, facts),
      ...(definition && heldRow(definition, facts)),
    };
  });
}

/**
 * What differs of a row that waits for the end of quiet hours: when it is due, and its conversation. All that wait for the same end
 * are one, so that they are sent together; a page of one of their incidents is in another, and waits for none of them.
 */
function heldRow(
  { kind, name, quiet }: TargetDefinition,
  facts: NotificationFacts,
): Partial<Pick<OutboxRow, 'createdAt' | 'conversation'>> {
  if (!quiet || !waitsForQuiet(kind, quiet, facts)) return {};
  const until = quietUntil(quiet, facts.at);
  if (until === null) return {};
  const together = groupsByItself(kind) ? facts.incident : name;
  return { createdAt: until, conversation: `${HELD}${until.toString(36)}/${together}` };
}

/** That a page is looked after is said at once, and to what would wake others until it knows, always. */
function waitsForQuiet(kind: TargetDefinition['kind'], quiet: QuietHours, facts: NotificationFacts): boolean {
  if (facts.kind === 'acknowledged') return ACKNOWLEDGEMENTS[kind] !== 'taken' && !wakes(facts);
  return quiet.pages || !wakes(facts);
}

const HELD = 'quiet/';

/** Whether a row waited, or waits, for the end of quiet hours. */
export function isHeldRow({ conversation }: Pick<OutboxRow, 'conversation'>): boolean {
  return conversation?.startsWith(HELD) === true;
}
