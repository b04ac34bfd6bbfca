import type { DependencyOutcome, PeriodReport, SloOutcome } from '../../core/ports/period-report.ts';
import { formatCount, formatShare, formatSpan } from '../../core/words/figures.ts';
import { costWords, failureWords, lengthWords } from '../answers/incident-words.ts';
import { alertBadge, goodRatio, percent, timestamp } from './format.tsx';
import { incidentPath } from './incident-list-page.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** Rows of SLOs that kept their promise and call for nothing. */
const MAX_QUIET_ROWS = 100;

/** The body of the report of a week or month, for the screen and for paper. */
export function periodReportPage(report: PeriodReport, base: string): Markup {
  const { period, from, to, at, timeZone, owner, totals } = report;
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / Reports
        </nav>
        <h1>
          {period === 'week' ? 'Week' : 'Month'} of {day(from, timeZone)}
          {owner === null ? null : <>: {owner}</>}
        </h1>
        <p class="meta">
          {timestamp(from)} to {timestamp(to)} ({timeZone})
          {at < to ? <>, as far as it has come by {timestamp(at)}</> : null}
        </p>
        <nav class="places" aria-label="Other reports">
          {otherReports(report, base)}
        </nav>
      </div>
      <section class="card" aria-label="Totals">
        <dl class="numbers">
          {number(
            'Promises kept',
            `${formatCount(totals.met)} of ${formatCount(totals.met + totals.missed)}`,
          )}
          {number('Missed', formatCount(totals.missed))}
          {number('Without data', formatCount(totals.withoutData))}
          {number('Pages', formatCount(totals.pages))}
          {number('Tickets', formatCount(totals.tickets))}
        </dl>
      </section>
      {missedCard(report, base)}
      {incidentCard(report, base)}
      {causeCard(report)}
      {dependencyCard(report.dependencies, base)}
      {adviceCard(report.slos, base)}
      {silentCard(report.silent, base)}
      {keptCard(report, base)}
    </>
  );
}

function otherReports({ period, from, to, at, owner }: PeriodReport, base: string): Child {
  const link = (query: Readonly<Record<string, string>>, text: string) => (
    <a
      href={`${base}/reports?${new URLSearchParams({ period, ...(owner !== null && { owner }), ...query }).toString()}`}
    >
      {text}
    </a>
  );
  return (
    <>
      {link({ at: String(from - 1) }, `The ${period} before`)}
      {to < at ? <> · {link({ at: String(to) }, `The ${period} after`)}</> : null} ·{' '}
      {period === 'week' ? link({ period: 'month' }, 'Last month') : link({ period: 'week' }, 'Last week')}
    </>
  );
}

function day(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone }).format(at);
}

