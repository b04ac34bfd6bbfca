import type { AdjustmentReport, MemberReport, SloDetail, WindowReport } from '../../core/ports/queries.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { formatCount, formatPeriod } from '../../core/words/figures.ts';
import { budgetBadge, budgetBar, budgetLeft, goodRatio, timestamp, percent, when } from './format.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** The same promise over each of its windows; nothing for a single rolling one, which the budget card shows already. */
export function windowCard(slo: SloDetail, now: number): Markup | null {
  if (slo.windows.length === 1 && slo.windows[0]!.kind === 'rolling') return null;
  return (
    <section class="card" aria-label="Windows">
      <header>
        <h2>{slo.windows.length === 1 ? 'Window' : 'Windows'}</h2>
        <p>
          {slo.windows.length === 1
            ? 'the calendar period that is running'
            : 'the same promise over each; alerts are about the first'}
        </p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Window</th>
            <th scope="col">Good</th>
            <th scope="col">Bad of all</th>
            <th scope="col">Budget left</th>
          </tr>
        </thead>
        <tbody>{slo.windows.map((window) => windowRow(window, slo, now))}</tbody>
      </table>
    </section>
  );
}

function windowRow(
  { window, kind, from, to, sli, budget }: WindowReport,
  { objective }: SloDetail,
  now: number,
): Markup {
  const period =
    kind === 'calendar' ? (
      <small>
        since {timestamp(from)}, ends {when(to, now)}
      </small>
    ) : null;
  return (
    <tr>
      <th scope="row">
        {window}
        {period}
      </th>
      <td data-label="Good">{goodRatio(sli.ratio, objective)}</td>
      <td data-label="Bad of all">
        {formatCount(sli.bad)} of {formatCount(sli.total)}
      </td>
      <td data-label="Budget left" class="budget">
        {budgetBar(budget)}
        <span>{budgetLeft(budget, sli)}</span> {budgetBadge(budget.state)}
      </td>
    </tr>
  );
}

/** What a composite is made of, and who of them spends its budget; nothing for any other SLO. */
export function memberCard({ members }: SloDetail, base: string): Markup | null {
  if (members.length === 0) return null;
  return (
    <section class="card" aria-label="Members">
      <header>
        <h2>Made of</h2>
        <p>and which share of what is spent is whose</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">SLO</th>
            <th scope="col">Weight</th>
            <th scope="col">Good</th>
            <th scope="col">Share of what is spent</th>
          </tr>
        </thead>
        <tbody>{members.map((member) => memberRow(member, base))}</tbody>
      </table>
    </section>
  );
}

function memberRow({ slo, weight, ratio, share }: MemberReport, base: string): Markup {
  const path = slo.split('/').map(encodeURIComponent).join('/');
  return (
    <tr>
      <th scope="row">
        <a href={`${base}/slos/${path}`}>{slo}</a>
      </th>
      <td data-label="Weight">{weight}</td>
      <td data-label="Good">{percent(ratio, 4)}</td>
      <td data-label="Of the spent" class="budget">
        {shareBar(share)}
        <span>{percent(share)}</span>
      </td>
    </tr>
  );
}

function shareBar(share: number | null): Markup {
  return (
    <svg class="bar" aria-hidden="true" preserveAspectRatio="none">
      <rect class="track" width="100%" height="100%" rx="4" />
      {share === null ? null : <rect class="share" width={`${share * 100}%`} height="100%" rx="4" />}
    </svg>
  );
}

/** What takes outcomes out of an SLO, and when; nothing when nothing does. */
export function adjustmentCard({ adjustments }: SloDetail, now: number): Markup | null {
  if (adjustments.length === 0) return null;
  return (
    <section class="card" aria-label="Adjustments">
      <header>
        <h2>Adjustments</h2>
        <p>what happens in their time does not count</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Why</th>
            <th scope="col">When</th>
            <th scope="col">By</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>{adjustments.map((adjustment) => adjustmentRow(adjustment, now))}</tbody>
      </table>
    </section>
  );
}

function adjustmentRow(adjustment: AdjustmentReport, now: number): Markup {
  const { reason, createdBy, workflow, notes } = adjustment;
  return (
    <tr>
      <th scope="row">
        {reason}
        {workflow === null ? null : <small>all SLOs of {workflow}</small>}
        {notes.map((note) => (
          <small>{note}</small>
        ))}
      </th>
      <td data-label="When">{times(adjustment)}</td>
      <td data-label="By">{createdBy}</td>
      <td data-label="Now">{standing(adjustment, now)}</td>
    </tr>
  );
}

function times({ when: time }: AdjustmentReport): Child {
  if (time.kind === 'once') return formatPeriod(time.from, time.to);
  return (
    <>
      <code>{time.rrule}</code> for {formatDuration(time.duration)}, {time.timeZone}
    </>
  );
}

function standing({ active, occurrence, ended }: AdjustmentReport, now: number): Child {
  if (active)
    return (
      <>
        <b class="alarm">active</b>, ends {when(occurrence!.to, now)}
      </>
    );
  if (ended)
    return (
      <>
        ended by {ended.by} {when(ended.at, now)}
      </>
    );
  return occurrence ? <>starts {when(occurrence.from, now)}</> : 'over';
}
