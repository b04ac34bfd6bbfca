import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/core/ports/store/store.ts';
import { countingContract } from './counting-contract.ts';
import { deadLetterContract } from './dead-letter-contract.ts';
import { deadlineContract } from './deadline-contract.ts';
import { gateOverrideContract } from './gate-override-contract.ts';
import { hoursContract } from './hours-contract.ts';
import { incidentContract } from './incident-contract.ts';
import { landingContract } from './landing-contract.ts';
import { outboxContract } from './outbox-contract.ts';
import { PARTITIONS } from './place.ts';
import type { Place } from './place.ts';
import { recordContract } from './record-contract.ts';
import { statisticsContract } from './statistics-contract.ts';
import { stateContract } from './state-contract.ts';

/** The data of one store, empty at first, which can be opened any number of times, also at once. */
export interface StoreData {
  /** `partitions` null adopts what the store was first opened with. */
  open(partitions: number | null): Promise<Store>;
  /** Removes the data; every handle is closed before. */
  destroy(): Promise<void>;
}

/**
 * What every store keeps of the promises in core/store.ts. `fresh` gives empty data each time it is called.
 * Time is passed as `now`, but for leases, which are short and real.
 */
export function storeContract(name: string, fresh: () => Promise<StoreData>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let data: StoreData;
    let handles: Store[] = [];

    const place: Place = {
      get store() {
        return handles[0]!;
      },
      async openAnother(partitions = null) {
        const store = await data.open(partitions);
        handles.push(store);
        return store;
      },
      async reopen() {
        await closeAll();
        await place.openAnother();
      },
    };
    const closeAll = async (): Promise<void> => {
      const open = handles;
      handles = [];
      for (const store of open) await store.close();
    };

    beforeEach(async () => {
      data = await fresh();
      await place.openAnother(PARTITIONS);
    });
    afterEach(async () => {
      await closeAll();
      await data.destroy();
    });

    describe('counting', () => countingContract(place));
    describe('deadlines', () => deadlineContract(place));
    describe('verdicts, starts and sums', () => landingContract(place));
    describe('statistics', () => statisticsContract(place));
    describe('hours', () => hoursContract(place));
    describe('alert states', () => stateContract(place));
    describe('outbox', () => outboxContract(place));
    describe('incidents', () => incidentContract(place));
    describe('records', () => recordContract(place));
    describe('overrides of the gate', () => gateOverrideContract(place));
    describe('dead letters', () => deadLetterContract(place));
  });
}
