import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import type { RecentCounts, SloReport, WorkflowActivity } from '../../core/ports/queries.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import { labelsText } from '../../core/slo/labels.ts';
import { formatCount } from '../../core/words/figures.ts';
import { outsideLink } from './format.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';
import { inTurns } from './in-turns.ts';
import { openIncidentsCard } from './open-incidents-card.tsx';
import type { OverviewChoice } from './overview-choice.ts';
import { GROUPS, WHOLE, overviewPath } from './overview-choice.ts';
import { isHealthy, sloRow, sloTable } from './slo-rows.tsx';
import type { Survey } from './survey.ts';
import { chosenOf } from './survey.ts';

export interface Overview {
  readonly slos: readonly SloReport[];
  readonly survey: Survey;
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

/** Rows drawn before others get a turn of the event loop (G2). */
const ROWS_AT_ONCE = 25;

/** The body of the overview: totals, open incidents, then SLOs, those that need people first. */
export async function overviewPage(overview: Overview): Promise<Markup> {
  const { slos, survey, shown, choice, base } = overview;
  const rows = await drawRows(overview);
  const isTv = choice.view === 'tv';
  const healthy = shown.rows.filter(isHealthy).length;
  return (
    <>
      <div class={isTv ? 'heading tv' : 'heading'}>
        <h1>Error budgets</h1>
        {totals(slos.length, survey, choice, base)}
      </div>
      {slos.length === 0 || isTv ? null : filterForm(survey, choice, base)}
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
      {grouped(shown.rows, choice.group).map((group) => groupCard(group, rows, overview))}
      {pages(shown, choice, base, 'Parts of the list, at its end')}
      {survey.hasOutcomes ? null : firstSteps(slos[0], overview.origin)}
    </>
  );
}

export async function shownSlos(survey: Survey, choice: OverviewChoice): Promise<ShownSlos> {
  const chosen = await chosenOf(survey.byAttention, choice);
  if (choice.view === 'tv') return { chosen, rows: chosen.slice(0, TV_ROWS) };
  const from = (choice.page - 1) * ROWS;
  return { chosen, rows: chosen.slice(from, from + ROWS) };
}

/** The rows of the page, a few in each turn. */
async function drawRows({ shown, recent, choice, base }: Overview): Promise<ReadonlyMap<SloReport, Markup>> {
  const drawn = new Map<SloReport, Markup>();
  await inTurns(shown.rows, ROWS_AT_ONCE, (slo) => {
    drawn.set(slo, sloRow(slo, recent.get(slo.id), choice.group !== 'workflow', base));
  });
  return drawn;
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
  /** How many are in that state. */
  readonly number: number | undefined;
  readonly one: string;
  readonly many: string;
}

function totalsOf({ alerts, budgets, data }: Survey): readonly Total[] {
  const exhausted = budgets.get('exhausted');
  return [
    { name: 'alert', value: 'page', number: alerts.get('page'), one: 'page', many: 'pages' },
    { name: 'alert', value: 'ticket', number: alerts.get('ticket'), one: 'ticket', many: 'tickets' },
    {
      name: 'budget',
      value: 'exhausted',
      number: exhausted,
      one: 'budget exhausted',
      many: 'budgets exhausted',
    },
    { name: 'budget', value: 'low', number: budgets.get('low'), one: 'budget low', many: 'budgets low' },
    { name: 'data', value: 'none', number: data.get('none'), one: 'without data', many: 'without data' },
    {
      name: 'data',
      value: 'warming-up',
      number: data.get('warming-up'),
      one: 'warming up',
      many: 'warming up',
    },
  ];
}

function totals(all: number, survey: Survey, choice: OverviewChoice, base: string): Markup {
  const shown = totalsOf(survey).filter(({ number }) => number !== undefined);
  const { group, view } = choice;
  const isAll = choice.alert === null && choice.budget === null && choice.data === null;
  return (
    <ul class="totals" aria-label="SLOs by alert, budget and data">
      <li>
        <a href={overviewPath(base, { ...WHOLE, group, view })} aria-current={current(isAll)}>
          <b>{formatCount(all)}</b> {all === 1 ? 'SLO' : 'SLOs'}
        </a>
      </li>
      {all > 0 && shown[0]?.name !== 'alert' ? <li class="calm">no open alert</li> : null}{' '}
      {shown.map(({ name, value, one, many, number }) => (
        <li>
          <a
            class={name === 'data' ? `data-${value}` : value}
            href={overviewPath(base, { ...WHOLE, group, view, [name]: value })}
            aria-current={current(choice[name] === value)}
          >
            <span class="dot" aria-hidden="true"></span>
            <b>{formatCount(number ?? 0)}</b> {number === 1 ? one : many}
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

function filterForm({ owners, hasLabels }: Survey, choice: OverviewChoice, base: string): Markup {
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
      {hasLabels || Object.keys(choice.labels).length > 0 ? (
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

function groupCard(
  { by, slos }: Group,
  rows: ReadonlyMap<SloReport, Markup>,
  { inFlight, base, choice }: Overview,
): Markup {
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
      {sloTable(slos.map((slo) => rows.get(slo)))}
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
