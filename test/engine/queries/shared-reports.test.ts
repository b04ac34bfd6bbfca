import { describe, expect, it } from 'vitest';
import type { SloReport } from '../../../src/core/ports/queries.ts';
import { SECOND } from '../../../src/core/time/duration.ts';
import type { Definitions, Slo } from '../../../src/core/slo/slo.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { sharedReports } from '../../../src/engine/queries/shared-reports.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';

const definitionsOf = (slos: number): Definitions =>
  define(Array.from({ length: slos }, (_, index) => defineSlo({ name: `slo-${index}` })));

function readers(slos: number) {
  const clock = manualClock();
  const made: (readonly Slo[])[] = [];
  const state = { definitions: definitionsOf(slos), fail: false, takes: 0 };
  const report = sharedReports({
    definitions: () => state.definitions,
    elapsed: () => clock.now(),
    size: (known) => allSlos(known).length,
    async report(known) {
      const all = allSlos(known);
      made.push(all);
      await Promise.resolve();
      clock.advance(state.takes);
      if (state.fail) throw new Error('away');
      return all.map(({ id }) => ({ id }) as SloReport);
    },
  });
  return { clock, made, state, report };
}

describe('the report of all SLOs', () => {
  it('G2: of many SLOs is made once for all who ask in five seconds, and then anew', async () => {
    const { clock, made, report } = readers(500);
    const [first, second] = await Promise.all([report(), report()]);
    expect(second).toBe(first);
    clock.advance(5 * SECOND - 1);
    expect(await report()).toBe(first);
    expect(made).toHaveLength(1);
    clock.advance(1);
    expect(await report()).not.toBe(first);
    expect(made).toHaveLength(2);
  });

  it.each([
    { takes: 200, shared: 5 * SECOND },
    { takes: 400, shared: 8 * SECOND },
    { takes: 60 * SECOND, shared: 15 * SECOND },
  ])('G2: that took $takes ms to make is shared for $shared ms', async ({ takes, shared }) => {
    const { clock, state, made, report } = readers(500);
    state.takes = takes;
    await report();
    clock.advance(shared - 1);
    await report();
    expect(made).toHaveLength(1);
    clock.advance(1);
    await report();
    expect(made).toHaveLength(2);
  });

  it('of a few is made anew for each reader, so that it holds what was acknowledged just before', async () => {
    const { made, report } = readers(499);
    await Promise.all([report(), report()]);
    expect(made).toHaveLength(2);
  });

  it('is never that of other definitions', async () => {
    const { state, report } = readers(500);
    await report();
    state.definitions = definitionsOf(600);
    expect(await report()).toHaveLength(600);
  });

  it('that could not be made is tried again by the next reader', async () => {
    const { state, report } = readers(500);
    state.fail = true;
    await expect(report()).rejects.toThrow('away');
    state.fail = false;
    expect(await report()).toHaveLength(500);
  });
});
