import type { OpenIncident, Ratio, SloDetail, TierReport } from '../../core/ports/queries.ts';
import { adjustmentCard, memberCard, windowCard } from './budget-cards.ts';
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
  withSigns,
  when,
} from './format.ts';
import { breakdownCards, failureCard, lastFailedCard } from './failure-cards.ts';
import type { Html, HtmlValue } from './html.ts';
import { html } from './html.ts';
import type { SnippetTarget } from './snippets.ts';
import { snippetCard } from './snippets.ts';

/** The title of its page: what is open first. */
export function sloTitle({ id, alert }: Pick<SloDetail, 'id' | 'alert'>): string {
  if (alert === 'none') return id;
  return `${alert === 'page' ? 'Page' : 'Ticket'}: ${id}`;
}

/** The body of the page of one SLO: its budget, what that is made of, its tiers, what failed and which executions did. */
export function sloPage(
  slo: SloDetail,
  base: string,
  producers: Pick<SnippetTarget, 'url' | 'needsToken'>,
): Html {
  const now = slo.dataThrough;
  return html`<div class="heading">
      <nav aria-label="Breadcrumb">
        <a href="${base}/">Error budgets</a> /
        <a href="${base}/workflows/${encodeURIComponent(slo.workflow)}">${slo.workflow}</a>
      </nav>
      <h1>${slo.name} ${alertBadge(slo.alert)}</h1>
      ${slo.description === null ? null : html`<p class="lead">${slo.description}</p>`}
      <p class="meta">owned by <b>${slo.owner}</b>${runbook(slo)}</p>
    </div>
    ${slo.incident && incidentBanner(slo.incident, base, now)} ${freezeBanner(slo)} ${warningBanner(slo, now)}
    ${slo.data === 'none' && slo.example ? snippetCard({ ...producers, fact: slo.example, slo: slo.name }) : null}
    ${budgetCard(slo, now)} ${windowCard(slo, now)} ${memberCard(slo, base)} ${tierCard(slo)}
    ${adjustmentCard(slo, now)} ${failureCard(slo.failures)} ${breakdownCards(slo.breakdown, slo.objective)}
    ${lastFailedCard(slo.lastFailed, now)}`;
}

function runbook(slo: SloDetail): Html | null {
  const link = outsideLink(slo.runbook, 'Runbook');
  return link && html` · ${link}`;
}

function incidentBanner(incident: OpenIncident, base: string, now: number): Html {
  const { id, severity, tier, firing, openedAt, began, notified, peakBurnRate, acknowledged } = incident;
  const others = firing.filter((name) => name !== tier);
  return html`<section class="banner ${severity === 'page' ? 'bad' : 'ticket'}" aria-label="Incident">
    <h2>${severity === 'page' ? 'Page' : 'Ticket'}: opened ${when(openedAt, now)}</h2>
    <p>
      Tier ${tier}
      fired${others.length > 0 ? html`, and so do ${others.join(', ')}` : null}${
        peakBurnRate > 0 ? html`; the highest burn rate so far is ${burnRateText(peakBurnRate)}` : null
      }.
      Failing since ${when(began, now)}. Incident <code>${id}</code>.
    </p>
    ${
      notified.length > 0
        ? null
        : html`<p class="alarm">
            No one was notified: neither the team nor the alert policy has a target for it.
          </p>`
    }
    ${
      acknowledged
        ? html`<p>Acknowledged by <b>${acknowledged.by}</b> ${when(acknowledged.at, now)}.</p>`
        : html`<p>
            No one has acknowledged it yet: <code>POST ${base}/v1/incidents/${id}/ack</code> says who looks
            after it.
          </p>`
    }
  </section>`;
}

function freezeBanner({ budgetPolicy }: SloDetail): Html | null {
  if (budgetPolicy?.deploys !== 'frozen') return null;
  return html`<section class="banner bad" aria-label="Error budget policy">
    <h2>Deploys are frozen</h2>
    ${budgetPolicy.reasons.map((reason) => html`<p>${reason}</p>`)}
  </section>`;
}

function warningBanner({ warnings }: SloDetail, now: number): Html | null {
  if (warnings.length === 0) return null;
  return html`<section class="banner ticket" aria-label="Warnings">
    <h2>Not all is counted</h2>
    ${warnings.map(({ since, message }) => html`<p>${message}${since === null ? null : html` Since ${when(since, now)}.`}</p>`)}
  </section>`;
}

function budgetCard(slo: SloDetail, now: number): Html {
  const { sli, budget, budgetPolicy } = slo;
  return html`<section class="card" aria-label="Error budget">
    <header>
      <h2>Error budget</h2>
      <p>
        of ${sli.unit} over ${slo.window}, counted since
        ${when(slo.historySince, now)}${slo.data === 'warming-up' ? ', warming up' : null}
      </p>
    </header>
    <div class="big">
      <b>${budgetLeft(budget, sli)}</b> ${budget.remainingRatio === null ? null : 'left'}
      ${budgetBadge(budget.state)} ${budgetBar(budget)}
    </div>
    <dl class="numbers">
      ${number('Good', goodRatio(sli.ratio, slo.objective))} ${number('Objective', percent(slo.objective, 9))}
      ${number(capitalized(sli.unit), formatCount(sli.total))}
      ${budget.expectedTotal === null ? null : number('Expected in all', formatCount(budget.expectedTotal))}
      ${number('Allowed bad', formatCount(budget.allowed))} ${number('Bad', bad(sli))}
      ${number('Runs out', runsOut(slo, now))}
      ${budgetPolicy && number('Deploys', budgetPolicy.deploys === 'frozen' ? html`<span class="alarm">frozen</span>` : 'allowed')}
    </dl>
  </section>`;
}

function bad({ bad, total }: Ratio): HtmlValue {
  return total === 0 ? '–' : formatCount(bad);
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function runsOut({ budget }: SloDetail, now: number): HtmlValue {
  if (budget.remainingRatio === null) return '–';
  if (budget.remaining <= 0) return 'spent';
  return budget.exhaustsAt === null ? 'not at this pace' : when(budget.exhaustsAt, now);
}

function number(term: string, value: HtmlValue): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`;
}

function tierCard({ tiers }: SloDetail): Html {
  return html`<section class="card" aria-label="Alert tiers">
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
      <tbody>
        ${tiers.map(tierRow)}
      </tbody>
    </table>
  </section>`;
}

function tierRow({ name, severity, condition, now, firing }: TierReport): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    <td data-label="Severity">${severity}</td>
    <td data-label="Fires when">${withSigns(condition)}</td>
    <td data-label="Stands at">${withSigns(now)}</td>
    <td data-label="Now">${firing ? html`<b class="alarm">firing</b>` : 'quiet'}</td>
  </tr>`;
}
