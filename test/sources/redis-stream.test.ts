import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/time/duration.ts';
import type { StreamServer } from '../../src/sources/redis-stream.ts';
import { streamScripts } from '../../src/sources/stream-scripts.ts';
import { START } from '../support/clock.ts';
import type { RedisServer } from '../support/redis.ts';
import { addUser, flush, startRedis, startRedisCluster } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { defineSlo } from '../support/definitions.ts';
import type { StreamWorld } from './stream-world.ts';
import { SLO, clientOf, fieldsOf, startStreamWorld } from './stream-world.ts';

let redis: RedisServer;
let client: Redis;
let world: StreamWorld;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await flush([redis]);
  client = clientOf(redis);
  world = await startStreamWorld(redis);
});
afterEach(async () => {
  await world.end();
  client.disconnect();
});

let made = 0;
const ended = (execution: string, more: object = {}): object => ({
  workflow: 'orders',
  execution,
  status: 'succeeded',
  ...more,
});
/** Adds an entry that was made at START, or so many milliseconds later. */
const add = (fields: Readonly<Record<string, string>>, after = 0): Promise<string | null> =>
  client.xadd('outcomes', `${START + after}-${++made}`, ...Object.entries(fields).flat());
const addJson = (records: unknown, after = 0) => add({ outcome: JSON.stringify(records) }, after);
const groupOf = async () => fieldsOf(((await client.xinfo('GROUPS', 'outcomes')) as [unknown])[0]);
const logged = (text: string) => world.log.entries.filter(({ message }) => message.includes(text));

/** A connection over which a script does not come through. */
const without =
  (script: { readonly sha: string }, isCut: () => boolean) =>
  (server: StreamServer): StreamServer => ({
    ...server,
    run: (asked, keys, args) =>
      asked.sha === script.sha && isCut() ? Promise.reject(new Error('cut')) : server.run(asked, keys, args),
  });

