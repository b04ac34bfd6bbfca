import { expect, it } from 'vitest';
import type { EndGroup, EndedSubject } from '../../src/core/ports/store/counting.ts';
import { subjectKey } from '../../src/core/ports/store/counting.ts';
import { MAX_COUNTED_STEPS } from '../../src/core/ports/store/statistics.ts';
import type { CountedSubject } from '../../src/core/ports/store/statistics.ts';
import { addCounts, attemptSlot, endedSlot, statisticsOf } from '../../src/core/statistics/outcome-counts.ts';
import type { OutcomeStatistics } from '../../src/core/statistics/outcome-counts.ts';
import { SPANS, cellsAt, statisticExpiry } from '../../src/core/statistics/statistic-cells.ts';
import type { StatisticSpan } from '../../src/core/statistics/statistic-cells.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import {
  DONE,
  HOME,
  NOW,
  WORKFLOW,
  done,
  ends,
  landingAt,
  starts,
  stepStarts,
  sweepAll,
} from './outcomes.ts';
import type { Place } from './place.ts';

/** Ends of one step of some executions. */
function stepEnds(executions: readonly string[], step: string, more: Partial<EndGroup> = {}): EndGroup {
  const group = done(executions, NOW, { step, ...more });
  const subjects = group.subjects.map((subject): EndedSubject => ({
    ...subject,
    subject: subjectKey(subject.execution, step),
  }));
  return { ...group, subjects };
}

/** Ends that say how long they took. */
function took(group: EndGroup, durations: readonly number[]): EndGroup {
  const subjects = group.subjects.map((subject, index) => ({
    ...subject,
    startedAt: subject.at - durations[index % durations.length]!,
  }));
  return { ...group, subjects };
}

