import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordArguments } from '../../src/store/redis/record-call.ts';
import { ends } from './outcomes.ts';

describe('receipts as Redis is given them', () => {
  it('hold each moment to the millisecond, whichever came before it', () => {
    const moment = integer({ min: 0, max: 36 ** 8 - 1 });
    assert(
      property(moment, integer({ min: 0, max: 36 ** 4 }), (at, later) => {
        const moments = [at, Math.min(36 ** 8 - 1, at + later), at];
        const groups = moments.map((one, index) => ({ index, from: 0, group: ends(['e'], one, []) }));
        const args = recordArguments({ now: 0, buckets: [], seenLife: 0 }, groups);
        // A group of ends has its identities, receipts and details in turn.
        const receipts = moments.map((_, index) => args[2 + 3 * index]!);
        expect(receipts.map((receipt) => parseInt(receipt.slice(11, 19), 36))).toEqual(moments);
      }),
    );
  });
});
