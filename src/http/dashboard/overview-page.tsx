import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import type { OpenIncident, SloFilter, SloReport, WorkflowActivity } from '../../core/ports/queries.ts';
import { ALERT_LEVELS, DATA_STATES, isAskedFor } from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';
import {
  alertBadge,
  budgetBadge,
  budgetBar,
  budgetLeft,
  burnRateText,
  goodRatio,
  outsideLink,
  percent,
  when,
} from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

export interface Overview {
  readonly slos: readonly SloReport[];
  readonly shown: ShownSlos;
  readonly inFlight: readonly WorkflowActivity[];
  /** Only SLOs with this text in their id or owner, and that are asked for. */
  readonly filter: SloFilter & { readonly text: string };
  readonly base: string;
  /** Where producers reach the service. */
  readonly origin: string;
}

/** The SLOs that a page has rows for, those that need people first, of all that are asked for. */
export interface ShownSlos {
  readonly rows: readonly SloReport[];
  readonly of: number;
}

const NO_FILTER: SloFilter = { alert: null, budget: null, data: null };

/** A page with more rows is slow to read, for people and browsers alike. */
const MAX_ROWS = 200;

/** The body of the overview: totals, then every workflow with its SLOs, those that need people first. */
export function overviewPage(overview: Overview): Markup {
  const { slos, shown, filter, base } = overview;
  return (
    <>
      <div class="heading">
        <h1>Error budgets</h1>
        {totals(slos, filter, base)}
      </div>
      {slos.length === 0 ? null : filterForm(filter, base)}
      {slos.length > 0 && shown.of === 0 ? (
        <p class="empty">
          No SLO matches. <a href={`${base}/`}>Show all</a>
        </p>
      ) : null}
      {shown.of > MAX_ROWS ? (
        <p class="note">
          The {MAX_ROWS} of {formatCount(shown.of)} that need attention most.
        </p>
      ) : null}
      {byWorkflow(shown.rows).map((group) => workflowCard(group, overview))}
      {slos.every(({ sli }) => sli.total === 0) ? firstSteps(slos[0], overview.origin) : null}
    </>
  );
}

export function shownSlos(slos: readonly SloReport[], filter: Overview['filter']): ShownSlos {
  const wanted = slos.filter((slo) => matches(slo, filter)).toSorted(byAttention);
  return { rows: wanted.slice(0, MAX_ROWS), of: wanted.length };
}

function matches(slo: SloReport, filter: Overview['filter']): boolean {
  const text = filter.text.toLowerCase();
  const inText = slo.id.toLowerCase().includes(text) || slo.owner.toLowerCase().includes(text);
  return inText && isAskedFor(slo, filter);
}

/** An open page comes first, whatever the budget; then what is left of it. */
function byAttention(one: SloReport, other: SloReport): number {
  return (
    ALERT_LEVELS.indexOf(one.alert) - ALERT_LEVELS.indexOf(other.alert) ||
    BUDGET_STATES.indexOf(one.budget.state) - BUDGET_STATES.indexOf(other.budget.state) ||
    DATA_STATES.indexOf(one.data) - DATA_STATES.indexOf(other.data) ||
    (one.budget.remainingRatio ?? 1) - (other.budget.remainingRatio ?? 1)
  );
}

function byWorkflow(slos: readonly SloReport[]): SloReport[][] {
  const groups = new Map<string, SloReport[]>();
  for (const slo of slos) {
    const group = groups.get(slo.workflow);
    if (group) group.push(slo);
    else groups.set(slo.workflow, [slo]);
  }
  return [...groups.values()];
}

interface Total {
  readonly name: keyof SloFilter;
  readonly value: string;
  readonly one: string;
  readonly many: string;
}

const TOTALS: readonly Total[] = [
  { name: 'alert', value: 'page', one: 'page', many: 'pages' },
  { name: 'alert', value: 'ticket', one: 'ticket', many: 'tickets' },
  { name: 'budget', value: 'exhausted', one: 'budget exhausted', many: 'budgets exhausted' },
  { name: 'budget', value: 'low', one: 'budget low', many: 'budgets low' },
  { name: 'data', value: 'none', one: 'without data', many: 'without data' },
  { name: 'data', value: 'warming-up', one: 'warming up', many: 'warming up' },
];

function totals(slos: readonly SloReport[], filter: Overview['filter'], base: string): Markup {
  const shown = TOTALS.flatMap((total) => {
    const number = slos.filter((slo) => isAskedFor(slo, { ...NO_FILTER, [total.name]: total.value })).length;
    return number === 0 ? [] : [{ ...total, number }];
  });
  const all = filter.alert === null && filter.budget === null && filter.data === null;
  return (
    <ul class="totals" aria-label="SLOs by alert, budget and data">
      <li>
        <a href={`${base}/`} aria-current={current(all)}>
          <b>{formatCount(slos.length)}</b> {slos.length === 1 ? 'SLO' : 'SLOs'}
        </a>
      </li>
      {slos.length > 0 && shown[0]?.name !== 'alert' ? <li class="calm">no open alert</li> : null}{' '}
      {shown.map(({ name, value, one, many, number }) => (
        <li>
          <a
            class={name === 'data' ? `data-${value}` : value}
            href={`${base}/?${name}=${value}`}
            aria-current={current(filter[name] === value)}
          >
            <span class="dot" aria-hidden="true"></span>
            <b>{formatCount(number)}</b> {number === 1 ? one : many}
          </a>
        </li>
      ))}
    </ul>
  );
}

