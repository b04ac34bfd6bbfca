import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { open as openFile } from 'lmdb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MINUTE_RETENTION } from '../../src/core/counters/cells.ts';
import { StoreUnavailable } from '../../src/core/ports/store/store.ts';
import { NotLeader } from '../../src/core/ports/store/states.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { MAX_TABLES } from '../../src/store/lmdb/databases.ts';
import type { Key } from '../../src/store/lmdb/keys.ts';
import { verifyDataFile } from '../../src/store/lmdb/data-file.ts';
import { createFileGuard } from '../../src/store/lmdb/file-guard.ts';
import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { createWriter } from '../../src/store/lmdb/writer.ts';
import { manualClock } from '../support/clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import {
  countsIn,
  countsInHour,
  done,
  DONE,
  ends,
  HOME,
  landingAt,
  NOW,
  starts,
  sweepAll,
  WORKFLOW,
  recordIn,
} from './outcomes.ts';

const WRITER = fileURLToPath(new URL('./lmdb-writer.ts', import.meta.url));
const BATCH = 20;
const SLI = { workflow: WORKFLOW, fingerprint: DONE.fingerprint };

let folder: string;
let stores: Store[] = [];
let children: ChildProcess[] = [];
const clock = manualClock(NOW);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'burnwatch-lmdb-'));
});
afterEach(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  for (const store of stores) await store.close();
  [stores, children] = [[], []];
  await rm(folder, { recursive: true, force: true });
});

async function open(partitions: number | null = null, at = folder): Promise<Store> {
  const store = await openLmdbStore({ folder: at, partitions, clock, log: memoryLog() });
  stores.push(store);
  return store;
}

/** Starts a process that writes batches; what it says, line by line, goes to `hear`. */
function startWriter(batches: number, hear: (line: string) => void, shell?: string): Promise<void> {
  const node = [process.execPath, '--import', 'tsx', WRITER, folder, String(batches)];
  const [command, ...args] = shell ? ['bash', '-c', `${shell}; exec "$@"`, 'bash', ...node] : node;
  // lmdb complains of failed commits on standard error; what matters of it is in the answers.
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', hear);
  return Promise.all([once(child, 'exit'), once(lines, 'close')]).then(() => undefined);
}

function executionsOf(batch: number): string[] {
  return Array.from({ length: BATCH }, (_, i) => `batch-${batch}-${i}-${'x'.repeat(150)}`);
}

it('C2 C1: what a killed process had acknowledged is there exactly once, and the next one writes on', async () => {
  const acknowledged = new Set<number>();
  for (const enough of [3, 40, 120]) {
    await startWriter(100_000, (line) => {
      acknowledged.add(Number(line.split(' ')[0]));
      if (acknowledged.size >= enough) children.at(-1)!.kill('SIGKILL');
    });
    expect(acknowledged.size).toBeGreaterThanOrEqual(enough);

    const store = await open();
    const { good } = await countsIn(store, 'done', NOW);
    expect(good).toBeGreaterThanOrEqual(acknowledged.size * BATCH);
    // Each batch was counted whole or not at all, and the hour agrees with the minute.
    expect(good % BATCH).toBe(0);
    expect((await countsInHour(store, 'done', NOW)).good).toBe(good);
    const groups = [...acknowledged].map((batch) => done(executionsOf(batch), NOW));
    expect(await recordIn(store, { ...HOME, now: NOW, groups })).toEqual(groups.map(() => 0));
    await store.close();
  }
});

it('C1: two processes may write to one folder at once', async () => {
  const batches = 60;
  let fresh = 0;
  const hear = (line: string): void => void (fresh += Number(line.split(' ')[1]));
  await Promise.all([startWriter(batches, hear), startWriter(batches, hear)]);
  expect(fresh).toBe(batches * BATCH);
  expect(await countsIn(await open(), 'done', NOW)).toEqual({ good: batches * BATCH, bad: 0 });
});

it('C2: on a full disk writes fail with StoreUnavailable and what was acknowledged stays', async () => {
  let acknowledged = 0;
  const failures = new Set<string>();
  // A limit on the size of files is the disk that is full: 16 MB that are kept free, and 1.5 more.
  await startWriter(
    300,
    (line) => {
      const [first, second] = line.split(' ');
      if (first === 'failed') failures.add(second!);
      else acknowledged += Number(second);
    },
    "trap '' XFSZ; ulimit -f 17900",
  );
  expect([...failures]).toEqual(['StoreUnavailable']);
  expect(acknowledged).toBeGreaterThan(0);
  expect(await countsIn(await open(), 'done', NOW)).toEqual({ good: acknowledged, bad: 0 });
});

