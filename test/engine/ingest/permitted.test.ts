import { expect, it } from 'vitest';
import { permitted } from '../../../src/engine/ingest/permitted.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { callerWith } from '../../support/tokens.ts';

it('G2: names the workflows of a rejection once a request, however many records are of unknown ones', () => {
  const definitions = define(['orders', 'orders-eu', 'billing'].map((workflow) => defineSlo({ workflow })));
  let looks = 0;
  const workflows = new Map(definitions.workflows);
  workflows.keys = () => {
    looks++;
    return definitions.workflows.keys();
  };
  const rules = permitted(callerWith('ingest@orders*'), { ...definitions, workflows });
  for (let record = 0; record < 100; record++) expect(rules.nameable()).toEqual(['orders', 'orders-eu']);
  expect(looks).toBe(1);
});
