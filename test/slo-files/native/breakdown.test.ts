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
