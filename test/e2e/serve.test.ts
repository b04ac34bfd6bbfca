import { spawnSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';

const EXAMPLES = fileURLToPath(new URL('../../slos', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const DEADLINE = `
workflow: orders
owner: shop
slos:
  done-in-2s: { objective: 95%, window: 28d, sli: { within: 2s } }
---
teams: { shop: { page: [terminal] } }
targets: { terminal: { log: {} } }
`;

interface SloAnswer {
  readonly state: string;
  readonly sli: { readonly good: number; readonly bad: number; readonly total: number };
  readonly lastFailed: readonly {
    readonly execution: string;
    readonly error: string;
    readonly step: string;
  }[];
}

async function embedded(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'burnwatch-store-'));
}

async function send(service: Service, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
  const bytes = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await fetch(`${service.url}/v1/outcomes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: bytes,
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

async function slo(service: Service, id: string): Promise<SloAnswer> {
  return (await (await fetch(`${service.url}/v1/slos/${id}`)).json()) as SloAnswer;
}

describe('burnwatch serve', () => {
  afterEach(killServices);

  it('starts on the embedded store with the examples, says what to try, and the curl it prints works', async () => {
    const service = await startService({ BURNWATCH_STORE: await embedded(), BURNWATCH_SLOS: EXAMPLES });
    await until('the whole banner', () => service.output().includes('read the budget'));
    expect(service.output()).toContain('order-fulfillment/fulfilled-in-10m');
    const commands = service
      .output()
      .split('\n')
      .filter((line) => line.trim().startsWith('curl'));
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const { status, stdout } = spawnSync('bash', ['-c', command.replace('curl', 'curl --silent --fail')], {
        encoding: 'utf8',
      });
      expect(status, command).toBe(0);
      expect(JSON.parse(stdout)).toBeTypeOf('object');
    }
    expect(await service.stop()).toBe(0);
  });

  it('C1: counts objects, arrays, NDJSON and gzip once, on both sides of a restart', async () => {
    const env = { BURNWATCH_STORE: await embedded(), BURNWATCH_SLOS: await sloFolder(DEADLINE) };
    let service = await startService(env);
    const outcome = (execution: string) => ({
      workflow: 'orders',
      execution,
      status: 'succeeded',
      durationMs: 5,
    });
    const ndjson = ['c', 'd', 'a'].map((id) => JSON.stringify(outcome(id))).join('\n');
    expect(await send(service, outcome('a'))).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    expect(await send(service, [outcome('a'), outcome('b')])).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(
      await send(service, gzipSync(ndjson), {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
      }),
    ).toMatchObject({ accepted: 2, duplicates: 1 });
    expect(await service.stop()).toBe(0);
    service = await startService(env);
    expect(await send(service, [outcome('a'), outcome('b'), outcome('c'), outcome('e')])).toMatchObject({
      accepted: 1,
      duplicates: 3,
    });
    expect((await slo(service, 'orders/done-in-2s')).sli).toMatchObject({ good: 5, bad: 0, total: 5 });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain('burnwatch_outcomes_total{workflow="orders",result="accepted"} 1');
    expect(metrics).toContain('burnwatch_outcomes_total{workflow="orders",result="duplicate"} 3');
  });

  it('C3: an execution that hangs is bad at its deadline, with the step it hangs in, and finishing late changes nothing', async () => {
    const service = await startService({
      BURNWATCH_STORE: await embedded(),
      BURNWATCH_SLOS: await sloFolder(DEADLINE),
      BURNWATCH_EVALUATE: '* * * * * *',
    });
    await send(service, [
      { workflow: 'orders', execution: 'hangs', status: 'started' },
      { workflow: 'orders', execution: 'hangs', status: 'started', step: 'ship' },
    ]);
    expect((await slo(service, 'orders/done-in-2s')).sli.total).toBe(0);
    const overdue = await until('the deadline', async () => {
      const answer = await slo(service, 'orders/done-in-2s');
      return answer.sli.bad === 1 && answer;
    });
    expect(overdue.lastFailed).toMatchObject([{ execution: 'hangs', error: 'overdue', step: 'ship' }]);
    await send(service, { workflow: 'orders', execution: 'hangs', status: 'succeeded' });
    expect((await slo(service, 'orders/done-in-2s')).sli).toMatchObject({ good: 0, bad: 1, total: 1 });
  });

  it('reloads an edited file; a broken one changes nothing and is reported with its line', async () => {
    const folder = await sloFolder(DEADLINE);
    const service = await startService({ BURNWATCH_STORE: await embedded(), BURNWATCH_SLOS: folder });
    await send(service, { workflow: 'orders', execution: 'a', status: 'succeeded', durationMs: 5 });
    const file = join(folder, 'slos.yaml');
    await writeFile(file, DEADLINE.replace('objective: 95%', 'objective: 99%'));
    await until('the new objective', async () => {
      const answer = (await (await fetch(`${service.url}/v1/slos/orders/done-in-2s`)).json()) as {
        objective: number;
      };
      return answer.objective === 0.99;
    });
    expect((await slo(service, 'orders/done-in-2s')).sli.total, 'J5: the history stays').toBe(1);
    await writeFile(file, DEADLINE.replace('objective: 95%', 'objetive: 95%'));
    const readiness = await until('the problem', async () => {
      const text = await (await fetch(`${service.url}/readyz`)).text();
      return text.includes('objetive') && text;
    });
    expect(readiness).toMatch(/slos\.yaml:5:\d+/);
    expect(await (await fetch(`${service.url}/`)).text()).toContain('objetive');
    expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^burnwatch_slo_files_ok 0/m);
    expect((await slo(service, 'orders/done-in-2s')).sli.total, 'the last good definitions stay').toBe(1);
    await writeFile(file, DEADLINE);
    await until('the repair', async () =>
      /^burnwatch_slo_files_ok 1/m.test(await (await fetch(`${service.url}/metrics`)).text()),
    );
  });

  it('started with broken files it refuses outcomes for a while instead of losing them', async () => {
    const folder = await sloFolder('workflow: [');
    const service = await startService({ BURNWATCH_STORE: await embedded(), BURNWATCH_SLOS: folder });
    const outcome = JSON.stringify({
      workflow: 'orders',
      execution: 'a',
      status: 'succeeded',
      durationMs: 5,
    });
    const post = () =>
      fetch(`${service.url}/v1/outcomes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: outcome,
      });
    const refused = await post();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    await writeFile(join(folder, 'slos.yaml'), DEADLINE);
    await until('the files to load', async () => (await post()).status === 200);
  });

  it('G1: refuses to start on an address others can reach without tokens, and says what to do', async () => {
    const message = await startService({ BURNWATCH_HOST: '0.0.0.0', BURNWATCH_STORE: await embedded() }).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/BURNWATCH_TOKENS/);
    expect(message).toMatch(/BURNWATCH_ALLOW_ANONYMOUS/);
  });
});

