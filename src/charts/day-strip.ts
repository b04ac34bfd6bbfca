import type { ChartTheme } from './palette.ts';
import { coordinate, element, painted } from './svg.ts';

/** What was counted on one day. */
export interface CountedDay {
  readonly good: number;
  readonly bad: number;
}

/** A row of days: was the objective kept on each? */
export interface DayStrip {
  /** Oldest first; today last. */
  readonly days: readonly CountedDay[];
  /** The good share promised, below 1. */
  readonly objective: number;
  /** Before the sentence that counts days: `Last 30 days`. */
  readonly label: string;
  readonly theme?: ChartTheme;
}

const PITCH = 6;
const BAR = 4;
const HEIGHT = 20;
/** 7% of 100 is 7.000000000000001. */
const ROUNDING = 1e-12;

/**
 * Draws a strip of days, by shape as well as by colour: a day that kept the objective is a low bar, one with failures within it
 * a bar of half the height, one that missed it a full bar with a slit, and one without outcomes a short line at the bottom.
 */
export function dayStrip({ days, objective, label, theme = 'light' }: DayStrip): string {
  const paths = { clean: '', kept: '', missed: '', slits: '', empty: '' };
  const counts = { kept: 0, missed: 0, empty: 0 };
  for (const [index, { good, bad }] of days.entries()) {
    const x = coordinate(index * PITCH + 1);
    const total = good + bad;
    if (!(total > 0)) {
      counts.empty += 1;
      paths.empty += `M${x} ${HEIGHT - 1}h${BAR}`;
    } else if (good < objective * total - ROUNDING * total) {
      counts.missed += 1;
      paths.missed += `M${x} 0h${BAR}v${HEIGHT}h-${BAR}z`;
      paths.slits += `M${x} 9l${BAR} -4`;
    } else {
      counts.kept += 1;
      const height = bad > 0 ? 11 : 7;
      paths[bad > 0 ? 'kept' : 'clean'] += `M${x} ${HEIGHT - height}h${BAR}v${height}h-${BAR}z`;
    }
  }
  const width = Math.max(1, days.length) * PITCH;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'chart day-strip',
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      height: HEIGHT,
      role: 'img',
      'aria-label': `${label}: ${sentence(counts)}`,
    },
    drawn(paths.clean, painted(theme, { fill: 'good' })),
    drawn(paths.kept, painted(theme, { fill: 'good' })),
    drawn(paths.missed, painted(theme, { fill: 'bad' })),
    drawn(paths.slits, { 'stroke-width': '1.6', ...painted(theme, { stroke: 'ground' }) }),
    drawn(paths.empty, { 'stroke-width': '1.5', ...painted(theme, { stroke: 'ideal' }) }),
  );
}

function drawn(path: string, attributes: Readonly<Record<string, string>>): string {
  return path === '' ? '' : element('path', { d: path, ...attributes });
}

function sentence({ kept, missed, empty }: Readonly<Record<'kept' | 'missed' | 'empty', number>>): string {
  const said = [
    `objective kept on ${days(kept)}`,
    missed > 0 ? `missed on ${days(missed)}` : null,
    empty > 0 ? `no outcomes on ${days(empty)}` : null,
  ];
  return said.filter((part) => part !== null).join(', ');
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
