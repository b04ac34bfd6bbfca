import { conversationOf } from '../../core/alerting/conversations.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { ManageIncidents } from '../../core/ports/operator.ts';
import type { IncidentReport } from '../../core/ports/queries.ts';
import type { Receipts } from '../../core/ports/receipts.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import type { ConversationNote, Target } from '../../core/ports/target.ts';
import { isRefused } from '../../core/ports/refused.ts';
import { SECOND } from '../../core/time/duration.ts';
import { formatCount } from '../../core/words/figures.ts';
import { timesAt } from '../../core/words/times.ts';

/** An open incident, and where it is told. */
export interface ToldReport extends IncidentReport {
  readonly conversation: string;
  /** The targets that were notified of it. */
  readonly notified: readonly string[];
}

/** Tells what people did in the chats in which an incident is told. */
export interface ToldInChats {
  /**
   * The open incidents of a conversation that a target was notified of, also one that got them because another target would not take
   * them. Rejects with `StoreUnavailable`.
   */
  openAt(target: string, conversation: string): Promise<readonly ToldReport[]>;
  /** Says it wherever the conversation is told. Never rejects: what was done is done, and the next notification says it as well. */
  tell(note: ConversationNote, where?: string): Promise<void>;
  /** The same of the conversation of an incident. */
  tellOf(incident: string, words: ConversationNote['words'], acknowledged: boolean): Promise<void>;
}

export interface ToldInChatsOptions {
  readonly store: Pick<StateStore, 'loadStates'>;
  readonly incidents: Pick<ManageIncidents, 'incidents'>;
  readonly targets: () => readonly Target[];
  readonly receipts: Pick<Receipts, 'read'>;
  readonly log: Log;
}

const WITHIN = 10 * SECOND;

export function createToldInChats(options: ToldInChatsOptions): ToldInChats {
  const { store, incidents, targets, receipts, log } = options;

  async function told(): Promise<readonly ToldReport[]> {
    const states = await store.loadStates();
    return (await incidents.incidents()).flatMap((report): ToldReport[] => {
      const incident = states.get(report.slo)?.state?.incident;
      if (incident?.id !== report.id) return [];
      return [
        { ...report, conversation: conversationOf(report.slo, incident).id, notified: incident.notified },
      ];
    });
  }

  async function tell(note: ConversationNote, where?: string): Promise<void> {
    const signal = AbortSignal.timeout(WITHIN);
    const able = targets().filter((target) => target.say && (where === undefined || target.name === where));
    await Promise.all(
      able.map(async (target) => {
        try {
          const delivery = await target.say!(note, signal);
          if (delivery.result !== 'delivered')
            log.warn({ target: target.name, reason: delivery.reason }, 'what was done could not be told');
        } catch (error) {
          log.warn({ target: target.name, error: String(error) }, 'what was done could not be told');
        }
      }),
    );
  }

  return {
    async openAt(target, conversation) {
      const open = (await told()).filter((one) => one.conversation === conversation);
      const kept = await receipts.read(target, conversation);
      return open.filter(({ id, notified }) => notified.includes(target) || kept?.receipt.incidents[id]);
    },
    tell,
    async tellOf(id, words, acknowledged) {
      try {
        const all = await told();
        const found = all.find((one) => one.id === id);
        if (!found) return;
        const { conversation } = found;
        const others = all.filter((one) => one.conversation === conversation && one.id !== id);
        const none = acknowledged && others.every((one) => one.acknowledged !== null);
        await tell({ conversation, words, acknowledged: none, only: null });
      } catch (error) {
        log.warn({ incident: id, error: String(error) }, 'what was done could not be told');
      }
    },
  };
}

/** Acknowledges, and tells it in the chats in which the incident is told; what was acknowledged before is not told again. */
export function acknowledgeAloud(
  incidents: Pick<ManageIncidents, 'acknowledge'>,
  chats: Pick<ToldInChats, 'tellOf'>,
  clock: Clock,
): ManageIncidents['acknowledge'] {
  return async (incident, request, caller) => {
    const began = clock.now();
    const said = await incidents.acknowledge(incident, request, caller);
    if (isRefused(said)) return said;
    const others = (said.others ?? []).filter(({ isNew }) => isNew);
    const [first, ...more] = [...(said.at >= began ? [said] : []), ...others];
    if (first) {
      const many = more.length > 0 ? `, ${formatCount(more.length + 1)} incidents` : '';
      const at = timesAt(first.at, null).at(first.at);
      void chats.tellOf(first.incident, ['Acknowledged by ', { name: first.by }, ` at ${at}${many}.`], true);
    }
    return said;
  };
}
