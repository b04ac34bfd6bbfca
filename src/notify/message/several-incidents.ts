import { latestFacts } from '../../core/alerting/notification.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { formatCount } from '../../core/words/figures.ts';
import type { Field, Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import { plainName } from './wording.ts';

/** SLOs named in each list; people look at the others in the dashboard. */
const LISTED = 8;
const MAX_NAME = 60;
const MAX_BECAUSE = 80;
const MAX_BY = 40;

/** How an incident of a list stands. */
type Standing = 'paging' | 'ticket' | 'folded' | 'acknowledged' | 'over';

const STANDINGS: readonly Standing[] = ['paging', 'ticket', 'folded', 'acknowledged', 'over'];

const LABELS: Readonly<Record<Standing, string>> = {
  paging: 'Also paging',
  ticket: 'Also as tickets',
  folded: 'Folded in',
  acknowledged: 'Acknowledged',
  over: 'Also over',
};

/** The facts of each incident, oldest first; what pages first, then tickets, what is folded in, what is only acknowledged, and what is over, the fastest burn first. */
export function worstFirst(facts: readonly NotificationFacts[]): readonly (readonly NotificationFacts[])[] {
  const incidents = new Map<string, NotificationFacts[]>();
  for (const one of facts) {
    const known = incidents.get(one.incident);
    if (known) known.push(one);
    else incidents.set(one.incident, [one]);
  }
  const rank = (all: readonly NotificationFacts[]) => STANDINGS.indexOf(standingOf(all));
  return [...incidents.values()].toSorted(
    (one, other) => rank(one) - rank(other) || other.at(-1)!.peakBurnRate - one.at(-1)!.peakBurnRate,
  );
}

/** One field for each way in which the other incidents of a message stand. */
export function othersFields(others: readonly (readonly NotificationFacts[])[]): readonly Field[] {
  return STANDINGS.flatMap((standing): Field[] => {
    const alike = others.filter((facts) => standingOf(facts) === standing).map(latestFacts);
    if (alike.length === 0) return [];
    const named = alike
      .slice(0, LISTED)
      .flatMap(({ slo, folded, acknowledged }, index): Phrase => [
        ...(index > 0 ? [', '] : []),
        { name: plainName(slo, MAX_NAME) },
        ...(folded ? [' (', { name: plainName(folded.because, MAX_BECAUSE) }, ')'] : []),
        ...(acknowledged && standing !== 'over'
          ? [
              standing === 'acknowledged' ? ' by ' : ', acknowledged by ',
              { name: plainName(acknowledged.by, MAX_BY) },
            ]
          : []),
      ]);
    const more = alike.length - LISTED;
    const value = more > 0 ? [...named, ` and ${formatCount(more)} more`] : named;
    return [{ label: `${LABELS[standing]} (${formatCount(alike.length)})`, value }];
  });
}

/** The conversation that an incident is told in; nothing where it is alone. */
export function togetherField(facts: NotificationFacts): readonly Field[] {
  const { conversation } = facts;
  if (!conversation) return [];
  const { others, slo, openedAt } = conversation;
  const open =
    others === 0
      ? 'no other open incident'
      : `${formatCount(others)} other open ${others === 1 ? 'incident' : 'incidents'}`;
  const began: Phrase = [
    ', which began with ',
    { name: plainName(slo, MAX_NAME) },
    ` ${timesOf(facts).at(openedAt)}`,
  ];
  return [{ label: 'Together with', value: [`${open} of a conversation`, ...began] }];
}

function standingOf(facts: readonly NotificationFacts[]): Standing {
  const { kind, severity, folded } = latestFacts(facts);
  if (kind === 'resolved') return 'over';
  if (kind === 'acknowledged') return kind;
  if (folded) return 'folded';
  return severity === 'page' ? 'paging' : 'ticket';
}
