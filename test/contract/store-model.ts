import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailedExecution } from '../../src/core/alerting/notification.ts';
import { CELL_BYTES, sumCells } from '../../src/core/counters/cells.ts';
import { MAX_ATTEMPT } from '../../src/core/outcomes/outcome.ts';
import { judge } from '../../src/core/sli/landing.ts';
import { MAX_LAST_FAILED, subjectKey } from '../../src/core/ports/store/counting.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type {
  EndGroup,
  EndSli,
  FlightReport,
  GroupResult,
  KnownSubject,
  HourCells,
  RecordGroup,
  SliLanding,
  StartGroup,
} from '../../src/core/ports/store/counting.ts';
import type { SubjectCounts } from '../../src/core/ports/store/statistics.ts';
import type { OutcomeCounts } from '../../src/core/statistics/outcome-counts.ts';
import { addCounts } from '../../src/core/statistics/outcome-counts.ts';
import { SPANS } from '../../src/core/statistics/statistic-cells.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { createModel, failuresOf } from './model.ts';
import type { Counted, InSlot } from './model.ts';
import { endSli, landingAt, timedSli } from './outcomes.ts';

const BEGIN = 1_800_000_000_000;
const PLAIN = endSli('plain');
const SHORT = timedSli('short', 3 * MINUTE);
const LONG = timedSli('long', 20 * MINUTE);
const QUEUED: typeof SHORT = { ...timedSli('queued', 8 * MINUTE), from: 'queued' };
/** Of every attempt, and of ends that must have started in time. */
const ATTEMPTS = 'attempts';
const PUNCTUAL = 'punctual';
/** Of starts that count by themselves, and of ends with a value. */
const BEGUN = 'begun';
const GAUGE = 'gauge';
const FINGERPRINTS = ['plain', 'short', 'long', 'queued', ATTEMPTS, PUNCTUAL, BEGUN, GAUGE];
/** Worked out elsewhere and written as hours. */
const DERIVED = 'derived';

type Action =
  | { readonly kind: 'sweep'; readonly wait: number; readonly limit: number }
  | { readonly kind: 'record'; readonly wait: number; readonly groups: readonly GroupPlan[] }
  | { readonly kind: 'write'; readonly wait: number; readonly hours: readonly HourPlan[] };

/** Cells of an hour as generated; the rest of its minutes are empty. */
interface HourPlan {
  readonly ago: number;
  readonly cells: readonly { readonly minute: number; readonly good: number; readonly bad: number }[];
}

/** A group as generated; times are relative to the moment it is recorded. */
interface GroupPlan {
  readonly kind: 'queued' | 'started' | 'succeeded' | 'failed' | 'will-retry' | 'cancelled' | 'skipped';
  readonly attempt: number;
  readonly executions: readonly number[];
  readonly step: string | null;
  readonly ago: number;
  readonly took: number | null;
  readonly slis: readonly ('plain' | 'short' | 'long' | 'queued' | 'punctual')[];
  readonly count: number;
  readonly error: string | null;
  /** What an end counts as for `attempts`; null for nothing. */
  readonly verdict: boolean | null;
  /** How long before its end what is `punctual` must have started. */
  readonly startAgo: readonly [earliest: number, latest: number];
  /** Whether there is a landing of its own, with this value or none, for `begun` or `gauge`. */
  readonly own: { readonly good: boolean; readonly value: number | null } | null;
}

/** Between what comes before the first attempt and the first. */
const BEFORE_FIRST = 1 / MAX_ATTEMPT;

