import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Recorder } from '../../src/core/ports/recorder.ts';
import type { Source } from '../../src/core/ports/sources.ts';
import type { Grant } from '../../src/core/ports/token.ts';
import { ALL_GRANTS } from '../../src/core/ports/token.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { createDeadLetters } from '../../src/engine/ingest/dead-letters.ts';
import { createRejections } from '../../src/engine/ingest/rejections.ts';
import { createTelemetryRecorder } from '../../src/engine/ingest/telemetry.ts';
import { parseIngestBody } from '../../src/http/ingest/ingest-body.ts';
import type { TopicMember } from '../../src/sources/kafka-topic.ts';
import { createTopics } from '../../src/sources/topics.ts';
import { START } from '../support/clock.ts';
import { define, defineSlo } from '../support/definitions.ts';
import type { KafkaBroker } from '../support/kafka.ts';
import { startKafka } from '../support/kafka.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import type { World } from '../support/world.ts';
import { startWorld } from '../support/world.ts';

/** Times that a test can wait for. A session shorter than this ends while the mock lets a group gather, which takes it three seconds. */
const QUICK = {
  pause: 10,
  retry: 100,
  standsStill: 1500,
  lookEvery: 50,
  session: 6000,
  heartbeat: 100,
  wait: 50,
  leaving: 3000,
};
const SLO = defineSlo();

interface ReplicaOptions {
  readonly recorder?: Pick<Recorder, 'record'>;
  readonly grants?: readonly Grant[];
  readonly brokers?: readonly string[];
  readonly through?: (member: TopicMember) => TopicMember;
  readonly messages?: number;
}

let kafka: KafkaBroker;
let world: World;
let replicas: Source[];
let topic: string;
let made = 0;
let deadLetters: ReturnType<typeof createDeadLetters>;

beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());
beforeEach(async () => {
  topic = `outcomes-${++made}`;
  replicas = [];
  world = await startWorld({ slos: [SLO] });
  const { store, recorder, clock, log } = world;
  deadLetters = createDeadLetters({ store, recorder, clock, elapsed: () => performance.now(), log });
});
afterEach(async () => {
  world.wrapped.bringUp();
  kafka.signal('SIGCONT');
  await Promise.all(replicas.map((replica) => replica.stop()));
  await world.close();
});

function replica(options: ReplicaOptions = {}): Source {
  const { clock, log } = world;
  const elapsed = () => performance.now();
  const recorder = { ...world.recorder, ...options.recorder };
  const [source] = createTopics({
    topics: [{ name: topic, grants: options.grants ?? ALL_GRANTS }],
    group: 'burnwatch',
    brokers: options.brokers ?? [kafka.address],
    tls: null,
    sasl: null,
    recorder,
    telemetry: createTelemetryRecorder({ recorder, definitions: () => define([SLO]) }),
    queueLimit: 10_000,
    rejections: createRejections({ workflows: () => ['orders'], elapsed, log }),
    deadLetters,
    parse: (text, format) => parseIngestBody(Buffer.from(text), format, 1000),
    clock,
    elapsed,
    log,
    limits: { ...QUICK, ...(options.messages !== undefined && { messages: options.messages }) },
    ...(options.through && { through: options.through }),
  });
  replicas.push(source!);
  source!.start();
  return source!;
}

const ended = (execution: string, more: object = {}): object => ({
  workflow: 'orders',
  execution,
  status: 'succeeded',
  ...more,
});
const add = (records: unknown, after = 0, partition?: number) =>
  kafka.add(topic, [
    { value: JSON.stringify(records), at: START + after, ...(partition !== undefined && { partition }) },
  ]);
const settled = () =>
  until('everything to be committed', async () => (await kafka.lag(`burnwatch.${topic}`, topic)) === 0);
const letters = async () => (await deadLetters.deadLetters(null, null, 1000)).items;
const total = async () => {
  const { good, bad } = await world.counted(SLO);
  return good + bad;
};
const event = (id: string, more: object = {}): object => ({
  specversion: '1.0',
  id,
  source: '/shop',
  type: 'com.example.orders.succeeded',
  subject: id,
  ...more,
});

