import type { FailedExecution, FailureCount } from '../core/notification.ts';
import type { SloDetail } from '../core/report.ts';
import {
  budgetBar,
  burnRateText,
  count,
  goodRatio,
  outsideLink,
  percent,
  stateBadge,
  when,
} from './dashboard-words.ts';
import type { Html, HtmlValue } from './html.ts';
import { html } from './html.ts';

/** The body of the page of one SLO: its budget, its tiers, what failed and which executions did. */
export function sloPage(slo: SloDetail, base: string): Html {
  const now = Date.parse(slo.evaluatedAt);
  return html`<div class="heading">
      <nav aria-label="Breadcrumb">
        <a href="${base}/">Error budgets</a> /
        <a href="${base}/?q=${encodeURIComponent(slo.workflow)}">${slo.workflow}</a>
      </nav>
      <h1>${slo.name} ${stateBadge(slo.state)}</h1>
      ${slo.description === null ? null : html`<p class="lead">${slo.description}</p>`}
      <p class="meta">owned by <b>${slo.owner}</b>${runbook(slo)}</p>
    </div>
    ${incident(slo, now)} ${budget(slo, now)} ${tiers(slo)} ${failures(slo.failures)}
    ${lastFailed(slo.lastFailed, now)}`;
}

function runbook(slo: SloDetail): Html | null {
  const link = outsideLink(slo.runbook, 'Runbook');
  return link && html` · ${link}`;
}

function incident({ incident }: SloDetail, now: number): Html | null {
  if (!incident) return null;
  return html`<section class="banner bad" aria-label="Incident">
    <h2>
      ${incident.severity === 'page' ? 'Page' : 'Ticket'}: opened ${when(Date.parse(incident.openedAt), now)}
    </h2>
    <p>
      Tier ${incident.tier} fired; the highest burn rate so far is ${burnRateText(incident.peakBurnRate)}.
      Incident <code>${incident.id}</code>.
    </p>
  </section>`;
}

function budget(slo: SloDetail, now: number): Html {
  const { sli, budget } = slo;
  return html`<section class="card" aria-label="Error budget">
    <header>
      <h2>Error budget</h2>
      <p>over ${slo.window}, counted since ${when(Date.parse(slo.historySince), now)}</p>
    </header>
    <div class="big"><b>${percent(budget.remainingRatio)}</b> left ${budgetBar(budget.remainingRatio)}</div>
    <dl class="numbers">
      ${number('Good', goodRatio(sli.ratio, slo.objective))} ${number('Objective', percent(slo.objective, 9))}
      ${number('Outcomes', count(sli.total))} ${number('Allowed bad', count(budget.allowed))}
      ${number('Bad', count(budget.spent))} ${number('Runs out', runsOut(slo, now))}
    </dl>
  </section>`;
}

function runsOut({ budget }: SloDetail, now: number): HtmlValue {
  if (budget.remainingRatio !== null && budget.remaining <= 0) return 'spent';
  return budget.exhaustsAt === null ? 'not at this pace' : when(Date.parse(budget.exhaustsAt), now);
}

function number(term: string, value: HtmlValue): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`;
}

function tiers({ tiers }: SloDetail): Html {
  return html`<section class="card" aria-label="Alert tiers">
    <header>
      <h2>Alert tiers</h2>
      <p>a tier fires when both its windows burn at its factor or faster</p>
    </header>
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">Tier</th>
          <th scope="col">Severity</th>
          <th scope="col">Factor</th>
          <th scope="col">Long window</th>
          <th scope="col">Short window</th>
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        ${tiers.map(
          (tier) =>
            html`<tr>
              <th scope="row">${tier.name}</th>
              <td data-label="Severity">${tier.severity}</td>
              <td data-label="Factor">${burnRateText(tier.factor)}</td>
              <td data-label="Long window">
                ${burn(tier.longBurnRate, tier.factor)} <small>in ${tier.long}</small>
              </td>
              <td data-label="Short window">
                ${burn(tier.shortBurnRate, tier.factor)} <small>in ${tier.short}</small>
              </td>
              <td data-label="Now">${tier.firing ? html`<b class="alarm">firing</b>` : 'quiet'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function burn(rate: number | null, factor: number): Html {
  const text = burnRateText(rate);
  return rate !== null && rate >= factor ? html`<b class="alarm">${text}</b>` : html`${text}`;
}

const MAX_BARS = 8;

function failures(counts: readonly FailureCount[]): Html {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const groups = [
    { title: 'By step', key: 'step' },
    { title: 'By dependency', key: 'dependency' },
    { title: 'By error', key: 'error' },
  ] as const;
  return html`<section class="card" aria-label="Failures">
    <header>
      <h2>What failed</h2>
      <p>${count(total)} bad in the last hour</p>
    </header>
    ${
      total === 0
        ? html`<p class="quiet">Nothing.</p>`
        : html`<div class="breakdown">
            ${groups.map(({ title, key }) => bars(title, sums(counts, key), total))}
          </div>`
    }
  </section>`;
}

function sums(
  counts: readonly FailureCount[],
  key: 'step' | 'dependency' | 'error',
): [string | null, number][] {
  const totals = new Map<string | null, number>();
  for (const entry of counts) totals.set(entry[key], (totals.get(entry[key]) ?? 0) + entry.count);
  return [...totals].toSorted(([, one], [, other]) => other - one).slice(0, MAX_BARS);
}

function bars(title: string, entries: readonly [string | null, number][], total: number): Html {
  return html`<div>
    <h3>${title}</h3>
    <ul class="bars">
      ${entries.map(
        ([name, number]) =>
          html`<li>
            <span>${name ?? html`<i>not said</i>`}</span><b>${count(number)}</b>
            <svg class="bar" aria-hidden="true" preserveAspectRatio="none">
              <rect class="track" width="100%" height="100%" rx="2" />
              <rect class="share" width="${(number / total) * 100}%" height="100%" rx="2" />
            </svg>
          </li>`,
      )}
    </ul>
  </div>`;
}

function lastFailed(executions: readonly FailedExecution[], now: number): Html | null {
  if (executions.length === 0) return null;
  return html`<section class="card" aria-label="Last failed executions">
    <header><h2>Last failed executions</h2></header>
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">Execution</th>
          <th scope="col">When</th>
          <th scope="col">Step</th>
          <th scope="col">Dependency</th>
          <th scope="col">Error</th>
          <th scope="col">Trace</th>
        </tr>
      </thead>
      <tbody>
        ${executions.map(
          (failed) =>
            html`<tr>
              <th scope="row"><code>${failed.execution}</code></th>
              <td data-label="When">${when(failed.at, now)}</td>
              <td data-label="Step">${failed.step ?? '–'}</td>
              <td data-label="Dependency">${failed.dependency ?? '–'}</td>
              <td data-label="Error">${failed.error ?? '–'}</td>
              <td data-label="Trace">
                ${failed.traceId === null ? '–' : html`<code>${failed.traceId}</code>`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
