import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startRedis } from '../support/redis.ts';
import type { AcceptingPeer } from './accepting-peer.ts';
import { startAcceptingPeer } from './accepting-peer.ts';

/** The examples of docs/client.md, run as they stand there. */
const ROOT = join(import.meta.dirname, '../..');
const TEXT = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
const run = promisify(execFile);

const examples = (language: string): string[] =>
  [...TEXT.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code!);

let peer: AcceptingPeer;
beforeAll(async () => {
  peer = await startAcceptingPeer();
});
afterEach(() => {
  peer.records.length = 0;
});
afterAll(() => peer.close());

const here = (code: string): string => code.replaceAll('https://burnwatch.example.com', peer.url);
const environment = (): Record<string, string> => ({
  PATH: process.env['PATH']!,
  BURNWATCH_URL: peer.url,
  BURNWATCH_TOKEN: 'a-token',
  PYTHONPATH: join(ROOT, 'src/client/python'),
  PYTHONDONTWRITEBYTECODE: '1',
});

async function runNode(code: string, before = ''): Promise<void> {
  const prelude = `const order = { id: 17 }; const reserve = async () => 1; const charge = async () => 2;
    const request = { headers: {} }; ${before}\n`;
  const program = `${prelude}${here(code)}\nawait burnwatch.close(); process.exit();`;
  const args = ['--input-type=module', '-e', program];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: ROOT, env: environment() });
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
}

const said = (): string[] =>
  peer.records.map(({ workflow, execution, step, status }) =>
    [workflow, execution, step, status].filter(Boolean).join(' '),
  );

const IN_ONE_FUNCTION = [
  'checkout 17 started',
  'checkout 17 reserve-stock started',
  'checkout 17 reserve-stock succeeded',
  'checkout 17 charge-card started',
  'checkout 17 charge-card succeeded',
  'checkout 17 succeeded',
];
const EXPLICIT = [
  'checkout 17 started',
  'checkout 17 charge-card started',
  'checkout 17 charge-card failed',
  'checkout 17 succeeded',
  'checkout 17 ship started',
];

describe('docs/client.md', () => {
  it('has the examples that are run here', () => {
    expect([examples('js').length, examples('python').length, examples('yml').length]).toEqual([3, 2, 1]);
  });

  it('Node, around functions and explicit', async () => {
    await runNode(examples('js')[0]!);
    expect(said()).toEqual(IN_ONE_FUNCTION);
    peer.records.length = 0;
    await runNode(examples('js')[1]!);
    expect(said()).toEqual(EXPLICIT);
    expect(peer.records[2]).toMatchObject({ error: 'Error', willRetry: true, attributes: { region: 'eu' } });
  });

  it('Python, around blocks and explicit', async () => {
    const prelude = 'order = {"id": 17}\nreserve = charge = print\n';
    for (const [index, expected] of [IN_ONE_FUNCTION, EXPLICIT].entries()) {
      peer.records.length = 0;
      const args = ['-c', prelude + here(examples('python')[index]!)];
      const { stderr } = await run('python3', args, { env: environment() });
      expect(stderr).toBe('');
      expect(said()).toEqual(expected);
    }
  });

  it('BullMQ', async () => {
    const redis = await startRedis();
    try {
      const before = `
        import { Queue, Worker } from 'bullmq';
        import { Redis } from 'ioredis';
        const connect = () => new Redis({ port: ${redis.port}, maxRetriesPerRequest: null });
        const connection = connect();
        await new Queue('mails', { connection: connect() }).add('welcome', {}, { jobId: 'a' });
        const worker = new Worker('mails', async () => 1, { connection: connect() });
        await new Promise((done) => worker.on('completed', done));`;
      const after = `
        await new Promise((done) => events.on('completed', done));`;
      await runNode(examples('js')[2]! + after, before);
    } finally {
      await redis.stop();
    }
    expect(said()).toEqual(['mails a queued', 'mails a started', 'mails a succeeded']);
  });

  interface Job {
    readonly steps: readonly { readonly name?: string; readonly run: string; readonly if?: string }[];
  }
  it.each([
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['cancelled', 'cancelled'],
  ])('GitHub Actions: a job that ends as %s', async (jobStatus, status) => {
    const { jobs } = parse(examples('yml')[0]!) as { jobs: { release: Job } };
    const reporting = jobs.release.steps.filter(({ name }) => name?.startsWith('Report'));
    expect(reporting.at(-1)!.if).toBe('always()');
    const env = {
      ...environment(),
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '4711',
      GITHUB_RUN_ATTEMPT: '2',
      JOB_STATUS: jobStatus,
    };
    // As GitHub runs them.
    for (const step of reporting) await run('bash', ['-e', '-c', step.run], { env });
    expect(said()).toEqual(['release acme/shop/4711 started', `release acme/shop/4711 ${status}`]);
    expect(peer.records).toMatchObject([{ attempt: 2 }, { attempt: 2 }]);
    // Nothing listens there, and the job goes on.
    for (const step of reporting) {
      const away = { ...env, BURNWATCH_URL: 'http://127.0.0.1:9' };
      await run('bash', ['-e', '-c', step.run.replace('--retry 3', '--retry 0')], { env: away });
    }
  });
});
