import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/store/redis/connection.ts';
import { createPatience } from '../../src/store/redis/patience.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startRedis } from '../support/redis.ts';

const LIMIT = 300;

describe('a server that is waited for', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Waits, and says after how long it was given up; null while it is not. */
  function waiting(patience = createPatience(LIMIT), part: string | null = null) {
    const begun = performance.now();
    let givenUp: number | null = null;
    const end = patience.wait(part, () => (givenUp = Math.round(performance.now() - begun)));
    return { patience, end, givenUp: () => givenUp };
  }

  it('is given up after the limit when it answers nothing', () => {
    const { givenUp } = waiting();
    vi.advanceTimersByTime(LIMIT - 1);
    expect(givenUp()).toBeNull();
    vi.advanceTimersByTime(2);
    expect(givenUp()).toBeCloseTo(LIMIT, -1);
  });

  it('is given up when it answered earlier, and has been silent for the limit since', () => {
    const { patience, givenUp } = waiting();
    vi.advanceTimersByTime(200);
    patience.heard(null);
    vi.advanceTimersByTime(LIMIT + 1);
    expect(givenUp()).toBeCloseTo(200 + LIMIT, -1);
  });

  it('is not given up while it answers others, up to five times the limit', () => {
    const { patience, givenUp } = waiting();
    for (let past = 0; past < 5 * LIMIT - 50; past += 50) {
      vi.advanceTimersByTime(50);
      patience.heard(null);
      expect(givenUp()).toBeNull();
    }
    vi.advanceTimersByTime(51);
    expect(givenUp()).toBeCloseTo(5 * LIMIT, -1);
  });

  it('is one shard of several: what another one answers says nothing of it', () => {
    const { patience, givenUp } = waiting(createPatience(LIMIT), 'a:1');
    vi.advanceTimersByTime(200);
    patience.heard('b:1');
    vi.advanceTimersByTime(101);
    expect(givenUp()).toBeCloseTo(LIMIT, -1);
  });

  it('is not given up for an answer that lies unread because this thread was busy', async () => {
    vi.useRealTimers();
    const { patience, end, givenUp } = waiting(createPatience(100));
    // As an answer does that is read after timers and before what was put off until then.
    const read = new Promise<void>((resolve) => {
      setTimeout(() => setImmediate(() => resolve(patience.heard(null))), 0);
    });
    const busyUntil = performance.now() + 200;
    while (performance.now() < busyUntil);
    await read;
    // What was put off is done by then, whatever the time is.
    await new Promise((resolve) => setImmediate(resolve));
    expect(givenUp()).toBeNull();
    end();
  });

  it('is given up by no one who got an answer', () => {
    const { end, givenUp } = waiting();
    end();
    vi.advanceTimersByTime(10 * LIMIT);
    expect(givenUp()).toBeNull();
  });
});

it('a queue of our own, longer than the limit, is not taken for a Redis that is away', async () => {
  const redis = await startRedis();
  try {
    const log = memoryLog();
    const connection = await connect({ url: redis.url, commandTimeoutMs: LIMIT, waitReplicas: 0, log });
    const busy =
      'local t; repeat t = redis.call("TIME") until t[1] * 1000000 + t[2] >= tonumber(ARGV[1]) return 1';
    const begun = Date.now();
    // Each ends 5 ms after the one before it, the last one at 900 ms. So long that Redis answers it before it reads the next one.
    const padding = 'x'.repeat(30_000);
    const calls = Array.from({ length: 180 }, (_, index) =>
      connection.call((client) => client.eval(busy, 0, (begun + 5 * (index + 1)) * 1000, padding)),
    );
    expect(await Promise.all(calls)).toHaveLength(180);
    expect(Date.now() - begun).toBeGreaterThan(3 * LIMIT - 1);
    await connection.close();
  } finally {
    await redis.stop();
  }
});
