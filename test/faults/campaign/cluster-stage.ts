import { slotOf } from '../../../src/store/redis/slots.ts';
import { connectClient, startRedisCluster } from '../../support/redis.ts';
import type { RedisServer } from '../../support/redis.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { prepareReplicas } from './stage.ts';
import type { Stage } from './stage.ts';

/** A node of the cluster: its process, and the proxy that everyone but the cluster's bus goes through. */
export interface ClusterNode {
  readonly server: RedisServer;
  readonly proxy: TcpProxy;
}

export interface Shard {
  readonly master: ClusterNode;
  readonly replica: ClusterNode;
  /** Whether what all of the service needs lies there. */
  readonly isService: boolean;
}

export interface ClusterStage extends Stage {
  readonly nodes: readonly ClusterNode[];
  /** Who is master of what now; null while a shard is not complete. */
  shards(): Promise<readonly Shard[] | null>;
}

/** The tag under which all of the service needs lies. */
const SERVICE_SLOT = slotOf('bw');

/** Three masters with a replica each, and three replicas of the service that wait for one to have each write. */
export async function startClusterStage(outages: number): Promise<ClusterStage> {
  const cluster = await startRedisCluster(['--cluster-require-full-coverage', 'no'], {
    replicas: 1,
    proxied: true,
  });
  const nodes = cluster.nodes.map((server, index) => ({ server, proxy: cluster.proxies[index]! }));
  const prepared = await prepareReplicas(3, outages, {
    store: cluster.url,
    env: { BURNWATCH_WAIT_REPLICAS: '1', BURNWATCH_PARTITIONS: '4' },
  });

  async function shards(): Promise<readonly Shard[] | null> {
    const roles = await Promise.all(nodes.map(async (node) => ({ node, ...(await roleOf(node)) })));
    const found = roles
      .filter(({ of, isWhole }) => of === null && isWhole)
      .map(({ node: master, from, to }) => {
        const replica = roles.find(({ of, isWhole }) => isWhole && of === master.proxy.port)?.node;
        return { master, replica, isService: from <= SERVICE_SLOT && SERVICE_SLOT <= to };
      });
    const complete = found.filter((shard): shard is Shard => shard.replica !== undefined);
    return complete.length === 3 && found.length === 3 ? complete : null;
  }

  return {
    ...prepared,
    nodes,
    shards,
    storeTrouble: async () => ((await shards()) ? null : 'a shard has no master or no replica'),
    async stop() {
      await prepared.stop();
      await cluster.stop();
    },
  };
}

interface Role {
  /** The port of its master, through the proxy; null when it is one. */
  readonly of: number | null;
  /** Whether it has its slots, or all of its master's data. */
  readonly isWhole: boolean;
  readonly from: number;
  readonly to: number;
}

const NO_ROLE: Role = { of: null, isWhole: false, from: 0, to: -1 };

async function roleOf({ server }: ClusterNode): Promise<Role> {
  const client = connectClient(server, 1000);
  try {
    const [role, , port, state] = (await client.call('ROLE')) as [string, unknown, number, string];
    if (role === 'slave') return { ...NO_ROLE, of: port, isWhole: state === 'connected' };
    const slots = /myself,\S* .*? connected (\d+)-(\d+)/.exec(String(await client.cluster('NODES')));
    return slots ? { of: null, isWhole: true, from: Number(slots[1]), to: Number(slots[2]) } : NO_ROLE;
  } catch {
    return NO_ROLE;
  } finally {
    client.disconnect();
  }
}
