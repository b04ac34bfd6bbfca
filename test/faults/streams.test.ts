import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { measureLoopHolds } from '../support/loop-holds.ts';
import { connectClient, startRedis } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, readCounts } from './producer.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const KILLS = 4;

/** Runs `burnwatch dead-letters …` against a service; gives its exit code and all that it printed. */
async function deadLetters(service: Service, ...args: readonly string[]): Promise<[number, string]> {
  const env = { PATH: process.env['PATH'], BURNWATCH_URL: service.url };
  const run = promisify(execFile)(process.execPath, [PROGRAM, 'dead-letters', ...args], { env });
  return run.then(
    ({ stdout }) => [0, stdout],
    (error: { code: number; stdout: string; stderr: string }) => [error.code, error.stdout + error.stderr],
  );
}

describe('a stream that two replicas read, one of which is killed again and again', () => {
  afterEach(killServices);

  it('C1, C2: has every entry counted once, and its poison as dead letters that can be replayed', async () => {
    const redis = await startRedis();
    const client = connectClient(redis);
    const slos = await sloFolder(ONE_WORKFLOW);
    const env = { BURNWATCH_STORE: redis.url, BURNWATCH_STREAM: 'outcomes', BURNWATCH_SLOS: slos };
    try {
      const steady = await startService(env);
      let killed = await startService(env);
      let made = 0;
      const enough = new AbortController();
      const producer = (async () => {
        while (!enough.signal.aborted) {
          const entries = client.pipeline();
          for (let index = 0; index < 20; index++, made++) {
            const status = made % 10 === 0 ? 'failed' : 'succeeded';
            const outcome = { workflow: 'orders', execution: `o-${made}`, status };
            // Some producers add the same twice.
            for (let times = made % 7 === 0 ? 2 : 1; times > 0; times--)
              entries.xadd('outcomes', '*', 'outcome', JSON.stringify(outcome));
          }
          if (made % 500 === 0)
            entries.xadd('outcomes', '*', 'workflow', 'order', 'execution', `p-${made}`, 'status', 'failed');
          await entries.exec();
          // As many as the machine is fast would be more than one list shows.
          await wait(10);
        }
      })();
      for (let kill = 0; kill < KILLS; kill++) {
        const before = made;
        await until('entries to be added', () => made >= before + 500);
        await killed.stop('SIGKILL');
        killed = await startService(env);
      }
      enough.abort();
      await producer;
      await until(
        'every outcome to be counted',
        async () => (await readCounts(steady)).total === made,
        60_000,
      );
      await until(
        'every entry to be acknowledged',
        async () => ((await client.xpending('outcomes', 'burnwatch')) as [number])[0] === 0,
        60_000,
      );
      expect(await readCounts(steady)).toMatchObject({ bad: made / 10, total: made });

      const poison = Math.floor(made / 500);
      const [, list] = await deadLetters(steady, 'list', '--format', 'json');
      const { items: letters } = JSON.parse(list) as { items: { id: string; code: string }[] };
      expect(letters.map(({ code }) => code)).toEqual(Array<string>(poison).fill('unknown-workflow'));
      const [code, left] = await deadLetters(steady, 'replay', 'all');
      expect([code, left]).toEqual([1, expect.stringContaining(`0 replayed, ${poison} left.`)]);
      expect(left).toContain('did you mean orders?');
      expect(await deadLetters(steady, 'drop', letters[0]!.id)).toEqual([0, '1 dropped.\n']);
      expect(await deadLetters(steady, 'drop', 'all', '--source', 'stream:other')).toEqual([
        0,
        '0 dropped.\n',
      ]);
      expect(await deadLetters(steady, 'drop', 'all')).toEqual([0, `${poison - 1} dropped.\n`]);
      expect(await deadLetters(steady, 'list')).toEqual([0, 'There are no dead letters.\n']);
      expect(await Promise.all([steady.stop(), killed.stop()])).toEqual([0, 0]);
      const [, unreachable] = await deadLetters(steady, 'list');
      expect(unreachable).toMatch(/does not do it: .*ECONNREFUSED/);
    } finally {
      client.disconnect();
      await redis.stop();
    }
  }, 180_000);

  it('G2: holds nobody up with entries that are made to be slow, and keeps few letters of each', async () => {
    const redis = await startRedis();
    const client = connectClient(redis);
    const holds = measureLoopHolds();
    const of = (count: number, one: (index: number) => unknown) =>
      Array.from({ length: count }, (_, at) => one(at));
    const outcome = (index: number) => ({ workflow: 'orders', execution: `x-${index}`, status: 'succeeded' });
    const slow = [
      JSON.stringify(
        of(10_000, (index) => ({ workflow: `w-${index}`, execution: 'x', status: 'y'.repeat(40) })),
      ),
      JSON.stringify(of(10_000, () => 1)),
      '['.repeat(500_000),
      '{"a":'.repeat(200_000),
      `${'\n'.repeat(1_000_000)}{bad`,
      of(9999, () => '{bad').join('\n'),
      JSON.stringify(of(10_000, outcome)),
      JSON.stringify({ ...outcome(0), execution: 'e', error: 'x'.repeat(60_000) }),
    ];
    try {
      const service = await startService({
        ...holds.env,
        BURNWATCH_STORE: redis.url,
        BURNWATCH_STREAM: 'outcomes',
        BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
        LOG_LEVEL: 'error',
      });
      // What starting took.
      holds.read();
      for (const data of slow) await client.xadd('outcomes', '*', 'data', data);
      for (let index = 0; index < 500; index++) {
        const many = of(300, (at) => [`attributes.a${at}`, 'v']) as string[][];
        await client.xadd('outcomes', '*', 'workflow', 'orders', 'execution', `q-${index}`, ...many.flat());
      }
      const isDone = async () => {
        const metrics = await (await fetch(`${service.url}/metrics`)).text();
        const of = (name: string) =>
          metrics.includes(`burnwatch_source_${name}{source="stream:outcomes"} 0\n`);
        return of('lag') && of('pending');
      };
      await until('all of it to be read', isDone, 60_000);
      const { longest, firings } = holds.read();
      expect(firings).toBeGreaterThan(20);
      expect(longest).toBeLessThan(100);
      expect((await readCounts(service)).total).toBe(10_001);
      const letters = await client.zcard('bw:{bw}:dead-letters:order');
      // One for each of the short entries, and for the others as many as their records fill.
      expect(letters).toBeGreaterThan(505);
      expect(letters).toBeLessThan(650);
      expect(await service.stop()).toBe(0);
    } finally {
      holds.remove();
      client.disconnect();
      await redis.stop();
    }
  }, 120_000);
});
