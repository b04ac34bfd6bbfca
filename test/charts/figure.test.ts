import { describe, expect, it } from 'vitest';
import { readFigure } from '../../src/charts/figure.ts';
import {
  budgetFigure,
  burnRateFigure,
  causeFigure,
  sliFigure,
  volumeFigure,
} from '../../src/charts/slo-figures.ts';
import { chartData } from './chart-data.ts';

describe('the values of a chart', () => {
  it('are all that its lines go through, closer than its axis is labelled, and none where nothing is drawn', () => {
    const data = chartData();
    const points = [
      { ...data.points[0]!, from: 1000, ratio: 0.98765 },
      { ...data.points[0]!, from: 2000, ratio: null },
      { ...data.points[0]!, from: 3000, ratio: 1 },
    ];
    expect(readFigure(sliFigure({ ...data, points }))).toEqual({
      times: [1000, 3000],
      series: [{ name: 'good', heights: [0.98765, 1], texts: ['98.77%', '100%'] }],
    });
  });

  it('of lines with other times stand side by side', () => {
    const data = chartData();
    const [history] = data.burnRates;
    const points = [
      { at: 1000, long: 1.234, short: null },
      { at: 2000, long: null, short: 14 },
    ];
    const { times, series } = readFigure(burnRateFigure(data, { ...history!, points }));
    expect(times).toEqual([1000, 2000]);
    expect(series.map(({ heights }) => heights)).toEqual([
      [1.234, null],
      [null, 14],
    ]);
    expect(series.map(({ texts }) => texts)).toEqual([
      ['1.23x', null],
      [null, '14x'],
    ]);
  });

  it('of bars are whole numbers, named as in the legend without its sums', () => {
    const data = chartData();
    const volume = readFigure(volumeFigure(data));
    const counted = data.points.filter(({ total }) => total > 0);
    expect(volume.times).toEqual(counted.map(({ from }) => from));
    expect(volume.series.map(({ name }) => name)).toEqual(['bad', 'good']);
    expect(volume.series[1]!.texts[0]).toBe(counted[0]!.good.toLocaleString('en-US'));
    for (const { name } of readFigure(causeFigure(data)).series) expect(name).not.toMatch(/\(\d/);
  });

  it('of a budget are the shares that are left', () => {
    const data = chartData();
    const burnDown = { ...data.burnDown, points: [{ at: 1000, remaining: -0.3456 }] };
    expect(readFigure(budgetFigure({ ...data, burnDown }))).toMatchObject({
      times: [1000],
      series: [{ name: 'budget left', texts: ['-34.6%'] }],
    });
  });
});
