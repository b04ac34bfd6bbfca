import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CELL_BYTES, sumCells } from '../../src/core/cells.ts';
import { judge } from '../../src/core/sli.ts';
import { MAX_LAST_FAILED, unitKey } from '../../src/core/store.ts';
import type { EndGroup, RecordGroup, StartGroup, Store } from '../../src/core/store.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { createModel, failuresOf } from './model.ts';
import type { Counted } from './model.ts';

const BEGIN = 1_800_000_000_000;
const PLAIN = { fingerprint: 'plain', withinMs: null };
const SHORT = { fingerprint: 'short', withinMs: 3 * MINUTE };
const LONG = { fingerprint: 'long', withinMs: 20 * MINUTE };
const FINGERPRINTS = ['plain', 'short', 'long'];

type Action =
  | { readonly kind: 'sweep'; readonly wait: number; readonly limit: number }
  | { readonly kind: 'record'; readonly wait: number; readonly groups: readonly GroupPlan[] };

/** A group as generated; times are relative to the moment it is recorded. */
interface GroupPlan {
  readonly kind: 'start' | 'succeeded' | 'failed' | 'cancelled';
  readonly executions: readonly number[];
  readonly step: string | null;
  readonly ago: number;
  readonly took: number | null;
  readonly slis: readonly ('plain' | 'short' | 'long')[];
  readonly count: number;
  readonly error: string | null;
  /** Whether starts wait for their ends. */
  readonly watched: boolean;
}

const waits = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 * MINUTE }), fc.constant(SHORT.withinMs));
const groupPlan: fc.Arbitrary<GroupPlan> = fc.record({
  kind: fc.constantFrom('start', 'start', 'succeeded', 'succeeded', 'failed', 'cancelled'),
  executions: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 6 }),
  step: fc.constantFrom(null, null, null, 'charge', 'ship/pack'),
  ago: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 * MINUTE }), fc.constant(23 * HOUR)),
  took: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 25 * MINUTE })),
  slis: fc.uniqueArray(fc.constantFrom('plain', 'short', 'long'), { maxLength: 3 }),
  count: fc.integer({ min: 1, max: 3 }),
  error: fc.constantFrom(null, 'timeout', 'overdue'),
  watched: fc.constantFrom(true, true, true, false),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('sweep' as const), wait: waits, limit: fc.integer({ min: 1, max: 50 }) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      wait: waits,
      groups: fc.array(groupPlan, { minLength: 1, maxLength: 4 }),
    }),
  },
);

/**
 * Random sequences of starts, ends, repeats, late arrivals and sweeps: whatever the order, the store holds what
 * the model works out from the facts. `open` gives an empty store; it is closed here.
 */
export function modelContract(name: string, open: () => Promise<Store>, runs = 60): void {
  describe(`${name} against the model`, () => {
    it('C1 C3 C4: counts what really happened, in whatever order it is told', async () => {
      const store = await open();
      let sequence = 0;
      try {
        await fc.assert(
          fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
            await compare(store, `w${sequence++}`, actions);
          }),
          { numRuns: runs },
        );
      } finally {
        await store.close();
      }
    });
  });
}

async function compare(store: Store, workflow: string, actions: readonly Action[]): Promise<void> {
  const id = { workflow, partition: 0 };
  const model = createModel();
  let now = BEGIN;
  for (const one of actions) {
    now += one.wait;
    if (one.kind === 'record') {
      const groups = one.groups.map((plan) => groupOf(plan, now));
      expect(await store.record({ ...id, now, groups })).toEqual(model.record(groups));
    } else {
      const total = { overdue: 0, unjudged: 0 };
      for (let swept = one.limit; swept === one.limit;) {
        const result = await store.sweep(id, now, one.limit);
        swept = result.swept;
        total.overdue += result.overdue;
        total.unjudged += result.unjudged;
      }
      expect(total).toEqual(model.sweep(now));
    }
  }
  const counted = model.counted();
  for (const fingerprint of FINGERPRINTS) {
    const mine = counted.filter((one) => one.fingerprint === fingerprint);
    expect(await minutesIn(store, workflow, fingerprint, now)).toEqual(minutesOf(mine));
    const sli = { workflow, fingerprint };
    expect(sorted(await store.readFailures(sli, now - 30 * HOUR, now + HOUR))).toEqual(
      sorted(failuresOf(mine)),
    );
    // Which of the last are kept when there were more depends on the order they came in and went.
    const failed = mine.flatMap(({ bad }) => (bad ? [bad.failed] : []));
    if (failed.length <= MAX_LAST_FAILED) {
      expect(sorted(await store.readLastFailed(sli, MAX_LAST_FAILED))).toEqual(sorted(failed));
    }
  }
  expect(await store.inFlight(workflow)).toEqual(model.inFlight());
}