const executions = (count: number, prefix = 'e'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const name = (of: CountedSubject): string => (of.kind === 'step' ? `step ${of.step}` : of.kind);

/** What is kept of steps and executions for every workflow, whatever SLIs select them. */
export function statisticsContract(place: Place): void {
  const record = (...groups: EndGroup[]) => place.store.record({ ...HOME, now: NOW, groups });

  /** What the cells of a moment hold, by subject; the partitions of each added up. */
  async function countsAt(
    at: number,
    span: StatisticSpan = 'hour',
  ): Promise<Map<string, Map<number, number>>> {
    const cells = cellsAt(at).filter((cell) => cell.span === span);
    const [found] = await place.store.readStatistics(WORKFLOW, cells);
    const counts = new Map<string, Map<number, number>>();
    for (const one of found!) {
      const sum = counts.get(name(one.of)) ?? new Map<number, number>();
      addCounts(sum, one.counts);
      counts.set(name(one.of), sum);
    }
    return counts;
  }

  async function statisticsAt(
    at: number,
    span: StatisticSpan = 'hour',
  ): Promise<Record<string, OutcomeStatistics>> {
    const counts = await countsAt(at, span);
    return Object.fromEntries([...counts].map(([subject, slots]) => [subject, statisticsOf(slots)]));
  }

  it('C1: counts each end once in its minute, its hour and its day, however often it is sent', async () => {
    const group = took(done(['a', 'b', 'b', 'c'], NOW), [400]);
    await record(group);
    await record(group, took(done(['c', 'd'], NOW, { status: 'failed' }), [900]));
    for (const { span } of SPANS) {
      expect(await countsAt(NOW, span)).toEqual(
        new Map([
          [
            'execution',
            new Map([
              [endedSlot('succeeded', 400), 3],
              [endedSlot('failed', 900), 1],
              [attemptSlot(1), 4],
            ]),
          ],
        ]),
      );
    }
  });

  it('C4: counts what comes late at its own time', async () => {
    await record(done(['late'], NOW - 3 * HOUR), done(['now'], NOW));
    expect((await statisticsAt(NOW - 3 * HOUR))['execution']!.succeeded).toBe(1);
    expect((await statisticsAt(NOW))['execution']!.succeeded).toBe(1);
    // Its minute is past the windows that need single minutes, and is not kept anew.
    expect(await statisticsAt(NOW - 3 * HOUR, 'minute')).toEqual({});
    expect((await statisticsAt(NOW, 'day'))['execution']!.succeeded).toBe(2);
  });

  it('puts every duration into the bin that core says, whether its start was told or recorded', async () => {
    const durations = [0, 1, 99, 100, 101, 129, 130, 131, 249, 250, 259, 260, 999, 1000, 2499, 2500];
    for (let unit = 1000; unit <= 1e9; unit *= 10)
      durations.push(
        ...[1.0, 1.019, 1.02, 1.29, 1.3, 2.49, 2.5, 9.99].map((digits) => Math.floor(digits * unit)),
      );
    durations.push(10 ** 10 - 1, 10 ** 10, 3 * 10 ** 10);
    const told = executions(durations.length, 'told');
    const started = executions(durations.length, 'started');
    await place.store.record({
      ...HOME,
      now: NOW,
      groups: [
        took(done(told, NOW), durations),
        // As they were recorded ...
        ...started.map((execution, index) => starts([execution], NOW - durations[index]!, [])),
        done(started, NOW),
      ],
    });
    // ... and as they come after the end.
    const late = executions(durations.length, 'late');
    await record(done(late, NOW));
    await place.store.record({
      ...HOME,
      now: NOW,
      groups: late.map((execution, index) => starts([execution], NOW - durations[index]!, [])),
    });
    const expected = new Map([[attemptSlot(1), 3 * durations.length]]);
    for (const duration of durations) addCounts(expected, new Map([[endedSlot('succeeded', duration), 3]]));
    expect((await countsAt(NOW)).get('execution')).toEqual(expected);
  });

  it('C3: lets the latest attempt decide, from the first start, and counts every attempt', async () => {
    const first = { attempt: 1, status: 'failed' } as const;
    await record(took(ends(['a'], NOW - 9 * SECOND, [DONE], first), [SECOND]));
    expect(await statisticsAt(NOW)).toMatchObject({ execution: { failed: 1, p50Ms: 1010, attempts: 1 } });
    await record(took(ends(['a'], NOW, [DONE], { attempt: 2 }), [2 * SECOND]));
    expect(await countsAt(NOW)).toEqual(
      new Map([
        [
          'execution',
          new Map([
            [endedSlot('succeeded', 10 * SECOND), 1],
            [attemptSlot(1), 1],
            [attemptSlot(2), 1],
          ]),
        ],
      ]),
    );
  });

  it('counts an attempt that is tried again as an attempt, and its step only when that ends', async () => {
    const retried = { status: 'failed', willRetry: true } as const;
    await record(ends(['a'], NOW, [], retried));
    expect(await statisticsAt(NOW)).toMatchObject({
      execution: { failed: 0, attempts: 1, successRate: null },
    });
    await record(ends(['a'], NOW, [], { ...retried, attempt: 2 }), ends(['a'], NOW, [], { attempt: 3 }));
    expect(await statisticsAt(NOW)).toMatchObject({
      execution: { succeeded: 1, failed: 0, attempts: 3, successRate: 1 },
    });
    expect((await statisticsAt(NOW))['execution']!.retryRate).toBeCloseTo(2 / 3);
  });

  it('does not count what contradicts what was reported', async () => {
    await record(done(['a'], NOW));
    await record(done(['a'], NOW, { status: 'failed' }));
    expect(await statisticsAt(NOW)).toMatchObject({ execution: { succeeded: 1, failed: 0, attempts: 1 } });
  });

  it('keeps steps apart from each other and from executions, and leaves out what is none', async () => {
    await place.store.record({
      ...HOME,
      now: NOW,
      groups: [
        starts(['a'], NOW - 5 * SECOND, []),
        stepStarts(['a'], 'charge', NOW - 4 * SECOND),
        stepEnds(['a'], 'charge', { status: 'failed' }),
        stepEnds(['a'], 'execution'),
        stepEnds(['a'], 'others'),
        done(['a'], NOW, { status: 'cancelled' }),
        stepEnds(['b'], 'charge -> ship', { statistics: 'none' }),
        done(['depth=4'], NOW, { statistics: 'none', own: [landingAt('depth', NOW)] }),
      ],
    });
    expect(await statisticsAt(NOW)).toMatchObject({
      execution: { cancelled: 1, succeeded: 0, p50Ms: null },
      'step charge': { failed: 1, p50Ms: 4049 },
      'step execution': { succeeded: 1 },
      'step others': { succeeded: 1 },
    });
    expect(Object.keys(await statisticsAt(NOW))).toHaveLength(4);
  });

  it('adds up what stands for many', async () => {
    await record(took(ends(['many'], NOW, [], { count: 1000 }), [50]));
    await record(took(ends(['many'], NOW, [], { count: 3, status: 'failed' }), [70]));
    expect(await statisticsAt(NOW)).toMatchObject({
      execution: { succeeded: 1000, failed: 3, attempts: 1003, p50Ms: 70 },
    });
  });

  it('bounds the steps that no file names, and always keeps those apart that one does', async () => {
    const unknown = executions(MAX_COUNTED_STEPS + 30, 'step-');
    for (const step of unknown) await record(stepEnds(['a'], step, { statistics: 'bounded' }));
    await record(stepEnds(['a'], 'drawn', { statistics: 'named' }));
    await record(stepEnds(['b'], 'step-0', { statistics: 'bounded' }));
    const found = await statisticsAt(NOW);
    expect(Object.keys(found)).toHaveLength(MAX_COUNTED_STEPS + 2);
    expect(found['others']).toMatchObject({ succeeded: 30, attempts: 30 });
    expect(found['step drawn']).toMatchObject({ succeeded: 1 });
    expect(found['step step-0']).toMatchObject({ succeeded: 2 });
    // What is taken back later is taken from where it was put.
    await record(stepEnds(['a'], 'step-79', { statistics: 'bounded', attempt: 2, status: 'failed' }));
    expect((await statisticsAt(NOW))['others']).toMatchObject({ succeeded: 29, failed: 1, attempts: 31 });
  });

  it('keeps a cell no larger than its bins, whatever it is sent', async () => {
    const durations = Array.from({ length: 4000 }, (_, index) => index ** 2 * 600);
    for (let round = 0; round < 3; round++)
      await record(took(done(executions(4000, `r${round}-`), NOW), durations));
    const slots = (await countsAt(NOW)).get('execution')!;
    expect(slots.size).toBeLessThan(1014);
    expect(statisticsOf(slots).succeeded).toBe(12_000);
  });

  it('adds the partitions of a workflow up, and keeps workflows apart', async () => {
    await place.store.record({ ...HOME, now: NOW, groups: [done(['a'], NOW)] });
    await place.store.record({ ...HOME, partition: 1, now: NOW, groups: [done(['b'], NOW)] });
    await place.store.record({ ...HOME, workflow: 'other', now: NOW, groups: [done(['c'], NOW)] });
    expect((await statisticsAt(NOW))['execution']!.succeeded).toBe(2);
  });

  it('is there after a restart, and reads nothing where nothing was counted', async () => {
    await record(took(done(['a'], NOW), [1234]));
    await place.reopen();
    expect(await statisticsAt(NOW)).toMatchObject({ execution: { succeeded: 1 } });
    expect(await statisticsAt(NOW - 2 * DAY)).toEqual({});
    expect(await place.store.readStatistics('never', cellsAt(NOW))).toEqual([[], [], []]);
  });

  it('writes nothing into a cell that is past its time', async () => {
    for (const [index, { span }] of SPANS.entries()) {
      const at = NOW - 40 * index * DAY;
      const cell = cellsAt(at).find((one) => one.span === span)!;
      const expired = statisticExpiry(cell);
      await place.store.record({ ...HOME, now: expired, groups: [done([`${span}-over`], at)] });
      expect((await statisticsAt(at, span))['execution']).toBeUndefined();
      await place.store.record({ ...HOME, now: expired - MINUTE, groups: [done([span], at)] });
      expect((await statisticsAt(at, span))['execution']).toBeDefined();
      await sweepAll(place.store, expired - MINUTE);
      expect((await statisticsAt(at, span))['execution']).toBeDefined();
    }
  });
}
