import { expect, it } from 'vitest';
import { NothingLoaded, StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { createActiveDefinitions } from '../../../src/engine/runtime/active-definitions.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { startWorld } from '../../support/world.ts';

it('tells files that do not load from a store that they wait for', async () => {
  const world = await startWorld();
  try {
    const { store, clock, log } = world;
    let isAway = true;
    const prepare = async (): Promise<void> => {
      if (isAway) throw new StoreUnavailable('away');
    };
    const active = createActiveDefinitions({ store, prepare, clock, log });
    expect(() => active.currentOrThrow()).toThrow(NothingLoaded);
    const next = define([defineSlo()]);
    const replaced = active.replace(next);
    expect(() => active.currentOrThrow()).toThrow('the SLO files wait for the store');
    expect(() => active.currentOrThrow()).not.toThrow(NothingLoaded);
    isAway = false;
    await active.replace(next);
    expect(active.currentOrThrow()).toBe(next);
    await replaced;
  } finally {
    await world.close();
  }
});
