/**
 * The colours of charts, by what they mean. Blue is good and red is bad, which every kind of colour blindness tells apart; what
 * a colour means is always said by a shape, a pattern or a word as well.
 */
const COLORS = {
  /** Text, and what matters most. */
  ink: { light: '#1c1917', dark: '#f5f3f0' },
  soft: { light: '#5c5650', dark: '#b3aba2' },
  grid: { light: '#e2dfda', dark: '#37322d' },
  ground: { light: '#ffffff', dark: '#1f1c19' },
  good: { light: '#1d5fa8', dark: '#7cb9f4' },
  warn: { light: '#b45309', dark: '#fbbf24' },
  bad: { light: '#b91c1c', dark: '#f98080' },
  /** Ideal lines, and what is only expected. */
  ideal: { light: '#78716c', dark: '#a8a29e' },
  /** Adjustments and annotations. */
  mark: { light: '#7e22ce', dark: '#d8b4fe' },
  first: { light: '#1d5fa8', dark: '#7cb9f4' },
  second: { light: '#c2570c', dark: '#fdab62' },
  third: { light: '#0f766e', dark: '#5ad8c8' },
  fourth: { light: '#a21caf', dark: '#f0a1f7' },
  fifth: { light: '#4d7c0f', dark: '#bde26a' },
  /** All other series together. */
  others: { light: '#78716c', dark: '#a8a29e' },
} as const satisfies Readonly<Record<string, Readonly<Record<'light' | 'dark', string>>>>;

export type ChartColor = keyof typeof COLORS;

/** The colours that a chart has where no stylesheet says otherwise: alone in an `<img>`, or as a bitmap. */
export type ChartTheme = 'light' | 'dark';

/** The value of a colour where no stylesheet applies. */
export function colorIn(theme: ChartTheme, color: ChartColor): string {
  return COLORS[color][theme];
}

/** The class that lets a stylesheet set the fill or the stroke; presentation attributes give way to it. */
export function colorClass(kind: 'fill' | 'stroke', color: ChartColor): string {
  return `${kind === 'fill' ? 'f' : 's'}-${color}`;
}

/** What a page links to, so that charts inside it follow its theme, and `data-theme` of its root element where that is set. */
export function chartStylesheet(): string {
  const names = Object.keys(COLORS) as readonly ChartColor[];
  const variables = (theme: ChartTheme): string =>
    names.map((name) => `--chart-${name}:${COLORS[name][theme]};`).join('');
  const classes = names
    .map(
      (name) =>
        `.chart .${colorClass('fill', name)}{fill:var(--chart-${name})}` +
        `.chart .${colorClass('stroke', name)}{stroke:var(--chart-${name})}`,
    )
    .join('\n');
  // Paper is white whatever the screen is.
  return `:root{${variables('light')}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${variables('dark')}}}
:root[data-theme=dark]{${variables('dark')}}
@media print{:root,:root[data-theme]{${variables('light')}}}
.chart{display:block;max-width:100%;height:auto}
.chart text{font-family:inherit}
${classes}
`;
}