describe('other verbs', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] } });

  it('check passes the examples and fails a broken file at its line and column', async () => {
    expect(run('check', EXAMPLES)).toMatchObject({ status: 0 });
    const folder = await sloFolder(DEADLINE.replace('within: 2s', 'within: 2 parsecs'));
    const { status, stdout } = run('check', folder);
    expect(status).toBe(1);
    expect(stdout).toMatch(/slos\.yaml:5:\d+: /);
    expect(JSON.parse(run('check', folder, '--format', 'json').stdout)).toMatchObject({ ok: false });
  });

  it('G2: check warns of targets that nothing may be sent to, as the settings of the service say', async () => {
    const webhook = 'http://10.0.0.1/services/T0/B0/hidden';
    const folder = await sloFolder(
      DEADLINE.replace(/targets: .*/, `targets: { terminal: { slack: { webhook: '${webhook}' } } }`),
    );
    const check = (env: Readonly<Record<string, string>>) =>
      spawnSync(process.execPath, [PROGRAM, 'check', folder], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ...env },
      });
    const { status, stdout } = check({});
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /slos\.yaml:\d+:\d+: warning: nothing will be sent to this target: plain http goes only to this machine/,
    );
    expect(stdout).not.toContain('hidden');
    expect(check({ BURNWATCH_ALLOW_HTTP_TARGETS: 'true' }).stdout).not.toContain('nothing will be sent');
    expect(check({ BURNWATCH_TARGET_HOSTS: 'hooks.slack.com' }).stdout).toContain('BURNWATCH_TARGET_HOSTS');
    expect(check({ BURNWATCH_ALLOW_HTTP_TARGETS: 'maybe' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('BURNWATCH_ALLOW_HTTP_TARGETS') as string,
    });
  });

  it('notify test reports what happened: delivered, or no such target', async () => {
    const folder = await sloFolder(DEADLINE);
    const delivered = run('notify', 'test', 'terminal', '--slos', folder);
    expect(delivered).toMatchObject({ status: 0 });
    expect(delivered.stdout).toContain('TEST');
    const missing = run('notify', 'test', 'nobody', '--slos', folder);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('terminal');
  });

  it('--help and --version work everywhere, and an unknown verb fails', () => {
    expect(run('--version').stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    for (const verb of [[], ['serve'], ['demo'], ['check'], ['schema'], ['notify'], ['notify', 'test']]) {
      expect(run(...verb, '--help'), verb.join(' ')).toMatchObject({ status: 0, stderr: '' });
    }
    expect(run('srve').status).not.toBe(0);
  });
});
