import type { SloDetail, ValueReport } from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';
import { alertBadge, budgetBadge, budgetLeft, goodRatio } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** Which value an SLO is of, with the way to that of all; nothing of any other SLO. */
export function wholeOfValue({ value: of }: Pick<SloDetail, 'value'>, base: string): Markup | null {
  if (!of) return null;
  return (
    <>
      {' '}
      · {of.attribute} <b>{of.value}</b> of <a href={addressOf(of.whole, base)}>{of.whole}</a>
    </>
  );
}

/** The SLOs of the values of an attribute; nothing where values have none. */
export function valueCard(
  { each, values, objective }: Pick<SloDetail, 'each' | 'values' | 'objective'>,
  base: string,
): Markup | null {
  if (each === undefined) return null;
  const count = values.length === 1 ? '1 value so far' : `${formatCount(values.length)} values so far`;
  return (
    <section class="card" aria-label={`SLOs by ${each}`}>
      <header>
        <h2>One SLO for each {each}</h2>
        <p>{count}; when more than half of them burn, the incident is of this SLO</p>
      </header>
      {values.length === 0 ? (
        <p class="quiet">No outcome has come yet.</p>
      ) : (
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">{each}</th>
              <th scope="col">Good</th>
              <th scope="col">Outcomes</th>
              <th scope="col">Budget left</th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>{values.map((value) => valueRow(value, objective, base))}</tbody>
        </table>
      )}
    </section>
  );
}

function valueRow(
  { slo, value, alert, firing, sli, budget }: ValueReport,
  objective: number,
  base: string,
): Markup {
  return (
    <tr>
      <th scope="row">
        <a href={addressOf(slo, base)}>{value}</a>
      </th>
      <td data-label="Good">{goodRatio(sli.ratio, objective)}</td>
      <td data-label="Outcomes">{formatCount(sli.total)}</td>
      <td data-label="Budget left">
        {budgetLeft(budget, sli)} {budgetBadge(budget.state)}
      </td>
      <td data-label="Now">{standing(alert, firing)}</td>
    </tr>
  );
}

/** A value whose incident is that of the whole burns as well. */
function standing(alert: ValueReport['alert'], firing: readonly string[]): Markup | string | null {
  if (alert !== 'none') return alertBadge(alert);
  return firing.length > 0 ? <b class="alarm">burns</b> : 'quiet';
}

function addressOf(id: string, base: string): string {
  return `${base}/slos/${id.split('/').map(encodeURIComponent).join('/')}`;
}
