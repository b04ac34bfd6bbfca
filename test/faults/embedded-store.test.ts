import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSmallDisk } from '../support/small-disk.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, post, readCounts } from './producer.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let folder: string;
let slos: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'burnwatch-embedded-'));
  slos = await sloFolder(`${ONE_WORKFLOW}---\nteams: { admins: { page: [terminal] } }\n`);
});
afterEach(async () => {
  killServices();
  await rm(folder, { recursive: true, force: true });
});

const start = (shell?: string): Promise<Service> =>
  startService({ BURNWATCH_STORE: folder, BURNWATCH_SLOS: slos }, ['serve'], shell);

const data = (): string => join(folder, 'data.mdb');

const outcomes = (name: string, count = 50): object[] =>
  Array.from({ length: count }, (_, i) => ({
    workflow: 'orders',
    execution: `${name}-${i}-${'x'.repeat(150)}`,
    status: 'succeeded',
  }));

interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly message: string }>>;
}

async function readiness(service: Service): Promise<Readiness & { readonly status: number }> {
  const answer = await fetch(`${service.url}/readyz`);
  return { ...((await answer.json()) as Readiness), status: answer.status };
}

function run(...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

describe('the files of the embedded store under the running service', () => {
  it.each([
    ['removed', () => rm(data())],
    [
      'replaced',
      async () => {
        await copyFile(data(), `${data()}.copy`);
        await rename(`${data()}.copy`, data());
      },
    ],
  ])(
    'C2: are %s: nothing is acknowledged any more, /readyz turns red, and the service lives',
    async (_, harm) => {
      const service = await start();
      for (let i = 0; i < 20; i++) expect((await post(service, outcomes(`${i}`))).status).toBe(200);
      await harm();
      expect((await post(service, outcomes('after'))).status).toBe(503);
      await until('readiness to go', async () => (await readiness(service)).status === 503);
      expect((await readiness(service)).checks['store']!.message).toMatch(/data\.mdb (is gone|was replaced)/);
      expect((await fetch(`${service.url}/v1/slos`)).status).toBe(503);
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      expect(await service.stop()).toBe(0);
    },
    60_000,
  );

  it('C2: are cut off amid changes: nothing is acknowledged any more; the service refuses, or the system ends it, and the damage is found', async () => {
    const service = await start();
    for (let i = 0; i < 20; i++) expect((await post(service, outcomes(`${i}`))).status).toBe(200);
    let isCut = false;
    const answers: number[] = [];
    const produce = async (name: string): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        const isAfter = isCut;
        const answer = await post(service, outcomes(`${name}-${i}`)).catch(() => null);
        if (isAfter && answer) answers.push(answer.status);
        if (i === 10 && name === 'a') {
          await truncate(data(), Math.floor((await stat(data())).size / 8192) * 4096);
          isCut = true;
        }
      }
    };
    await Promise.all(['a', 'b', 'c'].map(produce));
    // The system ends a process that reads where its file no longer is.
    const ended = (await fetch(`${service.url}/healthz`).catch(() => null)) === null;
    expect(answers.filter((status) => status !== 503)).toEqual([]);
    if (ended) {
      expect(await service.ended, 'ended by a signal').toBe(null);
    } else {
      expect(answers.length).toBeGreaterThan(0);
      const told = async (): Promise<string> => (await readiness(service)).checks['store']!.message;
      await until('readiness to go', async () => (await told()).includes('data.mdb was cut off'));
      expect((await fetch(`${service.url}/v1/slos`)).status).toBe(503);
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      expect(await service.stop()).toBe(0);
    }
    expect(run('store', 'verify', '--store', folder)).toMatchObject({ status: 1 });
  }, 60_000);

  it('J2: are gone at the next start: a loss that pages admins and stays on the dashboard until acknowledged', async () => {
    const first = await start();
    await post(first, outcomes('a'));
    await first.stop();
    await rm(data());
    const second = await start();
    await until('the page', () => second.output().includes('DATA LOSS'));
    await second.stop();
    const third = await start();
    const lost = await until('the losses', async () => {
      const { status, checks } = await readiness(third);
      return status === 200 && !checks['counters']!.ok ? checks['counters'] : null;
    });
    expect(lost.message).toContain('was wiped or replaced');
    expect(await (await fetch(`${third.url}/`)).text()).toContain('was wiped or replaced');
    const { items: losses } = (await (await fetch(`${third.url}/v1/losses`)).json()) as {
      items: { id: string }[];
    };
    const acknowledged = await fetch(`${third.url}/v1/losses/${losses[0]!.id}/ack`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'sam' }),
    });
    expect(acknowledged.status).toBe(200);
    await until('the check to pass', async () => (await readiness(third)).checks['counters']!.ok);
    expect(third.output(), 'paged once').not.toContain('DATA LOSS');
    expect(await third.stop()).toBe(0);
  }, 60_000);

  it('C2: find no room: producers get 503 and /readyz turns red, and nothing acknowledged is lost', async () => {
    const service = await start("trap '' XFSZ; ulimit -f 17900");
    let acknowledged = 0;
    for (let i = 0; i < 200; i++) {
      const { status } = await post(service, outcomes(`${i}`));
      if (status !== 200) break;
      acknowledged += 50;
    }
    expect(acknowledged).toBeGreaterThan(0);
    const { checks } = await until('readiness to go', async () => {
      const found = await readiness(service);
      return found.status === 503 ? found : null;
    });
    expect(checks['store']!.message).toContain('less than 16 MB of room left');
    expect(await service.stop()).toBe(0);
    const roomy = await start();
    await until('all that was acknowledged', async () => (await readCounts(roomy)).good >= acknowledged);
    await until('readiness', async () => (await readiness(roomy)).status === 200);
    expect(await roomy.stop()).toBe(0);
  }, 60_000);
});

