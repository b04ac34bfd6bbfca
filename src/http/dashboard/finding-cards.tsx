import type { FailureChange } from '../../core/alerting/failure-changes.ts';
import type { MissedRun } from '../../core/alerting/notification.ts';
import type { RouteReport, RouteTarget, SloFindings } from '../../core/ports/slo-findings.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { formatCount, formatPercent, formatSpan } from '../../core/words/figures.ts';
import { percent, timestamp, traceOf, when } from './format.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** Of each side, those that fail most. */
const SHOWN = 6;

/** What fails now against what usually does; nothing when nothing failed. */
export function changeCard(changes: readonly FailureChange[]): Markup | null {
  if (changes.length === 0) return null;
  const sides = new Map<string, FailureChange[]>();
  for (const change of changes) {
    const side = change.attribute ?? change.by;
    sides.set(side, [...(sides.get(side) ?? []), change]);
  }
  const isKnown = changes.some(({ usual }) => usual !== null);
  return (
    <section class="card" aria-label="Failures against usual">
      <header>
        <h2>Against usual</h2>
        <p>
          {isKnown
            ? 'what failed in the last hour, and how much of it does in as long a time of the day before'
            : 'what failed in the last hour; what usually does is known after an hour more'}
        </p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">By</th>
            <th scope="col">Failed now</th>
            <th scope="col">Usual</th>
            <th scope="col">Share now</th>
            <th scope="col">Usual share</th>
            <th scope="col">Ratio</th>
          </tr>
        </thead>
        <tbody>
          {[...sides].map(([side, of]) => of.slice(0, SHOWN).map((change) => changeRow(side, change)))}
        </tbody>
      </table>
    </section>
  );
}

function changeRow(side: string, change: FailureChange): Markup {
  const { value, failed, share, usual, usualShare, unusual } = change;
  return (
    <tr>
      <th scope="row">
        {value ?? <i>not said</i>}
        {unusual ? <small class="alarm">far more than usual</small> : null}
      </th>
      <td data-label="By">{side}</td>
      <td data-label="Failed now">{formatCount(failed)}</td>
      <td data-label="Usual">{usual === null ? '–' : formatCount(usual)}</td>
      <td data-label="Share now">{percent(share)}</td>
      <td data-label="Usual share">{usualShare === null ? '–' : percent(usualShare)}</td>
      <td data-label="Ratio">{ratioText(change)}</td>
    </tr>
  );
}

function ratioText({ times, usual }: FailureChange): string {
  if (usual === 0) return 'new';
  if (times === null) return '–';
  return `${formatCount(times)}×`;
}

/** The run of a schedule that was missed last. */
export function missedRunCard(run: MissedRun | null, now: number): Markup | null {
  if (!run) return null;
  const { tick, missed, started, startBy, finishBy } = run;
  return (
    <section class="card" aria-label="Last missed run">
      <header>
        <h2>Last missed run</h2>
        <p>within the window</p>
      </header>
      <p>
        The run of {timestamp(tick)} ({when(tick, now)}){' '}
        {missed === 'start' && startBy !== null ? (
          <>was to start by {timestamp(startBy)}</>
        ) : (
          <>was to succeed by {timestamp(finishBy)}</>
        )}
        {' and did not'}
        {started === null ? null : started ? '; something did start for it' : '; nothing started for it'}.
      </p>
    </section>
  );
}

