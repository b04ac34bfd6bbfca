import type { OpenIncident, SloReport } from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';
import { alertBadge, silenceMark, when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';
import { sloPath } from './slo-rows.tsx';

const MAX_ROWS = 50;

/** The incidents that are open, pages first, then the latest; nothing when none is. `slos` are in the order of attention. */
export function openIncidentsCard(slos: readonly SloReport[], base: string): Markup | null {
  // Of thousands, few have one.
  const open = slos
    .filter(({ incident }) => incident !== null)
    .map((slo) => ({ slo, incident: slo.incident! }));
  if (open.length === 0) return null;
  const waiting = open.filter(({ incident }) => incident.acknowledged === null).length;
  return (
    <section class="card" id="open-incidents" aria-label="Open incidents">
      <header>
        <h2>{open.length === 1 ? '1 open incident' : `${formatCount(open.length)} open incidents`}</h2>
        <p>{waiting === 0 ? 'all acknowledged' : `${formatCount(waiting)} not acknowledged`}</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">SLO</th>
            <th scope="col">Severity</th>
            <th scope="col">Failing since</th>
            <th scope="col">Acknowledged</th>
            <th scope="col">Sent to</th>
            <th scope="col">Incident</th>
          </tr>
        </thead>
        <tbody>{open.slice(0, MAX_ROWS).map(({ slo, incident }) => incidentRow(slo, incident, base))}</tbody>
      </table>
      {open.length > MAX_ROWS ? (
        <p class="note">
          And {formatCount(open.length - MAX_ROWS)} more in <a href={`${base}/incidents`}>all incidents</a>.
        </p>
      ) : null}
    </section>
  );
}

function incidentRow(slo: SloReport, incident: OpenIncident, base: string): Markup {
  const now = slo.dataThrough;
  const { acknowledged, notified, silenced } = incident;
  return (
    <tr id={`incident:${slo.id}`}>
      <th scope="row">
        <a href={`${base}${sloPath(slo)}`}>{slo.id}</a>
        <small>owned by {slo.owner}</small>
      </th>
      <td data-label="Severity">{alertBadge(incident.severity)}</td>
      <td data-label="Failing since">{when(incident.began, now)}</td>
      <td data-label="Acknowledged">
        {acknowledged ? (
          <>
            by {acknowledged.by} {when(acknowledged.at, now)}
          </>
        ) : (
          <b class="alarm">by no one</b>
        )}
      </td>
      <td data-label="Sent to">
        {notified.length > 0 ? (
          notified.join(', ')
        ) : silenced ? null : (
          <b class="alarm">no one was notified</b>
        )}{' '}
        {silenceMark(silenced)}
      </td>
      <td data-label="Incident">
        <a href={`${base}/incidents/${encodeURIComponent(incident.id)}`}>details</a>
      </td>
    </tr>
  );
}
