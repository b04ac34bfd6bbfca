import type { ChartSetting } from './plot.ts';
import type { Figure } from './figure.ts';
import { drawFigure } from './figure.ts';
import {
  budgetFigure,
  burnRateFigure,
  causeFigure,
  durationFigure,
  failingFigure,
  queueFigure,
  sliFigure,
  volumeFigure,
} from './slo-figures.ts';

/** Draws the figures of an SLO as SVG: see `slo-figures.ts` for what each shows. */
export const budgetChart = drawing(budgetFigure);
export const sliChart = drawing(sliFigure);
export const failingChart = drawing(failingFigure);
export const volumeChart = drawing(volumeFigure);
export const burnRateChart = drawing(burnRateFigure);
export const causeChart = drawing(causeFigure);
export const durationChart = drawing(durationFigure);
export const queueChart = drawing(queueFigure);

function drawing<Data extends readonly unknown[]>(
  figureOf: (...data: Data) => Figure,
): (setting: ChartSetting, ...data: Data) => string {
  return (setting, ...data) => drawFigure(setting, figureOf(...data));
}