/** What is in flight past its deadline. */
export function stuckCard(stuck: SloFindings['stuck'], traceUrl: string | null, now: number): Markup | null {
  if (stuck.length === 0) return null;
  return (
    <section class="card" aria-label="Stuck executions">
      <header>
        <h2>Stuck</h2>
        <p>in flight past a deadline, those there longest</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Execution</th>
            <th scope="col">Step</th>
            <th scope="col">Began</th>
            <th scope="col">Deadline</th>
            <th scope="col">Trace</th>
          </tr>
        </thead>
        <tbody>
          {stuck.map(({ execution, step, startedAt, queuedAt, deadline, traceId }) => {
            const began = startedAt ?? queuedAt;
            return (
              <tr>
                <th scope="row">
                  <code>{execution}</code>
                </th>
                <td data-label="Step">{step ?? '–'}</td>
                <td data-label="Began">{began === null ? '–' : when(began, now)}</td>
                <td data-label="Deadline">{deadline === null ? '–' : when(deadline, now)}</td>
                <td data-label="Trace">{traceOf(traceId, traceUrl)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Every target that may be notified of an SLO. */
export function routeTargets({ page, ticket, fallback, escalation }: RouteReport): readonly RouteTarget[] {
  return [...page, ...escalation.flatMap(({ to }) => to), ...ticket, ...fallback];
}

/** Who is notified, with a button beside each that sends a test for who may do that. */
export function routeCard(
  { id, route }: Pick<SloFindings, 'route'> & { readonly id: string },
  mayTest: boolean,
  base: string,
): Markup {
  const { page, ticket, fallback, escalation } = route;
  const shown = (targets: readonly RouteTarget[]): Child => {
    if (targets.length === 0) return <b class="alarm">no one</b>;
    if (!mayTest) return targets.map(targetText).join(', ');
    return targets.map((target) => testForm(target, id, base));
  };
  const row = (name: Child, targets: readonly RouteTarget[]): Markup => (
    <tr>
      <th scope="row">{name}</th>
      <td data-label="Targets">{shown(targets)}</td>
    </tr>
  );
  return (
    <section class="card" aria-label="Who is notified">
      <header>
        <h2>Who is notified</h2>
        <p>the targets of the alert policy, else of the team</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col">Targets</th>
          </tr>
        </thead>
        <tbody>
          {row('a page', page)}
          {escalation.map(({ after, to }) => row(`a page unacknowledged for ${formatDuration(after)}`, to))}
          {row('a ticket', ticket)}
          {fallback.length === 0 ? null : row('what one of those refuses', fallback)}
        </tbody>
      </table>
    </section>
  );
}

function testForm(target: RouteTarget, slo: string, base: string): Markup {
  const { name, kind } = target;
  // What is not defined cannot be sent anything.
  if (kind === null) return <div>{targetText(target)}</div>;
  return (
    <form class="filter" method="post" action={`${base}/targets/${encodeURIComponent(name)}/test`}>
      <span>{targetText(target)}</span>
      <input type="hidden" name="slo" value={slo} />
      <button aria-label={`Send a test to ${name}`}>Send a test</button>
    </form>
  );
}

function targetText({ name, kind }: RouteTarget): string {
  return kind === null ? `${name} (not defined)` : `${name} (${kind})`;
}

/** How soon it alerts at which error rate. */
export function detectionCard({ detections }: Pick<SloFindings, 'detections'>): Markup | null {
  if (detections.length === 0) return null;
  return (
    <section class="card" aria-label="Time to alert">
      <header>
        <h2>Time to alert</h2>
        <p>when it begins to fail from one moment to the next, at the traffic that its file expects</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Failing</th>
            <th scope="col">First noticed by</th>
            <th scope="col">After</th>
            <th scope="col">Pages by</th>
            <th scope="col">After</th>
            <th scope="col">Budget spent by then</th>
          </tr>
        </thead>
        <tbody>
          {detections.map(({ label, first, page, budgetSpent }) => (
            <tr>
              <th scope="row">{label}</th>
              <td data-label="Noticed by">{first ? `${first.tier} (${first.severity})` : 'never'}</td>
              <td data-label="After">{first ? formatSpan(first.after) : '–'}</td>
              <td data-label="Pages by">{page ? page.tier : 'never'}</td>
              <td data-label="After">{page ? formatSpan(page.after) : '–'}</td>
              <td data-label="Budget spent">{budgetSpent === null ? '–' : formatPercent(budgetSpent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What it is, in YAML, for who opens it. */
export function definitionCard({
  definition,
  source,
}: Pick<SloFindings, 'definition' | 'source'>): Markup | null {
  if (definition === null) return null;
  return (
    <section class="card" aria-label="Definition">
      <header>
        <h2>Definition</h2>
        <p>
          written in <code>{source}</code>; as OpenSLO, the way <code>burnwatch export</code> writes it
        </p>
      </header>
      <details>
        <summary>The YAML</summary>
        <pre tabindex="0">{definition}</pre>
      </details>
    </section>
  );
}
