import { expect, it } from 'vitest';
import { EVALUATION_RECORD, storedEvaluation } from '../../../src/core/alerting/stored-evaluation.ts';
import { createEvaluationWatch } from '../../../src/engine/runtime/evaluation-watch.ts';
import { keptRecords } from '../../http/fakes.ts';
import { START } from '../../support/clock.ts';

it('J4: what was evaluated while the store was away is no younger than that', async () => {
  const kept = keptRecords();
  let away = false;
  let passed = 0;
  const store: typeof kept = {
    ...kept,
    records: (collection) => (away ? Promise.reject(new Error('away')) : kept.records(collection)),
  };
  let revision = 0;
  const evaluate = async () => {
    const value = storedEvaluation({ lastAt: START + passed, gaps: [], jumps: [] });
    expect(await kept.putRecord('evaluation', EVALUATION_RECORD, revision, value)).toBe(true);
    revision += 1;
  };
  const watch = createEvaluationWatch(store, () => passed);
  const check = async (after: number) => {
    passed += after;
    await watch.check();
    return watch.age();
  };

  await evaluate();
  await check(1000);
  await evaluate();
  expect(await check(1000)).toBe(1000);
  // Right after this replica looked last, another one evaluates, and then the store is away.
  await evaluate();
  away = true;
  for (let round = 0; round < 8; round++) await check(1000);
  away = false;
  expect(await check(1000)).toBe(9000);
  await evaluate();
  expect(await check(1000)).toBe(1000);
});