const waits = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 * MINUTE }), fc.constant(SHORT.withinMs));
const groupPlan: fc.Arbitrary<GroupPlan> = fc.record({
  kind: fc.constantFrom(
    ...(['queued', 'started', 'started', 'succeeded', 'succeeded', 'failed', 'failed'] as const),
    ...(['will-retry', 'cancelled', 'skipped'] as const),
  ),
  attempt: fc.constantFrom(1, 1, 1, 1, 0, BEFORE_FIRST, 2, 3),
  executions: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 6 }),
  step: fc.constantFrom(null, null, null, 'charge', 'ship/pack'),
  ago: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 * MINUTE }), fc.constant(23 * HOUR)),
  took: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 25 * MINUTE })),
  slis: fc.uniqueArray(fc.constantFrom('plain', 'short', 'long', 'queued', 'punctual'), { maxLength: 4 }),
  count: fc.constantFrom(1, 1, 1, 2, 3, 7),
  error: fc.constantFrom(null, 'timeout', 'overdue'),
  verdict: fc.constantFrom(true, false, null),
  startAgo: fc.tuple(fc.integer({ min: 0, max: 25 * MINUTE }), fc.integer({ min: 0, max: 10 * MINUTE })),
  own: fc.option(
    fc.record({
      good: fc.boolean(),
      // Quarters, which add up exactly in whatever order.
      value: fc.option(fc.integer({ min: -1e6, max: 1e6 }).map((quarters) => quarters / 4)),
    }),
  ),
});
const hourPlan: fc.Arbitrary<HourPlan> = fc.record({
  ago: fc.integer({ min: 0, max: 3 }),
  cells: fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 59 }),
      good: fc.integer({ min: 0, max: 2 }),
      bad: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 0x4000_0000 })),
    }),
    { maxLength: 3 },
  ),
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
  fc.record({
    kind: fc.constant('write' as const),
    wait: waits,
    hours: fc.uniqueArray(hourPlan, { maxLength: 3, selector: ({ ago }) => ago }),
  }),
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

/** Writes hours, and checks that the partition tells of what changed and of nothing else. */
async function writeHours(
  store: Store,
  workflow: string,
  now: number,
  hours: readonly HourCells[],
  model: ReturnType<typeof createModel>,
): Promise<void> {
  const partition = { workflow, partition: 0 };
  const [before] = await store.changes([{ partition, revision: 0 }]);
  await store.writeHours({ workflow, fingerprint: DERIVED }, hours, now);
  const changed = model.write(hours);
  const [after] = await store.changes([{ partition, revision: before!.revision }]);
  if (changed.length === 0) expect(after!.revision).toBe(before!.revision);
  else expect(after!.revision).toBeGreaterThan(before!.revision);
  if (!after!.complete) return;
  expect(sorted(after!.hours)).toEqual(sorted(changed.map((hour) => ({ fingerprint: DERIVED, hour }))));
}

