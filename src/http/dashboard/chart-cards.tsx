import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { ChartReading, Figure } from '../../charts/figure.ts';
import { drawFigure, readFigure } from '../../charts/figure.ts';
import type { ChartSetting } from '../../charts/plot.ts';
import {
  budgetFigure,
  burnRateFigure,
  causeFigure,
  durationFigure,
  queueFigure,
  sliFigure,
  volumeFigure,
} from '../../charts/slo-figures.ts';
import { thresholdBar } from '../../charts/threshold-bar.ts';
import type { ChartData } from '../../core/ports/chart-data.ts';
import type { ChartQueryTexts } from '../../core/ports/chart-query.ts';
import { CHART_RANGES, chartRangeName, chartRangeOf } from '../../core/ports/chart-query.ts';
import type { TierReport } from '../../core/ports/queries.ts';
import { iso } from '../../core/time/timestamp.ts';
import { formatFactor, formatRate } from '../../core/words/figures.ts';
import type { Markup } from './markup.ts';
import { Raw, h } from './markup.ts';

/** Which time the charts of a page are of, and in which time zone it is written. */
export interface ChartChoice extends ChartQueryTexts {
  /** As it is usually written. */
  readonly timeZone: string;
}

const WIDE = 760;
/** What a phone of 320 pixels leaves inside a card: so texts are nowhere smaller than they are drawn. */
const NARROW = 250;
const HEIGHT = 220;

/** Charts as they stand in a page. */
export interface DrawnCharts {
  readonly data: ChartData;
  readonly choice: ChartChoice;
  /** The budget, for wide screens and for narrow ones. */
  readonly wide: string;
  readonly narrow: string;
  readonly others: readonly string[];
}

/** What the charts of an SLO show, by the ids of their drawings, and how high those are. */
function figuresOf(data: ChartData): readonly (readonly [id: string, figure: Figure, height: number])[] {
  return [
    ['sli', sliFigure(data), HEIGHT],
    ['volume', volumeFigure(data), HEIGHT],
    ...data.burnRates.map(
      (history, index) => [`burn-${index}`, burnRateFigure(data, history), HEIGHT] as const,
    ),
    ['causes', causeFigure(data), 280],
    ...data.durations.map(
      (history, index) => [`duration-${index}`, durationFigure(data, history), HEIGHT] as const,
    ),
    ...data.queues.map((queue, index) => [`queue-${index}`, queueFigure(data, queue), HEIGHT] as const),
  ];
}

/** Draws the charts of an SLO; between any two others get a turn of the event loop (G2). */
export async function drawCharts(data: ChartData, choice: ChartChoice): Promise<DrawnCharts> {
  const settingOf = (id: string, width: number, height: number): ChartSetting => ({
    id: `chart-${id}`,
    width,
    height,
    theme: 'light',
    timeZone: choice.timeZone,
    alone: false,
    explainsMarks: false,
  });
  const budget = (id: string, width: number, height: number): string =>
    drawFigure({ ...settingOf(id, width, height), explainsMarks: true }, budgetFigure(data));
  const drawn: string[] = [];
  for (const draw of [
    () => budget('budget', WIDE, 310),
    () => budget('budget-narrow', NARROW, 300),
    ...figuresOf(data).map(
      ([id, figure, height]) =>
        () =>
          drawFigure(settingOf(id, NARROW, height), figure),
    ),
  ]) {
    drawn.push(draw());
    await yieldToEventLoop();
  }
  const [wide = '', narrow = '', ...others] = drawn;
  return { data, choice, wide, narrow, others };
}

/** The values of the same charts, by the ids of their drawings. */
export function readCharts(data: ChartData): Readonly<Record<string, ChartReading>> {
  const budget = readFigure(budgetFigure(data));
  return {
    'chart-budget': budget,
    'chart-budget-narrow': budget,
    ...Object.fromEntries(
      figuresOf(data).map(([id, figure]) => [`chart-${id}`, readFigure(figure)] as const),
    ),
  };
}

/** The charts of an SLO, with what chooses their time. */
export function chartCard(
  { data, choice, wide, narrow, others }: DrawnCharts,
  address: string,
  values: string,
): Markup {
  const { range, from, to } = choice;
  const query = Object.entries({ range, from, to }).flatMap(([name, text]) =>
    text === null ? [] : [[name, text] as [string, string]],
  );
  return (
    <section class="card" aria-label="Charts">
      <header>
        <h2>Over time</h2>
        <p>the budget over its window; all else over the time that is chosen</p>
      </header>
      {rangeChoice(data, choice, address)}
      <div
        class="charts"
        data-values={`${values}?${new URLSearchParams(query).toString()}`}
        data-zone={choice.timeZone}
      >
        <div class="wide-chart">
          <Raw markup={wide} />
        </div>
        <div class="narrow-chart">
          <Raw markup={narrow} />
        </div>
        {others.map((svg) => (
          <div>
            <Raw markup={svg} />
          </div>
        ))}
      </div>
    </section>
  );
}

function rangeChoice(data: ChartData, choice: ChartChoice, address: string): Markup {
  const current = chartRangeOf(choice);
  const zone = encodeURIComponent(choice.timeZone);
  const asked = current === 'custom' ? { from: data.range.from, to: data.range.to } : null;
  const times = asked
    ? `range=custom&from=${encodeURIComponent(toTheMinute(asked.from))}&to=${encodeURIComponent(toTheMinute(asked.to))}`
    : `range=${current}`;
  return (
    <div class="chart-choice">
      <nav aria-label="Time of the charts">
        <ul class="ranges">
          {CHART_RANGES.filter((range) => range !== 'custom').map((range) => (
            <li>
              <a
                href={`${address}?range=${range}&zone=${zone}`}
                aria-current={range === current ? 'true' : null}
              >
                {chartRangeName(range, data.window)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <form class="filter" action={address} method="get">
        <input type="hidden" name="range" value="custom" />
        <input type="hidden" name="zone" value={choice.timeZone} />
        <label for="chart-from">From</label>{' '}
        <input
          id="chart-from"
          name="from"
          value={toTheMinute(data.range.from)}
          autocomplete="off"
          spellcheck="false"
          required
        />{' '}
        <label for="chart-to">to</label>{' '}
        <input
          id="chart-to"
          name="to"
          value={toTheMinute(data.range.to)}
          autocomplete="off"
          spellcheck="false"
        />{' '}
        <button type="submit">Show</button>
      </form>
      <p class="note">
        Times in {choice.timeZone}
        {choice.timeZone === 'UTC' ? null : (
          <>
            {' · '}
            <a href={`${address}?${times}&zone=UTC`}>in UTC</a>
          </>
        )}
        <span data-own-zone={`${address}?${times}&zone=`} hidden>
          {' · '}
          <a href={`${address}?${times}`}>in your time zone</a>
        </span>
      </p>
    </div>
  );
}

/** Charts begin and end on whole minutes. */
function toTheMinute(at: number): string {
  return iso(at).replace('.000Z', 'Z');
}

/** Where a tier that compares burn rates stands against its threshold; nothing for tiers of other kinds. */
export function tierBar(
  { name, factor, longBurnRate, shortBurnRate }: TierReport,
  id: string,
): Markup | null {
  if (factor === undefined) return null;
  // Both windows must burn that fast, so the slower one decides.
  const known = longBurnRate != null && shortBurnRate != null;
  const value = known ? Math.min(longBurnRate, shortBurnRate) : null;
  const label = `${name}: ${value === null ? 'no outcomes' : formatRate(value)} of ${formatFactor(factor)}`;
  return <Raw markup={thresholdBar({ id, value, threshold: factor, label })} />;
}
