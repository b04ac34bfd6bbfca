import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewDeadLetter } from '../../../src/core/ports/dead-letters.ts';
import { MAX_DEAD_LETTERS } from '../../../src/core/ports/store/dead-letters.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import type { Caller } from '../../../src/core/ports/token.ts';
import { createDeadLetters } from '../../../src/engine/ingest/dead-letters.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const SLO = defineSlo();
const OPS: Caller = { name: 'ops', address: '::1', grants: [{ scope: 'write', only: null }] };

let world: World;
let box: ReturnType<typeof createDeadLetters>;

beforeEach(async () => {
  world = await startWorld({ slos: [SLO] });
  box = createDeadLetters({ ...world, elapsed: () => 0 });
});
afterEach(() => world.close());

const letter = (entry: string, more: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  source: 'stream:outcomes',
  entry,
  at: START,
  deliveries: 1,
  part: 'records',
  code: 'unknown-workflow',
  message: 'No SLO file defines it.',
  holds: { lines: [JSON.stringify({ workflow: 'orders', execution: entry, status: 'failed', at: START })] },
  ...more,
});
const all = async (source: string | null = null) => (await box.deadLetters(source, null, 20_000)).items;

describe('dead letters', () => {
  it('are listed by when their entries were made, page by page, and by source', async () => {
    const other = { source: 'stream:other' };
    await box.keep([letter('c', { at: START + 2 }), letter('a'), letter('b', { at: START + 1, ...other })]);
    expect((await all()).map(({ entry }) => entry)).toEqual(['a', 'b', 'c']);
    const first = await box.deadLetters(null, null, 2);
    expect(first.items.map(({ entry }) => entry)).toEqual(['a', 'b']);
    expect(await box.deadLetters(null, first.next, 2)).toMatchObject({
      items: [{ entry: 'c' }],
      next: null,
    });
    expect((await all('stream:other')).map(({ entry }) => entry)).toEqual(['b']);
  });

  it('are kept once, and differ by source, entry and part', async () => {
    await box.keep([letter('a'), letter('a', { deliveries: 2 })]);
    await box.keep([letter('a')]);
    expect(await all()).toHaveLength(1);
    await box.keep([letter('b'), letter('a', { source: 'stream:other' }), letter('a', { part: 'text 0' })]);
    expect(await all()).toHaveLength(4);
  });

  it('take several where their records do not fit into one, and cut only what could never count', async () => {
    const lines = Array.from({ length: 40 }, (_, index) =>
      JSON.stringify({
        workflow: 'orders',
        execution: `x-${index}`,
        status: 'failed',
        error: 'e'.repeat(900),
      }),
    );
    await box.keep([letter('a', { holds: { lines: [...lines, JSON.stringify('y'.repeat(20_000))] } })]);
    await box.keep([letter('b', { holds: { text: 'z'.repeat(1_000_000) } })]);
    const letters = await all();
    expect(letters.reduce((sum, { records }) => sum + records, 0)).toBe(40);
    expect(letters.filter(({ records }) => records === 0)).toHaveLength(2);
    for (const { id } of letters) {
      const { data } = (await world.store.deadLetter(id))!;
      expect(data.length).toBeLessThanOrEqual(16 * 1024);
    }
    expect(await box.replayDeadLetters({ id: 'all' }, OPS)).toMatchObject({ left: 2, next: null });
    expect(await world.counted(SLO)).toEqual({ good: 0, bad: 40 });
  });

  it('C1: count once when they are replayed twice, or by two at once', async () => {
    await box.keep([letter('a')]);
    const { id } = (await all())[0]!;
    const answers = await Promise.all([
      box.replayDeadLetters({ id }, OPS),
      box.replayDeadLetters({ id: 'all' }, OPS),
    ]);
    expect(answers.map((answer) => 'left' in answer && answer.left)).toEqual([0, 0]);
    expect(await world.counted(SLO)).toEqual({ good: 0, bad: 1 });
    expect(await box.replayDeadLetters({ id }, OPS)).toEqual({
      refused: 'unknown',
      problems: [`There is no dead letter "${id}".`],
    });
  });

  it('stay when the store is away, or something of them is rejected again', async () => {
    const order = JSON.stringify({ workflow: 'orderz', execution: 'a', status: 'failed' });
    await box.keep([letter('a', { holds: { lines: [order] } }), letter('b', { holds: { text: '{oops' } })]);
    const report = await box.replayDeadLetters({ id: 'all' }, OPS);
    expect(report).toMatchObject({ replayed: 0, left: 2, next: null });
    world.wrapped.takeDown('record');
    await box.keep([letter('c')]);
    await expect(box.replayDeadLetters({ id: 'all' }, OPS)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await all()).toHaveLength(3);
  });

  it('G2: are gone through a thousand at a time', async () => {
    const many = Array.from({ length: 1500 }, (_, index) => letter(`m-${index}`, { at: START + index }));
    await box.keep(many);
    const first = await box.dropDeadLetters({ id: 'all' });
    expect(first).toMatchObject({ dropped: 1000, next: expect.any(String) as string });
    const { next } = first as { next: string };
    expect(await box.dropDeadLetters({ id: 'all', after: next })).toMatchObject({ dropped: 500, next: null });
    expect(await all()).toEqual([]);
  });

  it('are so many at most, and the log says when the oldest went', async () => {
    const many = Array.from({ length: MAX_DEAD_LETTERS + 5 }, (_, index) =>
      letter(`m-${index}`, { at: START + index, holds: { text: '' } }),
    );
    await box.keep(many);
    expect(await world.store.deadLetterCount()).toBe(MAX_DEAD_LETTERS);
    expect((await all())[0]!.entry).toBe('m-5');
    expect(world.log.entries.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { gone: 5 } },
    ]);
  });

  it('of a newer version are left alone', async () => {
    await world.store.putDeadLetters([{ id: '0-x', about: { v: 2, whatever: true }, data: '' }]);
    expect(await all()).toEqual([]);
    expect(await box.dropDeadLetters({ id: '0-x' })).toMatchObject({ refused: 'unknown' });
    expect(await box.dropDeadLetters({ id: 'all' })).toMatchObject({ dropped: 0 });
    expect(await world.store.deadLetterCount()).toBe(1);
  });

  it('are asked for in words that are checked', async () => {
    for (const request of [
      null,
      {},
      { id: '' },
      { id: 7 },
      { id: 'all', source: 1 },
      { id: 'all', after: {} },
      { id: 'all', by: 'sam' },
    ])
      expect(await box.dropDeadLetters(request)).toMatchObject({ refused: 'invalid' });
  });
});
