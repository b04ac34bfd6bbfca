import type { PlaceReport, RecentCounts, SloReport, WorkflowReport } from '../../core/ports/queries.ts';
import type { WorkflowStatistics } from '../../core/ports/workflow-statistics.ts';
import type { FlightReport } from '../../core/ports/store/counting.ts';
import { handOverOf } from '../../core/sli/hand-over.ts';
import { formatCount } from '../../core/words/figures.ts';
import { outsideLink, traceOf, when } from './format.tsx';
import { queueCard } from './queue-card.tsx';
import { sloRow, sloTable } from './slo-rows.tsx';
import { statisticsCard } from './statistics-card.tsx';
import { handOverCard, workflowMapCard } from './workflow-map-card.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** SLOs listed on the page of their workflow; the overview pages through all of them. */
export const MAX_SLOS = 100;

/** The body of the page of one workflow: what is in flight in it, where that is, and how its steps go. */
export function workflowPage(
  workflow: WorkflowReport,
  statistics: WorkflowStatistics,
  slos: readonly SloReport[],
  recent: ReadonlyMap<string, RecentCounts>,
  base: string,
  traceUrl: string | null,
): Markup {
  const { at } = workflow;
  const link = outsideLink(workflow.runbook, 'Runbook');
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a>
        </nav>
        <h1>{workflow.workflow}</h1>
        <p class="meta">
          owned by <b>{workflow.owner}</b> ·{' '}
          <a href={`${base}/?q=${encodeURIComponent(workflow.workflow)}`}>its SLOs</a>
          {link && <> · {link}</>}
        </p>
      </div>
      {workflowMapCard(workflow, statistics.windows[0], slos, base)}
      {sloCard(slos, recent, base)}
      {placeCard(workflow, at)}
      {statisticsCard(statistics, workflow.steps)}
      {handOverCard(workflow, slos, base)}
      {queueCard(workflow.queues, at)}
      {slowestCard(workflow.slowest, traceUrl, at)}
    </>
  );
}

function sloCard(
  slos: readonly SloReport[],
  recent: ReadonlyMap<string, RecentCounts>,
  base: string,
): Markup | null {
  if (slos.length === 0) return null;
  const shown = slos.slice(0, MAX_SLOS);
  return (
    <section class="card" aria-label="SLOs">
      <header>
        <h2>SLOs</h2>
        {shown.length < slos.length ? (
          <p>
            {shown.length} of {formatCount(slos.length)}
          </p>
        ) : null}
      </header>
      {sloTable(shown.map((slo) => sloRow(slo, recent.get(slo.id), false, base)))}
    </section>
  );
}

function placeCard(
  { places, steps, unmapped, running, overdue, waiting }: WorkflowReport,
  now: number,
): Markup {
  const executions = places.filter(({ of }) => of === 'execution');
  const isHandOver = ({ step }: PlaceReport): boolean => step !== null && handOverOf(step) !== null;
  const others = places.filter(({ of }) => of === 'step');
  const ofSteps = others.filter((place) => !isHandOver(place));
  return (
    <section class="card" aria-label="In flight">
      <header>
        <h2>In flight</h2>
        <p>
          {formatCount(running)} executions and steps, {alarming(overdue, 'overdue')}
          {waiting > 0 ? <>; {formatCount(waiting)} ended and wait for their start</> : null}
        </p>
      </header>
      {running === 0 ? <p class="quiet">Nothing.</p> : null}
      {placeTable('Executions by the step begun last', inOrder(executions, steps), now)}
      {placeTable('Steps that were begun and have not ended', inOrder(ofSteps, steps), now)}
      {placeTable('Hand-overs that were not taken yet', others.filter(isHandOver), now)}
      {unmappedNote(unmapped)}
    </section>
  );
}

function unmappedNote(unmapped: WorkflowReport['unmapped']): Markup | null {
  if (unmapped.length === 0) return null;
  return (
    <p>
      Not in the map of this workflow:{' '}
      {unmapped.map(({ step, meant }, index) => (
        <>
          {index > 0 ? ', ' : null}
          <b>{step}</b>
          {meant === null ? null : <> (meant {meant}?)</>}
        </>
      ))}
      .
    </p>
  );
}

/** In the order of the map; what is not in it comes after that. */
function inOrder(places: readonly PlaceReport[], steps: readonly string[]): readonly PlaceReport[] {
  const rank = ({ step }: PlaceReport): number => {
    if (step === null) return -1;
    const place = steps.indexOf(step);
    return place === -1 ? steps.length : place;
  };
  return places.toSorted((one, other) => rank(one) - rank(other));
}

function placeTable(title: string, places: readonly PlaceReport[], now: number): Markup | null {
  if (places.length === 0) return null;
  return (
    <table class="plain">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">In flight</th>
          <th scope="col">Overdue</th>
          <th scope="col">Oldest</th>
        </tr>
      </thead>
      <tbody>
        {places.map(({ step, running, overdue, oldest }) => (
          <tr>
            <th scope="row">{step ?? <i>no step yet</i>}</th>
            <td data-label="In flight">{formatCount(running)}</td>
            <td data-label="Overdue">{alarming(overdue)}</td>
            <td data-label="Oldest">{oldest === null ? '–' : when(oldest, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function alarming(count: number, word = ''): Markup {
  const text = word === '' ? formatCount(count) : `${formatCount(count)} ${word}`;
  return count > 0 ? <b class="alarm">{text}</b> : <>{text}</>;
}

function slowestCard(flights: readonly FlightReport[], traceUrl: string | null, now: number): Markup | null {
  // Steps say nothing that their executions do not say.
  const executions = flights.filter(({ of }) => of === 'execution');
  const shown = executions.length > 0 ? executions : flights;
  if (shown.length === 0) return null;
  return (
    <section class="card" aria-label="In flight longest">
      <header>
        <h2>In flight longest</h2>
        <p>the overdue first</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Execution</th>
            <th scope="col">Step</th>
            <th scope="col">Began</th>
            <th scope="col">Deadline</th>
            <th scope="col">Attempt</th>
            <th scope="col">Trace</th>
          </tr>
        </thead>
        <tbody>{shown.map((flight) => flightRow(flight, traceUrl, now))}</tbody>
      </table>
    </section>
  );
}

function flightRow(flight: FlightReport, traceUrl: string | null, now: number): Markup {
  const began = flight.startedAt ?? flight.queuedAt;
  return (
    <tr>
      <th scope="row">
        <code>{flight.execution}</code>
      </th>
      <td data-label="Step">
        {flight.step ?? '–'}
        {flight.stepSince === null ? null : <>, {when(flight.stepSince, now)}</>}
      </td>
      <td data-label="Began">
        {began === null ? '–' : when(began, now)}
        {flight.startedAt === null ? ' (queued)' : null}
      </td>
      <td data-label="Deadline">
        {flight.deadline === null ? '–' : when(flight.deadline, now)}
        {flight.overdue ? (
          <>
            {' '}
            <b class="alarm">overdue</b>
          </>
        ) : null}
      </td>
      <td data-label="Attempt">{String(flight.attempt)}</td>
      <td data-label="Trace">{traceOf(flight.traceId, traceUrl)}</td>
    </tr>
  );
}
