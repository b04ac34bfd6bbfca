import type { NotificationPage, NotificationReport } from '../../core/ports/outbox-reports.ts';
import { placeText } from '../../core/ports/list-page.ts';
import type { RowState } from '../../core/ports/store/outbox.ts';
import { timesAt } from '../../core/words/times.ts';
import { alertBadge, when } from './format.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** What the viewer of the outbox may do, and what came of what that one tried. */
export interface OutboxVisitor {
  readonly mayRetry: boolean;
  readonly mayDrop: boolean;
  /** Why not all that was asked for was done; null when it was, or nothing was asked for. */
  readonly problem: string | null;
}

const WORDS = {
  undeliverable: 'that could not be delivered',
  pending: 'that wait to be sent',
} as const satisfies Record<RowState, string>;

/** The body of the list of notifications that are not delivered, with what can be done about each. */
export function outboxPage(
  page: NotificationPage,
  state: RowState,
  visitor: OutboxVisitor,
  base: string,
  now: number,
): Markup {
  const { items, next, pendingCount, undeliverableCount } = page;
  const other = state === 'pending' ? 'undeliverable' : 'pending';
  const otherCount = state === 'pending' ? undeliverableCount : pendingCount;
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / Outbox
        </nav>
        <h1>Notifications {WORDS[state]}</h1>
        <p class="meta">
          <a href={`${base}/outbox?state=${other}`}>
            {otherCount} {WORDS[other]}
          </a>
        </p>
      </div>
      {visitor.problem === null ? null : (
        <section class="banner bad" aria-label="Refused" role="alert">
          <h2>Not all was done</h2>
          <p>{visitor.problem}</p>
        </section>
      )}
      {items.length === 0 ? (
        <p class="empty">There are none.</p>
      ) : (
        <>
          <section class="card" aria-label="Notifications">
            <table class="plain">
              <thead>
                <tr>
                  <th scope="col">Notification</th>
                  <th scope="col">To</th>
                  <th scope="col">Made</th>
                  <th scope="col">Why not</th>
                  {state === 'undeliverable' ? <th scope="col">What now</th> : null}
                </tr>
              </thead>
              <tbody>{items.map((item) => row(item, visitor, base, now))}</tbody>
            </table>
          </section>
          {state === 'undeliverable' ? actions('all', visitor, base, ' all') : null}
        </>
      )}
      {next === null ? null : (
        <p>
          <a href={`${base}/outbox?state=${state}&after=${placeText(next)}`}>Further ones</a>
        </p>
      )}
    </>
  );
}

function row(item: NotificationReport, visitor: OutboxVisitor, base: string, now: number): Markup {
  const { id, state, slo, owner, severity, kind, target, incident, createdAt, attempts, lastError } = item;
  return (
    <tr>
      <th scope="row">
        <a href={`${base}/incidents/${encodeURIComponent(incident)}`}>{slo}</a> {alertBadge(severity)}
        <small>
          {kind}, {owner}
        </small>
      </th>
      <td data-label="To">
        {target}
        {item.recipients === null ? null : <small>{item.recipients.join(', ')}</small>}
      </td>
      <td data-label="Made">{when(createdAt, now)}</td>
      <td data-label="Why not">
        {item.waitsUntil
          ? `waits until ${timesAt(now, item.waitsUntil.timeZone).at(item.waitsUntil.at)}: quiet hours`
          : (lastError ?? 'not tried yet')}
        <small>
          {attempts} {attempts === 1 ? 'try' : 'tries'}
        </small>
      </td>
      {state === 'undeliverable' ? <td data-label="What now">{actions(id, visitor, base, '')}</td> : null}
    </tr>
  );
}

/** The buttons that a viewer may press, for one notification or all. */
function actions(id: string, visitor: OutboxVisitor, base: string, which: string): Child {
  const verbs = [
    ...(visitor.mayRetry ? ([['retry', `Send${which} again`]] as const) : []),
    ...(visitor.mayDrop ? ([['drop', `Drop${which}`]] as const) : []),
  ];
  return verbs.map(([verb, label]) => (
    <form class="filter" method="post" action={`${base}/outbox/${verb}`}>
      <input type="hidden" name="id" value={id} />
      <button>{label}</button>
    </form>
  ));
}
