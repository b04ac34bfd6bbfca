import type { FailedExecution, FailureCount } from '../../core/alerting/notification.ts';
import { formatCount } from '../../core/words/figures.ts';
import { when } from './format.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

const MAX_BARS = 8;

/** What failed over the last hour: bars by step, dependency and error. */
export function failureCard(counts: readonly FailureCount[]): Html {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const groups = [
    { title: 'By step', key: 'step' },
    { title: 'By dependency', key: 'dependency' },
    { title: 'By error', key: 'error' },
  ] as const;
  return html`<section class="card" aria-label="Failures">
    <header>
      <h2>What failed</h2>
      <p>${formatCount(total)} bad in the last hour</p>
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
            <span>${name ?? html`<i>not said</i>`}</span><b>${formatCount(number)}</b>
            <svg class="bar" aria-hidden="true" preserveAspectRatio="none">
              <rect class="track" width="100%" height="100%" rx="2" />
              <rect class="share" width="${(number / total) * 100}%" height="100%" rx="2" />
            </svg>
          </li>`,
      )}
    </ul>
  </div>`;
}

/** The last executions that failed, for people who go and look; nothing when none did. */
export function lastFailedCard(executions: readonly FailedExecution[], now: number): Html | null {
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
