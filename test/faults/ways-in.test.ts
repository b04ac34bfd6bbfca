import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import { jsonSpan, jsonTraces, wireSpan, wireTraces } from '../support/otlp.ts';
import { seededRandom, shuffled } from '../support/random.ts';
import type { KafkaBroker } from '../support/kafka.ts';
import { startKafka } from '../support/kafka.ts';
import { connectClient, startRedis } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { readCounts } from './producer.ts';

const SLOS = `
workflow: orders
owner: shop
steps: [charge, ship]
slos:
  works: { objective: 50%, window: 1d, sli: succeeded }
  charged: { objective: 50%, window: 1d, sli: { step: charge } }
  in-time: { objective: 50%, window: 1d, sli: { within: 1h } }
  handed-over: { objective: 50%, window: 1d, sli: { transition: charge -> ship, within: 1h } }
spans: { services: [shop], executions: order }
---
teams: { shop: { page: [terminal] } }
targets: { terminal: { log: {} } }
`;
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const EXECUTIONS = 240;
const KILLS = 3;
/** Spawning a process for each takes long. */
const BY_COMMAND = 6;

/** A fact about an execution, as any way in can say it. */
interface Said {
  readonly execution: string;
  readonly step: 'charge' | 'ship' | null;
  readonly failed: boolean;
  readonly startedAt: number;
  readonly at: number;
}

/** Sends facts to a replica; throws when it is not sure that all of them arrived. */
type Way = (facts: readonly Said[], replica: Service) => Promise<void>;

const recordOf = ({ step, failed, ...fact }: Said) => ({
  workflow: 'orders',
  ...fact,
  ...(step !== null && { step }),
  status: failed ? ('failed' as const) : ('succeeded' as const),
  ...(failed && { error: 'declined' }),
});

const spanOf = ({ execution, step, failed, startedAt, at }: Said) => ({
  name: step ?? 'order',
  start: startedAt,
  end: at,
  failed,
  attributes: { 'burnwatch.execution': execution },
});