describe('a Kafka topic', () => {
  it('has what it holds counted in every form, at the time of the message, and committed', async () => {
    const lines = [ended('e'), ended('f', { at: START - HOUR })].map((record) => JSON.stringify(record));
    await kafka.add(topic, [{ value: lines.join('\n'), at: START - DAY / 2 }]);
    await add(ended('a', { status: 'failed', error: 'timeout' }));
    await add([ended('b'), ended('c')]);
    await kafka.add(topic, [{ value: null, at: START }]);
    const source = replica();
    await settled();
    expect(await world.counted(SLO)).toEqual({ good: 4, bad: 1 });
    // C4: a message that is read half a day late counts when it was made.
    expect(await world.counted(SLO, HOUR / 2)).toEqual({ good: 2, bad: 1 });
    expect(await letters()).toEqual([]);
    await until('the source to know', () => source.status().lag === 0);
    expect(source.status()).toMatchObject({
      ok: true,
      message: 'is read',
      entries: { read: 4, claimed: 0, lost: 0 },
      records: { accepted: 5, duplicates: 0, rejected: 0 },
      pending: 0,
    });
  });

  it('has CloudEvents counted in structured, batch and binary mode, and what a producer of another library sends', async () => {
    const json = (value: unknown, type: string) => ({
      value: JSON.stringify(value),
      headers: { 'content-type': type },
      at: START,
    });
    await kafka.add(topic, [
      json(event('a', { time: new Date(START - 2 * HOUR).toISOString() }), 'application/cloudevents+json'),
      json([event('b'), event('c')], 'application/cloudevents-batch+json; charset=utf-8'),
      { value: JSON.stringify(event('d', { type: 'com.example.orders.failed' })), at: START },
      json(event('x', { type: 'com.example.elsewhere.done' }), 'application/cloudevents+json'),
    ]);
    const headers = Object.fromEntries(
      Object.entries(event('e', { type: 'com.example.orders.failed' })).map(([name, value]) => [
        `ce_${name}`,
        String(value),
      ]),
    );
    await kafka.addLines(topic, ['{"error":"declined"}'], { ...headers, 'content-type': 'application/json' });
    await kafka.addLines(topic, [JSON.stringify(ended('f'))]);
    replica();
    await settled();
    expect(await world.counted(SLO)).toEqual({ good: 4, bad: 2 });
    expect(await world.counted(SLO, HOUR)).toEqual({ good: 3, bad: 2 });
    expect(await letters()).toEqual([]);
  });

  it('C1: counts once what is in it twice, or was reported otherwise', async () => {
    await world.recorder.record([ended('a')]);
    for (const execution of ['a', 'b', 'b', 'a']) await add(ended(execution));
    const source = replica();
    await settled();
    expect(await total()).toBe(2);
    expect(source.status().records).toEqual({ accepted: 1, duplicates: 3, rejected: 0 });
  });

  it('C2: commits nothing that is not stored; while the store is away it stands still, and says so', async () => {
    world.wrapped.takeDown('record');
    for (let index = 0; index < 5; index++) await add(ended(`a-${index}`), 0, 1);
    const source = replica();
    await until('the source to stand still', () => !source.status().ok);
    await until('the store to be the cause', () => source.status().message.endsWith('record: taken down'));
    expect(source.status().pending).toBeGreaterThan(0);
    expect(await kafka.lag(`burnwatch.${topic}`, topic)).toBe(5);
    // It stays a member meanwhile, or another one would be given what it works at.
    const joined = source.status().entries.read;
    world.wrapped.bringUp();
    await settled();
    expect(joined).toBe(0);
    expect(source.status().records).toEqual({ accepted: 5, duplicates: 0, rejected: 0 });
    await until('it to be well', () => source.status().ok);
    expect(await total()).toBe(5);
  });

  it('C1, C2: what a replica stored and did not commit before it was gone is read by another one and counted once', async () => {
    // The mock hands out at a time what was added at a time.
    const messages = Array.from({ length: 20 }, (_, index) => JSON.stringify(ended(`a-${index}`)));
    await kafka.add(
      topic,
      messages.map((value) => ({ value, at: START, partition: 3 })),
    );
    const cut = (member: TopicMember): TopicMember => ({
      ...member,
      run: (handlers) =>
        member.run({
          ...handlers,
          batch: (batch) =>
            handlers.batch({ ...batch, commit: () => Promise.reject(new Error('the commit was lost')) }),
        }),
    });
    const dying = replica({ through: cut });
    await until('all to be stored', async () => (await total()) === 20);
    await dying.stop();
    expect(await kafka.lag(`burnwatch.${topic}`, topic)).toBe(20);
    const other = replica();
    await settled();
    expect(other.status().records).toEqual({ accepted: 0, duplicates: 20, rejected: 0 });
    expect(await total()).toBe(20);
  });

  it('C1: two replicas share it and take over from each other, and every message counts once', async () => {
    const count = 400;
    const parts = Array.from({ length: count }, (_, index) => ended(`a-${index}`));
    for (const [index, record] of parts.slice(0, count / 2).entries()) await add(record, 0, index % 4);
    const first = replica({ messages: 7 });
    const second = replica({ messages: 7 });
    await settled();
    for (const [index, record] of parts.slice(count / 2).entries()) await add(record, 0, index % 4);
    await until('both to read', () => first.status().entries.read > 0 && second.status().entries.read > 0);
    await first.stop();
    await settled();
    await add(ended('last'), 0, 0);
    await add(ended('last but one'), 0, 3);
    await settled();
    expect(await total()).toBe(count + 2);
    expect(await letters()).toEqual([]);
  });

  it('keeps what is poison as dead letters, with all that is known, and goes on with the rest', async () => {
    await add([ended('a'), { ...ended('b'), workflow: 'order' }, 7], 0, 2);
    await kafka.add(topic, [
      { value: '{"workflow": ', at: START },
      { value: Buffer.from([0x63, 0xe9, 0x80]), at: START },
      { value: 'x'.repeat(1_048_577), at: START },
      { value: '{"a":1}', headers: { 'content-type': 'application/cloudevents+avro' }, at: START },
      { value: JSON.stringify(event('c', { id: '' })), at: START },
      {
        value: '{oops',
        headers: { ce_specversion: '1.0', 'content-type': 'application/json' },
        at: START,
      },
    ]);
    await add(ended('d'));
    const source = replica();
    await settled();
    expect(await total()).toBe(2);
    const kept = await letters();
    expect(kept.map(({ code, records }) => `${code} ${records}`).toSorted()).toEqual([
      'entry-too-large 0',
      'invalid-entry 0',
      'invalid-json 0',
      'invalid-json 0',
      'invalid-utf8 0',
      'missing-field 0',
      'unknown-workflow 2',
    ]);
    expect(kept.find(({ code }) => code === 'unknown-workflow')).toMatchObject({
      source: `kafka:${topic}`,
      entry: '2-0',
      at: START,
      deadAt: START,
      message: 'No SLO file defines the workflow order; did you mean orders?',
      data: expect.stringContaining('"execution":"b"') as string,
    });
    expect(source.status().records).toMatchObject({ accepted: 2, rejected: 8 });
  });

  it('gives up a message that it fails at, and goes on with the rest', async () => {
    const failing: Pick<Recorder, 'record'> = {
      record: (records, caller) =>
        JSON.stringify(records).includes('"bug"')
          ? Promise.reject(new TypeError('a bug'))
          : world.recorder.record(records, caller),
    };
    await add(ended('a'), 0, 0);
    await add(ended('bug'), 0, 0);
    await add(ended('b'), 0, 0);
    replica({ recorder: failing });
    await settled();
    expect(await total()).toBe(2);
    expect(await letters()).toMatchObject([{ code: 'internal-error', entry: '0-1' }]);
  });

  it('leaves out what is older than a day, since it cannot count any more, and says so', async () => {
    for (let index = 0; index < 50; index++) await add(ended(`old-${index}`), -DAY - MINUTE);
    await add(ended('new'), -DAY + MINUTE);
    const source = replica();
    await settled();
    expect(await total()).toBe(1);
    expect(await letters()).toEqual([]);
    expect(source.status().entries).toEqual({ read: 51, claimed: 0, lost: 50 });
    expect(world.log.entries.some(({ message }) => message.includes('older than 24 hours'))).toBe(true);
  });

  it('waits for a broker that is not there yet, or does not answer, and says so', async () => {
    await add(ended('a'));
    const proxy = await startTcpProxy();
    const source = replica({ brokers: [`127.0.0.1:${proxy.port}`] });
    await until('it to stand still', () => !source.status().ok);
    expect(source.status().message).toMatch(
      /^stands still for \d.*: .*(ECONNREFUSED|ECONNRESET|Connection|closed)/,
    );
    expect(source.status().lag).toBeNull();
    proxy.lead(kafka.port);
    await until('it to be well', () => source.status().ok);
    await settled();
    kafka.signal('SIGSTOP');
    await until('it to stand still', () => !source.status().ok);
    kafka.signal('SIGCONT');
    await add(ended('b'));
    await settled();
    await until('it to be well', () => source.status().ok);
    await source.stop();
    await proxy.close();
    expect(await total()).toBe(2);
  });

  it('reports for those workflows only that it may report for', async () => {
    await add(ended('a'));
    replica({ grants: [{ scope: 'ingest', only: { by: 'workflow', pattern: 'nightly-*' } }] });
    await settled();
    expect(await letters()).toMatchObject([{ code: 'forbidden-workflow', records: 1 }]);
    expect(await total()).toBe(0);
  });

  it('stops while its store is away, without committing what is not stored', async () => {
    world.wrapped.takeDown('record');
    await add(ended('a'));
    const source = replica();
    await until('it to be at it', () => source.status().pending === 1);
    await source.stop();
    expect(await kafka.lag(`burnwatch.${topic}`, topic)).toBe(1);
  });
});
