import { expect, it } from 'vitest';
import { MINUTE_RETENTION } from '../../src/core/counters/cells.ts';
import { TAKEN_BACK } from '../../src/core/ports/store/counting.ts';
import type { RecordGroup } from '../../src/core/ports/store/counting.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../src/core/time/duration.ts';
import {
  countsIn,
  countsInHour,
  done,
  ends,
  endSli,
  HOME,
  landingAt,
  NO_FAILURE,
  NOW,
  starts,
  stepStarts,
  timedSli,
  WORKFLOW,
  recordIn,
} from './outcomes.ts';
import type { Place } from './place.ts';

const ONE_GOOD = { good: 1, bad: 0 };
const ONE_BAD = { good: 0, bad: 1 };
const RETRY = [landingAt('first-try', NOW, { good: false })];
const FIRST = [landingAt('first-try', NOW)];
const FAST = timedSli('fast', 5 * MINUTE);
const PUNCTUAL = endSli('punctual', { startIn: [NOW - MINUTE, NOW + MINUTE] });

/** What a store promises about what counts by other rules than how it ended and how soon. */
export function landingContract(place: Place): void {
  const record = (groups: readonly RecordGroup[], now = NOW): Promise<readonly number[]> =>
    recordIn(place.store, { ...HOME, now, groups });
  const counts = (fingerprint: string, at = NOW) => countsIn(place.store, fingerprint, at);
  const failures = (fingerprint: string) =>
    place.store.readFailures({ workflow: WORKFLOW, fingerprint }, NOW - DAY, NOW + DAY);
  const lastFailed = (fingerprint: string) =>
    place.store.readLastFailed({ workflow: WORKFLOW, fingerprint }, 20);
  const sums = (fingerprint: string, from = NOW - HOUR, to = NOW) =>
    place.store.readSums({ workflow: WORKFLOW, fingerprint }, from, to);

  // --- starts that count

  it('C1: a start counts where it lands, once, however often it comes', async () => {
    const landings = [landingAt('begun', NOW), landingAt('begun-too', NOW - HOUR)];
    const group = starts(['a', 'b', 'a'], NOW, [], { landings, count: 2 });
    expect(await record([group])).toEqual([2]);
    expect(await record([group, starts(['c'], NOW, [], { landings })])).toEqual([0, 1]);
    expect(await counts('begun')).toEqual({ good: 5, bad: 0 });
    expect(await counts('begun-too', NOW - HOUR)).toEqual({ good: 5, bad: 0 });
  });

  it('C1: the start of a step, and one whose end came first, count as any other', async () => {
    const landings = [landingAt('begun', NOW)];
    await record([done(['a'], NOW), ends(['b'], NOW, [FAST])]);
    await record([
      starts(['a', 'b', 'c'], NOW, [FAST], { landings }),
      { ...stepStarts(['a', 'b'], 'ship', NOW), landings },
      { ...stepStarts(['a', 'b'], 'pack', NOW), landings },
    ]);
    expect(await counts('begun')).toEqual({ good: 7, bad: 0 });
    expect(await counts('fast')).toEqual({ good: 2, bad: 0 });
  });

  it('a start that lands bad is filed under no names, and among the last failed', async () => {
    const group = starts(['a', 'b'], NOW, [], {
      landings: [landingAt('begun', NOW, { good: false })],
    });
    await record([group]);
    await record([group]);
    expect(await counts('begun')).toEqual({ good: 0, bad: 2 });
    expect(await failures('begun')).toEqual([{ ...NO_FAILURE, count: 2 }]);
    expect((await lastFailed('begun')).map(({ execution }) => execution).toSorted()).toEqual(['a', 'b']);
  });

  // --- ends that count by themselves

  it.each(['succeeded', 'failed', 'cancelled', 'skipped'] as const)(
    'an end counts where it lands by itself, when it %s and whatever is known of it',
    async (status) => {
      const failure = { step: 'charge', dependency: 'bank', error: 'timeout' };
      const early = NOW - 20 * MINUTE;
      await record([starts(['in-flight'], early, [FAST])]);
      await record([
        ends(['in-flight'], NOW, [FAST], { status, failure, own: RETRY }),
        ends(['unknown'], NOW, [], { status, failure, own: RETRY }),
        ends(['told'], NOW, [FAST], { status, failure, own: RETRY, subject: { startedAt: early } }),
        ends(['first'], NOW, [FAST], { status, failure, own: FIRST, subject: { startedAt: early } }),
        ends(['waiting'], NOW, [FAST], { status, failure, own: FIRST }),
      ]);
      expect(await counts('first-try')).toEqual({ good: 2, bad: 3 });
      expect(await failures('first-try')).toEqual([{ ...failure, count: 3 }]);
      expect((await lastFailed('first-try')).map(({ execution }) => execution).toSorted()).toEqual([
        'in-flight',
        'told',
        'unknown',
      ]);
      expect((await lastFailed('first-try'))[0]).toMatchObject({ at: NOW, ...failure });
      // What has a deadline is judged by it all the same.
      expect(await counts('fast', early + FAST.withinMs)).toEqual({ good: 0, bad: 3 });
    },
  );

  it('C1: every attempt counts by itself, once, and stays counted when a later one decides', async () => {
    const attempt = (number: number, good: boolean) =>
      done(['a', 'b'], NOW, {
        attempt: number,
        status: good ? 'succeeded' : 'failed',
        own: [landingAt('attempts', NOW, { good })],
      });
    await record([attempt(1, false), attempt(2, false), attempt(3, true)]);
    await record([attempt(2, false), attempt(1, false)]);
    expect(await counts('attempts')).toEqual({ good: 2, bad: 4 });
    expect(await counts('done')).toEqual({ good: 2, bad: 0 });
    expect(await lastFailed('attempts')).toHaveLength(4);
    expect(await lastFailed('done')).toEqual([]);
  });

  it('what is taken back is counted as well, in the hour it came, so that the two together never fall', async () => {
    const later = NOW + 3 * HOUR;
    const attempt = (number: number, status: 'failed' | 'succeeded', executions: readonly string[]) =>
      done(executions, NOW, { attempt: number, status });
    await record([attempt(1, 'failed', ['a', 'b', 'c'])]);
    expect(await countsInHour(place.store, `done${TAKEN_BACK}`, NOW)).toEqual({ good: 0, bad: 0 });
    await record([attempt(2, 'succeeded', ['a', 'b'])], later);
    await record([attempt(3, 'failed', ['a'])], later);
    expect(await countsInHour(place.store, 'done', NOW)).toEqual({ good: 1, bad: 2 });
    expect(await countsInHour(place.store, `done${TAKEN_BACK}`, NOW)).toEqual({ good: 0, bad: 0 });
    expect(await countsInHour(place.store, `done${TAKEN_BACK}`, later)).toEqual({ good: 1, bad: 2 });
    // What only moves is not taken back.
    await record([ends(['late'], NOW + 20 * MINUTE, [FAST], { subject: { startedAt: NOW } })]);
    await record([starts(['late'], NOW - MINUTE, [FAST])], later);
    expect(await countsInHour(place.store, `fast${TAKEN_BACK}`, later)).toEqual({ good: 0, bad: 0 });
  });

  it('counts by itself alike whether all land alike or each is looked at', async () => {
    const group = ends(['a', 'b'], NOW, [], { landings: [], own: RETRY });
    await record([group]);
    await record([starts(['c', 'd'], NOW - MINUTE, [])]);
    await record([{ ...group, subjects: ends(['c', 'd', 'e'], NOW, []).subjects }]);
    expect(await counts('first-try')).toEqual({ good: 0, bad: 5 });
    expect(await lastFailed('first-try')).toHaveLength(5);
  });

  // --- starts in time

  it('an end counts only when it started in time, where that is known', async () => {
    const within = [NOW - MINUTE, NOW, NOW + MINUTE];
    const outside = [NOW - MINUTE - 1, NOW + MINUTE + 1];
    const end = NOW + 20 * MINUTE;
    const all = [...within, ...outside];
    await record(all.map((at, i) => starts([`flying-${i}`], at, [FAST])));
    await record([
      ...all.map((startedAt, i) => ends([`told-${i}`], end, [PUNCTUAL], { subject: { startedAt } })),
      ends(
        all.map((_, i) => `flying-${i}`),
        end,
        [PUNCTUAL],
      ),
    ]);
    expect(await counts('punctual', end)).toEqual({ good: 2 * within.length, bad: 0 });
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('C3: an end whose start is not known counts, until a start shows that it was not in time', async () => {
    const end = NOW + 20 * MINUTE;
    await record([
      ends(['a', 'd'], end, [PUNCTUAL]),
      ends(['b'], end, [PUNCTUAL], { status: 'failed' }),
      ends(['c'], end, [PUNCTUAL], { status: 'cancelled' }),
    ]);
    expect(await counts('punctual', end)).toEqual({ good: 2, bad: 1 });
    await record([starts(['a', 'b', 'c'], NOW - HOUR, [FAST]), starts(['d'], NOW, [])]);
    expect(await counts('punctual', end)).toEqual(ONE_GOOD);
    expect(await lastFailed('punctual')).toEqual([]);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('what the end says of its start comes before what was recorded', async () => {
    const end = NOW + 20 * MINUTE;
    await record([starts(['a'], NOW - HOUR, []), starts(['b'], NOW, [])]);
    await record([
      ends(['a'], end, [PUNCTUAL], { subject: { startedAt: NOW } }),
      ends(['b'], end, [PUNCTUAL], { subject: { startedAt: NOW - HOUR } }),
    ]);
    expect(await counts('punctual', end)).toEqual(ONE_GOOD);
  });

  it('what is in flight is judged by its SLIs, whatever landings say', async () => {
    await record([starts(['late'], NOW - HOUR, [])]);
    const landings = [landingAt('punctual', NOW + HOUR)];
    const own = [landingAt('begun', NOW, { value: 3 })];
    await record([ends(['late', 'other'], NOW + HOUR, [PUNCTUAL], { landings, own })]);
    expect(await counts('punctual', NOW + HOUR)).toEqual(ONE_GOOD);
    expect(await counts('begun')).toEqual({ good: 2, bad: 0 });
    expect(await sums('begun')).toEqual(new Map([[minuteOf(NOW), 6]]));
  });

  // --- sums

  it('C1: adds a value to the sum of its minute as often as it counts, and only for new identities', async () => {
    const gauge = (executions: readonly string[], at: number, value: number | null, count = 1, good = true) =>
      ends(executions, at, [], { count, landings: [], own: [landingAt('depth', at, { value, good })] });
    const group = gauge(['a', 'b', 'a'], NOW, 2.5, 3);
    await record([group, gauge(['c'], NOW, -1), gauge(['d'], NOW - MINUTE, 0), gauge(['e'], NOW, null)]);
    await record([group, gauge(['f'], NOW - HOUR, 7, 1, false)]);
    expect(await counts('depth')).toEqual({ good: 8, bad: 0 });
    expect(await counts('depth', NOW - HOUR)).toEqual(ONE_BAD);
    const [minute, before] = [minuteOf(NOW), minuteOf(NOW) - 1];
    expect(await sums('depth', NOW, NOW)).toEqual(
      new Map([
        [before, 0],
        [minute, 14],
      ]),
    );
    // Over whole hours, as they are kept.
    expect(await sums('depth')).toEqual(
      new Map([
        [minute - 60, 7],
        [before, 0],
        [minute, 14],
      ]),
    );
    expect(await sums('depth', NOW - 5 * HOUR, NOW - 2 * HOUR)).toEqual(new Map());
    expect(await sums('other')).toEqual(new Map());
    await place.reopen();
    expect((await sums('depth')).get(minute)).toBe(14);
  });

  it('adds the values of starts, and of ends that are looked at one by one', async () => {
    const landings = [landingAt('depth', NOW, { value: 1.5 })];
    await record([starts(['in-flight'], NOW, [], { landings, count: 2 })]);
    await record([starts(['another'], NOW, [], { landings })]);
    await record([ends(['a', 'b'], NOW, [], { landings: [], own: landings, count: 2 })]);
    expect(await sums('depth')).toEqual(new Map([[minuteOf(NOW), 10.5]]));
  });

  it.each([0.1, -0.1, 1e-20, 123_456_789.123_456_78, 2 ** 53 - 1, 5e-324, Number.MAX_VALUE])(
    'keeps a sum to the last digit of a number: %d',
    async (value) => {
      const gauge = (execution: string) =>
        ends([execution], NOW, [], { landings: [], own: [landingAt('depth', NOW, { value })] });
      await record([gauge('a')]);
      expect((await sums('depth')).get(minuteOf(NOW))).toBe(value);
      await record([gauge('b')]);
      expect((await sums('depth')).get(minuteOf(NOW))).toBe(Math.min(2 * value, Number.MAX_VALUE));
    },
  );

  it('a sum stays a number, whatever is added', async () => {
    const gauge = (execution: string, value: number) => {
      const landings = [landingAt('depth', NOW, { value })];
      return ends([execution], NOW, [], { landings: [], own: landings, count: 1_000_000 });
    };
    const [all, none] = [Number.MAX_VALUE, -Number.MAX_VALUE];
    await record([gauge('a', all), gauge('b', all)]);
    expect((await sums('depth')).get(minuteOf(NOW))).toBe(all);
    await record([gauge('c', none)]);
    expect((await sums('depth')).get(minuteOf(NOW))).toBe(0);
    await record([gauge('d', all), gauge('e', none), gauge('f', none)]);
    expect((await sums('depth')).get(minuteOf(NOW))).toBe(none);
  });

  it('adds up the sums of all partitions', async () => {
    for (const partition of [0, 1]) {
      const landings = [landingAt('depth', NOW, { value: 1 + partition })];
      const groups = [ends([`e${partition}`], NOW, [], { landings: [], own: landings })];
      await recordIn(place.store, { workflow: WORKFLOW, partition, now: NOW, groups });
    }
    expect(await sums('depth')).toEqual(new Map([[minuteOf(NOW), 3]]));
  });

  it('keeps sums as long as minutes', async () => {
    const hour = Math.floor(NOW / HOUR);
    const expiry = (hour + 1) * HOUR + MINUTE_RETENTION;
    const gauge = (execution: string) =>
      ends([execution], NOW, [], { landings: [], own: [landingAt('depth', NOW, { value: 1 })] });
    // Redis counts down in real time what is left by then.
    await record([gauge('a')], expiry - 10 * MINUTE);
    expect(await sums('depth', NOW, expiry)).toEqual(new Map());
    expect(await sums('depth', NOW, expiry - HOUR)).toEqual(new Map([[minuteOf(NOW), 1]]));
    await record([gauge('b')], expiry);
    expect(await sums('depth', NOW, expiry - HOUR)).toEqual(new Map([[minuteOf(NOW), 1]]));
  });
}
