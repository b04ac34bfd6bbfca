import type { DefinitionChange } from '../../core/alerting/definition-history.ts';
import type { OpenIncident, Ratio, SloDetail, TierReport } from '../../core/ports/queries.ts';
import { adjustmentCard, memberCard, windowCard } from './budget-cards.tsx';
import type { DrawnCharts } from './chart-cards.tsx';
import { chartCard, tierBar } from './chart-cards.tsx';
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
  silenceMark,
  timestamp,
  withSigns,
  when,
} from './format.tsx';
import { breakdownCards, failureCard, lastFailedCard } from './failure-cards.tsx';
import {
  changeCard,
  definitionCard,
  detectionCard,
  missedRunCard,
  routeCard,
  stuckCard,
} from './finding-cards.tsx';
import { incidentPath } from './incident-list-page.tsx';
import { definitionChangeCard } from './definition-change-card.tsx';
import type { SnippetTarget } from './snippets.tsx';
import { snippetCard } from './snippets.tsx';
import { valueCard, wholeOfValue } from './value-cards.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** What came of what a viewer tried, with the status of the page that says so. */
export interface SloNotice {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

/** What the viewer of an SLO may do, and what came of it; null: nothing was tried. */
export interface SloVisitor {
  readonly mayTest: (slo: Pick<SloDetail, 'workflow' | 'owner'>) => boolean;
  readonly notice: SloNotice | null;
}

/** The title of its page: what is open first. */
export function sloTitle({ id, alert }: Pick<SloDetail, 'id' | 'alert'>): string {
  if (alert === 'none') return id;
  return `${alert === 'page' ? 'Page' : 'Ticket'}: ${id}`;
}

/** The body of the page of one SLO: its budget, what that is made of, its tiers, what failed and which executions did. */
export function sloPage(
  slo: SloDetail,
  visitor: SloVisitor,
  base: string,
  producers: Pick<SnippetTarget, 'url' | 'needsToken'>,
  charts: DrawnCharts | null,
  changes: readonly DefinitionChange[],
  traceUrl: string | null,
): Markup {
  const now = slo.dataThrough;
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> /{' '}
          <a href={`${base}/workflows/${encodeURIComponent(slo.workflow)}`}>{slo.workflow}</a>
        </nav>
        <h1>
          {slo.name} {alertBadge(slo.alert)}
        </h1>
        {slo.description === null ? null : <p class="lead">{slo.description}</p>}
        <p class="meta">
          owned by <b>{slo.owner}</b>
          {runbook(slo)}
          {' · defined in '}
          <code>{slo.source}</code>
          {wholeOfValue(slo, base)}
        </p>
      </div>
      {visitor.notice && noticeBanner(visitor.notice, sloPath(slo.id, base))}
      {slo.incident && incidentBanner(slo.incident, base, now)}
      {freezeBanner(slo)}
      {overrideBanner(slo)}
      {warningBanner(slo, now)}
      {slo.data === 'none' && slo.example
        ? snippetCard({ ...producers, fact: slo.example, slo: slo.name })
        : null}
      {budgetCard(slo, now)}
      {charts && chartCard(charts, sloPath(slo.id, base), sloPath(slo.id, base, 'charts'))}
      {windowCard(slo, now)}
      {memberCard(slo, base)}
      {valueCard(slo, base)}
      {tierCard(slo)}
      {adjustmentCard(slo, now)}
      {failureCard(slo.failures)}
      {changeCard(slo.changes)}
      {breakdownCards(slo.breakdown, slo.objective)}
      {missedRunCard(slo.missedRun, now)}
      {stuckCard(slo.stuck, traceUrl, now)}
      {lastFailedCard(slo.lastFailed, traceUrl, now)}
      {routeCard(slo, visitor.mayTest(slo), base)}
      {detectionCard(slo)}
      {definitionCard(slo)}
      {definitionChangeCard(changes, now)}
    </>
  );
}

/** Where the page of an SLO is. */
function sloPath(id: string, base: string, of: 'slos' | 'charts' = 'slos'): string {
  return `${base}/${of}/${id.split('/').map(encodeURIComponent).join('/')}`;
}

function runbook(slo: SloDetail): Markup | null {
  const link = outsideLink(slo.runbook, 'Runbook');
  return link && <> · {link}</>;
}

function incidentBanner(incident: OpenIncident, base: string, now: number): Markup {
  const { id, severity, tier, firing, openedAt, began, notified, peakBurnRate, acknowledged, silenced } =
    incident;
  const others = firing.filter((name) => name !== tier);
  const verb = others.length === 1 ? 'does' : 'do';
  const besides = others.length === 0 ? '' : `, and so ${verb} ${others.join(', ')}`;
  return (
    <section class={`banner ${severity === 'page' ? 'bad' : 'ticket'}`} aria-label="Incident">
      <h2>
        {severity === 'page' ? 'Page' : 'Ticket'}: opened {when(openedAt, now)}
      </h2>
      <p>
        Tier {tier} fired{besides}
        {peakBurnRate > 0 ? <>; the highest burn rate so far is {burnRateText(peakBurnRate)}</> : null}.
        Failing since {when(began, now)}.{' '}
        <a href={`${base}${incidentPath(id)}`}>The incident with all that happened</a>.
      </p>
      {silenced ? (
        <p>
          Nothing is sent on its own: {silenceMark(silenced)} ({silenced.reason}).{' '}
          {silenced.kind === 'silence' ? <a href={`${base}/silences`}>All silences</a> : null}
        </p>
      ) : null}
      {notified.length > 0 || silenced ? null : (
        <p class="alarm">No one was notified: neither the team nor the alert policy has a target for it.</p>
      )}{' '}
      {acknowledged ? (
        <p>
          Acknowledged by <b>{acknowledged.by}</b> {when(acknowledged.at, now)}.
        </p>
      ) : (
        <p>No one has acknowledged it yet; its page has a form for that.</p>
      )}
    </section>
  );
}

