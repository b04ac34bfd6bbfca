import type {
  DependencyDetail,
  DependencyReport,
  DependencyWorkflow,
  Ratio,
} from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';
import { budgetLeft, goodRatio, outsideLink, percent, when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

const MAX_ROWS = 50;

/** What was promised of what workflows call, and what comes of it; nothing when nothing was promised. */
export function dependencyCard(dependencies: readonly DependencyReport[], base: string): Markup | null {
  if (dependencies.length === 0) return null;
  const shown = dependencies.toSorted(byAttention).slice(0, MAX_ROWS);
  return (
    <section class="card" aria-label="Dependencies">
      <header>
        <h2>Dependencies</h2>
        <p>calls of all workflows that succeeded, against what was promised for the month</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Dependency</th>
            <th scope="col">Promised</th>
            <th scope="col">This month</th>
            <th scope="col">Today</th>
            <th scope="col">Last hour</th>
            <th scope="col">Called by</th>
          </tr>
        </thead>
        <tbody>{shown.map((dependency) => dependencyRow(dependency, base))}</tbody>
      </table>
      {dependencies.length > MAX_ROWS ? (
        <p class="note">
          The {MAX_ROWS} of {formatCount(dependencies.length)} that need attention most.
        </p>
      ) : null}
    </section>
  );
}

function byAttention(one: DependencyReport, other: DependencyReport): number {
  const rank = ({ burning, promise }: DependencyReport) => (burning ? 0 : promise === 'broken' ? 1 : 2);
  return rank(one) - rank(other) || (one.budget.remainingRatio ?? 1) - (other.budget.remainingRatio ?? 1);
}

function dependencyRow(dependency: DependencyReport, base: string): Markup {
  const { name, owner, status, sla, month, today, lastHour, workflows } = dependency;
  const link = outsideLink(status, 'status page');
  return (
    <tr>
      <th scope="row">
        <a href={`${base}/dependencies/${encodeURIComponent(name)}`}>{name}</a>
        {owner === null && !link ? null : (
          <small>
            {owner}
            {owner !== null && link ? ' · ' : null}
            {link}
          </small>
        )}
      </th>
      <td data-label="Promised">{percent(sla, 9)}</td>
      <td data-label="This month">
        {observed(month, sla)}
        {promiseNote(dependency)}
      </td>
      <td data-label="Today">{observed(today, sla)}</td>
      <td data-label="Last hour">
        {observed(lastHour, sla)} {dependency.burning ? <small class="alarm">burning</small> : null}
      </td>
      <td data-label="Called by">{callers(workflows.length)}</td>
    </tr>
  );
}

function callers(count: number): string {
  return count === 0 ? 'no calls yet' : `${formatCount(count)} ${count === 1 ? 'workflow' : 'workflows'}`;
}

function observed(ratio: Ratio, sla: number): Markup {
  const text = goodRatio(ratio.ratio, sla);
  return ratio.ratio !== null && ratio.ratio < sla ? <b class="alarm">{text}</b> : <>{text}</>;
}

function promiseNote({ promise, complete }: DependencyReport): Markup {
  return (
    <>
      {promise === 'broken' ? <small class="alarm">promise broken</small> : null}
      {complete ? null : <small class="alarm">not all could be read</small>}
    </>
  );
}

/** The body of the page of one dependency: its promise, who calls it, and which of their calls failed. */
export function dependencyPage(dependency: DependencyDetail, base: string): Markup {
  const { name, owner, status, sla, at, month, today, lastHour, budget, promise, burning } = dependency;
  const link = outsideLink(status, 'Status page');
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / Dependencies
        </nav>
        <h1>{name}</h1>
        <p class="meta">
          {owner === null ? null : (
            <>
              answered for by <b>{owner}</b>
            </>
          )}
          {owner !== null && link ? ' · ' : null}
          {link}
        </p>
      </div>
      <section class="card" aria-label="Promise">
        <header>
          <h2>
            {promise === null ? (
              'No calls this month'
            ) : promise === 'kept' ? (
              'The promise is kept so far'
            ) : (
              <span class="alarm">The promise is broken</span>
            )}
            {burning ? (
              <>
                , <span class="alarm">and it burns now</span>
              </>
            ) : null}
          </h2>
          <p>
            the month since {when(month.from, at)}, counted since {when(dependency.countedSince, at)}
          </p>
        </header>
        <dl class="numbers">
          {number('Promised', percent(sla, 9))}
          {number('This month', observed(month, sla))}
          {number('Today (UTC)', observed(today, sla))}
          {number('Last hour', observed(lastHour, sla))}
          {number('Calls this month', formatCount(month.total))}
          {number('Failed', formatCount(month.bad))}
          {number('May fail of those', formatCount(budget.allowed))}
          {number('Left of that', budgetLeft(budget, month))}
        </dl>
        {dependency.complete ? null : <p class="alarm">The calls of some workflows cannot be read now.</p>}
      </section>
      {callerCard(dependency, base)}
      {failureTable(dependency)}
      {lastFailedTable(dependency)}
    </>
  );
}

function number(term: string, value: Markup | string): Markup {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function callerCard({ workflows, sla }: DependencyDetail, base: string): Markup | null {
  if (workflows.length === 0) return null;
  const row = ({ workflow, month, lastHour }: DependencyWorkflow) => (
    <tr>
      <th scope="row">
        <a href={`${base}/workflows/${encodeURIComponent(workflow)}`}>{workflow}</a>
      </th>
      <td data-label="Calls this month">{formatCount(month.total)}</td>
      <td data-label="This month">{observed(month, sla)}</td>
      <td data-label="Last hour">{observed(lastHour, sla)}</td>
    </tr>
  );
  return (
    <section class="card" aria-label="Workflows that call it">
      <header>
        <h2>Called by</h2>
        <p>where only one fails, what is wrong may lie in between</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Workflow</th>
            <th scope="col">Calls this month</th>
            <th scope="col">This month</th>
            <th scope="col">Last hour</th>
          </tr>
        </thead>
        <tbody>{workflows.slice(0, MAX_ROWS).map(row)}</tbody>
      </table>
    </section>
  );
}

function failureTable({ failures }: DependencyDetail): Markup | null {
  if (failures.length === 0) return null;
  return (
    <section class="card" aria-label="Failed calls">
      <header>
        <h2>Failed calls</h2>
        <p>of the last hour, by workflow, step and error</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Workflow</th>
            <th scope="col">Step</th>
            <th scope="col">Error</th>
            <th scope="col">Calls</th>
          </tr>
        </thead>
        <tbody>
          {failures.map(({ workflow, step, error, count }) => (
            <tr>
              <th scope="row">{workflow}</th>
              <td data-label="Step">{step ?? '–'}</td>
              <td data-label="Error">{error ?? '–'}</td>
              <td data-label="Calls">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function lastFailedTable({ lastFailed, at }: DependencyDetail): Markup | null {
  if (lastFailed.length === 0) return null;
  return (
    <section class="card" aria-label="Last failed calls">
      <header>
        <h2>Last failed calls</h2>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Execution</th>
            <th scope="col">Workflow</th>
            <th scope="col">When</th>
            <th scope="col">Step</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {lastFailed.map((failed) => (
            <tr>
              <th scope="row">
                <code>{failed.execution}</code>
              </th>
              <td data-label="Workflow">{failed.workflow}</td>
              <td data-label="When">{when(failed.at, at)}</td>
              <td data-label="Step">{failed.step ?? '–'}</td>
              <td data-label="Error">{failed.error ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