function groupOf(plan: GroupPlan, now: number): RecordGroup {
  const at = now - plan.ago;
  const units = plan.executions.map((number) => {
    const execution = `execution-${number}`;
    return {
      unit: unitKey(execution, plan.step, 1),
      execution,
      at,
      traceId: number % 2 ? 'a'.repeat(32) : null,
    };
  });
  const slis = [PLAIN, SHORT, LONG].filter(({ fingerprint }) => plan.slis.some((one) => one === fingerprint));
  if (plan.kind === 'start') {
    const group: StartGroup = {
      kind: 'start',
      count: plan.count,
      watched: plan.watched,
      watches: !plan.watched
        ? []
        : slis.flatMap(({ fingerprint, withinMs }) => (withinMs === null ? [] : [{ fingerprint, withinMs }])),
      units: units.map((unit) => ({
        ...unit,
        step: plan.step,
        parent: plan.step === null ? null : unitKey(unit.execution, null, 1),
      })),
    };
    return group;
  }
  const startedAt = plan.took === null ? null : at - plan.took;
  const group: EndGroup = {
    kind: 'end',
    status: plan.kind,
    count: plan.count,
    slis,
    // What the engine does: when nothing depends on a recorded start, it says where the outcomes land.
    landings: landingsOf(slis, startedAt, at, plan.kind),
    failure: { step: plan.step, dependency: null, error: plan.error },
    units: units.map((unit) => ({ ...unit, startedAt })),
  };
  return group;
}

function landingsOf(
  slis: EndGroup['slis'],
  startedAt: number | null,
  at: number,
  status: EndGroup['status'],
): EndGroup['landings'] {
  if (startedAt === null && slis.some(({ withinMs }) => withinMs !== null)) return null;
  return slis.flatMap(({ fingerprint, withinMs }) => {
    const landing = judge(withinMs, startedAt ?? at, at, status);
    return landing ? [{ fingerprint, ...landing }] : [];
  });
}

type Minutes = Record<number, { readonly good: number; readonly bad: number }>;

function minutesOf(counted: readonly Counted[]): Minutes {
  const minutes: Minutes = {};
  for (const { minute, good, count } of counted) {
    const before = minutes[minute] ?? { good: 0, bad: 0 };
    minutes[minute] = good
      ? { ...before, good: before.good + count }
      : { ...before, bad: before.bad + count };
  }
  return minutes;
}

/** Reads every minute that holds anything, and checks on the way that the hour cells say the same. */
async function minutesIn(store: Store, workflow: string, fingerprint: string, now: number): Promise<Minutes> {
  const firstHour = Math.floor((now - 30 * HOUR) / HOUR);
  const hours = Array.from({ length: 33 }, (_, i) => firstHour + i);
  const id = { workflow, partition: 0, fingerprint };
  const blocks = await store.readBlocks([
    ...hours.map((hour) => ({ ...id, level: 'minute' as const, block: hour })),
    ...hours.map((hour) => ({ ...id, level: 'hour' as const, block: Math.floor(hour / 192) })),
  ]);
  const minutes: Minutes = {};
  hours.forEach((hour, i) => {
    const block = blocks[i]!;
    expect(sumCells(blocks[hours.length + i]!, hour % 192, hour % 192)).toEqual(sumCells(block, 0, 59));
    const cells = Math.ceil((block?.byteLength ?? 0) / CELL_BYTES);
    for (let minute = 0; minute < cells; minute++) {
      const cell = sumCells(block, minute, minute);
      if (cell.good + cell.bad > 0) minutes[hour * 60 + minute] = cell;
    }
  });
  return minutes;
}

function sorted(values: readonly object[]): object[] {
  return values.toSorted((a, b) => (JSON.stringify(canonical(a)) < JSON.stringify(canonical(b)) ? -1 : 1));
}

function canonical(value: object): [string, unknown][] {
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
