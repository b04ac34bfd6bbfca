import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Field, Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import { plainName } from './wording.ts';

/** That a target fails or works again, in a few words for the headline. */
export function deliveryInBrief({ delivery }: NotificationFacts): string {
  const name = plainName(delivery?.target ?? '', 60);
  if (delivery?.end === 'works') return `${name} takes notifications again`;
  return delivery?.end === 'removed' ? `${name} is not used any more` : `${name} does not take them`;
}

/** That a target fails or works again, and what that means. */
export function deliverySentence(facts: NotificationFacts): Phrase {
  const { delivery } = facts;
  const name = { name: plainName(delivery?.target ?? '', 80) };
  if (delivery?.end === 'works')
    return ['Notifications to ', name, ' are delivered again. What it missed may wait in the outbox.'];
  if (delivery?.end === 'removed') return ['No SLO file defines the target ', name, ' any more.'];
  return [
    'Notifications to ',
    name,
    ` have failed since ${timesOf(facts).at(delivery?.since ?? facts.at)}, so that people there learn of nothing. `,
    'Mend it, then send again what is in the outbox.',
  ];
}

/** Which target, and what it says. */
export function deliveryFields({ delivery }: NotificationFacts): Field[] {
  if (!delivery || delivery.end !== null) return [];
  return [
    { label: 'Target', value: [{ name: plainName(delivery.target, 80) }] },
    { label: 'Says', value: [{ name: plainName(delivery.reason, 200) }] },
  ];
}
