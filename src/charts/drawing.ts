import type { Fill } from './patterns.ts';
import type { ChartColor, ChartTheme } from './palette.ts';

/** A line of a legend. */
export type LegendItem = { readonly name: string; readonly color: ChartColor } & (
  | { readonly kind: 'line'; readonly dash: string | null }
  | { readonly kind: 'area'; readonly fill: Fill }
  | { readonly kind: 'span'; readonly span: 'page' | 'ticket' | 'adjustment' }
  | { readonly kind: 'moment' }
);

/** The area that is drawn in, and where times and values are in it. */
export interface Plot {
  readonly id: string;
  readonly theme: ChartTheme;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

/** Elements that are drawn, and what must be among the `defs` for them. */
export interface Drawing {
  readonly defs: readonly string[];
  readonly body: string;
}
