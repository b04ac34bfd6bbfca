import type { BudgetState } from '../core/budget/error-budget.ts';
import type { AlertLevel, DataState, SloReport } from '../core/ports/queries.ts';
import { formatWholeShare } from '../core/words/figures.ts';
import { fitText, label, textWidth } from './labels.ts';
import type { ChartColor, ChartTheme } from './palette.ts';
import { element, painted, xmlText } from './svg.ts';

/** What a badge says of an SLO. */
export interface BadgeFacts {
  readonly name: string;
  readonly alert: AlertLevel;
  readonly data: DataState;
  readonly budgetState: BudgetState;
  /** Null: nothing is known of it. */
  readonly remainingRatio: number | null;
}

const SIZE = 11;
const HEIGHT = 20;
const LONGEST_NAME = 220;

export function badgeFactsOf({
  name,
  alert,
  data,
  budget,
}: Pick<SloReport, 'name' | 'alert' | 'data' | 'budget'>): BadgeFacts {
  return { name, alert, data, budgetState: budget.state, remainingRatio: budget.remainingRatio };
}

/** What a badge says, in words and with a sign, so that its colour is not all there is. */
export function badgeWords({ alert, data, budgetState, remainingRatio }: Omit<BadgeFacts, 'name'>): {
  readonly text: string;
  readonly color: ChartColor;
} {
  const left =
    remainingRatio === null
      ? null
      : remainingRatio < 0
        ? `overspent by ${formatWholeShare(-remainingRatio)}`
        : `${formatWholeShare(remainingRatio)} left`;
  const withLeft = (text: string): string => (left === null ? text : `${text}, ${left}`);
  if (alert === 'page') return { text: withLeft('▲ page'), color: 'bad' };
  if (alert === 'ticket') return { text: withLeft('△ ticket'), color: 'warn' };
  if (data === 'none') return { text: '○ no data', color: 'ideal' };
  if (data === 'warming-up' || left === null) return { text: withLeft('◌ warming up'), color: 'ideal' };
  if (budgetState === 'exhausted') return { text: `■ ${left}`, color: 'bad' };
  if (budgetState === 'low') return { text: `◐ ${left}`, color: 'warn' };
  return { text: `● ${left}`, color: 'good' };
}

/** Draws a badge of the usual size: the name of an SLO, and how it stands. */
export function badge(facts: BadgeFacts, theme: ChartTheme = 'light'): string {
  const { text, color } = badgeWords(facts);
  const name = fitText(facts.name, SIZE, LONGEST_NAME);
  const left = Math.ceil(textWidth(name, SIZE)) + 14;
  // Bold letters are wider.
  const width = left + Math.ceil(textWidth(text, SIZE) * 1.1) + 16;
  const mark = 4;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'chart badge-picture',
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      height: HEIGHT,
      role: 'img',
      'aria-label': `${facts.name}: ${text}`,
      'font-family': "Verdana, 'DejaVu Sans', sans-serif",
    },
    element('title', {}, xmlText(`${facts.name}: ${text}`)),
    element('rect', {
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: HEIGHT - 1,
      rx: 3,
      ...painted(theme, { fill: 'ground', stroke: 'soft' }),
    }),
    element('rect', { x: left, y: 1, width: mark, height: HEIGHT - 2, ...painted(theme, { fill: color }) }),
    label(theme, name, { x: 7, y: 14, size: SIZE, color: 'soft' }),
    label(theme, text, { x: left + mark + 6, y: 14, size: SIZE, bold: true }),
  );
}
