import { expect, it } from 'vitest';
import type { Counts } from '../../src/core/counters/cells.ts';
import type { FailureCount } from '../../src/core/alerting/notification.ts';
import { IN_FLIGHT_RETENTION, OVERDUE_ERROR } from '../../src/core/ports/store/counting.ts';
import type { RecordGroup, SweepResult } from '../../src/core/ports/store/counting.ts';
import { DAY, HOUR, MINUTE, minuteOf, SECOND } from '../../src/core/time/duration.ts';
import {
  countsIn,
  countsInHour,
  done,
  DONE,
  ends,
  HOME,
  NO_FAILURE,
  NOW,
  starts,
  stepStarts,
  sweepAll,
  timedSli,
  WORKFLOW,
  recordIn,
} from './outcomes.ts';
import type { Place } from './place.ts';

const FAST = timedSli('fast', 5 * MINUTE);
const SLOW = timedSli('slow', 30 * MINUTE);
const DEADLINE = NOW + FAST.withinMs;
const OVERDUE = { ...NO_FAILURE, error: OVERDUE_ERROR };
const NOTHING = { good: 0, bad: 0 };
const ONE_GOOD = { good: 1, bad: 0 };
const ONE_BAD = { good: 0, bad: 1 };

/** What a store promises about executions that have a deadline. */
export function deadlineContract(place: Place): void {
  const record = (groups: readonly RecordGroup[], now: number): Promise<readonly number[]> =>
    recordIn(place.store, { ...HOME, now, groups });
  const sweep = (now: number): Promise<Omit<SweepResult, 'swept'>> => sweepAll(place.store, now);
  const failures = (fingerprint: string): Promise<readonly FailureCount[]> =>
    place.store.readFailures({ workflow: WORKFLOW, fingerprint }, NOW - DAY, NOW + DAY);
  const lastFailed = (fingerprint: string) =>
    place.store.readLastFailed({ workflow: WORKFLOW, fingerprint }, 20);

  it('C3: an execution past its deadline is bad at the deadline, once', async () => {
    await record([starts(['a'], NOW, [FAST], { subject: { traceId: 'ab'.repeat(16) } })], NOW);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 0, waiting: 0 });
    expect(await sweep(DEADLINE)).toEqual({ overdue: 0, unjudged: 0 });
    expect(await sweep(DEADLINE + 1)).toEqual({ overdue: 1, unjudged: 0 });
    expect(await sweep(DEADLINE + HOUR)).toEqual({ overdue: 0, unjudged: 0 });
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await countsInHour(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 1, waiting: 0 });
    expect(await failures('fast')).toEqual([{ ...OVERDUE, count: 1 }]);
    expect(await lastFailed('fast')).toEqual([
      { execution: 'a', at: DEADLINE, ...OVERDUE, traceId: 'ab'.repeat(16) },
    ]);
  });

  it('C3: finishing late changes nothing, whether it was swept before or not', async () => {
    await record([starts(['a', 'b'], NOW, [FAST])], NOW);
    const end = DEADLINE + 10 * MINUTE;
    await record([ends(['a'], end, [FAST])], end);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    await sweep(end);
    await record([ends(['b'], end, [FAST], { status: 'cancelled' })], end);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual({ good: 0, bad: 2 });
    expect(await countsIn(place.store, 'fast', end)).toEqual(NOTHING);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
    expect(await sweep(end + DAY)).toEqual({ overdue: 0, unjudged: 0 });
  });

  it('C3: one that ended in time and is reported late is taken back', async () => {
    await record([starts(['a', 'b', 'c', 'd'], NOW, [FAST])], NOW);
    expect(await sweep(DEADLINE + HOUR)).toEqual({ overdue: 4, unjudged: 0 });
    const intime = NOW + 2 * MINUTE;
    const failure = { step: 'ship', dependency: null, error: 'timeout' };
    await record(
      [
        ends(['a'], intime, [FAST]),
        ends(['b'], intime, [FAST], { status: 'failed', failure }),
        ends(['c'], intime, [FAST], { status: 'cancelled' }),
      ],
      DEADLINE + HOUR,
    );
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await countsIn(place.store, 'fast', intime)).toEqual({ good: 1, bad: 1 });
    const byError = (await failures('fast')).toSorted((a, b) => a.error!.localeCompare(b.error!));
    expect(byError).toEqual([
      { ...OVERDUE, count: 1 },
      { ...failure, count: 1 },
    ]);
    expect((await lastFailed('fast')).map(({ execution, error }) => [execution, error])).toEqual([
      ['d', OVERDUE_ERROR],
      ['b', 'timeout'],
    ]);
  });

  it('C3: each SLI has its own deadline, and an end in between is judged for each', async () => {
    await record([starts(['a', 'b'], NOW, [FAST, SLOW])], NOW);
    expect(await sweep(DEADLINE + 1)).toEqual({ overdue: 2, unjudged: 0 });
    const end = NOW + 20 * MINUTE;
    await record([ends(['a'], end, [FAST, SLOW, DONE])], end);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual({ good: 0, bad: 2 });
    expect(await countsIn(place.store, 'slow', end)).toEqual(ONE_GOOD);
    expect(await countsIn(place.store, 'done', end)).toEqual(ONE_GOOD);
    expect(await sweep(NOW + HOUR)).toEqual({ overdue: 1, unjudged: 0 });
    expect(await countsIn(place.store, 'slow', NOW + SLOW.withinMs)).toEqual(ONE_BAD);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 1, waiting: 0 });
  });

  it('C3: a start and its end count alike in one batch, in whatever order its groups are', async () => {
    const end = NOW + 10 * MINUTE;
    expect(await record([ends(['a'], end, [FAST]), starts(['a'], NOW, [FAST])], end)).toEqual([1, 1]);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('C3 C4: a success told before its start is judged when the start arrives', async () => {
    const [fine, late] = [NOW + MINUTE, NOW + 10 * MINUTE];
    await record([ends(['a'], fine, [FAST, DONE]), ends(['b'], late, [FAST], { count: 2 })], late);
    expect(await countsIn(place.store, 'done', fine)).toEqual(ONE_GOOD);
    expect(await countsIn(place.store, 'fast', fine)).toEqual(NOTHING);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 2 });
    await place.reopen();
    await record([starts(['a'], NOW, [FAST]), starts(['b'], NOW, [FAST], { count: 2 })], late);
    expect(await countsIn(place.store, 'fast', fine)).toEqual(ONE_GOOD);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual({ good: 0, bad: 2 });
    expect(await countsIn(place.store, 'done', fine)).toEqual(ONE_GOOD);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
    expect(await sweep(NOW + 3 * DAY)).toEqual({ overdue: 0, unjudged: 0 });
  });

  it.each([
    ['failed', ONE_BAD, ONE_BAD],
    ['cancelled', NOTHING, ONE_BAD],
    ['skipped', NOTHING, ONE_BAD],
    ['succeeded', ONE_GOOD, ONE_BAD],
  ] as const)(
    'C3: what %s before its start waits, and lands as it does after it',
    async (status, timely, overtime) => {
      const [inTime, late] = [NOW + MINUTE, NOW + 15 * MINUTE];
      const results = await place.store.record({
        ...HOME,
        now: late,
        groups: [ends(['a'], inTime, [FAST], { status }), ends(['b'], late, [FAST], { status })],
      });
      expect(results.map(({ waiting }) => waiting)).toEqual([[0], [0]]);
      expect(await countsIn(place.store, 'fast', inTime)).toEqual(NOTHING);
      expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(NOTHING);
      expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 2 });
      await record([starts(['a', 'b', 'c', 'd'], NOW, [FAST])], late);
      expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 2, overdue: 0, waiting: 0 });
      const landed = async () => [
        await countsIn(place.store, 'fast', inTime),
        await countsIn(place.store, 'fast', DEADLINE),
      ];
      expect(await landed()).toEqual([timely, overtime]);
      await record([ends(['c'], inTime, [FAST], { status }), ends(['d'], late, [FAST], { status })], late);
      const twice = ({ good, bad }: Counts): Counts => ({ good: 2 * good, bad: 2 * bad });
      expect(await landed()).toEqual([twice(timely), twice(overtime)]);
    },
  );

  it('gives up an end whose start never came, and says how many', async () => {
    await record(
      [ends(['a', 'b'], NOW, [FAST, SLOW]), ends(['c'], NOW, [FAST, DONE], { status: 'failed' })],
      NOW,
    );
    expect(await countsIn(place.store, 'done', NOW)).toEqual(ONE_BAD);
    expect(await sweep(NOW + DAY)).toEqual({ overdue: 0, unjudged: 0 });
    expect(await sweep(NOW + DAY + 1)).toEqual({ overdue: 0, unjudged: 3 });
    expect(await sweep(NOW + 2 * DAY)).toEqual({ overdue: 0, unjudged: 0 });
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
    expect(await countsIn(place.store, 'fast', NOW)).toEqual(NOTHING);
    expect(await countsIn(place.store, 'done', NOW)).toEqual(ONE_BAD);
  });

  it('C3: an end that says when it started needs no start, and its own word comes first', async () => {
    const end = NOW + 10 * MINUTE;
    await record([ends(['a'], end, [FAST, SLOW], { subject: { startedAt: NOW } })], end);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await countsIn(place.store, 'slow', end)).toEqual(ONE_GOOD);
    await record([starts(['b'], NOW, [FAST])], NOW);
    await sweep(end);
    await record([ends(['b'], end, [FAST], { subject: { startedAt: end - MINUTE } })], end);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await countsIn(place.store, 'fast', end)).toEqual(ONE_GOOD);
  });

  it('C3: an SLI that selected only the start is judged with the end, whichever comes first', async () => {
    const end = NOW + MINUTE;
    await record([starts(['a'], NOW, [FAST, SLOW])], NOW);
    await record([ends(['a'], end, [SLOW]), ends(['b'], end, [SLOW])], end);
    await record([starts(['b'], NOW, [FAST, SLOW])], end);
    expect(await countsIn(place.store, 'fast', end)).toEqual({ good: 2, bad: 0 });
    expect(await countsIn(place.store, 'slow', end)).toEqual({ good: 2, bad: 0 });
    await record([starts(['c'], NOW, [FAST])], NOW);
    await record([done(['c'], end)], end);
    expect(await countsIn(place.store, 'fast', end)).toEqual({ good: 3, bad: 0 });
    expect(await countsIn(place.store, 'done', end)).toEqual(ONE_GOOD);
  });

  it('C3: an end that no SLI with a deadline selects still ends what was waited for', async () => {
    const end = NOW + MINUTE;
    await record([starts(['a', 'b', 'c'], NOW, [FAST])], NOW);
    // As replicas send them whose definitions have the deadline no more, or not yet.
    await record([done(['a'], end), ends(['b'], end, [], { landings: [] })], end);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 0, waiting: 0 });
    expect(await sweep(DEADLINE + 1)).toEqual({ overdue: 1, unjudged: 0 });
    expect(await countsIn(place.store, 'fast', end)).toEqual({ good: 2, bad: 0 });
  });

  it('C3: starts that stand for many are overdue as many times, and taken back as many ended', async () => {
    await record([starts(['a'], NOW, [FAST], { count: 7 })], NOW);
    await record([ends(['a'], NOW + 1, [FAST], { count: 4 })], NOW + 1);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 0, waiting: 0 });
    expect(await sweep(DEADLINE + 1)).toEqual({ overdue: 1, unjudged: 0 });
    expect(await countsIn(place.store, 'fast', NOW)).toEqual({ good: 4, bad: 0 });
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual({ good: 0, bad: 3 });
    expect(await failures('fast')).toEqual([{ ...OVERDUE, count: 3 }]);
    await record([ends(['a'], NOW + 2, [FAST], { count: 2, status: 'failed' })], DEADLINE + MINUTE);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await countsIn(place.store, 'fast', NOW)).toEqual({ good: 4, bad: 2 });
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 1, waiting: 0 });
    await record([ends(['a'], DEADLINE + MINUTE, [FAST])], DEADLINE + MINUTE);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(ONE_BAD);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('C3: one deadline passed says nothing of another that is just reached', async () => {
    await record([starts(['a'], NOW, [FAST, SLOW])], NOW);
    expect(await sweep(NOW + SLOW.withinMs)).toEqual({ overdue: 1, unjudged: 0 });
    await record([ends(['a'], NOW + SLOW.withinMs, [FAST, SLOW])], NOW + SLOW.withinMs);
    expect(await countsIn(place.store, 'slow', NOW + SLOW.withinMs)).toEqual(ONE_GOOD);
  });

  it('taking back more than a full cell holds leaves nothing, not less', async () => {
    await record([starts(['a', 'b'], NOW, [FAST], { count: 4_000_000_000 })], NOW);
    await sweep(DEADLINE + 1);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual({ good: 0, bad: 0xffff_ffff });
    await record(
      [ends(['a', 'b'], NOW, [FAST], { count: 4_000_000_000, status: 'cancelled' })],
      DEADLINE + 1,
    );
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(NOTHING);
  });

  it('files what is overdue under the step begun last, and takes back from there', async () => {
    await record([starts(['a', 'b'], NOW, [FAST, SLOW])], NOW);
    await record([stepStarts(['a'], 'charge', NOW + 2 * SECOND)], NOW + 2 * SECOND);
    // Told late: begun before the other.
    await record([stepStarts(['a'], 'reserve', NOW + SECOND)], NOW + MINUTE);
    await sweep(DEADLINE + 1);
    const byStep = (await failures('fast')).toSorted((a) => (a.step === null ? -1 : 1));
    expect(byStep).toEqual([
      { ...OVERDUE, count: 1 },
      { ...OVERDUE, step: 'charge', count: 1 },
    ]);
    await record([stepStarts(['a'], 'ship', DEADLINE + MINUTE)], DEADLINE + MINUTE);
    await sweep(NOW + HOUR);
    expect(new Set((await failures('slow')).map(({ step }) => step))).toEqual(new Set([null, 'ship']));
    await record([ends(['a', 'b'], NOW + MINUTE, [FAST, SLOW])], NOW + HOUR);
    expect(await failures('fast')).toEqual([]);
    expect(await failures('slow')).toEqual([]);
    expect(await lastFailed('fast')).toEqual([]);
    expect(await countsIn(place.store, 'slow', NOW + MINUTE)).toEqual({ good: 2, bad: 0 });
  });

  it('a step has a deadline of its own', async () => {
    const group = stepStarts(['a'], 'charge', NOW);
    await record([{ ...group, watches: [FAST] }], NOW);
    await sweep(DEADLINE + 1);
    expect(await failures('fast')).toEqual([{ ...OVERDUE, step: 'charge', count: 1 }]);
    const { subject } = group.subjects[0]!;
    await record([ends(['a'], NOW + MINUTE, [FAST], { subject: { subject } })], NOW + HOUR);
    expect(await countsIn(place.store, 'fast', NOW + MINUTE)).toEqual(ONE_GOOD);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual(NOTHING);
  });

  it('what has no deadline is in flight from its start to its end, too', async () => {
    const group = starts(['a'], NOW, []);
    expect(await record([group], NOW)).toEqual([1]);
    expect(await record([group], NOW)).toEqual([0]);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 0, waiting: 0 });
    await sweep(NOW + 90 * DAY);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 0, waiting: 0 });
    await record([done(['a'], NOW + MINUTE)], NOW + MINUTE);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
    expect(await countsIn(place.store, 'done', NOW + MINUTE)).toEqual(ONE_GOOD);
  });

  it('a sweep looks at as many as it may, and two at once count nothing twice', async () => {
    const executions = Array.from({ length: 250 }, (_, i) => `execution-${i}`);
    await record([starts(executions, NOW, [FAST])], NOW);
    expect(await place.store.sweep(HOME, DEADLINE + 1, 100)).toEqual({
      swept: 100,
      overdue: 100,
      unjudged: 0,
    });
    const other = await place.openAnother();
    const [one, two] = await Promise.all([sweep(DEADLINE + 1), sweepAll(other, DEADLINE + 1)]);
    expect(one.overdue + two.overdue).toBe(150);
    expect(await countsIn(place.store, 'fast', DEADLINE)).toEqual({ good: 0, bad: 250 });
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 250, overdue: 250, waiting: 0 });
  });

  it('C2 C3: what is in flight outlives closing', async () => {
    await record([starts(['a'], NOW, [FAST, SLOW])], NOW);
    await sweep(DEADLINE + 1);
    await place.reopen();
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 1, overdue: 1, waiting: 0 });
    expect(await sweep(NOW + HOUR)).toEqual({ overdue: 1, unjudged: 0 });
  });

  it('forgets an execution that never ended, long after its start', async () => {
    await record([starts(['a'], NOW, [FAST]), starts(['b'], NOW, [])], NOW);
    await sweep(NOW + IN_FLIGHT_RETENTION);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 2, overdue: 1, waiting: 0 });
    await sweep(NOW + IN_FLIGHT_RETENTION + 1);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('a sweep tells which hours it changed', async () => {
    await record([starts(['a'], NOW, [FAST])], NOW);
    await record([done(['z'], NOW)], NOW);
    await sweep(DEADLINE + HOUR);
    const [changes] = await place.store.changes([{ partition: HOME, revision: NOW }]);
    expect(changes!.hours).toEqual([{ fingerprint: 'fast', hour: Math.floor(minuteOf(DEADLINE) / 60) }]);
  });
}
