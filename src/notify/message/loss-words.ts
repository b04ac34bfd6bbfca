import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Phrase } from './phrase.ts';
import { plainName } from './wording.ts';

/** What is gone, in a few words for the headline. */
export function lossInBrief({ loss }: NotificationFacts): string {
  return loss?.kind === 'rolled-back' ? 'the last outcomes were lost' : 'counted outcomes are gone';
}

/** What is gone, and what that means to whom it is said. */
export function lossSentence({ loss }: NotificationFacts): Phrase {
  const part = loss?.part ?? null;
  const where: Phrase =
    part === null
      ? ['The store of Burnwatch']
      : ['The shard ', { name: plainName(part, 80) }, ' of the store'];
  const what =
    loss?.kind === 'rolled-back'
      ? ' lost what was written last, as after a failover to a replica that lagged behind. '
      : ' was wiped or replaced, and what was counted there is gone. ';
  const therefore = loss?.ofIncident
    ? 'This incident may be forgotten, and no longer be followed here: see for yourself whether it is over. If it goes on, a new one opens.'
    : 'Budgets look better than they are, and outcomes that producers send again may count twice. Find out why, then acknowledge it.';
  return [...where, what, therefore];
}
