import { connectClient, promote } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import type { ClusterNode, ClusterStage, Shard } from './cluster-stage.ts';
import type { EmbeddedStage } from './embedded-stage.ts';
import { leaderOf, readinessOf } from './health.ts';
import type { Stage, StagedReplica } from './stage.ts';

/** A kind of fault, as it is done to a stage. A new kind is a new entry of one of the tables below. */
export interface FaultKind<On extends Stage = Stage> {
  readonly name: string;
  /** How long it lasts at least and at most, in milliseconds. */
  readonly lasts: readonly [least: number, most: number];
  /** Does it. `random` gives numbers from 0 up to 1 and decides whom it meets, and how hard. */
  inject(stage: On, random: () => number, strength: Strength): Promise<Injected>;
}

/** How far faults go: so that what they lead to is over within seconds, or as far as they do in life. */
export type Strength = 'short' | 'long';

/** A fault that is there. */
export interface Injected {
  /** Whom or what it met. */
  readonly victim: string;
  /** Whether the store refuses writes, or a part of it, so that replicas must say so while it lasts. */
  readonly mustShow?: true;
  /** Waits for what it leads to, before it may end. */
  readonly effect?: () => Promise<void>;
  /** Ends it, and brings back what was killed. */
  heal(): Promise<void>;
  /** Milliseconds that pages may be later for it, beyond what a lost leader and a lost claim take. */
  readonly delays?: number;
}

const pick = <Item>(items: readonly Item[], random: () => number): Item =>
  items[Math.floor(random() * items.length)]!;

/** More often than not the one that leads, since that is where most can go wrong. */
async function someReplica(stage: Stage, random: () => number): Promise<StagedReplica> {
  const leader = random() < 0.6 ? await leaderOf(stage) : null;
  return leader ?? pick(stage.replicas, random);
}

/** A clock that was set by more than this makes the service conclude nothing for two minutes. */
const BELIEVED = 60_000;
const SETTLING = 120_000;

function clockSet(direction: 1 | -1): FaultKind['inject'] {
  return async (stage, random, strength) => {
    const replica = await someReplica(stage, random);
    const by = strength === 'short' ? 3000 + random() * 12_000 : pick([15_000, 90_000, 240_000], random);
    replica.clock.set(Math.round(direction * by));
    return {
      victim: `${replica.name}, by ${Math.round((direction * by) / 1000)} s`,
      heal: () => Promise.resolve(replica.clock.set(0)),
      // What was counted ahead of the others is seen when they come to it.
      delays: by + (by > BELIEVED ? 2 * SETTLING : 0),
    };
  };
}

/** Faults of replicas, whatever their store. */
const OF_REPLICAS: readonly FaultKind[] = [
  {
    name: 'replica killed',
    lasts: [500, 3000],
    async inject(stage, random) {
      const replica = await someReplica(stage, random);
      await replica.kill();
      return { victim: replica.name, heal: () => replica.start() };
    },
  },
  {
    name: 'replica paused',
    // Sometimes longer than its lease.
    lasts: [2000, 13_000],
    async inject(stage, random) {
      const replica = await someReplica(stage, random);
      replica.pause(true);
      return { victim: replica.name, heal: () => Promise.resolve(replica.pause(false)) };
    },
  },
  { name: 'clock set forward', lasts: [2000, 4000], inject: clockSet(1) },
  { name: 'clock set back', lasts: [2000, 4000], inject: clockSet(-1) },
  {
    name: 'producers cut off',
    lasts: [1000, 3000],
    async inject(stage, random) {
      const replica = pick(stage.replicas, random);
      return { victim: replica.name, heal: cutAgainAndAgain([replica]) };
    },
  },
];

/** Breaks connections in the middle of what they carry until it is ended. */
function cutAgainAndAgain(ends: readonly Pick<StagedReplica, 'proxy'>[]): () => Promise<void> {
  const timer = setInterval(() => {
    for (const { proxy } of ends) proxy.cut();
  }, 50);
  return () => Promise.resolve(clearInterval(timer));
}

async function someShard(stage: ClusterStage, random: () => number): Promise<Shard> {
  const shards = await until('a complete cluster', () => stage.shards());
  const service = random() < 0.4 ? shards.find(({ isService }) => isService) : undefined;
  return service ?? pick(shards, random);
}

const nameOf = ({ proxy }: ClusterNode): string => `127.0.0.1:${proxy.port}`;
const shardName = ({ master, isService }: Shard): string =>
  isService ? `${nameOf(master)}, with what the service needs` : nameOf(master);

