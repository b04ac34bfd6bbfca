import type { WindowStatistics, WorkflowStatistics } from '../../core/ports/workflow-statistics.ts';
import type { OutcomeStatistics } from '../../core/statistics/outcome-counts.ts';
import { DAY, HOUR, MINUTE, SECOND, formatDuration } from '../../core/time/duration.ts';
import { formatCount, formatShare } from '../../core/words/figures.ts';
import { percent, timestamp } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** The windows a reader may choose from, as the query of the page has them. */
const CHOICES = ['5m', '1h', '1d', '7d', '28d'] as const;
export const DEFAULT_STATISTICS_WINDOW = '1h';

/** How executions and each step went over one window; `map` are the steps that the workflow is known to have, if any are. */
export function statisticsCard({ windows, readShare }: WorkflowStatistics, map: readonly string[]): Markup {
  return <>{windows.map((window) => windowCard(window, readShare, map))}</>;
}

function windowCard(window: WindowStatistics, readShare: number, map: readonly string[]): Markup {
  const chosen = formatDuration(window.window);
  const isEmpty = window.endToEnd.attempts === 0 && window.steps.every(({ attempts }) => attempts === 0);
  return (
    <section class="card" id="statistics" aria-label="Success and duration">
      <header>
        <h2>Success and duration</h2>
        <p>
          over the last {chosen}, since {timestamp(window.from)}
        </p>
        <nav class="totals" aria-label="Window">
          {CHOICES.map((choice) => (
            <a href={`?window=${choice}`} aria-current={choice === chosen ? 'true' : null}>
              {choice}
            </a>
          ))}
        </nav>
      </header>
      {readShare < 1 ? (
        <p class="alarm">A part of the store is away: these are {percent(readShare, 0)} of the executions.</p>
      ) : null}
      {isEmpty && window.others === null ? (
        <p class="quiet">Nothing ended in this time.</p>
      ) : (
        table(window, map)
      )}
    </section>
  );
}

function table({ endToEnd, steps, others }: WindowStatistics, map: readonly string[]): Markup {
  const isMapped = (step: string): boolean => map.length === 0 || map.includes(step);
  return (
    <table class="plain">
      <caption>
        Each execution and step counts once, as its latest attempt ended; durations are from its first start
      </caption>
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">Succeeded</th>
          <th scope="col">Failed</th>
          <th scope="col">Cancelled, skipped</th>
          <th scope="col">Success</th>
          <th scope="col">p50</th>
          <th scope="col">p95</th>
          <th scope="col">p99</th>
          <th scope="col">Attempts</th>
          <th scope="col">Retries</th>
        </tr>
      </thead>
      <tbody>
        {row(<i>end to end</i>, endToEnd)}
        {steps.map((step, index) =>
          row(
            <>
              {step.step}
              {isMapped(step.step) ? null : (
                <>
                  {' '}
                  <small>not in the map</small>
                </>
              )}
            </>,
            step,
            stepAnchor(index),
          ),
        )}
        {others && row(<i>other steps</i>, others)}
      </tbody>
    </table>
  );
}

/** The id of the row of a step, by its place among those that are reported: names may hold anything. */
export function stepAnchor(index: number): string {
  return `step-${index}`;
}

function row(name: Markup, statistics: OutcomeStatistics, id: string | null = null): Markup {
  const { succeeded, failed, cancelled, skipped, successRate, attempts, retryRate } = statistics;
  return (
    <tr id={id}>
      <th scope="row">{name}</th>
      <td data-label="Succeeded">{formatCount(succeeded)}</td>
      <td data-label="Failed">
        {failed > 0 ? <b class="alarm">{formatCount(failed)}</b> : formatCount(failed)}
      </td>
      <td data-label="Cancelled, skipped">{formatCount(cancelled + skipped)}</td>
      <td data-label="Success">{measuredShare(successRate)}</td>
      <td data-label="p50">{durationText(statistics.p50Ms)}</td>
      <td data-label="p95">{durationText(statistics.p95Ms)}</td>
      <td data-label="p99">{durationText(statistics.p99Ms)}</td>
      <td data-label="Attempts">{formatCount(attempts)}</td>
      <td data-label="Retries">{measuredShare(retryRate)}</td>
    </tr>
  );
}

/** Never 0% or 100% for what is not quite that. */
function measuredShare(ratio: number | null): string {
  return ratio === null ? '–' : formatShare(ratio);
}

/** A duration to two or three digits, in the unit that people would say it in: `640 ms`, `2.5 s`, `1 h 5 min`. */
export function durationText(duration: number | null): string {
  if (duration === null) return '–';
  if (duration < SECOND) return `${duration} ms`;
  if (duration < MINUTE) return `${trimmed(duration / SECOND)} s`;
  if (duration < HOUR) return twoUnits(duration, MINUTE, 'min', SECOND, 's');
  if (duration < DAY) return twoUnits(duration, HOUR, 'h', MINUTE, 'min');
  return twoUnits(duration, DAY, 'd', HOUR, 'h');
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function twoUnits(duration: number, large: number, name: string, small: number, smallName: string): string {
  const rounded = Math.round(duration / small) * small;
  const rest = (rounded % large) / small;
  const whole = `${Math.floor(rounded / large)} ${name}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}