describe('a Redis stream', () => {
  it('has what it holds counted in every form, at the time of the entry, and acknowledged', async () => {
    const lines = [ended('e'), ended('f', { at: START - HOUR })].map((record) => JSON.stringify(record));
    await add({ data: lines.join('\n') }, -DAY / 2);
    await add({ workflow: 'orders', execution: 'a', status: 'failed', attempt: '2', error: 'timeout' });
    await addJson(ended('b'));
    await add({ data: JSON.stringify([ended('c'), ended('d')]) });
    const replica = world.replica();
    await world.settled(client);
    expect(await world.counted(SLO)).toEqual({ good: 5, bad: 1 });
    expect(await world.letters()).toEqual([]);
    // C4: an entry that is read half a day late counts when it was made.
    expect(await world.counted(SLO, HOUR / 2)).toEqual({ good: 3, bad: 1 });
    await until('the source to know', () => replica.status().lag === 0 && replica.status().pending === 0);
    expect(replica.status()).toMatchObject({
      ok: true,
      entries: { read: 4, claimed: 0, lost: 0 },
      records: { accepted: 6, duplicates: 0, rejected: 0 },
    });
  });

  it('C1: counts once what is in it twice, or was reported otherwise', async () => {
    await world.recorder.record([ended('a')]);
    for (const execution of ['a', 'b', 'b', 'a']) await addJson(ended(execution));
    const replica = world.replica();
    await world.settled(client);
    expect(await world.total()).toBe(2);
    expect(replica.status().records).toEqual({ accepted: 1, duplicates: 3, rejected: 0 });
  });

  it('C2: acknowledges nothing that is not stored; while the store is away it stands still, and says so', async () => {
    world.wrapped.takeDown('record');
    const replica = world.replica();
    for (let index = 0; index < 5; index++) await addJson(ended(`a-${index}`));
    await until('the source to stand still', () => !replica.status().ok);
    expect(replica.status().message).toMatch(/^stands still for .*: record: taken down$/);
    expect(Number((await groupOf())['pending'])).toBeGreaterThan(0);
    // Nothing more is read while what was read is not stored.
    const { read } = replica.status().entries;
    for (let index = 5; index < 30; index++) await addJson(ended(`a-${index}`));
    await until('a look', () => logged('tried again').length > 0);
    expect(replica.status().entries.read).toBe(read);
    world.wrapped.bringUp();
    await world.settled(client);
    expect(await world.total()).toBe(30);
    expect(replica.status()).toMatchObject({ ok: true, message: 'is read' });
  });

  it('C1: what a replica stored and did not acknowledge before it died is taken over and counted once', async () => {
    for (let index = 0; index < 20; index++) await addJson(ended(`a-${index}`));
    const dying = world.replica({ through: without(streamScripts.acknowledge, () => true) });
    await until('all to be stored', () => dying.status().records.accepted === 20);
    expect((await groupOf())['pending']).toBe(20);
    await dying.stop();
    const other = world.replica();
    await world.settled(client);
    expect(other.status()).toMatchObject({
      entries: { read: 0, claimed: 20 },
      records: { accepted: 0, duplicates: 20 },
    });
    expect(await world.total()).toBe(20);
    // The dead one had its entries until they were taken over; now it is no more.
    await until('its consumer to be removed', async () => (await groupOf())['consumers'] === 1);
  });

  it('C1: two replicas share it, and every entry counts once', async () => {
    const replicas = [world.replica({ limits: { entries: 10 } }), world.replica({ limits: { entries: 10 } })];
    const count = 600;
    for (let index = 0; index < count; index++) await addJson(ended(`a-${index}`));
    await world.settled(client);
    expect(await world.total()).toBe(count);
    const read = replicas.map((replica) => replica.status().entries.read);
    expect(read[0]! + read[1]!).toBe(count);
    expect(Math.min(...read)).toBeGreaterThan(0);
  });

  it('keeps what is poison as dead letters, with all that is known, and goes on with the rest', async () => {
    await addJson([
      ended('a'),
      { ...ended('b'), workflow: 'order' },
      7,
      { ...ended('c'), workflow: 'order' },
    ]);
    await add({ data: '{"workflow": ' });
    await add({ colour: 'red' });
    await add({ workflow: 'orders', execution: 'd', status: 'done' });
    await add({ data: `${JSON.stringify(ended('e'))}\n{oops\n` });
    await add({ data: 'caf\ufffd' });
    await addJson(ended('f'));
    const replica = world.replica();
    await world.settled(client);
    expect(await world.total()).toBe(3);
    const letters = await world.letters();
    expect(letters.map(({ code, records }) => `${code} ${records}`).toSorted()).toEqual([
      'invalid-entry 0',
      'invalid-field 1',
      'invalid-json 0',
      'invalid-json 0',
      'invalid-utf8 0',
      'unknown-workflow 3',
    ]);
    expect(letters.find(({ code }) => code === 'unknown-workflow')).toEqual({
      id: expect.stringMatching(/^[0-9a-z]+-[0-9a-z]+$/) as string,
      source: 'stream:outcomes',
      entry: expect.stringMatching(`^${START}-`) as string,
      at: START,
      deadAt: START,
      deliveries: 1,
      code: 'unknown-workflow',
      message: 'No SLO file defines the workflow order; did you mean orders?',
      records: 3,
      data: expect.stringContaining('"execution":"b"') as string,
    });
    expect(replica.status().records).toMatchObject({ accepted: 3, rejected: 8 });
    expect(logged('a dead letter was kept').length).toBeGreaterThan(3);
  });

  it('keeps a dead letter once, however often its entry is handed out', async () => {
    let cut = true;
    world.replica({ through: without(streamScripts.acknowledge, () => cut), limits: { claimAfter: 1e6 } });
    await addJson({ ...ended('a'), workflow: 'order' });
    await until('a letter', async () => (await world.letters()).length === 1);
    const other = world.replica();
    await until('another to take it over', () => other.status().entries.claimed === 1);
    cut = false;
    await world.settled(client);
    expect(await world.letters()).toHaveLength(1);
  });

  it('has a dead letter counted at its own time when it is replayed after the SLO files were mended', async () => {
    await addJson({ ...ended('a'), workflow: 'refunds' }, -HOUR);
    await addJson({ ...ended('b'), workflow: 'orderz' });
    world.replica();
    await world.settled(client);
    const refunds = defineSlo({ workflow: 'refunds' });
    world.redefine([SLO, refunds]);
    const caller = { name: 'ops', address: '::1', grants: [{ scope: 'write', only: null }] } as const;
    expect(await world.deadLetterBox.replayDeadLetters({ id: 'all' }, caller)).toMatchObject({
      replayed: 1,
      left: 1,
      reasons: [{ code: 'unknown-workflow' }],
      next: null,
    });
    expect(await world.counted(refunds)).toEqual({ good: 1, bad: 0 });
    expect(await world.counted(refunds, HOUR / 2)).toEqual({ good: 0, bad: 0 });
    const [left, ...others] = await world.letters();
    expect(others).toEqual([]);
    expect(await world.deadLetterBox.dropDeadLetters({ id: left!.id })).toMatchObject({ dropped: 1 });
    expect(await world.letters()).toEqual([]);
  });

  it('G1: takes from a stream for some workflows only what is for them', async () => {
    const only = { by: 'workflow', pattern: 'nightly-*' } as const;
    world.replica({ grants: [{ scope: 'ingest', only }] });
    await addJson(ended('a'));
    await world.settled(client);
    expect(await world.total()).toBe(0);
    expect((await world.letters()).map(({ code }) => code)).toEqual(['forbidden-workflow']);
  });

  it('G2: never fetches an entry that is too long, and keeps its beginning', async () => {
    const lengths: number[] = [];
    world.replica({
      through: (server) => ({
        ...server,
        async run(script, keys, args) {
          const reply = await server.run(script, keys, args);
          lengths.push([reply].flat(4).join('').length);
          return reply;
        },
      }),
    });
    await add({ data: 'x'.repeat(5_000_000) });
    // Long, and of several records.
    const long = '\n'.repeat(900_000);
    for (let index = 0; index < 12; index++)
      await add({ data: JSON.stringify(ended(`a-${index}`)) + long + JSON.stringify(ended(`b-${index}`)) });
    await world.settled(client);
    expect(await world.total()).toBe(24);
    // One read ends after a megabyte and the few entries that were fetched together.
    expect(Math.max(...lengths)).toBeLessThan(5_000_000);
    const [letter] = await world.letters();
    expect(letter).toMatchObject({ code: 'entry-too-large', records: 0 });
    expect(letter!.message).toContain('5000004 bytes');
    expect(letter!.data).toMatch(/^data=x+$/);
  });

  it('gives up an entry that Burnwatch itself fails at, and goes on with the others', async () => {
    world.replica({
      recorder: {
        record(records, caller) {
          if (records.some((record) => (record as { execution: string }).execution === 'evil'))
            throw new TypeError('a mistake in Burnwatch');
          return world.recorder.record(records, caller);
        },
      },
      limits: { retry: 5 },
    });
    for (const execution of ['a', 'evil', 'b']) await addJson(ended(execution));
    await world.settled(client);
    expect(await world.total()).toBe(2);
    expect(await world.letters()).toMatchObject([{ code: 'internal-error' }]);
  });

  it('makes a group that is gone again, reads what could still count, and says that it was gone', async () => {
    await client.xadd('outcomes', `${START - 2 * DAY}-1`, 'outcome', JSON.stringify(ended('old')));
    await addJson(ended('a'));
    world.replica();
    await world.settled(client);
    expect(await world.total()).toBe(1);
    expect(logged('was gone and was made again')).toHaveLength(0);
    await client.xgroup('DESTROY', 'outcomes', 'burnwatch');
    await until('the group', async () => logged('was gone and was made again').length === 1);
    await addJson(ended('b'));
    await world.settled(client);
    expect(await world.total()).toBe(2);
    await client.flushall();
    await until('the stream', async () => logged('was gone and was made again').length === 2);
    await addJson(ended('c'));
    await world.settled(client);
    expect(await world.total()).toBe(3);
    expect(await world.letters()).toEqual([]);
  });

  it('says how many entries were trimmed before they were read, once', async () => {
    const replica = world.replica({ limits: { lookEvery: 0 } });
    await addJson(ended('a'));
    await world.settled(client);
    world.wrapped.takeDown('record');
    await addJson(ended('b'));
    await until('it to be read', () => replica.status().entries.read === 2);
    for (let index = 0; index < 10; index++) await addJson(ended(`c-${index}`));
    await client.xtrim('outcomes', 'MAXLEN', 4);
    world.wrapped.bringUp();
    await world.settled(client);
    await addJson(ended('d'));
    await world.settled(client);
    expect(await world.total()).toBe(7);
    expect(replica.status().entries.lost).toBe(6);
    expect(logged('were trimmed or deleted')).toMatchObject([{ level: 'error', fields: { lost: 6 } }]);
    await until('nothing to be behind', () => replica.status().lag === 0);
    // Trimmed to nothing at all.
    world.wrapped.takeDown('record');
    await addJson(ended('e'));
    await until('it to be read', () => replica.status().entries.read === 8);
    await addJson(ended('f'));
    await client.xtrim('outcomes', 'MAXLEN', 0);
    world.wrapped.bringUp();
    await until('the loss', () => replica.status().entries.lost === 7);
    await addJson(ended('g'));
    await world.settled(client);
    expect(replica.status().entries.lost).toBe(7);
  });

  it('goes on after its Redis was away, and says in the meantime that it stands still', async () => {
    const replica = world.replica();
    await addJson(ended('a'));
    await world.settled(client);
    await redis.kill();
    await until('the source to stand still', () => !replica.status().ok);
    expect(replica.status().message).toMatch(
      /^stands still for \S+: Redis at 127\.0\.0\.1:\d+ is unavailable/,
    );
    await redis.restart();
    await addJson(ended('b'));
    await world.settled(client);
    await until('the source to be well', () => replica.status().ok);
    expect(await world.total()).toBe(2);
  });

  it('waits for a Redis that is not there at the start', async () => {
    await redis.kill();
    const replica = world.replica();
    await until('the source to stand still', () => !replica.status().ok);
    await redis.restart();
    await addJson(ended('a'));
    await until('the group', () => replica.status().ok);
    await world.settled(client);
    expect(await world.total()).toBe(1);
  });

  it('says what is wrong with a key that is no stream', async () => {
    await client.set('outcomes', 'x');
    const replica = world.replica();
    await until('the source to stand still', () => !replica.status().ok);
    expect(replica.status().message).toContain('WRONGTYPE');
  });

  it('leaves the group when it stops with nothing pending', async () => {
    const replica = world.replica();
    await addJson(ended('a'));
    await until('the group', () => replica.status().entries.read === 1);
    await world.settled(client);
    expect((await groupOf())['consumers']).toBe(1);
    await replica.stop();
    expect((await groupOf())['consumers']).toBe(0);
  });

  it('needs no more of Redis than docs/producers.md says', async () => {
    const text = readFileSync(new URL('../../docs/producers.md', import.meta.url), 'utf8');
    const [, , user, ...rules] = /ACL SETUSER [^`]*/.exec(text)![0].trim().split(/\s+/);
    await addUser(redis, user!, rules);
    const password = rules.find((rule) => rule.startsWith('>'))!.slice(1);
    const url = redis.url.replace('://', `://${user!}:${password}@`);
    const dying = world.replica({ url, through: without(streamScripts.acknowledge, () => true) });
    await addJson(ended('a'));
    await until('it to be stored', () => dying.status().records.accepted === 1);
    await dying.stop();
    const replica = world.replica({ url });
    await world.settled(client);
    for (let index = 0; index < 3; index++) await addJson(ended(`b-${index}`));
    await client.xgroup('SETID', 'outcomes', 'burnwatch', `${START}-1`);
    await world.settled(client);
    await until('a dead consumer to be removed', async () => (await groupOf())['consumers'] === 1);
    await replica.stop();
    expect((await groupOf())['consumers']).toBe(0);
    expect(await world.total()).toBe(4);
    expect(logged('cannot be read on').map(({ fields }) => fields)).toEqual([
      { source: 'stream:outcomes', error: 'cut' },
    ]);
  });
});

describe('streams of a Redis Cluster', () => {
  it('are read wherever they lie', async () => {
    const cluster = await startRedisCluster();
    const clients = cluster.nodes.map((node) => clientOf(node));
    try {
      const names = ['outcomes', 'a{b}c', 'nightly', 'other'];
      const sources = names.map((stream) => world.replica({ stream, url: cluster.url }));
      for (const stream of names) {
        const entry = JSON.stringify(ended(stream));
        const tries = clients.map((each) => each.xadd(stream, `${START}-1`, 'outcome', entry));
        const added = await Promise.allSettled(tries);
        expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
      await until('all to be counted', async () => (await world.total()) === names.length);
      await until('all to be acknowledged', () =>
        sources.every((source) => source.status().pending === 0 && source.status().entries.read === 1),
      );
    } finally {
      await world.end();
      for (const each of clients) each.disconnect();
      await cluster.stop();
      world = await startStreamWorld(redis);
    }
  }, 60_000);
});
