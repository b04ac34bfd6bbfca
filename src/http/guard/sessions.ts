import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import type { Token } from '../../core/ports/token.ts';
import { HOUR, SECOND } from '../../core/time/duration.ts';

/** A sign-in is good for this long. */
export const SESSION_LIFE = 12 * HOUR;
/** The key and the sign-outs of other replicas are read again this often, while somebody is signed in. */
const REREAD = 10 * SECOND;
const KEY = 'key';

/**
 * Signed-in browsers. A cookie holds the name of a token, when it ends and a signature, made with a key that the replicas
 * share through the store, over these and the token's digest: so it ends with its token, and no one who
 * knows only a token's hash can make one.
 */
export interface Sessions {
  /** Makes what `find` needs. To be awaited before it for a request with a cookie; rejects while the store is away. */
  prepare(): Promise<void>;
  /** The token that a cookie stands for; null when it is none, is over or was signed out. */
  find(value: string): Token | null;
  /** Makes the value of a cookie. Only after `prepare`. */
  begin(token: Token): string;
  /** Ends a session, on every replica. */
  end(value: string): Promise<void>;
}

export interface SessionsOptions {
  readonly store: RecordStore;
  readonly tokens: () => readonly Token[];
  readonly clock: Clock;
}

const COOKIE = /^([\w.-]{1,64})~(\d{13})~([0-9a-f]{24})~([\w-]{43})$/;

export function createSessions({ store, tokens, clock }: SessionsOptions): Sessions {
  let key: Buffer | null = null;
  let ended: ReadonlySet<string> = new Set();
  let readAt = -Infinity;

  async function read(): Promise<void> {
    let records = await store.records('sessions');
    if (!records.some(({ id }) => id === KEY)) {
      await store.putRecord('sessions', KEY, 0, { v: 1, key: randomBytes(32).toString('hex') });
      records = await store.records('sessions');
    }
    const now = clock.now();
    const signOuts = records.filter(({ id }) => id !== KEY);
    for (const { id, revision, value } of signOuts) {
      if ((value as { until: number }).until < now) await store.putRecord('sessions', id, revision, null);
    }
    key = Buffer.from((records.find(({ id }) => id === KEY)!.value as { key: string }).key, 'hex');
    ended = new Set(signOuts.map(({ id }) => id));
    readAt = now;
  }

  function signature(token: Token, until: string, id: string): Buffer {
    return createHmac('sha256', key!)
      .update(JSON.stringify([token.name, token.digest, until, id]))
      .digest();
  }

  function find(value: string): Token | null {
    const [, name, until = '', id = '', signed = ''] = COOKIE.exec(value) ?? [];
    if (key === null || name === undefined || Number(until) <= clock.now() || ended.has(id)) return null;
    const token = tokens().find((candidate) => candidate.name === name);
    if (!token) return null;
    return timingSafeEqual(Buffer.from(signed, 'base64url'), signature(token, until, id)) ? token : null;
  }

  return {
    async prepare() {
      if (key !== null && Math.abs(clock.now() - readAt) < REREAD) return;
      await read();
    },
    find,
    begin(token) {
      const until = String(clock.now() + SESSION_LIFE);
      const id = randomBytes(12).toString('hex');
      return [token.name, until, id, signature(token, until, id).toString('base64url')].join('~');
    },
    async end(value) {
      if (!find(value)) return;
      const [, , until, id] = COOKIE.exec(value)!;
      await store.putRecord('sessions', id!, 0, { v: 1, until: Number(until) });
      ended = new Set([...ended, id!]);
    },
  };
}