it('C2: a disk that is full when the service starts: it starts, reads, says so, and takes outcomes once there is room', async () => {
  const disk = makeSmallDisk(64);
  try {
    folder = disk.folder;
    const first = await start(disk.shell);
    expect((await post(first, outcomes('a'))).status).toBe(200);
    expect(await first.stop()).toBe(0);
    if (disk.isFileSystem) disk.fill(first.pid);
    const second = await start(disk.shell);
    if (!disk.isFileSystem) disk.fill(second.pid);
    await until('readiness to go', async () => (await readiness(second)).status === 503);
    expect((await post(second, outcomes('b'))).status).toBe(503);
    expect((await readCounts(second)).good).toBe(50);
    disk.free(second.pid);
    await until('readiness', async () => (await readiness(second)).status === 200);
    expect((await post(second, outcomes('b'))).status).toBe(200);
    expect(await second.stop()).toBe(0);
  } finally {
    killServices();
    disk.remove();
  }
}, 60_000);

describe('burnwatch store', () => {
  it('copies and verifies a store in use; the copy is a store with all that was acknowledged', async () => {
    const service = await start();
    await post(service, outcomes('a'));
    const copy = join(folder, 'copy');
    const backup = run('store', 'backup', copy, '--store', folder);
    expect(backup.status).toBe(0);
    const [found] = /in order: \d+ pages, \d+ entries/.exec(backup.said) ?? [];
    expect(backup.said).toMatch(/copied to .* in order/);
    expect(run('store', 'verify', '--store', copy)).toMatchObject({
      status: 0,
      said: expect.stringContaining(found!) as string,
    });
    expect(run('store', 'verify', '--store', folder)).toMatchObject({ status: 0 });
    expect(run('store', 'backup', copy, '--store', folder)).toMatchObject({
      status: 1,
      said: expect.stringContaining('is not empty') as string,
    });
    expect(await service.stop()).toBe(0);
    folder = copy;
    const restored = await start();
    await until('the outcomes', async () => (await readCounts(restored)).good === 50);
    await restored.stop();
  }, 60_000);

  it('refuses what is damaged with a message, as the start of the service does where the file is cut off', async () => {
    const service = await start();
    for (let i = 0; i < 20; i++) await post(service, outcomes(`${i}`));
    await service.stop();
    expect(run('store', 'verify', '--store', folder)).toMatchObject({ status: 0 });
    const whole = await readFile(data());
    const file = await open(data(), 'r+');
    // Every page but the two at the beginning holds something else.
    await file.write(Buffer.alloc(whole.length - 8192, 7), 0, whole.length - 8192, 8192);
    await file.close();
    expect(run('store', 'verify', '--store', folder)).toMatchObject({
      status: 1,
      said: expect.stringContaining('is damaged: page') as string,
    });
    await writeFile(data(), whole);
    await truncate(data(), whole.length / 2);
    expect(run('store', 'verify', '--store', folder)).toMatchObject({
      status: 1,
      said: expect.stringContaining('shorter than what it says') as string,
    });
    await expect(start()).rejects.toThrow(/ended with 1[^]*shorter than what it says/);
  }, 60_000);
});
