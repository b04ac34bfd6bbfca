import { expect, it } from 'vitest';
import { OUTCOME_METRICS, WorkflowOutcomes } from '../../../src/http/metrics/outcome-metrics.ts';
import { turnsDuring } from '../../support/turns.ts';

it('G2: the outcomes of thousands of workflows are written in turns, and each adds up', async () => {
  const outcomes = new WorkflowOutcomes();
  for (let index = 0; index < 2000; index++) {
    outcomes.add(`workflow-${index}`, { accepted: index, duplicates: 1, conflicts: 0 });
    outcomes.add(`workflow-${index}`, { accepted: 1, duplicates: 2, conflicts: 3 });
  }
  let text = '';
  const turns = await turnsDuring(async () => (text = (await outcomes.render()).toString()));
  // The first of ten pauses may end before turns are counted.
  expect(turns).toBeGreaterThanOrEqual(9);
  const series = text.split('\n').filter((line) => line.startsWith('burnwatch_'));
  expect(series).toEqual([
    ...Array.from({ length: 2000 }, (_, index) => [
      `burnwatch_outcomes_total{workflow="workflow-${index}",result="accepted"} ${index + 1}`,
      `burnwatch_outcomes_total{workflow="workflow-${index}",result="duplicate"} 3`,
    ]).flat(),
    ...Array.from(
      { length: 2000 },
      (_, index) => `burnwatch_outcomes_conflicts_total{workflow="workflow-${index}"} 3`,
    ),
  ]);
});

it('metrics of nothing are there, and a name of a workflow cannot break out of its label', async () => {
  const outcomes = new WorkflowOutcomes();
  const empty = (await outcomes.render()).toString();
  for (const { name } of Object.values(OUTCOME_METRICS)) expect(empty).toContain(`# TYPE ${name} counter\n`);
  outcomes.add('a"} 1\nburnwatch_store_up 5 \\', { accepted: 1, duplicates: 0, conflicts: 0 });
  expect((await outcomes.render()).toString()).toContain(
    'burnwatch_outcomes_total{workflow="a\\"} 1\\nburnwatch_store_up 5 \\\\",result="accepted"} 1\n',
  );
});