async function post(replica: Service, path: string, type: string, body: string | Uint8Array<ArrayBuffer>) {
  const answer = await fetch(replica.url + path, { method: 'POST', headers: { 'content-type': type }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${text}`);
  return text;
}

/** Shows what was refused beside why. */
function expectAllTaken(answer: string, sent: readonly object[]): void {
  const { rejected } = JSON.parse(answer) as { rejected: readonly { readonly index: number }[] };
  expect(rejected.map((rejection) => [sent[rejection.index], rejection])).toEqual([]);
}

const outcomes: Way = async (facts, replica) => {
  const records = facts.map(recordOf);
  const body = records.map((record) => JSON.stringify(record)).join('\n');
  expectAllTaken(await post(replica, '/v1/outcomes', 'application/x-ndjson', body), records);
};

const jsonSpans: Way = async (facts, replica) => {
  const body = JSON.stringify(jsonTraces('shop', ...facts.map((fact) => jsonSpan(spanOf(fact)))));
  expect(JSON.parse(await post(replica, '/v1/traces', 'application/json', body))).toEqual({});
};

const binarySpans: Way = async (facts, replica) => {
  const body = wireTraces('shop', ...facts.map((fact) => wireSpan(spanOf(fact))));
  expect(await post(replica, '/v1/traces', 'application/x-protobuf', new Uint8Array(body))).toBe('');
};

/** They know no durations: of each execution and step its start is an event of its own. */
const events: Way = async (facts, replica) => {
  const body = facts.flatMap(({ execution, step, failed, startedAt, at }) =>
    [['started', startedAt] as const, [failed ? 'failed' : 'succeeded', at] as const].map(([what, time]) => ({
      specversion: '1.0',
      id: `${execution} ${step} ${what}`,
      source: '/shop',
      type: `com.example.orders.${step === null ? '' : `${step}.`}${what}`,
      subject: execution,
      time: new Date(time).toISOString(),
    })),
  );
  const type = 'application/cloudevents-batch+json';
  expectAllTaken(await post(replica, '/v1/events', type, JSON.stringify(body)), body);
};

/** They know no times: each start and end happened when it arrived. */
const pings: Way = async (facts, replica) => {
  for (const { execution, step, failed } of facts) {
    for (const verb of ['start', failed ? 'fail' : 'ok']) {
      const path = `/v1/ping/orders/${execution}/${verb}${step ? `?step=${step}` : ''}`;
      const answer = await fetch(replica.url + path);
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    }
  }
};

const clients: Way = async (facts, { url }) => {
  const refused: unknown[] = [];
  const client = createClient({
    url,
    flushAfterMs: 1,
    firstPauseMs: 10,
    onRejected: (records) => refused.push(...records),
    // What cannot be delivered is sent again by another client.
    onProblem: () => {},
  });
  for (const fact of facts) client.report(recordOf(fact));
  const { dropped } = await client.close(2000);
  expect(refused).toEqual([]);
  if (dropped > 0) throw new Error(`${dropped} were not delivered`);
};

function streams(redis: Redis): Way {
  return async (facts) => {
    const entries = redis.pipeline();
    for (const fact of facts) entries.xadd('outcomes', '*', 'outcome', JSON.stringify(recordOf(fact)));
    await entries.exec();
  };
}

function topics(kafka: KafkaBroker): Way {
  return (facts) =>
    kafka.add(
      'outcomes',
      facts.map((fact) => ({ value: JSON.stringify(recordOf(fact)) })),
    );
}

/**
 * `burnwatch exec` of a command that ends as the execution did. What it keeps of a replica that is gone lies in a folder of this test:
 * a later one may listen on the same port, and know executions of the same names.
 */
function commands(spool: string): Way {
  return async (facts, replica) => {
    for (const { execution, failed } of facts) {
      const command = ['exec', 'orders', execution, '--', failed ? 'false' : 'true'];
      const env = { PATH: process.env['PATH'], BURNWATCH_URL: replica.url, BURNWATCH_SPOOL: spool };
      await promisify(execFile)(process.execPath, [PROGRAM, ...command], { env }).catch(
        ({ code }: { code: number }) => expect([code, failed]).toEqual([1, true]),
      );
    }
  };
}

/** What happened: executions that are charged and shipped or fail at either step. */
function happened(random: () => number): Said[] {
  const begin = Date.now() - 20 * 60_000;
  return Array.from({ length: EXECUTIONS }, (_, index) => {
    const startedAt = begin + index * 1000;
    const [declined, lost] = [random() < 0.15, random() < 0.1];
    const of = { execution: `order-${index}`, startedAt };
    const charge: Said = { ...of, step: 'charge', failed: declined, at: startedAt + 2000 };
    const ship: Said = {
      ...of,
      step: 'ship',
      failed: lost,
      startedAt: startedAt + 3000,
      at: startedAt + 9000,
    };
    const whole: Said = { ...of, step: null, failed: declined || lost, at: startedAt + 10_000 };
    return declined ? [charge, whole] : [charge, ship, whole];
  }).flat();
}

function recount(facts: readonly Said[]): Readonly<Record<string, { good: number; bad: number }>> {
  const of = (step: Said['step']) => {
    const those = facts.filter((fact) => fact.step === step);
    return {
      good: those.filter(({ failed }) => !failed).length,
      bad: those.filter(({ failed }) => failed).length,
    };
  };
  const [whole, charge] = [of(null), of('charge')];
  return { works: whole, 'in-time': whole, charged: charge, 'handed-over': { good: charge.good, bad: 0 } };
}

describe('the same executions by every way in, to two replicas of which one is killed again and again', () => {
  afterEach(killServices);

  it('C1, C2, C4: count once, and as a plain recount says', async () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const redis = await startRedis();
    const client = connectClient(redis);
    const kafka = await startKafka();
    const env = {
      BURNWATCH_STORE: redis.url,
      BURNWATCH_STREAM: 'outcomes',
      BURNWATCH_KAFKA: 'outcomes',
      BURNWATCH_KAFKA_BROKERS: kafka.address,
      BURNWATCH_SLOS: await sloFolder(SLOS),
    };
    try {
      const steady = await startService(env);
      let killed = await startService(env);
      const facts = happened(random);
      const ways = [outcomes, jsonSpans, binarySpans, events, pings, clients, streams(client), topics(kafka)];
      // Each way knows most of what happened, some of it twice; what one does not know another does.
      const loads = ways.map((way, place) => {
        const known = facts.filter((_, index) => random() < 0.8 || index % ways.length === place);
        const twice = shuffled([...known, ...known.filter(() => random() < 0.1)], seed + place);
        return { way, left: twice, sent: 0, repeated: 0 };
      });
      const wholes = facts.filter(({ step }) => step === null);
      const byCommand = {
        way: commands(await mkdtemp(join(tmpdir(), 'burnwatch-spool-'))),
        left: shuffled(wholes, seed).slice(0, BY_COMMAND),
        sent: 0,
        repeated: 0,
      };

      const sendAll = async (load: (typeof loads)[number]) => {
        while (load.left.length > 0) {
          const batch = load.left.slice(0, 1 + Math.floor(random() * 12));
          const replica = random() < 0.5 ? steady : killed;
          try {
            await load.way(batch, replica);
            load.left = load.left.slice(batch.length);
            load.sent += batch.length;
          } catch (error) {
            // Any other failure than that of a replica that is going away is one of the test.
            if (replica === steady) throw error;
            load.repeated += batch.length;
            await until('the next replica', () => killed !== replica);
          }
        }
      };
      const sending = Promise.all([...loads, byCommand].map(sendAll));
      const total = loads.reduce((sum, { left }) => sum + left.length, 0);
      const left = () => loads.reduce((sum, load) => sum + load.left.length, 0);
      for (let kill = 1; kill <= KILLS; kill++) {
        const isTime = () => left() <= total * (1 - kill / (KILLS + 1));
        await Promise.race([until('some of it to be sent', isTime, 120_000), sending]);
        await killed.stop('SIGKILL');
        killed = await startService(env);
      }
      await sending;
      await until(
        'every entry of the stream to be acknowledged',
        async () => {
          const [group] = (await client.xinfo('GROUPS', 'outcomes')) as [unknown[]];
          const of = (name: string) => group[group.indexOf(name) + 1];
          return of('pending') === 0 && of('entries-read') === (await client.xlen('outcomes'));
        },
        60_000,
      );
      await until(
        'every message of the topic to be committed',
        async () => (await kafka.lag('burnwatch.outcomes', 'outcomes')) === 0,
        60_000,
      );
      const want = recount(facts);
      for (const [slo, { good, bad }] of Object.entries(want)) {
        await until(`${slo} to hold all (seed ${seed})`, async () => {
          const counts = await readCounts(steady, `orders/${slo}`);
          return counts.total >= good + bad;
        });
        expect([seed, slo, await readCounts(steady, `orders/${slo}`)]).toMatchObject([
          seed,
          slo,
          { good, bad },
        ]);
      }
      // Nothing of this may hold by having sent nothing.
      for (const { sent } of loads) expect(sent).toBeGreaterThan(facts.length / 2);
      expect(byCommand.sent).toBe(BY_COMMAND);
      expect(await Promise.all([steady.stop(), killed.stop()])).toEqual([0, 0]);
    } finally {
      client.disconnect();
      await kafka.stop();
      await redis.stop();
    }
  }, 300_000);
});