it('names the folder when it cannot hold a store', async () => {
  await writeFile(join(folder, 'file'), 'not a folder');
  for (const bad of [join(folder, 'file'), join(folder, 'file', 'below')]) {
    const error: unknown = await open(null, bad).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(String(error)).toContain(bad);
  }
});

it.each([
  ['holds something else', (file: string) => writeFile(file, 'something else'.repeat(1000))],
  ['was zeroed', (file: string) => writeFile(file, Buffer.alloc(16_384))],
  ['was cut off', (file: string) => truncate(file, 3 * 4096)],
  ['was cut off at once', (file: string) => truncate(file, 100)],
])('refuses a data file that %s, naming the folder', async (_, damage) => {
  const store = await open();
  for (let i = 0; i < 20; i++) {
    await recordIn(store, { ...HOME, now: NOW, groups: [done(executionsOf(i), NOW)] });
  }
  await store.close();
  await damage(join(folder, 'data.mdb'));
  await expect(open()).rejects.toThrow(new RegExp(`${folder}.*data\\.mdb`));
});

it('C2: answers nothing any more once its data file is cut off under it', async () => {
  const store = await open();
  for (let i = 0; i < 20; i++) {
    await recordIn(store, { ...HOME, now: NOW, groups: [done(executionsOf(i), NOW)] });
  }
  const file = join(folder, 'data.mdb');
  const { size } = await stat(file);
  await truncate(file, size - 4096);
  const cutOff = /data\.mdb was cut off/;
  await expect(recordIn(store, { ...HOME, now: NOW, groups: [done(['a'], NOW)] })).rejects.toThrow(cutOff);
  await expect(countsIn(store, 'done', NOW)).rejects.toThrow(cutOff);
  await expect(store.examine()).rejects.toThrow(StoreUnavailable);
});

it('makes the folder, adopts an empty file, and may be closed twice', async () => {
  const below = join(folder, 'a.b', 'c');
  const store = await open(null, below);
  await store.close();
  await store.close();
  await writeFile(join(folder, 'data.mdb'), '');
  expect((await open()).partitions).toBe(1);
});

it('finishes what it was asked for before it closes', async () => {
  const store = await open();
  const answers = [1, 2, 3].map((batch) =>
    recordIn(store, { ...HOME, now: NOW, groups: [done(executionsOf(batch), NOW)] }),
  );
  await store.close();
  expect(await Promise.all(answers)).toEqual([[BATCH], [BATCH], [BATCH]]);
  await expect(recordIn(store, { ...HOME, now: NOW, groups: [done(['a'], NOW)] })).rejects.toThrow(
    StoreUnavailable,
  );
  expect(await countsIn(await open(), 'done', NOW)).toEqual({ good: 3 * BATCH, bad: 0 });
});

it('G2: a large batch gives other work its turns', async () => {
  const store = await open();
  const executions = Array.from({ length: 10_000 }, (_, i) => `execution-${i}`);
  const answer = recordIn(store, {
    ...HOME,
    now: NOW,
    groups: [starts(executions, NOW, [{ fingerprint: 'f', withinMs: HOUR, from: 'started' }])],
  });
  let turns = 0;
  const count = async (): Promise<void> => {
    for (;;) {
      if ((await Promise.race([answer, nextTurn(null)])) !== null) return;
      turns += 1;
    }
  };
  await count();
  expect(await answer).toEqual([10_000]);
  expect(turns).toBeGreaterThan(20);
});

it('a change that cannot be stored fails alone, and leaves nothing behind', async () => {
  const store = await open();
  // Longer than any key can be; no producer gets this far.
  const tooLong = { ...HOME, now: NOW, groups: [done(['fine', 'x'.repeat(3000)], NOW)] };
  // The first keeps the writer busy, so that the other two share a transaction.
  const [, bad, good] = await Promise.allSettled([
    recordIn(store, { ...HOME, now: NOW, groups: [done(['first'], NOW)] }),
    recordIn(store, tooLong),
    recordIn(store, { ...HOME, now: NOW, groups: [done(['other'], NOW)] }),
  ]);
  expect(bad).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
  expect(good).toMatchObject({ status: 'fulfilled', value: [1] });
  expect(await recordIn(store, { ...HOME, now: NOW, groups: [done(['fine'], NOW)] })).toEqual([1]);
  expect(await countsIn(store, 'done', NOW)).toEqual({ good: 3, bad: 0 });
});

