import { coordinate, element } from './svg.ts';

/** A chart as it was drawn, alone. */
interface StackedChart {
  readonly svg: string;
  readonly height: number;
}

/** Charts of one width, one below the other, as one picture. Their ids must differ. */
export function stackedCharts(width: number, charts: readonly StackedChart[]): string {
  let top = 0;
  const placed = charts.map(({ svg, height }) => {
    const chart = element('g', { transform: `translate(0 ${coordinate(top)})` }, svg);
    top += height;
    return chart;
  });
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${top}`, width, height: top },
    ...placed,
  );
}
