import { networkOf } from '../../core/ports/token.ts';

/** The connections that are open, by the address at their other end. */
export interface ConnectionShares<Connection> {
  /**
   * Takes in a new connection. When there is no room, gives the one to be cut for it: the oldest one of the address with most, as long as
   * that has more than the newcomer's; else the newcomer itself. Null: there is room.
   */
  add(connection: Connection, address: string): { readonly cut: Connection; readonly address: string } | null;
  remove(connection: Connection, address: string): void;
}

/** `isIdle`: nothing that was asked on a connection is being answered, so that it can be cut. */
export function createConnectionShares<Connection>(
  limit: number,
  isIdle: (connection: Connection) => boolean,
): ConnectionShares<Connection> {
  const byAddress = new Map<string, Set<Connection>>();
  let count = 0;

  function remove(connection: Connection, address: string): void {
    const key = networkOf(address);
    const own = byAddress.get(key);
    if (!own?.delete(connection)) return;
    count--;
    if (own.size === 0) byAddress.delete(key);
  }

  function add(connection: Connection, key: string): void {
    const own = byAddress.get(key);
    if (own) own.add(connection);
    else byAddress.set(key, new Set([connection]));
    count++;
  }

  return {
    add(connection, address) {
      const key = networkOf(address);
      add(connection, key);
      if (count <= limit) return null;
      let most = key;
      for (const [other, { size }] of byAddress) if (size > byAddress.get(most)!.size) most = other;
      const oldest = most === key ? undefined : [...byAddress.get(most)!].find(isIdle);
      const cut = oldest ?? connection;
      remove(cut, oldest ? most : key);
      return { cut, address: oldest ? most : key };
    },
    remove,
  };
}
