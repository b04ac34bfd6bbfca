import { connect, type Socket } from 'node:net';
import type { Reach } from './addresses.ts';
import { checkLiteral, guardedLookup, type Resolve } from './guarded-lookup.ts';

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly allowed: readonly Reach[];
  readonly timeoutMs: number;
  readonly resolve?: Resolve | undefined;
}

/**
 * Connects by TCP to an address of an allowed kind, looked at as it connects. Rejects with `ForbiddenAddress`, or with a system
 * error of `connect` or `getaddrinfo`.
 */
export function guardedConnect({ host, port, allowed, timeoutMs, resolve }: ConnectOptions): Promise<Socket> {
  return new Promise((done, failed) => {
    checkLiteral(host, allowed);
    const socket = connect({ host, port, lookup: guardedLookup(allowed, resolve) });
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT', syscall: 'connect' }));
    }, timeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      failed(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      done(socket);
    });
  });
}