it('C2: is not believed after a change failed before five examinations wrote what needs room', async () => {
  const store = await open();
  const tooLong = { ...HOME, now: NOW, groups: [done(['x'.repeat(3000)], NOW)] };
  const examine = (): Promise<boolean> =>
    store.examine().then(
      () => true,
      () => false,
    );
  await expect(recordIn(store, tooLong)).rejects.toThrow(StoreUnavailable);
  const found = [await examine(), await examine(), await examine()];
  await expect(recordIn(store, tooLong)).rejects.toThrow(StoreUnavailable);
  for (let i = 0; i < 5; i++) found.push(await examine());
  expect(found).toEqual([false, false, false, false, false, false, false, true]);
});

it('a lease ends to the millisecond by the clock it was given', async () => {
  const store = await open();
  expect(await store.lead('a', 10 * SECOND)).toBe(true);
  clock.advance(10 * SECOND - 1);
  expect(await store.lead('b', SECOND)).toBe(false);
  expect(await store.claim('a', NOW, SECOND, 1)).toEqual([]);
  clock.advance(1);
  await expect(store.claim('a', NOW, SECOND, 1)).rejects.toThrow(NotLeader);
  expect(await store.lead('b', SECOND)).toBe(true);
});

it('a lease from a time the clock was set back from holds nobody up', async () => {
  const store = await open();
  expect(await store.lead('killed', MINUTE)).toBe(true);
  clock.advance(-3 * HOUR);
  try {
    expect(await store.lead('next', SECOND)).toBe(true);
    await expect(store.claim('killed', NOW, SECOND, 1)).rejects.toThrow(NotLeader);
    expect(await store.lead('killed', MINUTE)).toBe(false);
  } finally {
    clock.advance(3 * HOUR);
  }
});

it('a sweep forgets what is kept past its time, a little at a time', async () => {
  const store = await open();
  await recordIn(store, { ...HOME, now: NOW, groups: [done(executionsOf(1), NOW, { status: 'failed' })] });
  const blocks = async (): Promise<boolean[]> => {
    const id = { ...HOME, fingerprint: DONE.fingerprint };
    const found = await store.readBlocks([
      { ...id, resolution: 'minute', block: Math.floor(NOW / HOUR) },
      { ...id, resolution: 'hour', block: Math.floor(NOW / HOUR / 192) },
    ]);
    return found.map((block) => block !== null);
  };

  await sweepAll(store, NOW + DAY);
  expect(await recordIn(store, { ...HOME, now: NOW, groups: [done(executionsOf(1), NOW)] })).toEqual([0]);
  const waiting = starts(['a', 'b', 'c'], NOW, [{ fingerprint: 'f', withinMs: HOUR, from: 'started' }]);
  await recordIn(store, { ...HOME, now: NOW + 2 * DAY, groups: [waiting] });
  expect(await store.sweep(HOME, NOW + 2 * DAY, BATCH)).toEqual({ swept: 3, overdue: 3, unjudged: 0 });
  expect(await blocks()).toEqual([true, true]);

  await sweepAll(store, NOW + 5 * DAY);
  expect(await blocks()).toEqual([false, true]);
  expect(await store.readFailures(SLI, NOW, NOW)).toHaveLength(1);
  await sweepAll(store, NOW + 9 * DAY);
  expect(await store.readFailures(SLI, NOW, NOW)).toEqual([]);
  await sweepAll(store, NOW + 110 * DAY);
  expect(await blocks()).toEqual([false, false]);
  expect(await store.sweep(HOME, NOW + 110 * DAY, 10)).toEqual({ swept: 0, overdue: 0, unjudged: 0 });
});

