import type { ChartData } from '../../core/ports/chart-data.ts';
import type { ChartQueryTexts } from '../../core/ports/chart-query.ts';
import { CHART_RANGES } from '../../core/ports/chart-query.ts';
import type { Queries } from '../../core/ports/queries.ts';
import { HttpProblem } from '../answers/problems.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { TIMESTAMP } from './parameters.ts';
import type { Call } from './route-table.ts';

/** Which time charts are of. */
export const CHART_QUERY = {
  range: {
    schema: { type: 'string', enum: CHART_RANGES },
    description:
      'the time that is shown; `window` is that of the SLO, `custom` goes from `from` to `to`; 1d if absent',
  },
  from: { schema: TIMESTAMP, description: 'the beginning, with `range=custom`' },
  to: { schema: TIMESTAMP, description: 'the end, with `range=custom`; now if absent' },
} satisfies Parameters;

export function readChartQuery({ query }: Call): ChartQueryTexts {
  return { range: query('range'), from: query('from'), to: query('to') };
}

/**
 * The time zone of a name as it is usually written, so that no more of them are kept than there are; null when there is none
 * of that name.
 */
export function timeZoneOf(name: string | null): string | null {
  if (name === null) return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

/** What the charts of an SLO show; throws the `HttpProblem` to answer with. */
export async function chartDataOf(queries: Queries, id: string, texts: ChartQueryTexts): Promise<ChartData> {
  const found = await queries.charts(id, texts);
  if (!found) throw unknownSlo(id);
  return answerOf(found, 'unknown-slo', 'invalid-query');
}

export function unknownSlo(id: string): HttpProblem {
  return new HttpProblem('unknown-slo', `No SLO ${JSON.stringify(id)} is loaded; GET /v1/slos lists them.`);
}