function noticeBanner({ ok, text }: SloNotice, path: string): Markup {
  return (
    <section class={ok ? 'banner' : 'banner bad'} aria-label="Test" role={ok ? 'status' : 'alert'}>
      <h2>{ok ? 'The test was sent' : 'The test was not delivered'}</h2>
      <p>
        {text} <a href={path}>Back to the page as it is now</a>
      </p>
    </section>
  );
}

function freezeBanner({ budgetPolicy }: SloDetail): Markup | null {
  if (budgetPolicy?.deploys !== 'frozen') return null;
  return (
    <section class="banner bad" aria-label="Error budget policy">
      <h2>Deploys are frozen</h2>
      {budgetPolicy.reasons.map((reason) => (
        <p>{reason}</p>
      ))}
    </section>
  );
}

function overrideBanner({ gateOverride }: SloDetail): Markup | null {
  if (!gateOverride) return null;
  const { id, by, reason, until } = gateOverride;
  return (
    <section class="banner ticket" aria-label="Override of the gate">
      <h2>The gate is overridden until {timestamp(until)}</h2>
      <p>
        <b>{by}</b> lets deploys pass, whatever this SLO says: {reason}
      </p>
      <p>
        <code>burnwatch gate --end-override {id}</code> ends it before its time.
      </p>
    </section>
  );
}

function warningBanner({ warnings }: SloDetail, now: number): Markup | null {
  if (warnings.length === 0) return null;
  return (
    <section class="banner ticket" aria-label="Warnings">
      <h2>Not all is counted</h2>
      {warnings.map(({ since, message }) => (
        <p>
          {message}
          {since === null ? null : <> Since {when(since, now)}.</>}
        </p>
      ))}
    </section>
  );
}

function budgetCard(slo: SloDetail, now: number): Markup {
  const { sli, budget, budgetPolicy } = slo;
  return (
    <section class="card" aria-label="Error budget">
      <header>
        <h2>Error budget</h2>
        <p>
          of {sli.unit} over {slo.window}, counted since {when(slo.historySince, now)}
          {slo.data === 'warming-up' ? ', warming up' : null}
        </p>
      </header>
      <div class="big">
        <b>{budgetLeft(budget, sli)}</b> {budget.remainingRatio === null ? null : 'left'}{' '}
        {budgetBadge(budget.state)} {budgetBar(budget)}
      </div>
      <dl class="numbers">
        {number('Good', goodRatio(sli.ratio, slo.objective))}
        {number('Objective', percent(slo.objective, 9))}
        {number(capitalized(sli.unit), formatCount(sli.total))}
        {budget.expectedTotal === null ? null : number('Expected in all', formatCount(budget.expectedTotal))}
        {number('Allowed bad', formatCount(budget.allowed))}
        {number('Bad', bad(sli))}
        {number('Runs out', runsOut(slo, now))}
        {budgetPolicy &&
          number(
            'Deploys',
            budgetPolicy.deploys === 'frozen' ? <span class="alarm">frozen</span> : 'allowed',
          )}
      </dl>
    </section>
  );
}

function bad({ bad, total }: Ratio): Child {
  return total === 0 ? '–' : formatCount(bad);
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function runsOut({ budget }: SloDetail, now: number): Child {
  if (budget.remainingRatio === null) return '–';
  if (budget.remaining <= 0) return 'spent';
  return budget.exhaustsAt === null ? 'not at this pace' : when(budget.exhaustsAt, now);
}

function number(term: string, value: Child): Markup {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function tierCard({ tiers }: SloDetail): Markup {
  return (
    <section class="card" aria-label="Alert tiers">
      <header>
        <h2>Alert tiers</h2>
        <p>alert conditions, their severity, and current values</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Tier</th>
            <th scope="col">Severity</th>
            <th scope="col">Fires when</th>
            <th scope="col">Stands at</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>{tiers.map(tierRow)}</tbody>
      </table>
    </section>
  );
}

function tierRow(tier: TierReport, index: number): Markup {
  const { name, severity, condition, now, firing } = tier;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td data-label="Severity">{severity}</td>
      <td data-label="Fires when">{withSigns(condition)}</td>
      <td data-label="Stands at">
        {withSigns(now)} {tierBar(tier, `tier-${index}`)}
      </td>
      <td data-label="Now">{firing ? <b class="alarm">firing</b> : 'quiet'}</td>
    </tr>
  );
}