function number(name: string, value: string): Markup {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function card(title: string, note: string | null, rows: readonly Markup[], head: readonly string[]): Markup {
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {note === null ? null : <p>{note}</p>}
      </header>
      {rows.length === 0 ? (
        <p class="quiet">None.</p>
      ) : (
        <table class="plain">
          <thead>
            <tr>
              {head.map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>{rows}</tbody>
        </table>
      )}
    </section>
  );
}

const SLO_COLUMNS = ['SLO', 'Owner', 'Good', 'Budget spent', 'The period before', 'Incidents'];

function missedCard({ slos }: PeriodReport, base: string): Markup {
  const missed = slos.filter(({ met }) => met === false);
  return card(
    'Promises missed',
    null,
    missed.map((slo) => sloRow(slo, base)),
    SLO_COLUMNS,
  );
}

function keptCard({ slos }: PeriodReport, base: string): Markup {
  const kept = slos.filter(({ met }) => met !== false);
  const note =
    kept.length > MAX_QUIET_ROWS
      ? `The ${MAX_QUIET_ROWS} of ${formatCount(kept.length)} that spent most; all are in the CSV.`
      : null;
  const rows = kept.slice(0, MAX_QUIET_ROWS).map((slo) => sloRow(slo, base));
  return card('Promises kept', note, rows, SLO_COLUMNS);
}

function sloRow(
  { id, owner, objective, counts, spent, spentBefore, incidents }: SloOutcome,
  base: string,
): Markup {
  return (
    <tr>
      <th scope="row">{sloLink(id, base)}</th>
      <td data-label="Owner">{owner}</td>
      <td data-label="Good">
        {goodRatio(counts.ratio, objective)} <small>of {percent(objective, 9)}</small>
      </td>
      <td data-label="Budget spent">{share(spent)}</td>
      <td data-label="The period before">{share(spentBefore)}</td>
      <td data-label="Incidents">{formatCount(incidents)}</td>
    </tr>
  );
}

function sloLink(id: string, base: string): Markup {
  return <a href={`${base}/slos/${id.split('/').map(encodeURIComponent).join('/')}`}>{id}</a>;
}

function share(spent: number | null): Child {
  if (spent === null) return '–';
  return spent > 1 ? <b class="alarm">{formatShare(spent)}</b> : formatShare(spent);
}

function incidentCard({ incidents, moreIncidents, at }: PeriodReport, base: string): Markup {
  const rows = incidents.map(
    ({ id, slo, severity, state, openedAt, resolvedAt, pagedAt, acknowledged, cost }) => (
      <tr>
        <th scope="row">
          <a href={`${base}${incidentPath(id)}`}>{slo}</a>
        </th>
        <td data-label="Severity">{alertBadge(severity)}</td>
        <td data-label="Opened">{timestamp(openedAt)}</td>
        <td data-label="Took">{state === 'lost' ? 'not known' : lengthWords(openedAt, resolvedAt, at)}</td>
        <td data-label="Acknowledged after">
          {acknowledged ? formatSpan(Math.max(0, acknowledged.at - (pagedAt ?? openedAt))) : 'not'}
        </td>
        <td data-label="Cost">{cost ? costWords(cost) : '–'}</td>
      </tr>
    ),
  );
  return card('Incidents', moreIncidents ? 'There were more; these are the latest.' : null, rows, [
    'SLO',
    'Severity',
    'Opened',
    'Took',
    'Acknowledged after',
    'Cost',
  ]);
}

function causeCard({ causes, causesSince, from }: PeriodReport): Markup {
  const note = causesSince > from ? 'Of the last days only: nothing older is kept by cause.' : null;
  const rows = causes.map((cause) => (
    <tr>
      <th scope="row">{cause.workflow}</th>
      <td data-label="What">{failureWords(cause) ?? 'not said'}</td>
      <td data-label="Failures">{formatCount(cause.count)}</td>
    </tr>
  ));
  return card('What failed most', note, rows, ['Workflow', 'What', 'Failures']);
}

function dependencyCard(dependencies: readonly DependencyOutcome[], base: string): Markup | null {
  if (dependencies.length === 0) return null;
  const rows = dependencies.map(({ name, owner, promised, calls, kept }) => (
    <tr>
      <th scope="row">
        <a href={`${base}/dependencies/${encodeURIComponent(name)}`}>{name}</a>
        {owner === null ? null : <small>{owner}</small>}
      </th>
      <td data-label="Promised">{percent(promised, 9)}</td>
      <td data-label="Observed">
        {kept === false ? (
          <b class="alarm">{goodRatio(calls.ratio, promised)}</b>
        ) : (
          goodRatio(calls.ratio, promised)
        )}
      </td>
      <td data-label="Calls">{formatCount(calls.total)}</td>
    </tr>
  ));
  return card('Dependencies', null, rows, ['Dependency', 'Promised', 'Observed', 'Calls']);
}

function adviceCard(slos: readonly SloOutcome[], base: string): Markup | null {
  const advised = slos.filter(({ advice }) => advice !== null);
  if (advised.length === 0) return null;
  const rows = advised.map(({ id, objective, advice }) => (
    <tr>
      <th scope="row">{sloLink(id, base)}</th>
      <td data-label="Promised">{percent(objective, 9)}</td>
      <td data-label="It is">{advice!.kind === 'too-tight' ? 'too tight' : 'too loose'}</td>
      <td data-label="Would have fitted">{percent(advice!.objective, 9)}</td>
    </tr>
  ));
  return card(
    'Objectives to look at',
    'Missed twice in a row, or hardly spent twice in a row. What people need decides, not what came of it.',
    rows,
    ['SLO', 'Promised', 'It is', 'Would have fitted'],
  );
}

function silentCard(silent: readonly string[], base: string): Markup | null {
  if (silent.length === 0) return null;
  const rows = silent.map((workflow) => (
    <tr>
      <th scope="row">
        <a href={`${base}/workflows/${encodeURIComponent(workflow)}`}>{workflow}</a>
      </th>
    </tr>
  ));
  return card('Silent workflows', 'Nothing was counted of them.', rows, ['Workflow']);
}
