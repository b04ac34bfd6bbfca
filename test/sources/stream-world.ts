import type { Redis } from 'ioredis';
import { ALL_GRANTS } from '../../src/core/ports/token.ts';
import type { Grant } from '../../src/core/ports/token.ts';
import type { DeadLetterReport } from '../../src/core/ports/dead-letters.ts';
import type { Recorder } from '../../src/core/ports/recorder.ts';
import type { Source } from '../../src/core/ports/sources.ts';
import { createDeadLetters } from '../../src/engine/ingest/dead-letters.ts';
import { createRejections } from '../../src/engine/ingest/rejections.ts';
import { parseIngestBody } from '../../src/http/ingest/ingest-body.ts';
import type { StreamLimits, StreamServer } from '../../src/sources/redis-stream.ts';
import { createStreams } from '../../src/sources/streams.ts';
import { connect } from '../../src/store/redis/connection.ts';
import { defineSlo } from '../support/definitions.ts';
import type { RedisServer } from '../support/redis.ts';
import { connectClient } from '../support/redis.ts';
import { until } from '../support/until.ts';
import type { World } from '../support/world.ts';
import { startWorld } from '../support/world.ts';

/** Times that a test can wait for. */
const QUICK: Partial<StreamLimits> = {
  pause: 10,
  claimAfter: 300,
  claimEvery: 50,
  consumerLife: 200,
  lookEvery: 50,
  retry: 50,
  standsStill: 300,
};

export interface ReplicaOptions {
  readonly recorder?: Pick<Recorder, 'record'>;
  readonly grants?: readonly Grant[];
  readonly stream?: string;
  readonly limits?: Partial<StreamLimits>;
  /** What each connection is made of. */
  readonly through?: (server: StreamServer) => StreamServer;
  readonly url?: string;
}

/** A service on a manual clock whose replicas read streams of a real Redis. */
export interface StreamWorld extends World {
  readonly deadLetterBox: ReturnType<typeof createDeadLetters>;
  /** Starts a replica that reads `outcomes`. */
  replica(options?: ReplicaOptions): Source;
  letters(): Promise<readonly DeadLetterReport[]>;
  /** Outcomes of `orders` that were counted. */
  total(): Promise<number>;
  /** Resolves when the group has read and acknowledged everything. */
  settled(client: Redis, stream?: string): Promise<void>;
  /** Ends everything. */
  end(): Promise<void>;
}

export const SLO = defineSlo();

export async function startStreamWorld(redis: Pick<RedisServer, 'url'>): Promise<StreamWorld> {
  const world = await startWorld({ slos: [SLO] });
  const { store, recorder, clock, log } = world;
  const elapsed = () => performance.now();
  const rejections = createRejections({ workflows: () => ['orders'], elapsed, log });
  const deadLetterBox = createDeadLetters({ store, recorder, clock, elapsed, log });
  const replicas: Source[] = [];
  return {
    ...world,
    deadLetterBox,
    replica(options = {}) {
      const { grants = ALL_GRANTS, stream = 'outcomes', through = (server) => server } = options;
      const [source] = createStreams({
        streams: [{ name: stream, grants }],
        group: 'burnwatch',
        owner: `replica-${replicas.length + 1}`,
        connect: async () => {
          const url = options.url ?? redis.url;
          return through(await connect({ url, log, waitReplicas: 0, commandTimeoutMs: 1000 }));
        },
        recorder: options.recorder ?? recorder,
        queueLimit: 10_000,
        rejections,
        deadLetters: deadLetterBox,
        parse: (text, format) => parseIngestBody(Buffer.from(text), format, 1000),
        clock,
        elapsed,
        log,
        limits: { ...QUICK, ...options.limits },
      });
      replicas.push(source!);
      source!.start();
      return source!;
    },
    letters: async () => (await deadLetterBox.deadLetters(null, null, 1000)).items,
    total: async () => {
      const { good, bad } = await world.counted(SLO);
      return good + bad;
    },
    async settled(client, stream = 'outcomes') {
      await until('everything to be read and acknowledged', async () => {
        const [group] = (await client.xinfo('GROUPS', stream)) as [unknown];
        const of = fieldsOf(group);
        const { 'last-generated-id': last } = fieldsOf(await client.xinfo('STREAM', stream));
        return of['pending'] === 0 && of['last-delivered-id'] === last;
      });
    },
    async end() {
      world.wrapped.bringUp();
      await Promise.all(replicas.map((replica) => replica.stop()));
      await world.close();
    },
  };
}

/** A client of a test's own, for a server. */
export function clientOf(redis: RedisServer): Redis {
  return connectClient(redis);
}

/** What XINFO answers, as an object. */
export function fieldsOf(reply: unknown): Record<string, unknown> {
  if (!Array.isArray(reply)) return reply as Record<string, unknown>;
  return Object.fromEntries(
    Array.from({ length: reply.length / 2 }, (_, at) => [
      String(reply[2 * at]),
      reply[2 * at + 1] as unknown,
    ]),
  );
}
