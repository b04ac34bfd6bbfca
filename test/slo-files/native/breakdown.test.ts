import { describe, expect, it } from 'vitest';
import { definitionsOf, loadText, told } from '../slo-folder.ts';

const workflow = (more: string) =>
  `workflow: w\nowner: payments\n${more}\nslos:\n  s: { objective: 99%, window: 28d, sli: succeeded }\n`;

describe('a breakdown', () => {
  it('names attributes of a workflow, and is empty where none is written', async () => {
    const loaded = await loadText(workflow('breakdown: [region, tenant]'));
    expect(told(loaded)).toEqual([]);
    expect(definitionsOf(loaded).workflows.get('w')!.breakdown).toEqual(['region', 'tenant']);
    expect(definitionsOf(await loadText(workflow(''))).workflows.get('w')!.breakdown).toEqual([]);
  });

  it.each([
    ['breakdown: [a, b, c, d, e]', 'expected a list of names of attributes, at most 4'],
    ['breakdown: [a, a]', 'expected a list of different names of attributes, at most 4'],
    ['breakdown: region', 'expected a list of names of attributes, at most 4'],
    ['breakdown: [a b]', 'expected a name of 1 to 128 characters of A-Z a-z 0-9 . _ : / -'],
    ['breakdowns: [a]', 'unknown key `breakdowns` (did you mean breakdown?)'],
  ])('%s is reported', async (text, problem) => {
    expect(told(await loadText(workflow(text)))).toEqual([expect.stringContaining(problem)]);
  });

  it('belongs to a workflow', async () => {
    expect(told(await loadText('breakdown: [region]\npolicies: {}\n'))).toEqual([
      'a.yaml:1:1: `breakdown` without a workflow; expected `workflow` in the same document',
    ]);
  });
});

describe('one SLO for each value', () => {
  const slo = (more: string, sli = 'succeeded') =>
    `workflow: w\nowner: payments\n${more}\nslos:\n  s:\n    objective: 99%\n    window: 28d\n    sli: ${sli}\n    each: region\n`;

  it('names an attribute, by which the workflow is then broken down', async () => {
    const loaded = await loadText(slo('breakdown: [tenant]'));
    expect(told(loaded)).toEqual([]);
    const { breakdown, slos } = definitionsOf(loaded).workflows.get('w')!;
    expect(breakdown).toEqual(['tenant', 'region']);
    expect(slos[0]!.each).toBe('region');
  });

  it.each(['{ within: 10m }', '{ step: a }', '{ dependency: bank }', '{ where: { plan: pro } }'])(
    'goes with %s',
    async (sli) => expect(told(await loadText(slo('', sli)))).toEqual([]),
  );

  it.each([
    ['{ slices: 5m, ratio: 99% }'],
    ['{ allOf: [s, w/t] }'],
    ['{ transition: a -> b, within: 1m }'],
    ['{ measurement: lag, atMost: 5 }'],
  ])('does not go with %s', async (sli) => {
    expect(told(await loadText(slo('steps: [a, b]', sli)))).toContainEqual(
      expect.stringMatching(
        /^a\.yaml:9:11: `each` does not go with this `sli`; expected an `sli` of outcomes/,
      ),
    );
  });

  it('is one of four attributes at most', async () => {
    expect(told(await loadText(slo('breakdown: [a, b, c, d]')))).toEqual([
      'a.yaml:9:11: with `each: region` there are more than 4 attributes; expected at most 4 in `breakdown` and `each` of a workflow together',
    ]);
  });

  it('counts as all the SLOs that it can become', async () => {
    const many = Array.from(
      { length: 193 },
      (_, at) => `  s${at}: { objective: 99%, window: 28d, sli: succeeded, each: region }`,
    );
    const text = `workflow: w\nowner: payments\nslos:\n${many.join('\n')}\n`;
    expect(told(await loadText(text))).toEqual([
      'a.yaml:1:11: with this workflow there are more than 10000 SLOs; one with `each` counts as 52',
    ]);
  });
});
