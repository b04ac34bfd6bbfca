import type { FailedExecution, FailureCount } from '../../core/alerting/notification.ts';
import { formatCount } from '../../core/words/figures.ts';
import type { ValueBreakdown } from '../../core/alerting/value-breakdown.ts';
import type { BreakdownReport } from '../../core/ports/queries.ts';
import { goodRatio, percent, traceOf, when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

const MAX_BARS = 8;

/** What failed over the last hour: bars by step, dependency and error. */
export function failureCard(counts: readonly FailureCount[]): Markup {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const groups = [
    { title: 'By step', key: 'step' },
    { title: 'By dependency', key: 'dependency' },
    { title: 'By error', key: 'error' },
  ] as const;
  return (
    <section class="card" aria-label="Failures">
      <header>
        <h2>What failed</h2>
        <p>{formatCount(total)} bad in the last hour</p>
      </header>
      {total === 0 ? (
        <p class="quiet">Nothing.</p>
      ) : (
        <div class="breakdown">{groups.map(({ title, key }) => bars(title, sums(counts, key), total))}</div>
      )}
    </section>
  );
}

function sums(
  counts: readonly FailureCount[],
  key: 'step' | 'dependency' | 'error',
): [string | null, number][] {
  const totals = new Map<string | null, number>();
  for (const entry of counts) totals.set(entry[key], (totals.get(entry[key]) ?? 0) + entry.count);
  return [...totals].toSorted(([, one], [, other]) => other - one).slice(0, MAX_BARS);
}

function bars(title: string, entries: readonly [string | null, number][], total: number): Markup {
  return (
    <div>
      <h3>{title}</h3>
      <ul class="bars">
        {entries.map(([name, number]) => (
          <li>
            <span>{name ?? <i>not said</i>}</span>
            <b>{formatCount(number)}</b>
            <svg class="bar" aria-hidden="true" preserveAspectRatio="none">
              <rect class="track" width="100%" height="100%" rx="2" />
              <rect class="share" width={`${(number / total) * 100}%`} height="100%" rx="2" />
            </svg>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What was good and bad by the values of each attribute; nothing where outcomes are not broken down. */
export function breakdownCards(breakdown: readonly BreakdownReport[], objective: number): readonly Markup[] {
  return breakdown
    .filter(({ values }) => values.length > 0)
    .map(({ attribute, values, full }) => (
      <section class="card" aria-label={`By ${attribute}`}>
        <header>
          <h2>By {attribute}</h2>
          <p>outcomes of the last hour{full ? '; there are more values than are told apart' : null}</p>
        </header>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">{attribute}</th>
              <th scope="col">Good</th>
              <th scope="col">Bad</th>
              <th scope="col">Of the failures</th>
              <th scope="col">Of all outcomes</th>
            </tr>
          </thead>
          <tbody>{values.map((value) => valueRow(value, objective))}</tbody>
        </table>
      </section>
    ));
}

function valueRow(
  { value, good, bad, failures, outcomes, standsOut }: ValueBreakdown,
  objective: number,
): Markup {
  return (
    <tr>
      <th scope="row">
        {value ?? <i>other or none</i>}
        {standsOut ? <small class="alarm">stands out</small> : null}
      </th>
      <td data-label="Good">{goodRatio(good / (good + bad), objective)}</td>
      <td data-label="Bad">{formatCount(bad)}</td>
      <td data-label="Of the failures">{percent(failures)}</td>
      <td data-label="Of all outcomes">{percent(outcomes)}</td>
    </tr>
  );
}

/** The last executions that failed, for people who go and look; nothing when none did. */
export function lastFailedCard(
  executions: readonly FailedExecution[],
  traceUrl: string | null,
  now: number,
): Markup | null {
  if (executions.length === 0) return null;
  return (
    <section class="card" aria-label="Last failed executions">
      <header>
        <h2>Last failed executions</h2>
      </header>
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
          {executions.map((failed) => (
            <tr>
              <th scope="row">
                <code>{failed.execution}</code>
              </th>
              <td data-label="When">{when(failed.at, now)}</td>
              <td data-label="Step">{failed.step ?? '–'}</td>
              <td data-label="Dependency">{failed.dependency ?? '–'}</td>
              <td data-label="Error">{failed.error ?? '–'}</td>
              <td data-label="Trace">{traceOf(failed.traceId, traceUrl)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
