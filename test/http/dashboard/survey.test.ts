import { describe, expect, it } from 'vitest';
import type { SloReport } from '../../../src/core/ports/queries.ts';
import { WHOLE } from '../../../src/http/dashboard/overview-choice.ts';
import { overviewPage, shownSlos } from '../../../src/http/dashboard/overview-page.tsx';
import { byAttention, chosenOf, surveyOf } from '../../../src/http/dashboard/survey.ts';
import { turnsDuring } from '../../support/turns.ts';
import { burningSlo, exhaustedSlo, silentSlo, sloDetail } from '../fakes.ts';

/** SLOs of every kind, in turn. */
function many(count: number): readonly SloReport[] {
  const kinds = [sloDetail, exhaustedSlo, silentSlo, burningSlo];
  return Array.from({ length: count }, (_, index) => {
    const slo = kinds[index % 4]!({ workflow: `workflow-${index}`, owner: `owner-${index % 7}` });
    const remainingRatio = index % 5 === 0 ? null : (((index * 37) % 100) - 20) / 100;
    return { ...slo, budget: { ...slo.budget, remainingRatio } };
  });
}

describe('what the overview says of all SLOs', () => {
  it('counts them by their states, and puts those first that need people', async () => {
    const slos = many(40);
    const survey = await surveyOf(slos);
    expect(survey.byAttention).toEqual(slos.toSorted(byAttention));
    expect(survey.byAttention[0]!.alert).toBe('page');
    for (const [level, count] of survey.alerts)
      expect(count).toBe(slos.filter(({ alert }) => alert === level).length);
    for (const [state, count] of survey.budgets)
      expect(count).toBe(slos.filter(({ budget }) => budget.state === state).length);
    for (const [state, count] of survey.data)
      expect(count).toBe(slos.filter(({ data }) => data === state).length);
    expect(survey.owners).toEqual([0, 1, 2, 3, 4, 5, 6].map((owner) => `owner-${owner}`));
    expect(survey.workflows.size).toBe(40);
    expect([survey.hasLabels, survey.hasOutcomes]).toEqual([false, true]);
  });

  it('says of none that there is nothing', async () => {
    const survey = await surveyOf([]);
    expect([survey.alerts.size, survey.owners, survey.hasLabels, survey.hasOutcomes]).toEqual([
      0,
      [],
      false,
      false,
    ]);
    const labelled = await surveyOf([sloDetail(), sloDetail({ labels: { tier: 'gold' } })]);
    expect(labelled.hasLabels).toBe(true);
    expect((await surveyOf([silentSlo()])).hasOutcomes).toBe(false);
  });

  it('goes through a report once, whatever is asked of it', async () => {
    let looks = 0;
    const slos = many(10).map((slo) => ({
      ...slo,
      // What no filter asks for.
      get sli() {
        looks++;
        return slo.sli;
      },
    }));
    const survey = surveyOf(slos);
    expect(await surveyOf(slos)).toBe(await survey);
    const once = looks;
    expect(once).toBeGreaterThan(0);
    await shownSlos(await surveyOf(slos), WHOLE);
    await shownSlos(await surveyOf(slos), { ...WHOLE, owner: 'owner-1' });
    expect(looks).toBe(once);
  });

  it('G2: gives others a turn of the event loop between a thousand and the next', async () => {
    const slos = many(10_000);
    // The first of nine pauses may end before turns are counted.
    expect(await turnsDuring(() => surveyOf(slos))).toBeGreaterThanOrEqual(8);
    const { byAttention: all } = await surveyOf(slos);
    expect(await turnsDuring(() => chosenOf(all, WHOLE))).toBeGreaterThanOrEqual(8);
  });

  it('G2: draws a few rows in each turn of the event loop, also where all stand in one table', async () => {
    const slos = many(1000);
    const survey = await surveyOf(slos);
    const choice = { ...WHOLE, group: 'none' } as const;
    const shown = await shownSlos(survey, choice);
    expect(shown.rows).toHaveLength(200);
    let page = '';
    const turns = await turnsDuring(async () => {
      const about = { slos, survey, shown, choice, inFlight: [], recent: new Map(), base: '', origin: '' };
      page = (await overviewPage(about)).text;
    });
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(page.match(/<tr id="slo:/g)).toHaveLength(200);
  });
});
