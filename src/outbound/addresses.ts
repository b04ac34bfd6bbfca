import { BlockList, isIP } from 'node:net';

/** What an IP address is to a service that connects to it. */
export type Reach = 'never' | 'loopback' | 'private' | 'public';

/** Wherever anything may ever connect to. */
export const ANYWHERE: readonly Reach[] = ['loopback', 'private', 'public'];

type Subnet = readonly [network: string, prefix: number];

/** Link-local and metadata services, addresses of no host, and what another address is hidden in. */
const NEVER: readonly Subnet[] = [
  ['169.254.0.0', 16],
  ['fe80::', 10],
  // Metadata of AWS over IPv6, of Alibaba Cloud, of Oracle Cloud, and the host of Azure.
  ['fd00:ec2::254', 128],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['0.0.0.0', 8],
  ['::', 128],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['ff00::', 8],
  // NAT64, 6to4 and Teredo lead to an IPv4 address that nothing here would look at.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['2001::', 32],
];

const LOOPBACK: readonly Subnet[] = [
  ['127.0.0.0', 8],
  ['::1', 128],
];

/** RFC 1918, RFC 6598 (carriers' and cloud networks), RFC 4193. */
const PRIVATE: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
];

const LISTS = { never: listOf(NEVER), loopback: listOf(LOOPBACK), private: listOf(PRIVATE) };

function listOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) {
    list.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** What an address is; IPv4 addresses written as IPv6 ones (`::ffff:10.0.0.1`) are what they stand for. */
export function reachOf(address: string): Reach {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  if (family === 0) return 'never';
  const type = family === 6 ? 'ipv6' : 'ipv4';
  for (const reach of ['never', 'loopback', 'private'] as const) {
    if (LISTS[reach].check(bare, type)) return reach;
  }
  return 'public';
}
