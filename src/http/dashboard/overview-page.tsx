import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import type { RecentCounts, SloReport, WorkflowActivity } from '../../core/ports/queries.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import { isAskedFor } from '../../core/ports/slo-filter.ts';
import { labelsText } from '../../core/slo/labels.ts';
import { formatCount } from '../../core/words/figures.ts';
import { outsideLink } from './format.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';
import { openIncidentsCard } from './open-incidents-card.tsx';
import type { OverviewChoice } from './overview-choice.ts';
import { GROUPS, WHOLE, overviewPath } from './overview-choice.ts';
import { isHealthy, sloTable } from './slo-rows.tsx';

export interface Overview {
  readonly slos: readonly SloReport[];
  readonly shown: ShownSlos;
  readonly inFlight: readonly WorkflowActivity[];
  readonly recent: ReadonlyMap<string, RecentCounts>;
  readonly choice: OverviewChoice;
  readonly base: string;
  /** Where producers reach the service. */
  readonly origin: string;
}

/** The SLOs that are asked for, those that need people first, and those of them that the page has rows for. */
export interface ShownSlos {
  readonly rows: readonly SloReport[];
  readonly chosen: readonly SloReport[];
}

/** A page with more rows is slow to read, for people and browsers alike. */
const ROWS = 200;
/** On a screen on the wall no one scrolls. */
const TV_ROWS = 24;
/** More owners than this are typed, not chosen from a list. */
const MAX_OWNERS = 200;

/** The body of the overview: totals, open incidents, then SLOs, those that need people first. */
export function overviewPage(overview: Overview): Markup {
  const { slos, shown, choice, base } = overview;
  const isTv = choice.view === 'tv';
  const healthy = shown.rows.filter(isHealthy).length;
  return (
    <>
      <div class={isTv ? 'heading tv' : 'heading'}>
        <h1>Error budgets</h1>
        {totals(slos, choice, base)}
      </div>
      {slos.length === 0 || isTv ? null : filterForm(slos, choice, base)}
      {openIncidentsCard(shown.chosen, base)}
      {slos.length > 0 && shown.chosen.length === 0 ? (
        <p class="empty">
          No SLO matches. <a href={`${base}/`}>Show all</a>
        </p>
      ) : null}
      {healthy === 0 || isTv ? null : (
        <p class="fold">
          <input type="checkbox" id="show-healthy" />{' '}
          <label for="show-healthy">Show the {formatCount(healthy)} healthy</label>
        </p>
      )}
      {pages(shown, choice, base, 'Parts of the list')}
      {grouped(shown.rows, choice.group).map((group) => groupCard(group, overview))}
      {pages(shown, choice, base, 'Parts of the list, at its end')}
      {slos.every(({ sli }) => sli.total === 0) ? firstSteps(slos[0], overview.origin) : null}
    </>
  );
}

export function shownSlos(slos: readonly SloReport[], choice: OverviewChoice): ShownSlos {
  const chosen = slos.filter((slo) => isAskedFor(slo, choice)).toSorted(byAttention);
  if (choice.view === 'tv') return { chosen, rows: chosen.slice(0, TV_ROWS) };
  const from = (choice.page - 1) * ROWS;
  return { chosen, rows: chosen.slice(from, from + ROWS) };
}

/** An open page comes first, whatever the budget; then what is left of it. */
export function byAttention(one: SloReport, other: SloReport): number {
  return (
    ALERT_LEVELS.indexOf(one.alert) - ALERT_LEVELS.indexOf(other.alert) ||
    BUDGET_STATES.indexOf(one.budget.state) - BUDGET_STATES.indexOf(other.budget.state) ||
    DATA_STATES.indexOf(one.data) - DATA_STATES.indexOf(other.data) ||
    (one.budget.remainingRatio ?? 1) - (other.budget.remainingRatio ?? 1)
  );
}

/** SLOs that stand together, and by what. */
interface Group {
  readonly by: OverviewChoice['group'];
  readonly slos: readonly SloReport[];
}

function grouped(slos: readonly SloReport[], by: OverviewChoice['group']): readonly Group[] {
  const groups = new Map<string, SloReport[]>();
  for (const slo of slos) {
    const name = by === 'none' ? '' : slo[by];
    const group = groups.get(name);
    if (group) group.push(slo);
    else groups.set(name, [slo]);
  }
  return [...groups.values()].map((group) => ({ by, slos: group }));
}

type StateFilter = 'alert' | 'budget' | 'data';