/** Until another node has become the master of what this one had. */
async function failover(stage: ClusterStage, former: ClusterNode): Promise<void> {
  await until('a failover', async () => {
    for (const { server } of stage.nodes.filter((node) => node !== former)) {
      const client = connectClient(server, 1000);
      const nodes = await client.cluster('NODES').then(String, () => '');
      client.disconnect();
      const line = nodes.split('\n').find((text) => text.includes(`:${former.proxy.port}@`)) ?? '';
      if (/master,fail /.test(line) && !/connected \d/.test(line)) return true;
    }
    return false;
  });
}

/** Sets an option of a server and sets it back in the end. */
async function configured(node: ClusterNode, option: string, value: string): Promise<() => Promise<void>> {
  const set = async (to: string): Promise<void> => {
    const client = connectClient(node.server, 5000);
    await client.config('SET', option, to).finally(() => client.disconnect());
  };
  await set(value);
  return () => set('0');
}

/** Faults of a cluster in Redis. */
const OF_THE_CLUSTER: readonly FaultKind<ClusterStage>[] = [
  {
    name: 'Redis master killed',
    lasts: [0, 1000],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      await shard.master.server.kill();
      return {
        victim: shardName(shard),
        effect: () => failover(stage, shard.master),
        heal: () => shard.master.server.restart(),
      };
    },
  },
  {
    name: 'Redis master paused',
    lasts: [0, 2000],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      shard.master.server.signal('SIGSTOP');
      return {
        victim: shardName(shard),
        effect: () => failover(stage, shard.master),
        heal: () => Promise.resolve(shard.master.server.signal('SIGCONT')),
      };
    },
  },
  {
    name: 'Redis failover as planned',
    lasts: [500, 1500],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      await promote(shard.replica.server);
      return { victim: shardName(shard), heal: () => Promise.resolve() };
    },
  },
  {
    name: 'shard killed, with its replica',
    lasts: [2000, 4000],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      await Promise.all([shard.master.server.kill(), shard.replica.server.kill()]);
      return {
        victim: shardName(shard),
        mustShow: true,
        async heal() {
          await Promise.all([shard.master.server.restart(), shard.replica.server.restart()]);
        },
      };
    },
  },
  {
    name: 'connections to Redis cut',
    lasts: [1000, 3000],
    inject: (stage) =>
      Promise.resolve({ victim: 'all nodes, again and again', heal: cutAgainAndAgain(stage.nodes) }),
  },
  {
    name: 'connections to Redis delayed',
    lasts: [2000, 4000],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      // From what is hardly noticed to what is longer than any command may take.
      const by = Math.round(30 * 100 ** random());
      shard.master.proxy.delay(by);
      return {
        victim: `${shardName(shard)}, by ${by} ms`,
        heal: () => Promise.resolve(shard.master.proxy.delay(0)),
      };
    },
  },
  {
    name: 'Redis out of memory',
    lasts: [1000, 3000],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      const heal = await configured(shard.master, 'maxmemory', '1');
      return { victim: shardName(shard), mustShow: true, heal };
    },
  },
  {
    name: 'Redis read-only',
    lasts: [1000, 3000],
    async inject(stage, random) {
      const shard = await someShard(stage, random);
      const heal = await configured(shard.master, 'min-replicas-to-write', '5');
      return { victim: shardName(shard), mustShow: true, heal };
    },
  },
];

/** Faults of the embedded store. */
const OF_THE_EMBEDDED_STORE: readonly FaultKind<EmbeddedStage>[] = [
  {
    name: 'disk full',
    lasts: [1000, 3000],
    async inject({ disk, replicas }) {
      const pid = () => replicas[0]!.service()?.pid;
      disk.fill(pid());
      return {
        victim: disk.isFileSystem ? 'a file system without room' : 'a limit on the length of files',
        mustShow: true,
        heal: () => Promise.resolve(disk.free(pid())),
      };
    },
  },
];

export const CLUSTER_FAULTS: readonly FaultKind<ClusterStage>[] = [...OF_REPLICAS, ...OF_THE_CLUSTER];
export const EMBEDDED_FAULTS: readonly FaultKind<EmbeddedStage>[] = [
  ...OF_REPLICAS,
  ...OF_THE_EMBEDDED_STORE,
];

/** Waits until every replica that runs says that the store, or a part of it, does not do its work. */
export async function shown({ replicas }: Stage): Promise<void> {
  await until(
    'replicas to say that the store refuses',
    async () => {
      const running = replicas.filter((replica) => replica.service() !== null && !replica.isPaused());
      const found = await Promise.all(running.map(readinessOf));
      return found.every((readiness) => readiness?.failing.some((check) => /^(store|shard .*):/.test(check)));
    },
    15_000,
  );
}
