import { expect, it } from 'vitest';
import {
  CHANGE_RETENTION,
  CONFLICTS,
  MAX_FAILURE_KEYS,
  MAX_LAST_FAILED,
} from '../../src/core/ports/store/counting.ts';
import type { FailureKey, RecordGroup } from '../../src/core/ports/store/counting.ts';
import { FUTURE_LIMIT } from '../../src/core/outcomes/record-fields.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { DEDUP_BUCKET } from '../../src/store/dedup-buckets.ts';
import {
  countsIn,
  countsInHour,
  done,
  DONE,
  ends,
  HOME,
  landingAt,
  NO_FAILURE,
  NOW,
  starts,
  WORKFLOW,
  recordIn,
} from './outcomes.ts';
import { PARTITIONS } from './place.ts';
import type { Place } from './place.ts';

const SLI = { workflow: WORKFLOW, fingerprint: DONE.fingerprint };

/** What a store promises about outcomes that depend on no deadline. */
export function countingContract(place: Place): void {
  const record = (groups: readonly RecordGroup[], now = NOW): Promise<readonly number[]> =>
    recordIn(place.store, { ...HOME, now, groups });

  it('C1: counts an identity once, in a group, across groups and across calls', async () => {
    expect(await record([done(['a', 'b', 'a'], NOW), done(['b', 'c'], NOW)])).toEqual([2, 1]);
    expect(await record([done(['c'], NOW), done(['d', 'a'], NOW - HOUR)])).toEqual([0, 1]);
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 3, bad: 0 });
    expect(await countsIn(place.store, 'done', NOW - HOUR)).toEqual({ good: 1, bad: 0 });
  });

  it('C1: the first status reported is the one that counts, and another one is a conflict', async () => {
    await record([done(['a'], NOW)]);
    const other = done(['b', 'a', 'c', 'a'], NOW, { status: 'failed' });
    const again = await place.store.record({ ...HOME, now: NOW, groups: [done(['a'], NOW), other] });
    expect(again).toEqual([
      { known: [0], waiting: [], conflicts: [] },
      {
        known: [],
        waiting: [],
        conflicts: [
          { offset: 1, recorded: 'succeeded' },
          { offset: 3, recorded: 'succeeded' },
        ],
      },
    ]);
    expect(await countsIn(place.store, CONFLICTS, NOW)).toEqual({ good: 0, bad: 2 });
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 1, bad: 2 });
    expect(await place.store.readLastFailed(SLI, 5)).toHaveLength(2);
  });

  it('C1: a start and an end of the same execution are two identities', async () => {
    expect(await record([done(['a'], NOW), starts(['a'], NOW, [])])).toEqual([1, 1]);
    expect(await record([starts(['a'], NOW, []), done(['a'], NOW)])).toEqual([0, 0]);
  });

  it('C1: counts once what two handles and many calls write at the same time', async () => {
    const other = await place.openAnother();
    const executions = Array.from({ length: 50 }, (_, i) => `execution-${i}`);
    const counts = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        recordIn(i % 2 ? other : place.store, { ...HOME, now: NOW, groups: [done(executions, NOW)] }),
      ),
    );
    expect(counts.flat().reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(await countsIn(other, 'done', NOW)).toEqual({ good: 50, bad: 0 });
  });

  it.each([0, 7 * HOUR, DEDUP_BUCKET - 1])(
    'C1: remembers an identity for a day, and not forever (%i ms into a bucket)',
    async (offset) => {
      const first = Math.floor(NOW / DEDUP_BUCKET) * DEDUP_BUCKET + offset;
      await record([done(['a'], first)], first);
      expect(await record([done(['a'], first)], first + DAY + FUTURE_LIMIT)).toEqual([0]);
      const later = first + 3 * DEDUP_BUCKET;
      expect(await record([done(['a'], later)], later)).toEqual([1]);
    },
  );

  it.each([
    ['noon', Math.ceil(NOW / (DAY / 2)) * (DAY / 2)],
    ['the end of a bucket', Math.ceil(NOW / DEDUP_BUCKET) * DEDUP_BUCKET],
  ])('C1: what was sent just before %s, and was ahead of time, is known a day later', async (_, edge) => {
    const at = edge + 2 * MINUTE;
    await record([done(['a'], at)], edge - 2 * MINUTE);
    expect(await record([done(['a'], at)], edge + DAY + MINUTE)).toEqual([0]);
  });

  it('C1: a clock set back does not make an identity new', async () => {
    const boundary = Math.ceil(NOW / DEDUP_BUCKET) * DEDUP_BUCKET;
    await record([done(['a'], boundary)], boundary + SECOND);
    expect(await record([done(['a'], boundary)], boundary - SECOND)).toEqual([0]);
  });

  it('C1: a batch of thousands counts each once, also when it is sent again', async () => {
    const executions = Array.from({ length: 4000 }, (_, i) => `execution-${i}`);
    const groups = [done(executions, NOW), starts(executions, NOW - SECOND, [])];
    expect(await record(groups)).toEqual([4000, 4000]);
    expect(await record(groups)).toEqual([0, 0]);
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 4000, bad: 0 });
  });

  it('C2: what was acknowledged is there after closing and opening', async () => {
    await record([done(['a'], NOW), done(['b'], NOW, { status: 'failed' })]);
    await place.reopen();
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 1, bad: 1 });
    expect(await place.store.readLastFailed(SLI, 5)).toHaveLength(1);
    expect(await record([done(['a', 'b', 'c'], NOW)])).toEqual([1]);
  });

  it('C4: late and out-of-order outcomes land at their own minute, and the hour says the same', async () => {
    const late = NOW - 23 * HOUR;
    await record([
      done(['a', 'b'], NOW),
      done(['c'], late, { status: 'failed' }),
      done(['d'], late - MINUTE),
    ]);
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 2, bad: 0 });
    expect(await countsIn(place.store, 'done', late)).toEqual({ good: 0, bad: 1 });
    expect(await countsIn(place.store, 'done', late - MINUTE)).toEqual({ good: 1, bad: 0 });
    expect(await countsInHour(place.store, 'done', NOW)).toEqual({ good: 2, bad: 0 });
    expect(await countsInHour(place.store, 'done', late)).toEqual({ good: 1, bad: 1 });
  });

  it('counts an outcome as many times as it stands for, up to what a cell holds', async () => {
    await record([done(['a'], NOW, { count: 3 }), done(['b'], NOW, { count: 2, status: 'failed' })]);
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 3, bad: 2 });
    expect(await place.store.readFailures(SLI, NOW, NOW)).toEqual([{ ...NO_FAILURE, count: 2 }]);
    await record([done(['c', 'd'], NOW, { count: 4_000_000_000 })]);
    expect(await countsIn(place.store, 'done', NOW)).toEqual({ good: 0xffff_ffff, bad: 2 });
  });

  it('answers null for blocks that were never written, in the order asked for', async () => {
    await record([done(['a'], NOW)]);
    const hour = Math.floor(NOW / HOUR);
    const id = { ...HOME, fingerprint: 'done', resolution: 'minute' as const };
    const blocks = await place.store.readBlocks([
      { ...id, block: hour - 1 },
      { ...id, block: hour },
      { ...id, block: hour, fingerprint: 'other' },
      { ...id, block: hour, partition: 1 },
    ]);
    expect(blocks.map((block) => block !== null)).toEqual([false, true, false, false]);
    expect(await place.store.readBlocks([])).toEqual([]);
  });

  it('keeps the partitions of a workflow apart, and reads failures and what is in flight of all', async () => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const groups = [
        done([`a${partition}`], NOW + partition, { status: 'failed' }),
        starts([`b${partition}`], NOW, []),
      ];
      expect(await recordIn(place.store, { workflow: WORKFLOW, partition, now: NOW, groups })).toEqual([
        1, 1,
      ]);
      expect(await countsIn(place.store, 'done', NOW, { workflow: WORKFLOW, partition })).toEqual({
        good: 0,
        bad: 1,
      });
    }
    expect(await place.store.readFailures(SLI, NOW, NOW)).toEqual([{ ...NO_FAILURE, count: PARTITIONS }]);
    expect((await place.store.readLastFailed(SLI, 5)).map(({ at }) => at)).toEqual([NOW + 1, NOW]);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: PARTITIONS, overdue: 0, waiting: 0 });
  });

  it('breaks failures down by step, dependency and error over the hours asked for', async () => {
    const timeout: FailureKey = { step: 'charge-card', dependency: 'bank', error: 'timeout' };
    const fail = (execution: string, at: number, failure: FailureKey): RecordGroup =>
      done([execution], at, { status: 'failed', failure });
    await record([
      fail('a', NOW, timeout),
      fail('b', NOW - HOUR, timeout),
      fail('c', NOW - 3 * HOUR, timeout),
    ]);
    await record([fail('d', NOW, { ...timeout, dependency: null })]);
    const read = async (from: number, to: number) =>
      (await place.store.readFailures(SLI, from, to)).toSorted((a, b) => b.count - a.count);
    expect(await read(NOW - HOUR, NOW)).toEqual([
      { ...timeout, count: 2 },
      { ...timeout, dependency: null, count: 1 },
    ]);
    expect(await read(NOW - 4 * HOUR, NOW - 2 * HOUR)).toEqual([{ ...timeout, count: 1 }]);
    expect(await read(NOW - 10 * HOUR, NOW - 5 * HOUR)).toEqual([]);
  });

  it('bounds the breakdown of an hour and loses none of the count', async () => {
    await record(
      Array.from({ length: 100 }, (_, i) =>
        done([`e${i}`], NOW, { status: 'failed', failure: { ...NO_FAILURE, error: `error-${i}` } }),
      ),
    );
    const failures = await place.store.readFailures(SLI, NOW, NOW);
    expect(failures.length).toBeLessThanOrEqual(MAX_FAILURE_KEYS + 1);
    expect(failures.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(failures).toContainEqual({ ...NO_FAILURE, count: 100 - MAX_FAILURE_KEYS });
  });

  it('keeps the last failed, latest first, whatever the order they come in', async () => {
    const order = Array.from({ length: 30 }, (_, i) => (i * 7) % 30);
    for (const i of order) {
      const failure = { step: 'ship', dependency: 'dhl', error: `error-${i}` };
      const group = done([`e${i}`], NOW + i * SECOND, { status: 'failed', failure });
      await record([
        { ...group, subjects: group.subjects.map((subject) => ({ ...subject, traceId: 'ab'.repeat(16) })) },
      ]);
    }
    const failed = await place.store.readLastFailed(SLI, 100);
    expect(failed.map(({ execution }) => execution)).toEqual(
      Array.from({ length: MAX_LAST_FAILED }, (_, i) => `e${29 - i}`),
    );
    expect(failed[0]).toEqual({
      execution: 'e29',
      at: NOW + 29 * SECOND,
      step: 'ship',
      dependency: 'dhl',
      error: 'error-29',
      traceId: 'ab'.repeat(16),
    });
    expect(await place.store.readLastFailed(SLI, 3)).toEqual(failed.slice(0, 3));
  });

  it('tells which hours changed since a revision, and when it cannot', async () => {
    const ask = async (revision: number) => (await place.store.changes([{ partition: HOME, revision }]))[0]!;
    expect(await ask(0)).toEqual({ revision: 0, complete: false, hours: [] });
    await record([done(['a'], NOW)]);
    const first = await ask(0);
    expect(first).toEqual({ revision: NOW, complete: false, hours: [] });
    expect(await ask(first.revision)).toEqual({ ...first, complete: true });

    await record([done(['b', 'c'], NOW), done(['d'], NOW - 5 * HOUR)]);
    const second = await ask(first.revision);
    expect(second.revision).toBeGreaterThan(first.revision);
    expect(second.complete).toBe(true);
    expect(second.hours.map(({ hour }) => hour).toSorted((a, b) => a - b)).toEqual([
      Math.floor(NOW / HOUR) - 5,
      Math.floor(NOW / HOUR),
    ]);
    expect(second.hours.every(({ fingerprint }) => fingerprint === 'done')).toBe(true);

    // A store that is behind what is asked for is not the one that was asked before.
    expect(await ask(second.revision + 1)).toMatchObject({ complete: false, hours: [] });
    await record([done(['e'], NOW)], NOW - MINUTE);
    expect((await ask(0)).revision).toBeGreaterThan(second.revision);

    const later = NOW + CHANGE_RETENTION + MINUTE;
    await record([done(['f'], later)], later);
    expect(await ask(second.revision)).toEqual({ revision: later, complete: false, hours: [] });
    expect((await ask(later - MINUTE)).hours).toEqual([
      { fingerprint: 'done', hour: Math.floor(later / HOUR) },
    ]);
  });

  it('what counts nothing changes nothing', async () => {
    await record([done(['a'], NOW)]);
    const [before] = await place.store.changes([{ partition: HOME, revision: NOW }]);
    await record([done(['a'], NOW), starts(['a'], NOW, [])]);
    await record([ends(['z'], NOW, [DONE], { status: 'cancelled', landings: [] })]);
    expect(await place.store.changes([{ partition: HOME, revision: NOW }])).toEqual([before]);
  });

  it('answers for each partition asked about', async () => {
    await record([done(['a'], NOW)]);
    const other = { workflow: WORKFLOW, partition: 1 };
    const answers = await place.store.changes([
      { partition: other, revision: 0 },
      { partition: HOME, revision: NOW },
    ]);
    expect(answers.map(({ revision }) => revision)).toEqual([0, NOW]);
  });

  it('keeps since when an SLI has been counted', async () => {
    const [a, b] = [{ ...SLI }, { ...SLI, fingerprint: 'other' }];
    expect(await place.store.registerSlis([a], NOW)).toEqual([NOW]);
    expect(await place.store.registerSlis([b, a], NOW + HOUR)).toEqual([NOW + HOUR, NOW]);
    await place.reopen();
    expect(await place.store.registerSlis([a, b], NOW + DAY)).toEqual([NOW, NOW + HOUR]);
    expect(await place.store.registerSlis([], NOW)).toEqual([]);
  });

  it('J2: has a name of its own that outlives closing', async () => {
    const identity = await place.store.identity();
    expect(identity.length).toBeGreaterThan(8);
    await place.reopen();
    expect(await place.store.identity()).toBe(identity);
    await place.store.ping();
  });

  it('has as many partitions as it was started with, and refuses to be opened with others', async () => {
    expect(place.store.partitions).toBe(PARTITIONS);
    expect((await place.openAnother(null)).partitions).toBe(PARTITIONS);
    expect((await place.openAnother(PARTITIONS)).partitions).toBe(PARTITIONS);
    await expect(place.openAnother(PARTITIONS + 1)).rejects.toThrow(/2 partitions.*3/);
  });

  it.each([
    ['__proto__', '__proto__'],
    ['a:b/c.d-e_f', '🦊'.repeat(64)],
    ['constructor', '\ud7ff\ue000"\\{}:*[]?'],
    ['x'.repeat(128), 'é'.repeat(128)],
  ])('takes any legal name: workflow %s, execution %s', async (workflow, execution) => {
    const home = { workflow, partition: 0 };
    const sli = { workflow, fingerprint: '__proto__' };
    const failure = { step: '__proto__', dependency: 'constructor', error: execution.slice(0, 60) };
    const landings = [landingAt('__proto__', NOW, { good: false })];
    const groups = [
      starts([execution], NOW, [], { subject: { subject: `${execution}\u0000__proto__\u00007` } }),
      done([execution], NOW, { status: 'failed', landings, failure }),
    ];
    expect(await recordIn(place.store, { ...home, now: NOW, groups })).toEqual([1, 1]);
    expect(await recordIn(place.store, { ...home, now: NOW, groups })).toEqual([0, 0]);
    expect(await countsIn(place.store, '__proto__', NOW, home)).toEqual({ good: 0, bad: 1 });
    expect(await place.store.readFailures(sli, NOW, NOW)).toEqual([{ ...failure, count: 1 }]);
    expect(await place.store.readLastFailed(sli, 1)).toEqual([
      { execution, at: NOW, ...failure, traceId: null },
    ]);
    expect(await place.store.registerSlis([sli], NOW)).toEqual([NOW]);
    expect(await place.store.inFlight(workflow)).toEqual({ running: 1, overdue: 0, waiting: 0 });
    const [changes] = await place.store.changes([{ partition: home, revision: NOW - 1 }]);
    expect(changes).toMatchObject({ hours: [{ fingerprint: '__proto__' }] });
  });
}
