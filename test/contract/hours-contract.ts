import { expect, it } from 'vitest';
import { HOURS_PER_BLOCK, MINUTE_RETENTION, sumCells } from '../../src/core/counters/cells.ts';
import type { HourCells } from '../../src/core/ports/store/counting.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../src/core/time/duration.ts';
import { countsIn, countsInHour, done, HOME, NOW, starts, WORKFLOW, recordIn } from './outcomes.ts';
import type { Place } from './place.ts';

const SERIES = { workflow: WORKFLOW, fingerprint: 'derived' };
const THIS_HOUR = Math.floor(NOW / HOUR);

/** The cells of the hour of a moment: those told by minute of the hour, the others empty. */
function cellsAt(
  at: number,
  counts: Readonly<Record<number, readonly [good: number, bad: number]>>,
): HourCells {
  const hour = { hour: Math.floor(at / HOUR), cells: new Uint32Array(120) };
  for (const [minute, pair] of Object.entries(counts)) hour.cells.set(pair, 2 * Number(minute));
  return hour;
}

/** What a store promises about series that are worked out from others. */
export function hoursContract(place: Place): void {
  const write = (hours: readonly HourCells[], now = NOW) => place.store.writeHours(SERIES, hours, now);
  const changes = async (revision: number) =>
    (await place.store.changes([{ partition: HOME, revision }]))[0]!;
  const minute = (at: number) => countsIn(place.store, 'derived', at);
  const hour = (at: number) => countsInHour(place.store, 'derived', at);

  it('sets the cells of hours, at both levels, whatever was there', async () => {
    const at = (THIS_HOUR * 60 + 7) * MINUTE;
    await write([cellsAt(NOW, { 0: [1, 2], 7: [5, 0], 59: [0, 3] }), cellsAt(NOW - HOUR, { 7: [9, 9] })]);
    expect(await minute(at)).toEqual({ good: 5, bad: 0 });
    expect(await hour(at)).toEqual({ good: 6, bad: 5 });
    expect(await hour(at - HOUR)).toEqual({ good: 9, bad: 9 });
    await write([cellsAt(NOW, { 7: [1, 1] })]);
    expect(await minute(at)).toEqual({ good: 1, bad: 1 });
    expect(await minute(at + 52 * MINUTE)).toEqual({ good: 0, bad: 0 });
    expect(await hour(at)).toEqual({ good: 1, bad: 1 });
    expect(await hour(at - HOUR)).toEqual({ good: 9, bad: 9 });
    await write([cellsAt(NOW, {})]);
    expect(await hour(at)).toEqual({ good: 0, bad: 0 });
    expect(await hour(at - HOUR)).toEqual({ good: 9, bad: 9 });
    await place.reopen();
    expect(await hour(at - HOUR)).toEqual({ good: 9, bad: 9 });
  });

  it('writes over what was counted, which may fill its block only in part', async () => {
    const at = (THIS_HOUR * 60 + 3) * MINUTE;
    await recordIn(place.store, { ...HOME, now: NOW, groups: [done(['a', 'b'], at)] });
    await place.store.writeHours({ ...SERIES, fingerprint: 'done' }, [cellsAt(at, { 3: [2, 0] })], NOW);
    expect((await changes(0)).revision).toBe(NOW);
    await place.store.writeHours({ ...SERIES, fingerprint: 'done' }, [cellsAt(at, { 50: [0, 1] })], NOW);
    expect(await countsIn(place.store, 'done', at)).toEqual({ good: 0, bad: 0 });
    expect(await countsInHour(place.store, 'done', at)).toEqual({ good: 0, bad: 1 });
  });

  it('fills the first and the last hour of a block, and no other', async () => {
    const first = THIS_HOUR - (THIS_HOUR % HOURS_PER_BLOCK);
    const ends = [first - 1, first, first + HOURS_PER_BLOCK - 1].map((one) => one * HOUR);
    await write(ends.map((at, index) => cellsAt(at, { 0: [index + 1, 0], 59: [0, index + 1] })));
    for (const [index, at] of ends.entries()) {
      expect(await hour(at)).toEqual({ good: index + 1, bad: index + 1 });
      expect(await minute(at + 59 * MINUTE)).toEqual({ good: 0, bad: index + 1 });
    }
    expect(await hour(ends[1]! + HOUR)).toEqual({ good: 0, bad: 0 });
  });

  it('an hour holds no more than a cell does', async () => {
    await write([cellsAt(NOW, { 0: [0xffff_ffff, 0x8000_0000], 1: [1, 0x7fff_ffff] })]);
    expect(await hour(NOW)).toEqual({ good: 0xffff_ffff, bad: 0xffff_ffff });
    expect(await minute(THIS_HOUR * HOUR)).toEqual({ good: 0xffff_ffff, bad: 0x8000_0000 });
  });

  it('tells of the hours that changed, and of nothing when the same is written again', async () => {
    const hours = [cellsAt(NOW, { 1: [1, 0] }), cellsAt(NOW - HOUR, { 1: [1, 0] }), cellsAt(NOW - DAY, {})];
    await write(hours);
    const first = await changes(0);
    expect(first.revision).toBe(NOW);
    await write(hours, NOW + MINUTE);
    await write([], NOW + MINUTE);
    expect(await changes(first.revision)).toEqual({ ...first, complete: true });

    await write([hours[0]!, cellsAt(NOW - HOUR, { 2: [1, 0] })], NOW + MINUTE);
    expect(await changes(first.revision)).toEqual({
      revision: NOW + MINUTE,
      complete: true,
      hours: [{ fingerprint: 'derived', hour: THIS_HOUR - 1 }],
    });
    // A clock that is behind gives no earlier revision.
    await write(hours, NOW - MINUTE);
    expect((await changes(first.revision)).revision).toBe(NOW + MINUTE + 1);
  });

  it('leaves alone what is past its time, each level by itself', async () => {
    const kept = (THIS_HOUR + 1) * HOUR + MINUTE_RETENTION;
    // Redis counts down in real time what is left by then.
    const soon = kept - 10 * MINUTE;
    await write([cellsAt(NOW, { 0: [1, 0] })], soon);
    expect(await minute(THIS_HOUR * HOUR)).toEqual({ good: 1, bad: 0 });
    await write([cellsAt(NOW - HOUR, { 0: [0, 4] })], soon);
    expect(await minute((THIS_HOUR - 1) * HOUR)).toEqual({ good: 0, bad: 0 });
    expect(await hour(NOW - HOUR)).toEqual({ good: 0, bad: 4 });
    const { revision } = await changes(0);
    await write([cellsAt(NOW - HOUR, { 0: [0, 4] })], kept);
    await write([cellsAt(NOW - 120 * DAY, { 0: [1, 1] })], kept);
    expect(await changes(revision)).toEqual({ revision, complete: true, hours: [] });
    expect(await hour(NOW - 120 * DAY)).toEqual({ good: 0, bad: 0 });
  });

  it('writes many hours in one call, all in one partition', async () => {
    const hours = Array.from({ length: 130 }, (_, ago) => cellsAt(NOW - ago * HOUR, { 0: [ago + 1, 1] }));
    await write(hours);
    for (const ago of [0, 49, 50, 51, 100, 129]) {
      expect(await hour(NOW - ago * HOUR)).toEqual({ good: ago + 1, bad: 1 });
    }
    const id = {
      workflow: WORKFLOW,
      fingerprint: 'derived',
      resolution: 'minute' as const,
      block: THIS_HOUR,
    };
    const blocks = await place.store.readBlocks([
      { ...id, partition: 0 },
      { ...id, partition: 1 },
    ]);
    expect(blocks.map((block) => sumCells(block, 0, 59))).toEqual([
      { good: 1, bad: 1 },
      { good: 0, bad: 0 },
    ]);
    expect((await changes(NOW)).hours.length).toBeLessThanOrEqual(130);
    expect((await place.store.changes([{ partition: { ...HOME, partition: 1 }, revision: 0 }]))[0]).toEqual({
      revision: 0,
      complete: false,
      hours: [],
    });
  });

  it('disturbs nothing that is in flight', async () => {
    await recordIn(place.store, { ...HOME, now: NOW, groups: [starts(['a', 'b'], NOW, [])] });
    await write([cellsAt(NOW, { 0: [1, 0] })]);
    expect(await place.store.inFlight(WORKFLOW)).toEqual({ running: 2, overdue: 0, waiting: 0 });
  });

  it('two that write the same at once change it once', async () => {
    const other = await place.openAnother();
    const hours = [cellsAt(NOW, { 0: [1, 0] })];
    await Promise.all([write(hours), other.writeHours(SERIES, hours, NOW), write(hours)]);
    expect((await changes(0)).revision).toBe(NOW);
    expect(await hour(NOW)).toEqual({ good: 1, bad: 0 });
  });

  it('refuses cells that are not those of an hour, and says what an hour has', async () => {
    const bad = { hour: minuteOf(NOW) / 60, cells: new Uint32Array(60) };
    await expect(write([cellsAt(NOW, { 0: [1, 0] }), bad])).rejects.toThrow(/60 numbers; an hour has 120/);
    expect(await hour(NOW)).toEqual({ good: 0, bad: 0 });
  });
}
