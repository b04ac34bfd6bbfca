import { beforeEach, describe, expect, it } from 'vitest';
import { storedDefinition, upgradeDefinition } from '../../../src/core/alerting/stored-definition.ts';
import type { DefinitionHistory } from '../../../src/core/alerting/definition-history.ts';
import type { Definitions, Slo } from '../../../src/core/slo/slo.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createDefinitionHistories } from '../../../src/engine/runtime/definition-histories.ts';
import { keptRecords } from '../../http/fakes.ts';
import { START, manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { readReferences } from '../../../src/config.ts';
import { loadDefinitions } from '../../../src/slo-files/load.ts';

const of = (objective: string): Definitions => define([defineSlo({ objective })]);

let clock = manualClock();
let passed = 0;
let records = keptRecords();
let reads = 0;
beforeEach(() => {
  [clock, passed, records, reads] = [manualClock(), 0, keptRecords(), 0];
});

function pass(time: number): void {
  passed += time;
  clock.advance(time);
}

/** A replica with files of its own, which leads while it is run. */
function replica(definitions: Definitions) {
  const files = { current: definitions as Definitions | null };
  const store: typeof records = {
    ...records,
    records: (collection) => (reads++, records.records(collection)),
  };
  const elapsed = () => passed;
  const histories = createDefinitionHistories({
    store,
    definitions: () => files.current,
    clock,
    elapsed,
    log: memoryLog(),
  });
  return {
    files,
    run: () => histories.run(),
    /** Leads for a time. */
    async lead(time: number) {
      for (let left = time; left >= 0; left -= 10 * SECOND) {
        await histories.run();
        pass(10 * SECOND);
      }
    },
  };
}

async function history(): Promise<DefinitionHistory> {
  const [record] = await records.records('definitions');
  return upgradeDefinition(record!.value)!;
}

const noted = async () =>
  (await history()).changes.map(({ sequence, at, fields }) => [
    sequence,
    (at - START) / SECOND,
    ...fields.filter(({ field }) => field === 'objective').map(({ from, to }) => `${from} → ${to}`),
  ]);

describe('the history of a definition', () => {
  it('begins with what the SLO is, and notes each change once, over restarts', async () => {
    const one = replica(of('99%'));
    await one.run();
    expect(await history()).toMatchObject({ slo: 'orders/done', since: START, sequence: 0, changes: [] });
    pass(MINUTE);
    one.files.current = of('99.5%');
    await one.run();
    await one.run();
    await replica(of('99.5%')).run();
    expect(await noted()).toEqual([[1, 60, '99% → 99.5%']]);
  });

  it('asks the store for nothing while nothing changes', async () => {
    const one = replica(of('99%'));
    await one.lead(HOUR);
    expect(reads).toBe(1);
    // Others may have led meanwhile.
    pass(MINUTE);
    await one.run();
    expect(reads).toBe(2);
    one.files.current = null;
    await one.run();
    expect(reads).toBe(2);
  });

  it('is not noted twice while replicas of two files take turns to lead', async () => {
    const [former, next] = [replica(of('99%')), replica(of('99.5%'))];
    await former.lead(MINUTE);
    for (let turn = 0; turn < 20; turn++) {
      await next.lead(2 * MINUTE);
      await former.lead(2 * MINUTE);
    }
    await next.lead(HOUR);
    expect(await noted()).toEqual([[1, 70, '99% → 99.5%']]);
  });

  it('notes a return that stays, with when it began, after ten minutes of time that passed', async () => {
    const one = replica(of('99%'));
    await one.run();
    one.files.current = of('99.5%');
    await one.run();
    one.files.current = of('99%');
    // A clock that is set ahead makes no time pass.
    clock.advance(30 * DAY);
    await one.lead(9 * MINUTE);
    expect(await noted()).toHaveLength(1);
    clock.set(START - DAY);
    await one.lead(2 * MINUTE);
    const [latest, first] = await noted();
    expect(latest).toEqual([2, (30 * DAY) / SECOND, '99.5% → 99%']);
    expect(first).toEqual([1, 0, '99% → 99.5%']);
    // What was never there is noted at once.
    one.files.current = of('99.9%');
    await one.run();
    expect((await noted())[0]![0]).toBe(3);
  });

  it('begins to wait anew where it did not lead meanwhile', async () => {
    const one = replica(of('99%'));
    await one.run();
    one.files.current = of('99.5%');
    await one.run();
    one.files.current = of('99%');
    await one.lead(8 * MINUTE);
    pass(5 * MINUTE);
    await one.lead(8 * MINUTE);
    expect(await noted()).toHaveLength(1);
    await one.lead(3 * MINUTE);
    expect(await noted()).toHaveLength(2);
  });

  it('of two leaders at the same moment notes a change once', async () => {
    await replica(of('99%')).run();
    const two = [replica(of('99.5%')), replica(of('99.5%'))];
    await Promise.all(two.map((one) => one.run()));
    pass(MINUTE);
    await Promise.all(two.map((one) => one.run()));
    expect(await noted()).toEqual([[1, 0, '99% → 99.5%']]);
  });

  it('leaves alone what a newer version wrote, and takes other words for the same for no change', async () => {
    await replica(of('99%')).run();
    const [record] = await records.records('definitions');
    const known = await history();
    const put = async (value: object) => {
      const { revision } = (await records.records('definitions'))[0]!;
      await records.putRecord('definitions', record!.id, revision, value);
    };
    const newer = { v: 99, meaning: 'another' };
    for (const value of [newer, storedDefinition({ ...known, words: 99 })]) {
      await put(value);
      await replica(of('99.5%')).run();
      expect((await records.records('definitions'))[0]!.value).toEqual(value);
    }
    await put(storedDefinition({ ...known, words: 0, fields: { goal: '99' } }));
    await replica(of('99.5%')).run();
    expect(await history()).toMatchObject({ sequence: 0, changes: [], fields: { objective: '99.5%' } });
  });

  it('is kept of SLOs that are gone, up to a number', async () => {
    const slos = (count: number): readonly Slo[] =>
      Array.from({ length: count }, (_, n) => defineSlo({ name: `n${n}` }));
    const one = replica(define(slos(1010)));
    await one.lead(MINUTE * 2);
    one.files.current = define(slos(1));
    await one.run();
    // The one that is there, as many as there are, and a thousand.
    expect(await records.records('definitions')).toHaveLength(1 + 1 + 1000);
  });
});

it('looks at a hundred SLOs in a call, so that those of thousands hold nobody up, and at each of them in the end', async () => {
  const slos = Array.from({ length: 250 }, (_, index) => defineSlo({ name: `slo-${index}` }));
  const one = replica(define(slos));
  const counts: number[] = [];
  for (let call = 0; call < 4; call++) {
    await one.run();
    counts.push((await records.records('definitions')).length);
    pass(SECOND);
  }
  expect(counts).toEqual([100, 200, 250, 250]);
  // The list of all was read once.
  expect(reads).toBe(1);
});

it('takes up every SLO of the examples, whatever kind of SLI it has', async () => {
  const { definitions } = await loadDefinitions(['slos'], readReferences({}));
  await replica(definitions!).run();
  const known = (await records.records('definitions')).map(({ value }) => upgradeDefinition(value)!);
  expect(known.map(({ slo }) => slo).toSorted()).toEqual(
    allSlos(definitions!)
      .map(({ id }) => id)
      .toSorted(),
  );
  for (const { fields } of known) expect(JSON.stringify(fields)).not.toMatch(/undefined|\[object|=>/);
});
