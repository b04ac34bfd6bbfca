import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Stands between a client and a server on this machine: what a network does to connections, it does when told to. */
export interface TcpProxy {
  readonly port: number;
  /** Where connections lead from now on; null refuses new ones. */
  lead(port: number | null): void;
  /** From now on new connections are handed to this instead of the server; null ends that. */
  hand(to: ((socket: Socket) => void) | null): void;
  /** From now on everything arrives this many milliseconds later, in both directions and in its order. */
  delay(milliseconds: number): void;
  /** Breaks every connection at once; new ones are accepted. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts one on a free loopback port. */
export async function startTcpProxy(target: number | null = null): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let leadsTo = target;
  let taker: ((socket: Socket) => void) | null = null;
  let late = 0;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    return socket
      .setNoDelay()
      .on('error', () => socket.destroy())
      .on('close', () => sockets.delete(socket));
  }

  /** Passes on what comes from one side; nothing overtakes what came before it. */
  function pass(from: Socket, to: Socket): void {
    let order = Promise.resolve();
    const queue = (action: () => void): void => {
      const due = performance.now() + late;
      order = order.then(async () => {
        const left = due - performance.now();
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
        if (!to.destroyed) action();
      });
    };
    from.on('data', (chunk: Buffer) => queue(() => void to.write(chunk)));
    from.on('end', () => queue(() => void to.end()));
    from.on('close', () => to.destroy());
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    keep(socket);
    if (taker) {
      socket.resume();
      taker(socket);
    } else if (leadsTo === null) {
      socket.resetAndDestroy();
    } else {
      const behind = keep(connect({ port: leadsTo, host: '127.0.0.1', allowHalfOpen: true }));
      pass(socket, behind);
      pass(behind, socket);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    lead: (port) => void (leadsTo = port),
    hand: (to) => void (taker = to),
    delay: (milliseconds) => void (late = milliseconds),
    cut,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
