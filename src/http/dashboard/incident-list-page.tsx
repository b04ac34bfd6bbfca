import type { IncidentPage, IncidentQuery, IncidentSummary } from '../../core/ports/incident-reports.ts';
import { placeText } from '../../core/ports/list-page.ts';
import { INCIDENT_STATES } from '../../core/ports/incident-reports.ts';
import { formatShare } from '../../core/words/figures.ts';
import { failureWords, lengthWords } from '../answers/incident-words.ts';
import { alertBadge, when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

const STATE_WORDS = { open: 'open', resolved: 'resolved', lost: 'end not seen', all: 'all' } as const;
const STATES = [...INCIDENT_STATES, 'all'] as const;

/** The body of the list of incidents: a search, then a row for each, open pages or the latest first. */
export function incidentListPage(
  { items, next }: IncidentPage,
  query: IncidentQuery,
  base: string,
  now: number,
): Markup {
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / Incidents
        </nav>
        <h1>Incidents</h1>
      </div>
      {filterForm(query, base)}
      {items.length === 0 ? (
        <p class="empty">
          {next === null
            ? query.state === 'open'
              ? 'No incident is open.'
              : 'No incident matches.'
            : 'None of those that were looked at so far.'}{' '}
          <a href={`${base}/incidents?state=all`}>All incidents</a>
        </p>
      ) : (
        <section class="card" aria-label="Incidents">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">SLO</th>
                <th scope="col">Severity</th>
                <th scope="col">Opened</th>
                <th scope="col">Took</th>
                <th scope="col">What failed most</th>
                <th scope="col">Cost</th>
                <th scope="col">Acknowledged</th>
              </tr>
            </thead>
            <tbody>{items.map((incident) => row(incident, base, now))}</tbody>
          </table>
        </section>
      )}
      {next === null ? null : (
        <p>
          <a href={`${base}/incidents?${search({ ...query, after: next })}`}>Further incidents</a>
        </p>
      )}
    </>
  );
}

/** An incident's state in words, with when it ended. */
export function stateWords(
  { state, resolvedAt }: Pick<IncidentSummary, 'state' | 'resolvedAt'>,
  now: number,
): Markup {
  return <>{resolvedAt === null ? STATE_WORDS[state] : <>resolved {when(resolvedAt, now)}</>}</>;
}

/** Where the page of an incident is found. */
export function incidentPath(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`;
}

function row(incident: IncidentSummary, base: string, now: number): Markup {
  const { id, slo, owner, severity, openedAt, resolvedAt, topFailure, cost, acknowledged } = incident;
  return (
    <tr>
      <th scope="row">
        <a href={`${base}${incidentPath(id)}`}>{slo}</a>
        <small>{owner}</small>
      </th>
      <td data-label="Severity">
        {alertBadge(severity)}
        <small>{stateWords(incident, now)}</small>
      </td>
      <td data-label="Opened">{when(openedAt, now)}</td>
      <td data-label="Took">
        {incident.state === 'lost' ? 'not known' : lengthWords(openedAt, resolvedAt, now)}
      </td>
      <td data-label="What failed most">{(topFailure && failureWords(topFailure)) ?? '–'}</td>
      <td data-label="Cost">{cost?.budget == null ? '–' : `${formatShare(cost.budget)} of the budget`}</td>
      <td data-label="Acknowledged">{acknowledged ? `by ${acknowledged.by}` : 'no'}</td>
    </tr>
  );
}

function filterForm({ state, severity, text, ...query }: IncidentQuery, base: string): Markup {
  return (
    <form class="filter" action={`${base}/incidents`} role="search">
      <label for="state">State</label>
      <select id="state" name="state">
        {STATES.map((name) => (
          <option value={name} selected={name === (state ?? 'all')}>
            {STATE_WORDS[name]}
          </option>
        ))}
      </select>
      <label for="severity">Severity</label>
      <select id="severity" name="severity">
        <option value="">any</option>
        <option value="page" selected={severity === 'page'}>
          page
        </option>
        <option value="ticket" selected={severity === 'ticket'}>
          ticket
        </option>
      </select>
      <label for="q">SLO, owner or failure</label>
      <input id="q" name="q" type="search" value={text} maxlength="128" autocomplete="off" />
      {(['workflow', 'owner', 'slo'] as const).map((name) =>
        query[name] === null ? null : <input type="hidden" name={name} value={query[name]} />,
      )}{' '}
      <button>Filter</button>
    </form>
  );
}

function search({ state, severity, text, workflow, owner, slo, after }: IncidentQuery): string {
  const asked = { state: state ?? 'all', severity, q: text, workflow, owner, slo, after: placeText(after) };
  const given = Object.entries(asked).filter((entry): entry is [string, string] => !!entry[1]);
  return new URLSearchParams(given).toString();
}
