import type { Acknowledgement } from '../../core/alerting/incident.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Times } from '../../core/words/times.ts';
import type { Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import { plainName } from './wording.ts';

/** Who looks after it, and what that changes for those who were told. */
export function takenOn(facts: NotificationFacts): Phrase {
  const { acknowledged, severity } = facts;
  const until = severity === 'ticket' ? ' unless it becomes a page' : '';
  const by = acknowledged
    ? acknowledgedBy('acknowledged by ', acknowledged, timesOf(facts))
    : ['acknowledged'];
  return [...by, `. It is still open; no reminder and no escalation follows${until}.`];
}

/** Who acknowledged it and when, after these words. */
export function acknowledgedBy(words: string, { by, at }: Acknowledgement, times: Times): Phrase {
  return [words, { name: plainName(by, 60) }, ` ${times.at(at)}`];
}