interface Total {
  readonly name: StateFilter;
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

function totals(slos: readonly SloReport[], choice: OverviewChoice, base: string): Markup {
  const shown = TOTALS.flatMap((total) => {
    const filter = { ...WHOLE, [total.name]: total.value };
    const number = slos.reduce((count, slo) => count + (isAskedFor(slo, filter) ? 1 : 0), 0);
    return number === 0 ? [] : [{ ...total, number }];
  });
  const { group, view } = choice;
  const all = choice.alert === null && choice.budget === null && choice.data === null;
  return (
    <ul class="totals" aria-label="SLOs by alert, budget and data">
      <li>
        <a href={overviewPath(base, { ...WHOLE, group, view })} aria-current={current(all)}>
          <b>{formatCount(slos.length)}</b> {slos.length === 1 ? 'SLO' : 'SLOs'}
        </a>
      </li>
      {slos.length > 0 && shown[0]?.name !== 'alert' ? <li class="calm">no open alert</li> : null}{' '}
      {shown.map(({ name, value, one, many, number }) => (
        <li>
          <a
            class={name === 'data' ? `data-${value}` : value}
            href={overviewPath(base, { ...WHOLE, group, view, [name]: value })}
            aria-current={current(choice[name] === value)}
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

const CHOICES: Readonly<Record<StateFilter, readonly [label: string, values: readonly string[]]>> = {
  alert: ['Severity', ALERT_LEVELS],
  budget: ['Budget', BUDGET_STATES],
  data: ['Data', DATA_STATES],
};

function filterForm(slos: readonly SloReport[], choice: OverviewChoice, base: string): Markup {
  const owners = [...new Set(slos.map(({ owner }) => owner))].toSorted();
  const all = (value: string): readonly [string, string] => ['', value];
  return (
    <form class="filter" action={`${base}/`} role="search">
      <label for="q">Workflow, SLO or owner</label>{' '}
      <input id="q" name="q" type="search" value={choice.text} maxlength="128" autocomplete="off" />{' '}
      {owners.length > MAX_OWNERS
        ? hidden('owner', choice.owner)
        : select('owner', 'Owner', [all('any'), ...owners.map(same)], choice.owner)}
      {(Object.keys(CHOICES) as StateFilter[]).map((name) =>
        select(name, CHOICES[name][0], [all('any'), ...CHOICES[name][1].map(same)], choice[name]),
      )}
      {slos.some(({ labels }) => labels) || Object.keys(choice.labels).length > 0 ? (
        <span class="choice">
          <label for="choose-label">Label</label>{' '}
          <input
            id="choose-label"
            name="label"
            value={labelsText(choice.labels)}
            placeholder="tier=gold"
            maxlength="200"
            autocomplete="off"
          />
        </span>
      ) : null}
      {select('group', 'Group by', GROUPS.map(same), choice.group)}
      {hidden('workflow', choice.workflow)}
      <button>Filter</button>{' '}
      <a href={overviewPath(base, { ...choice, view: 'tv', page: 1 })}>For a screen on the wall</a>
    </form>
  );
}

function same(value: string): readonly [string, string] {
  return [value, value];
}

function hidden(name: string, value: string | null): Child {
  return value === null ? null : <input type="hidden" name={name} value={value} />;
}

function select(
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string | null,
): Markup {
  return (
    <span class="choice">
      <label for={`choose-${name}`}>{label}</label>{' '}
      <select id={`choose-${name}`} name={name}>
        {options.map(([value, text]) => (
          <option value={value} selected={value === (chosen ?? '')}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Where in the list a page is, with the way to the others; nothing when it is all of it. */
function pages(
  { rows, chosen }: ShownSlos,
  choice: OverviewChoice,
  base: string,
  label: string,
): Markup | null {
  if (rows.length === chosen.length) return null;
  const first = (choice.page - 1) * ROWS + 1;
  const to = (page: number) => overviewPath(base, { ...choice, page });
  return (
    <nav class="note" aria-label={label}>
      {rows.length === 0 ? 'None' : `${formatCount(first)} to ${formatCount(first + rows.length - 1)}`} of{' '}
      {formatCount(chosen.length)}, those that need attention most first.{' '}
      {choice.view === 'page' && choice.page > 1 ? <a href={to(choice.page - 1)}>Previous</a> : null}{' '}
      {choice.view === 'page' && first + ROWS <= chosen.length ? (
        <a href={to(choice.page + 1)}>Next</a>
      ) : null}
    </nav>
  );
}

function groupCard({ by, slos }: Group, { inFlight, recent, base, choice }: Overview): Markup {
  const { workflow, owner } = slos[0]!;
  const name = by === 'none' ? 'all' : slos[0]![by];
  return (
    <section
      class={slos.every(isHealthy) ? 'card healthy' : 'card'}
      id={`${by}:${name}`}
      aria-label={by === 'workflow' ? `Workflow ${workflow}` : by === 'owner' ? `Owner ${owner}` : 'SLOs'}
    >
      {by === 'workflow' ? workflowHeader(slos, inFlight, base) : null}
      {by === 'owner' ? (
        <header>
          <h2>
            <a href={overviewPath(base, { ...choice, owner, page: 1 })}>{owner}</a>
          </h2>
          <p>
            {formatCount(slos.length)} {slos.length === 1 ? 'SLO' : 'SLOs'}
          </p>
        </header>
      ) : null}
      {by === 'none' ? (
        <header>
          <h2>SLOs</h2>
          <p>those that need attention most first</p>
        </header>
      ) : null}
      {sloTable(slos, recent, by !== 'workflow', base)}
    </section>
  );
}

function workflowHeader(
  slos: readonly SloReport[],
  inFlight: readonly WorkflowActivity[],
  base: string,
): Markup {
  const { workflow, owner } = slos[0]!;
  const flight = inFlight.find((entry) => entry.workflow === workflow);
  return (
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
