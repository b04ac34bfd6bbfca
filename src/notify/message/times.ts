import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Times } from '../../core/words/times.ts';
import { timesAt } from '../../core/words/times.ts';

/** How a notification writes times: as its owner reads them, at the moment it is of. */
export function timesOf({ at, timeZone }: Pick<NotificationFacts, 'at' | 'timeZone'>): Times {
  return timesAt(at, timeZone);
}