it('G2: old identities are removed some thousands a sweep, however many partitions are swept, and others get turns', async () => {
  const store = await open(2);
  const executions = Array.from({ length: 10_000 }, (_, i) => `execution-${i}`);
  await recordIn(store, { ...HOME, now: NOW, groups: [done(executions, NOW)] });
  const later = NOW + 2 * DAY;
  await recordIn(store, { ...HOME, now: later, groups: [done(['kept'], later)] });
  const file = openFile({ path: folder, noSubdir: false, maxDbs: MAX_TABLES, readOnly: true });
  try {
    const identities = file.openDB<null, Key>({ name: 'identities', encoding: 'json' });
    expect(identities.getCount()).toBe(10_001);
    let turns = 0;
    const sweeps = Promise.all([0, 1].map((partition) => store.sweep({ ...HOME, partition }, later, 500)));
    while ((await Promise.race([sweeps, nextTurn(null)])) === null) turns += 1;
    // The statistics of the minutes back then are all else that is past its time; the store has them once.
    expect((await sweeps).map(({ swept }) => swept)).toEqual([1, 0]);
    expect(turns).toBeGreaterThan(10);
    expect(identities.getCount()).toBe(2_001);
    await store.sweep(HOME, later, 500);
    expect(identities.getCount()).toBe(1);
    expect(await recordIn(store, { ...HOME, now: later, groups: [done(['kept'], later)] })).toEqual([0]);
  } finally {
    await file.close();
  }
});

it('a sweep forgets sums when it forgets their minutes', async () => {
  const store = await open();
  const landings = [landingAt(DONE.fingerprint, NOW, { value: 1 })];
  await recordIn(store, { ...HOME, now: NOW, groups: [ends(['a'], NOW, [], { landings })] });
  const kept = async (): Promise<number> => (await store.readSums(SLI, NOW, NOW)).size;
  const expiry = (Math.floor(NOW / HOUR) + 1) * HOUR + MINUTE_RETENTION;
  await sweepAll(store, expiry - 1);
  expect(await kept()).toBe(1);
  await sweepAll(store, expiry);
  expect(await kept()).toBe(0);
  expect(await store.sweep(HOME, expiry, 10)).toEqual({ swept: 0, overdue: 0, unjudged: 0 });
});

it('what lands where its block has expired already is not kept', async () => {
  const store = await open();
  const later = NOW + 5 * DAY;
  await recordIn(store, { ...HOME, now: later, groups: [done(['a'], NOW)] });
  expect(await countsIn(store, 'done', NOW)).toEqual({ good: 0, bad: 0 });
  expect(await countsInHour(store, 'done', NOW)).toEqual({ good: 1, bad: 0 });
});

it('G1: makes a folder that only its user can read', async () => {
  const made = join(folder, 'made');
  await open(null, made);
  expect((await stat(made)).mode & 0o777).toBe(0o700);
});

it('J2: finds that its folder held another store before', async () => {
  const first = await open();
  expect((await first.examine()).losses).toEqual([]);
  await first.close();
  await rm(join(folder, 'data.mdb'));
  const second = await open();
  expect((await second.examine()).losses).toEqual([{ kind: 'wiped', part: null }]);
  expect((await second.examine()).losses).toEqual([]);
});

it('C2: changes nothing when there is hardly room left, before LMDB finds that out', async () => {
  await open();
  let room = 16 * 1024 * 1024;
  const guard = createFileGuard(folder, () => room);
  guard.checkRoom();
  room--;
  expect(() => guard.checkRoom()).toThrow(StoreUnavailable);
  let changes = 0;
  const root = openFile({ path: folder, noSubdir: false, maxDbs: MAX_TABLES });
  const writer = createWriter(root, folder, guard);
  const change = () => changes++;
  await expect(writer.write(change)).rejects.toThrow('less than 16 MB of room');
  expect([changes, writer.failing()]).toEqual([0, expect.any(StoreUnavailable)]);
  room++;
  await writer.write(change);
  for (let i = 0; i < 4; i++) writer.trialSucceeded();
  expect([changes, writer.failing()], 'those that fit may have been lucky').toEqual([
    1,
    expect.any(StoreUnavailable),
  ]);
  writer.trialSucceeded();
  expect(writer.failing()).toBe(null);
  await root.close();
});

it('J2: a page that another one lies in the place of is found', async () => {
  const store = await open();
  const executions = Array.from({ length: 200 }, (_, index) => `e${index}`);
  await recordIn(store, { ...HOME, now: NOW, groups: [done(executions, NOW)] });
  await store.close();
  const path = join(folder, 'data.mdb');
  expect(await verifyDataFile(folder)).toBeGreaterThan(4);
  const file = await readFile(path);
  const size = file.readUInt32LE(48);
  for (let at = 3 * size; at < file.length; at += size) file.copy(file, at, 2 * size, 3 * size);
  await writeFile(path, file);
  await expect(verifyDataFile(folder)).rejects.toThrow('holds something else');
});
