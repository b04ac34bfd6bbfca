import type { DeadLink, LinkView, UsableLink, UsedLink } from '../../core/ports/incident-links.ts';
import { formatSpan, formatTime } from '../../core/words/figures.ts';
import { alertBadge, burnRateText, timestamp, when } from './format.tsx';
import type { Theme } from './layout.tsx';
import { htmlPage } from './layout.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** Who follows a link, and what came of what that one tried. */
export interface LinkVisitor {
  /** The link itself, as it stands in the path. */
  readonly link: string;
  /** Filled in as the one who does it, and as why. */
  readonly by: string;
  readonly reason: string;
  /** Why the last request was refused; null when none was. */
  readonly problem: string | null;
  /** Whether this very request did it. */
  readonly isDone: boolean;
}

export interface LinkPageTime {
  readonly now: number;
  readonly status: number;
  readonly theme: Theme | null;
}

const DEAD: Readonly<Record<DeadLink['state'], readonly [title: string, text: string]>> = {
  forged: [
    'This link is not valid',
    'Part of it is missing, or the key that it was signed with is not used any more. Open the message again and follow the whole link.',
  ],
  expired: [
    'This link has expired',
    'Links of messages hold for 24 hours. A later message of the incident has a new one; the dashboard and burnwatch ack work at any time.',
  ],
  over: [
    'The incident is over',
    'It is not open any more, so that nothing is left to do. Nothing was changed.',
  ],
  'became-page': [
    'The incident became a page',
    'This link was sent while it was a ticket. Look at the later message, and use the link that is in it. Nothing was changed.',
  ],
};

/** The page of a link in a message, made for a phone and for people who are not signed in. */
export function linkPage(
  view: LinkView,
  visitor: LinkVisitor,
  base: string,
  { now, theme }: Omit<LinkPageTime, 'status'>,
): string {
  const { title, body } = contentOf(view, visitor, base, now);
  return htmlPage({
    title,
    base,
    icon: 'dashboard.svg',
    theme,
    head: null,
    main: (
      <main id="main" class="sign-in">
        <h1>{title}</h1>
        {visitor.problem === null ? null : (
          <p class="notice bad" role="alert">
            Nothing was changed. {visitor.problem}
          </p>
        )}
        {body}
      </main>
    ),
  });
}

function contentOf(
  view: LinkView,
  visitor: LinkVisitor,
  base: string,
  now: number,
): { readonly title: string; readonly body: Child } {
  switch (view.state) {
    case 'usable':
      return {
        title: view.link.action === 'silence' ? 'Silence this incident' : 'Acknowledge this incident',
        body: usable(view, visitor, base, now),
      };
    case 'used':
      return { title: usedTitle(view, visitor), body: used(view, visitor, base, now) };
    case 'forged':
    case 'expired':
    case 'over':
    case 'became-page': {
      const [title, text] = DEAD[view.state];
      return { title, body: <p class="notice">{text}</p> };
    }
    default:
      return view satisfies never;
  }
}

function usable(view: UsableLink, { link, by, reason }: LinkVisitor, base: string, now: number): Markup {
  const { incident } = view;
  const { action, expiresAt } = view.link;
  const { slo, owner, severity, openedAt, peakBurnRate } = incident;
  const silences = action === 'silence';
  return (
    <>
      <p class="notice">
        {alertBadge(severity)} <b>{slo}</b> is burning: open for {formatSpan(Math.max(0, now - openedAt))}
        {peakBurnRate > 0 ? <>, highest burn rate {burnRateText(peakBurnRate)}</> : null}, owned by {owner}.
      </p>
      <form method="post" action={`${base}/links/${encodeURIComponent(link)}`} class="sign-in-form">
        <label for="by">Your name</label>
        <input id="by" name="by" value={by} maxlength="200" autocomplete="name" required />
        {silences ? silenceFields(reason) : null}
        <button type="submit">{silences ? 'Silence' : 'Acknowledge'}</button>
        <p>
          <small>
            {silences
              ? 'Nothing more is sent of this incident until then; it goes on and stays on the dashboard.'
              : 'Reminders and escalation stop until the incident resolves.'}{' '}
            This link works once, until {timestamp(expiresAt)}. Whoever has it can use it.
          </small>
        </p>
      </form>
    </>
  );
}

function silenceFields(reason: string): Markup {
  return (
    <>
      <label for="reason">Why (may be empty)</label>
      <input id="reason" name="reason" value={reason} maxlength="1000" />
      <label for="span">Until</label>
      <select id="span" name="span">
        <option value="1h">in 1 hour</option>
        <option value="4h">in 4 hours</option>
        <option value="morning">08:00 of the next morning</option>
        <option value="resolved">it resolves</option>
      </select>
    </>
  );
}

function usedTitle({ silence }: UsedLink, { isDone }: LinkVisitor): string {
  if (isDone) return silence ? 'Silenced' : 'Acknowledged';
  return silence ? 'Already silenced' : 'Already acknowledged';
}

function used(
  { slo, by, at, silence }: UsedLink,
  { isDone }: LinkVisitor,
  base: string,
  now: number,
): Markup {
  return (
    <>
      <p class="notice" role="status">
        <b>{slo}</b> was {silence ? 'silenced' : 'acknowledged'} by <b>{by}</b> {when(at, now)}, at{' '}
        {formatTime(at)}
        {silence ? endWords(silence) : ''}.{' '}
        {isDone ? '' : 'This link is used: following it again changes nothing.'}
      </p>
      <p>
        <small>
          With a login you find the incident on the <a href={`${base}/incidents`}>dashboard</a>.
        </small>
      </p>
    </>
  );
}

function endWords({ when: time, state }: NonNullable<UsedLink['silence']>): string {
  if (state === 'ended') return '; the silence has ended';
  if (time.kind === 'until-resolved') return ' until it resolves';
  return time.kind === 'once' ? ` until ${formatTime(time.to)}` : '';
}
