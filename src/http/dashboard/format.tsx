import { iso } from '../../core/time/timestamp.ts';
import {
  formatCount,
  formatPercent,
  formatRate,
  formatRelative,
  formatTime,
} from '../../core/words/figures.ts';
import type { BudgetState } from '../../core/budget/error-budget.ts';
import type { AlertLevel, BudgetReport, Ratio } from '../../core/ports/queries.ts';
import type { IncidentSilence } from '../../core/ports/silences.ts';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

const ALERT_WORDS: Readonly<Record<AlertLevel, string>> = {
  page: 'Page',
  ticket: 'Ticket',
  none: 'No alert',
};

/** The severity of an open incident as a coloured word, readable without the colour. */
export function alertBadge(alert: AlertLevel): Markup {
  return (
    <span class={`badge ${alert}`}>
      <span class="dot" aria-hidden="true"></span>
      {ALERT_WORDS[alert]}
    </span>
  );
}

/** A budget that is low or exhausted in a word; nothing while it is neither. */
export function budgetBadge(state: BudgetState): Markup | null {
  if (state === 'ok') return null;
  return (
    <span class={`badge ${state}`}>
      <span class="dot" aria-hidden="true"></span>
      {state === 'low' ? 'Low' : 'Exhausted'}
    </span>
  );
}

/** A ratio as a percentage; a dash without outcomes. */
export function percent(ratio: number | null, digits = 1): string {
  return ratio === null ? '–' : formatPercent(ratio, digits).replace('-', '−');
}

/** The good ratio, with as many digits as it takes to distinguish it from the objective. */
export function goodRatio(ratio: number | null, objective: number): string {
  const digits = Math.min(6, Math.max(1, Math.ceil(-Math.log10(1 - objective))));
  return percent(ratio, digits);
}

/** What is left of a budget as a percentage, or what was counted while that bears none. */
export function budgetLeft(
  { remainingRatio }: Pick<BudgetReport, 'remainingRatio'>,
  { bad, total }: Pick<Ratio, 'bad' | 'total'>,
): string {
  if (remainingRatio !== null || total === 0) return percent(remainingRatio);
  return `${formatCount(bad)} bad of ${formatCount(total)} so far`;
}

/** A burn rate such as `14.4×`; a dash without outcomes. */
export function burnRateText(rate: number | null): string {
  return rate === null ? '–' : withSigns(formatRate(rate));
}

/** A text with the signs of its numbers as people write them: `14.4×`, `−30%`. */
export function withSigns(text: string): string {
  return text.replace(/(\d)x\b/g, '$1×').replace(/(^|\s)-(?=\d)/g, '$1−');
}

/** A time to the minute, in UTC: `2026-03-02 12:00 UTC`. */
export function timestamp(at: number): Markup {
  return <time datetime={iso(at)}>{formatTime(at)}</time>;
}

/** A time as how long ago it was, or how far ahead it lies; its `title` is the exact one. */
export function when(at: number, now: number): Markup {
  const exact = iso(at);
  return (
    <time datetime={exact} title={exact}>
      {formatRelative(at, now)}
    </time>
  );
}

/** That nothing is sent of an incident on its own, why and until when; nothing while it is sent. */
export function silenceMark(silenced: IncidentSilence | null): Markup | null {
  return silenced && <span class="silenced">{silencedWords(silenced)}</span>;
}

function silencedWords({ kind, by, until, untilResolved }: IncidentSilence): Markup {
  switch (kind) {
    case 'silence':
      return (
        <>
          silenced by {by} until {untilResolved ? 'it resolves' : timestamp(until)}
        </>
      );
    case 'flapping':
      return <>held back until {timestamp(until)}</>;
    case 'dependency':
      return <>told with the incident of {by}</>;
    default:
      return kind satisfies never;
  }
}

/** An outside link, if it is one that a browser may follow. */
export function outsideLink(url: string | null, text: string): Markup | null {
  return url !== null && /^https?:\/\//i.test(url) ? (
    <a href={url} rel="noopener noreferrer">
      {text}
    </a>
  ) : null;
}

/** The id of a trace, as a link where it is known how traces are shown: `traceUrl` has `{traceId}` in it. */
export function traceOf(traceId: string | null, traceUrl: string | null): Markup {
  if (traceId === null) return <>–</>;
  const url = traceUrl?.replaceAll('{traceId}', encodeURIComponent(traceId)) ?? null;
  return outsideLink(url, traceId) ?? <code>{traceId}</code>;
}

/**
 * The error budget as a bar: what is left in the colour of its state, or, when overspent, how far over, from
 * the other end. Drawn as SVG because the security policy allows no inline styles.
 */
export function budgetBar({ remainingRatio, state }: Pick<BudgetReport, 'remainingRatio' | 'state'>): Markup {
  const label = remainingRatio === null ? 'not known' : `${percent(remainingRatio, 0)} left`;
  const share = Math.min(1, Math.abs(remainingRatio ?? 0)) * 100;
  const over = (remainingRatio ?? 0) < 0;
  const level = state === 'ok' ? 'left' : state === 'low' ? 'low' : 'over';
  return (
    <svg class="bar" role="img" aria-label={`Error budget: ${label}`} preserveAspectRatio="none">
      <rect class="track" width="100%" height="100%" rx="4" />
      {remainingRatio === null ? null : (
        <rect class={level} x={`${over ? 100 - share : 0}%`} width={`${share}%`} height="100%" rx="4" />
      )}
    </svg>
  );
}