function current(is: boolean): 'true' | null {
  return is ? 'true' : null;
}

function filterForm({ text, ...chosen }: Overview['filter'], base: string): Markup {
  return (
    <form class="filter" action={`${base}/`} role="search">
      <label for="q">Workflow, SLO or owner</label>{' '}
      <input id="q" name="q" type="search" value={text} maxlength="128" autocomplete="off" />{' '}
      {Object.entries(chosen).map(([name, value]) =>
        value === null ? null : <input type="hidden" name={name} value={value} />,
      )}{' '}
      <button>Filter</button>
    </form>
  );
}

function workflowCard(slos: readonly SloReport[], { inFlight, base }: Overview): Markup {
  const { workflow, owner } = slos[0]!;
  const flight = inFlight.find((entry) => entry.workflow === workflow);
  return (
    <section class="card" id={`workflow:${workflow}`} aria-label={`Workflow ${workflow}`}>
      <header>
        <h2>
          <a href={`${base}/workflows/${encodeURIComponent(workflow)}`}>{workflow}</a>
        </h2>
        <p>
          owned by <b>{owner}</b>
          {flight ? (
            <>
              {' '}
              · {formatCount(flight.running)} in flight
              {flight.overdue > 0 ? (
                <>
                  , <b class="alarm">{formatCount(flight.overdue)} overdue</b>
                </>
              ) : null}
              {uncounted(flight)}
            </>
          ) : null}
        </p>
        {runbook(slos)}
      </header>
      <table class="slos">
        <thead>
          <tr>
            <th scope="col">SLO</th>
            <th scope="col">Alert</th>
            <th scope="col">Good</th>
            <th scope="col">Budget left</th>
            <th scope="col">Burn rate</th>
          </tr>
        </thead>
        <tbody>{slos.map((slo) => sloRow(slo, base))}</tbody>
      </table>
    </section>
  );
}

/** What was reported and does not count, for want of something that only its producer can send. */
function uncounted({ waiting, conflicts }: WorkflowActivity): Markup {
  const ends = waiting === 1 ? 'end waits for its start' : 'ends wait for their start';
  const clashes = conflicts === 1 ? 'conflict' : 'conflicts';
  return (
    <>
      {waiting > 0 ? (
        <>
          ,{' '}
          <b class="alarm">
            {formatCount(waiting)} {ends}
          </b>
        </>
      ) : null}
      {conflicts > 0 ? (
        <>
          ,{' '}
          <b class="alarm">
            {formatCount(conflicts)} {clashes} in the last hour
          </b>{' '}
          (send <code>attempt</code>)
        </>
      ) : null}
    </>
  );
}

function runbook(slos: readonly SloReport[]): Markup | null {
  return outsideLink(slos.find((slo) => slo.runbook !== null)?.runbook ?? null, 'Runbook');
}

function sloRow(slo: SloReport, base: string): Markup {
  const { sli, budget } = slo;
  const now = slo.dataThrough;
  return (
    <tr id={`slo:${slo.id}`}>
      <th scope="row">
        <a href={`${base}${sloPath(slo)}`}>{slo.name}</a>
        {slo.description === null ? null : <small>{slo.description}</small>}
      </th>
      <td data-label="Alert">
        {alertBadge(slo.alert)}
        {slo.incident ? (
          <>
            <small>failing since {when(slo.incident.began, now)}</small>
            {slo.incident.acknowledged ? <small>acknowledged by {slo.incident.acknowledged.by}</small> : null}
            {unheard(slo.incident)}
          </>
        ) : null}
        {slo.budgetPolicy?.deploys === 'frozen' ? <small class="alarm">deploys frozen</small> : null}
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
      <td data-label="Burn rate">
        <ul class="rates">
          {Object.entries(slo.burnRates).map(([window, rate]) => (
            <li class={rate !== null && rate >= 1 ? 'fast' : null}>
              <small>{window}</small> {burnRateText(rate)}
            </li>
          ))}
        </ul>
      </td>
    </tr>
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

function firstSteps(slo: SloReport | undefined, origin: string): Markup {
  if (!slo) {
    return (
      <section class="empty">
        <h2>No SLO is loaded yet</h2>
        <p>
          Write one in a YAML file in the SLO folder. It takes effect as soon as it is saved;{' '}
          <code>burnwatch check</code> says what is wrong with it.
        </p>
      </section>
    );
  }
  const outcome = JSON.stringify({
    workflow: slo.workflow,
    execution: 'first-1',
    status: 'succeeded',
    durationMs: 1200,
  });
  return (
    <section class="empty">
      <h2>Waiting for the first outcome</h2>
      <p>Report what happened to an execution:</p>
      <pre tabindex="0">
        {`curl ${origin}/v1/outcomes -H 'Content-Type: application/json' \\\n  -d '${outcome}'`}
      </pre>
    </section>
  );
}
