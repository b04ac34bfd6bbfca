import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { isOfService } from '../../core/alerting/notification.ts';
import type { LinkAction, SignLink } from '../../core/ports/incident-links.ts';
import { DAY } from '../../core/time/duration.ts';
import type { Link } from './phrase.ts';
import { webAddress } from './wording.ts';

/** So long what a message says may be acted on from it. Later a newer message, or the dashboard, says how things are. */
export const LINK_LIFETIME = DAY;

const LABELS: Readonly<Record<LinkAction, string>> = { acknowledge: 'Acknowledge', silence: 'Silence' };

/**
 * The links by which whoever reads a message may act on its incident without a login; none of one that is over, or of Burnwatch itself. They
 * are the same on every try.
 */
export function actionLinks(
  { kind, incident, severity, at, acknowledged }: NotificationFacts,
  base: string | null,
  sign: SignLink | null,
): readonly Link[] {
  if (base === null || sign === null || isOfService(kind) || kind === 'resolved') return [];
  const actions: readonly LinkAction[] = acknowledged ? ['silence'] : ['acknowledge', 'silence'];
  return actions.flatMap((action): Link[] => {
    const text = sign({ action, incident, severity, expiresAt: at + LINK_LIFETIME });
    const url = text === null ? null : webAddress(`${base}/links/${text}`);
    return url === null ? [] : [{ label: LABELS[action], url }];
  });
}

/** Whether a link does something, and does not only lead somewhere. */
export function isActionLink({ label }: Link): boolean {
  return Object.values(LABELS).includes(label);
}