async function compare(store: Store, workflow: string, actions: readonly Action[]): Promise<void> {
  const id = { workflow, partition: 0 };
  const model = createModel();
  let now = BEGIN;
  for (const one of actions) {
    now += one.wait;
    if (one.kind === 'record') {
      const groups = one.groups.map((plan) => groupOf(plan, now));
      expect((await store.record({ ...id, now, groups })).map(plainResult)).toEqual(
        model.record(groups, now),
      );
    } else if (one.kind === 'write') {
      await writeHours(
        store,
        workflow,
        now,
        one.hours.map((plan) => hourOf(plan, now)),
        model,
      );
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
    expect(await store.readSums(sli, now - 30 * HOUR, now + HOUR)).toEqual(sumsOf(mine));
    expect(sorted(await store.readFailures(sli, now - 30 * HOUR, now + HOUR))).toEqual(
      sorted(failuresOf(mine)),
    );
    // Which of the last are kept when there were more depends on the order they came in and went.
    const failed = mine.flatMap(({ bad }) => (bad ? [bad.failed] : []));
    if (failed.length <= MAX_LAST_FAILED) {
      expect(sorted(samplesOf(await store.readLastFailed(sli, MAX_LAST_FAILED)))).toEqual(
        sorted(samplesOf(failed)),
      );
    }
  }
  expect(await minutesIn(store, workflow, DERIVED, now)).toEqual(minutesWritten(model.written()));
  expect(await store.inFlight(workflow)).toEqual(model.inFlight());
  for (const [subject, known] of model.known()) {
    const found = await store.known(id, subject, now);
    expect(found && comparable(found)).toEqual(comparable(known));
  }
  await compareStatistics(store, workflow, model.statistics(), now);
  expect(await store.known(id, 'never reported', now)).toBeNull();
  expect(sorted(await store.places(workflow))).toEqual(sorted(model.places()));
  const slowest = await store.slowest(workflow, now, 1000);
  expect(sorted(slowest.map(shown))).toEqual(sorted(model.flights()));
  const order = slowest.map(({ overdue, startedAt, queuedAt }) => [
    overdue ? 0 : 1,
    Math.min(startedAt ?? Infinity, queuedAt ?? Infinity),
  ]);
  expect(order).toEqual(order.toSorted(([a, b], [c, d]) => a! - c! || b! - d!));
}

/** Every cell of the last day and a bit holds what it should, as far back as its span is kept. */
async function compareStatistics(
  store: Store,
  workflow: string,
  expected: readonly InSlot[],
  now: number,
): Promise<void> {
  const cells = SPANS.flatMap(({ span, length, serves }) => {
    const first = Math.floor((now - Math.min(serves, 26 * HOUR)) / length);
    const last = Math.floor(now / length);
    return Array.from({ length: last - first + 1 }, (_, i) => ({ span, index: first + i, length }));
  });
  const found = await store.readStatistics(workflow, cells);
  cells.forEach(({ index, length }, i) => {
    const inCell = expected.filter(({ at }) => Math.floor(at / length) === index);
    expect(slotsByName(found[i]!.map(plainCounts))).toEqual(
      slotsByName(inCell.map(({ step, slot, count }) => ({ step, counts: new Map([[slot, count]]) }))),
    );
  });
}

function plainCounts({ of, counts }: SubjectCounts): Named {
  return { step: of.kind === 'step' ? of.step : null, counts };
}

interface Named {
  readonly step: string | null;
  readonly counts: OutcomeCounts;
}

function slotsByName(all: readonly Named[]): Map<string | null, Map<number, number>> {
  const names = new Map<string | null, Map<number, number>>();
  for (const { step, counts } of all) {
    const slots = names.get(step) ?? new Map<number, number>();
    addCounts(slots, counts);
    names.set(step, slots);
  }
  return names;
}

/** Without traces, which are not kept of an end that is judged anew later. The same failure is there once. */
function samplesOf(failed: readonly FailedExecution[]): readonly object[] {
  const samples = failed.map((sample) => ({ ...sample, traceId: null }));
  return [...new Map(samples.map((sample) => [JSON.stringify(canonical(sample)), sample])).values()];
}

/** Without what follows from the rest, in an order of its own; what is good is filed under nothing. */
function comparable(known: Omit<KnownSubject, 'state' | 'deadlines'>): object {
  const { queuedAt, startedAt, attempt, willRetry, ends, counts } = known;
  const filed = counts.map((count) => ({ ...count, failure: count.good ? null : count.failure }));
  return { queuedAt, startedAt, attempt, willRetry, ends: sorted(ends), counts: sorted(filed) };
}

/** Without its trace, for which a record has room for one only. */
function shown(flight: FlightReport): object {
  return { ...flight, traceId: null };
}

/** In the order of offsets. */
function plainResult({ known, waiting, conflicts }: GroupResult): GroupResult {
  return {
    known: known.toSorted((one, other) => one - other),
    waiting: waiting.toSorted((one, other) => one - other),
    conflicts: conflicts.toSorted((one, other) => one.offset - other.offset),
  };
}

function hourOf({ ago, cells }: HourPlan, now: number): HourCells {
  const hour: HourCells = { hour: Math.floor(now / HOUR) - ago, cells: new Uint32Array(120) };
  for (const { minute, good, bad } of cells) hour.cells.set([good, bad], 2 * minute);
  return hour;
}

function groupOf(plan: GroupPlan, now: number): RecordGroup {
  const at = now - plan.ago;
  const subjects = plan.executions.map((number) => {
    const execution = `execution-${number}`;
    return {
      subject: subjectKey(execution, plan.step),
      execution,
      at,
      traceId: number % 2 ? 'a'.repeat(32) : null,
    };
  });
  const selects = ({ fingerprint }: EndSli): boolean => plan.slis.some((one) => one === fingerprint);
  const [earliest, latest] = plan.startAgo;
  const slis = [
    PLAIN,
    SHORT,
    LONG,
    QUEUED,
    endSli(PUNCTUAL, { startIn: [at - earliest, at - Math.min(earliest, latest)] }),
  ].filter(selects);
  const isStart = plan.kind === 'started' || plan.kind === 'queued';
  const own = plan.own === null ? [] : [landingAt(isStart ? BEGUN : GAUGE, at, plan.own)];
  const { attempt } = plan;
  if (plan.kind === 'started' || plan.kind === 'queued') {
    const group: StartGroup = {
      kind: 'start',
      step: plan.step,
      phase: plan.kind,
      attempt,
      count: plan.count,
      watches: slis.flatMap(({ fingerprint, withinMs, from }) =>
        withinMs === null ? [] : [{ fingerprint, withinMs, from }],
      ),
      landings: own,
      statistics: 'named',
      subjects: subjects.map((subject) => ({
        ...subject,
        parent: plan.step === null ? null : subjectKey(subject.execution, null),
      })),
    };
    return group;
  }
  // What comes before the first attempt may ask for no deadline where others do, tells no start and is in no statistics.
  const isAttempt = attempt >= 1;
  const startedAt = isAttempt && plan.took !== null ? at - plan.took : null;
  const ofEnd = isAttempt ? slis : slis.map((sli) => ({ ...sli, withinMs: null }));
  const status = plan.kind === 'will-retry' ? 'failed' : plan.kind;
  const { verdict } = plan;
  const group: EndGroup = {
    kind: 'end',
    step: plan.step,
    attempt,
    status,
    willRetry: plan.kind === 'will-retry',
    count: plan.count,
    slis: ofEnd,
    // What the engine does: when nothing depends on a recorded start, it says where the outcomes land.
    landings: landingsOf(ofEnd, startedAt, at, status),
    own: [...own, ...(verdict === null ? [] : [landingAt(ATTEMPTS, at, { good: verdict })])],
    failure: { step: plan.step, dependency: null, error: plan.error },
    statistics: isAttempt ? 'named' : 'none',
    subjects: subjects.map((subject) => ({ ...subject, startedAt })),
  };
  return group;
}

function landingsOf(
  slis: EndGroup['slis'],
  startedAt: number | null,
  at: number,
  status: EndGroup['status'],
): EndGroup['landings'] {
  const asksForStart = ({ withinMs, startIn }: EndSli): boolean => withinMs !== null || startIn !== null;
  if (startedAt === null && slis.some(asksForStart)) return null;
  return slis.flatMap(({ fingerprint, withinMs, startIn }): readonly SliLanding[] => {
    if (startIn && (startedAt! < startIn[0] || startedAt! > startIn[1])) return [];
    const landing = judge(withinMs, startedAt ?? at, at, status);
    return landing ? [{ fingerprint, ...landing, value: null }] : [];
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

function sumsOf(counted: readonly Counted[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { minute, value, count } of counted) {
    if (value !== null) sums.set(minute, (sums.get(minute) ?? 0) + value * count);
  }
  return sums;
}

function minutesWritten(hours: ReadonlyMap<number, Uint32Array>): Minutes {
  const minutes: Minutes = {};
  for (const [hour, cells] of hours) {
    for (let minute = 0; minute < 60; minute++) {
      const [good, bad] = [cells[2 * minute]!, cells[2 * minute + 1]!];
      if (good + bad > 0) minutes[hour * 60 + minute] = { good, bad };
    }
  }
  return minutes;
}

/** Reads every minute that holds anything, and checks on the way that the hour cells say the same. */
async function minutesIn(store: Store, workflow: string, fingerprint: string, now: number): Promise<Minutes> {
  const firstHour = Math.floor((now - 30 * HOUR) / HOUR);
  const hours = Array.from({ length: 33 }, (_, i) => firstHour + i);
  const id = { workflow, partition: 0, fingerprint };
  const blocks = await store.readBlocks([
    ...hours.map((hour) => ({ ...id, resolution: 'minute' as const, block: hour })),
    ...hours.map((hour) => ({ ...id, resolution: 'hour' as const, block: Math.floor(hour / 192) })),
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
