import { dayStrip } from '../../charts/day-strip.ts';
import { sparkline } from '../../charts/sparkline.ts';
import type { OpenIncident, RecentCounts, SloReport } from '../../core/ports/queries.ts';
import { burnOf } from './burn-word.ts';
import {
  alertBadge,
  budgetBadge,
  budgetBar,
  budgetLeft,
  burnRateText,
  goodRatio,
  percent,
  timestamp,
  when,
  silenceMark,
} from './format.tsx';
import type { Child, Markup } from './markup.ts';
import { h, Raw } from './markup.ts';

/** A table of SLOs, each with its `sloRow`. */
export function sloTable(rows: Child): Markup {
  return (
    <table class="slos">
      <thead>
        <tr>
          <th scope="col">SLO</th>
          <th scope="col">Alert</th>
          <th scope="col">Good</th>
          <th scope="col">Budget left</th>
          <th scope="col">Burn now</th>
          <th scope="col">Last 30 days</th>
        </tr>
      </thead>
      <tbody>{rows}</tbody>
    </table>
  );
}

/** Whether no one has to look at an SLO. */
export function isHealthy(slo: SloReport): boolean {
  const { word } = burnOf(slo);
  return (
    slo.alert === 'none' &&
    slo.budget.state === 'ok' &&
    slo.data === 'ok' &&
    slo.warnings.length === 0 &&
    word !== 'elevated' &&
    word !== 'critical'
  );
}

/** The row of an SLO; `named` when it does not follow from the place of the table which workflow it is of. */
export function sloRow(
  slo: SloReport,
  recent: RecentCounts | undefined,
  named: boolean,
  base: string,
): Markup {
  const { sli, budget } = slo;
  const now = slo.dataThrough;
  return (
    <tr id={`slo:${slo.id}`} class={isHealthy(slo) ? 'healthy' : null}>
      <th scope="row">
        <a href={`${base}${sloPath(slo)}`}>{slo.name}</a>
        {named ? <small>{slo.workflow}</small> : null}
        {slo.description === null ? null : <small>{slo.description}</small>}
      </th>
      <td data-label="Alert">
        {alertBadge(slo.alert)}
        {slo.incident && incidentNotes(slo.incident, now)}
        {slo.budgetPolicy?.deploys === 'frozen' ? <small class="alarm">deploys frozen</small> : null}
        {slo.gateOverride && (
          <small>
            gate overridden by {slo.gateOverride.by} until {timestamp(slo.gateOverride.until)}:{' '}
            {slo.gateOverride.reason}
          </small>
        )}
      </td>
      <td data-label="Good">
        <span>{goodRatio(sli.ratio, slo.objective)}</span>
        <small>
          of {percent(slo.objective, 9)} in {slo.window}
        </small>
        {dataNote(slo)}
        {slo.warnings.length === 0 ? null : <small class="alarm">not all is counted</small>}
      </td>
      <td data-label="Budget left" class="budget">
        {budgetBar(budget)}
        <span>{budgetLeft(budget, sli)}</span> {budgetBadge(budget.state)}
        {budgetNote(budget, now)}
      </td>
      <td data-label="Burn now">
        {burnNow(slo)}
        {recent && <Raw markup={hoursLine(recent, slo)} />}
      </td>
      <td data-label="30 days">
        {recent && (
          <Raw markup={dayStrip({ days: recent.days, objective: slo.objective, label: 'Last 30 days' })} />
        )}
      </td>
    </tr>
  );
}

/** The word first, then the number it stands for. */
function burnNow(slo: SloReport): Markup {
  const { word, window, rate } = burnOf(slo);
  return (
    <>
      <b class={`burn ${word.replace(' ', '-')}`}>{word}</b>
      {window === null || rate === null ? null : (
        <small>
          {burnRateText(rate)} over {window}
        </small>
      )}
    </>
  );
}

function hoursLine({ hours }: RecentCounts, { objective }: SloReport): string {
  const rates = hours.map(({ good, bad }) => (good + bad > 0 ? bad / (good + bad) / (1 - objective) : null));
  const highest = Math.max(0, ...rates.map((rate) => rate ?? 0));
  const label = `Burn rate by hour over 24 hours, highest ${burnRateText(highest)}; the dashed line is 1`;
  return sparkline({ values: rates, threshold: 1, label, width: 84, height: 20 });
}

function incidentNotes(incident: OpenIncident, now: number): Markup {
  const { began, acknowledged, silenced } = incident;
  return (
    <>
      <small>failing since {when(began, now)}</small>
      {acknowledged ? <small>acknowledged by {acknowledged.by}</small> : null}
      {silenced ? <small>{silenceMark(silenced)}</small> : unheard(incident)}
    </>
  );
}

/** What no one was notified of must at least be seen here. */
function unheard({ notified }: OpenIncident): Markup | null {
  return notified.length === 0 ? <small class="alarm">no one was notified</small> : null;
}

function dataNote({ data }: SloReport): Markup | null {
  if (data === 'ok') return null;
  return <small class={`data-${data}`}>{data === 'none' ? 'no data' : 'warming up'}</small>;
}

function budgetNote({ state, exhaustsAt }: SloReport['budget'], now: number): Markup | null {
  if (exhaustsAt === null || state === 'exhausted') return null;
  return <small class="alarm">gone {when(exhaustsAt, now)}</small>;
}

/** The path of an SLO's page; the slashes of its workflow are encoded. */
export function sloPath({ workflow, name }: Pick<SloReport, 'workflow' | 'name'>): string {
  return `/slos/${encodeURIComponent(workflow)}/${encodeURIComponent(name)}`;
}
