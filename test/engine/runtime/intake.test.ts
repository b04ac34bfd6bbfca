import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { intakeRecord, upgradeIntake } from '../../../src/core/alerting/stored-intake.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { Intake } from '../../../src/engine/runtime/intake.ts';
import { createIntake } from '../../../src/engine/runtime/intake.ts';
import type { ManualClock } from '../../support/clock.ts';
import { START, manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { WrappedStore } from '../../support/store-wrapper.ts';
import { wrapStore } from '../../support/store-wrapper.ts';

let clock: ManualClock;
let wrapped: WrappedStore;
let intake: Intake;
let elapsed: number;

beforeEach(async () => {
  clock = manualClock();
  elapsed = 0;
  wrapped = wrapStore(await openEmbeddedStore(1, clock));
  const { store } = wrapped;
  intake = createIntake({ store, owner: 'one', clock, elapsed: () => elapsed, log: memoryLog() });
});

afterEach(() => wrapped.store.close());

function pass(duration: number): void {
  clock.advance(duration);
  elapsed += duration;
}

/** Checks once a second for so long. */
async function run(duration: number, able = true): Promise<void> {
  for (let passed = 0; passed < duration; passed += SECOND) {
    pass(SECOND);
    await intake.check(able);
  }
}

const seconds = (spans: Intake['spans'] extends () => infer Spans ? Spans : never) =>
  spans.map(([from, to]) => [(from - START) / SECOND, (to - START) / SECOND]);
const spans = () => seconds(intake.spans());

async function stored() {
  const records = await wrapped.store.records('evaluation');
  const record = records.find(({ id }) => id === intakeRecord('one'));
  return record ? seconds(upgradeIntake(record.value)!.spans) : null;
}

describe('when a replica could take outcomes', () => {
  it('is stored from the first second on, then every five, and to the moment when it stops', async () => {
    await run(10 * SECOND);
    expect([spans(), await stored()]).toEqual([[], null]);
    intake.open();
    await run(SECOND);
    expect(await stored()).toEqual([[10, 11]]);
    await run(3 * SECOND);
    expect(await stored()).toEqual([[10, 11]]);
    await run(2 * SECOND);
    expect(await stored()).toEqual([[10, 16]]);
    pass(700);
    expect(spans(), 'up to this moment').toEqual([[10, 16.7]]);
    await intake.close();
    expect(await stored()).toEqual([[10, 16.7]]);
    await run(MINUTE);
    expect(await stored()).toEqual([[10, 16.7]]);
  });

  it('ends while the store does not answer, and when it fails to record', async () => {
    intake.open();
    await run(10 * SECOND);
    await run(5 * SECOND, false);
    expect(spans()).toEqual([[0, 10]]);
    await run(5 * SECOND);
    wrapped.takeDown('record');
    const batch = { workflow: 'orders', partition: 0, now: clock.now(), groups: [] };
    await expect(intake.watching(wrapped.store).record(batch)).rejects.toThrow('taken down');
    pass(500);
    expect(spans()).toEqual([
      [0, 10],
      [16, 20],
    ]);
    await run(SECOND);
    expect(spans()).toEqual([
      [0, 10],
      [16, 20],
      [21.5, 21.5],
    ]);
  });

  it('ends where the process stood still', async () => {
    intake.open();
    await run(10 * SECOND);
    pass(20 * SECOND);
    expect(spans()).toEqual([[0, 10]]);
    await run(SECOND);
    expect(spans()).toEqual([
      [0, 10],
      [31, 31],
    ]);
  });

  it('lies never ahead, when the clock is set back', async () => {
    intake.open();
    await run(10 * SECOND);
    clock.advance(-HOUR);
    await run(SECOND);
    const [[from, to]] = spans() as [[number, number]];
    expect([from, to]).toEqual([-3589, -3589]);
  });

  it.each([
    ['an answer was lost', () => wrapped.loseAnswers('putRecord')],
    ['the store was away', () => wrapped.takeDown('putRecord')],
  ])('is stored again when %s', async (_, fail) => {
    intake.open();
    await run(4 * SECOND);
    fail();
    await run(3 * SECOND);
    wrapped.bringUp();
    await run(7 * SECOND);
    expect((await stored())!.at(-1)![1]).toBeGreaterThanOrEqual(9);
    await run(6 * SECOND);
    expect((await stored())!.at(-1)![1]).toBeGreaterThanOrEqual(15);
  });

  it('is stored anew when the leader removed it', async () => {
    intake.open();
    await run(6 * SECOND);
    const record = (await wrapped.store.records('evaluation'))[0]!;
    await wrapped.store.putRecord('evaluation', record.id, record.revision, null);
    await run(7 * SECOND);
    expect((await stored())!.at(-1)![1]).toBeGreaterThanOrEqual(11);
  });

  it('G2: holds so many breaks at most', async () => {
    intake.open();
    for (let round = 0; round < 300; round++) {
      await run(2 * SECOND);
      await run(SECOND, false);
    }
    await run(2 * SECOND);
    expect(spans().length).toBeLessThanOrEqual(100);
    expect((await stored())!.length).toBeLessThanOrEqual(100);
  });
});

describe('when a source got on', () => {
  const flow = async (duration: number, flowing: readonly string[], able = true) => {
    for (let passed = 0; passed < duration; passed += SECOND) {
      pass(SECOND);
      await intake.check(able, flowing);
    }
  };
  const sources = () =>
    Object.fromEntries([...intake.sourceSpans()].map(([name, times]) => [name, seconds(times)]));

  it('is kept of each by itself, and stored beside when anything could be taken', async () => {
    intake.open();
    await flow(10 * SECOND, ['a', 'b']);
    await flow(10 * SECOND, ['b']);
    await flow(6 * SECOND, ['a', 'b']);
    expect(spans()).toEqual([[0, 26]]);
    expect(sources()).toEqual({
      a: [
        [1, 10],
        [21, 26],
      ],
      b: [[1, 26]],
    });
    const [record] = await wrapped.store.records('evaluation');
    expect(Object.keys(upgradeIntake(record!.value)!.sources!)).toEqual(['a', 'b']);
  });

  it('ends for all while the store is away', async () => {
    intake.open();
    await flow(10 * SECOND, ['a']);
    await flow(5 * SECOND, ['a'], false);
    await flow(2 * SECOND, ['a']);
    expect(sources()).toEqual({
      a: [
        [1, 10],
        [16, 17],
      ],
    });
  });

  it('is not known where an earlier version stored it', () => {
    expect(upgradeIntake({ v: 1, spans: [[1, 2]] })).toEqual({ spans: [[1, 2]] });
  });
});
