import type { OnCallReport, ShiftReport } from '../../core/ports/on-call.ts';
import { BECAUSE_WORDS } from '../../core/ports/on-call.ts';
import { timesAt } from '../../core/words/times.ts';
import { when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** The body of the list of schedules, with who is on call by each. */
export function onCallPage(reports: readonly OnCallReport[], base: string, now: number): Markup {
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / On call
        </nav>
        <h1>On call</h1>
      </div>
      {reports.length === 0 ? (
        <p class="empty">The SLO files define no schedule: no target is a rotation or a calendar.</p>
      ) : (
        <section class="card" aria-label="Schedules">
          <table class="plain shifts">
            <thead>
              <tr>
                <th scope="col">Schedule</th>
                <th scope="col">Now</th>
                <th scope="col">Until</th>
                <th scope="col">Next</th>
              </tr>
            </thead>
            <tbody>{reports.map((report) => row(report, now))}</tbody>
          </table>
        </section>
      )}
    </>
  );
}

function row(report: OnCallReport, now: number): Markup {
  const { schedule, kind, place, timeZone, teams, now: current, next, problem } = report;
  const { until, because } = current;
  return (
    <tr>
      <th scope="row">
        {schedule}
        <small>{teams.length === 0 ? 'no team names it' : teams.join(', ')}</small>
        <small>
          {kind} at {place}
        </small>
        {problem === null ? null : <small class="bad">cannot be read: {problem}</small>}
      </th>
      <td data-label="Now">
        {personText(current)}
        {because === null ? null : <small>{BECAUSE_WORDS[because]}</small>}
      </td>
      <td data-label="Until">
        {until === null ? (
          'nobody follows'
        ) : (
          <>
            {timesAt(now, timeZone).at(until)}
            <small>{when(until, now)}</small>
          </>
        )}
      </td>
      <td data-label="Next">{next === null ? '–' : personText(next)}</td>
    </tr>
  );
}

function personText({ person, targets }: ShiftReport): Markup {
  return (
    <>
      {person}
      <small>{targets.join(', ')}</small>
    </>
  );
}
