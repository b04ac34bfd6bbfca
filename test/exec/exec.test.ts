import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { IMPLEMENTATIONS, killRuns, newHome, spooled, start } from './implementations.ts';
import type { Ended, Implementation, RunOptions } from './implementations.ts';
import { startReceiver, stored } from './receiver.ts';
import type { Answer, Receiver } from './receiver.ts';

/** Where nothing listens. */
const NOWHERE = 'http://127.0.0.1:1';

const NIGHTLY = `
workflow: nightly
owner: shop
slos: { succeeds: { objective: 99%, window: 28d, sli: succeeded } }
---
teams: { shop: { page: [terminal] } }
targets: { terminal: { log: {} } }
`;

afterEach(() => {
  killRuns();
  killServices();
});

async function receiver(answer?: Answer): Promise<Receiver> {
  const started = await startReceiver(answer);
  onTestFinished(() => started.close());
  return started;
}

const sh = (script: string, ...words: string[]): string[] => [...words, '--', 'sh', '-c', script];

type Running = (home: string, words: readonly string[], url: string, options?: RunOptions) => Promise<Ended>;

function running(implementation: Implementation): Running {
  return (home, words, url, options = {}) =>
    start(implementation, home, words, { ...options, env: { BURNWATCH_URL: url, ...options.env } }).ended;
}

/**
 * Nothing changes for the command, and what could not be reported is kept: all of it within `most` milliseconds. Gives how
 * many it took.
 */
async function expectUnchanged(run: Running, url: string, isThere: boolean, most = 14_000): Promise<number> {
  const home = newHome();
  const script = 'cat; printf "no newline"; echo "to errors" >/dev/stderr; echo "$1" >&2; exit 7';
  const began = performance.now();
  const ended = await run(home, [...sh(script, 'nightly', 'n-1'), 'sh', '*'], url, { input: 'from\ninput' });
  expect(ended).toEqual({ code: 7, stdout: 'from\ninputno newline', stderr: 'to errors\n*\n' });
  const took = performance.now() - began;
  expect(took).toBeLessThan(most);
  const kept = spooled(home).map(({ execution, status }) => [execution, status]);
  expect(kept).toEqual(
    isThere
      ? []
      : [
          ['n-1', 'started'],
          ['n-1', 'failed'],
        ],
  );
  return took;
}

describe.each(IMPLEMENTATIONS)('$name', (implementation) => {
  const run = running(implementation);

  it('reports the start and the end, with how long it took, under an id of its own for each run', async () => {
    const { url, records } = await receiver();
    const before = Date.now();
    expect((await run(newHome(), sh('sleep 0.2', 'nightly'), url)).code).toBe(0);
    const after = Date.now();
    expect((await run(newHome(), sh('sleep 0.2', 'nightly'), url)).code).toBe(0);
    const [start, end, next] = records();
    expect(start).toEqual({
      workflow: 'nightly',
      execution: expect.stringMatching(/^nightly-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ-[0-9a-f]{8}$/) as string,
      status: 'started',
      at: expect.any(Number) as number,
    });
    expect(end).toEqual({
      ...start,
      status: 'succeeded',
      at: expect.any(Number) as number,
      durationMs: expect.any(Number) as number,
    });
    const { at: startedAt } = start as { at: number };
    const { at: endedAt, durationMs } = end as { at: number; durationMs: number };
    expect(startedAt).toBeGreaterThanOrEqual(before);
    expect(endedAt).toBeLessThanOrEqual(after);
    expect(durationMs).toBeGreaterThanOrEqual(200);
    // The start may be told somewhat before the command begins: by no more than this run took besides the command.
    expect(Math.abs(endedAt - startedAt - durationMs)).toBeLessThanOrEqual(after - before - 200);
    expect(next!['execution']).not.toBe(start!['execution']);
  });

  it('reports steps, attempts and executions as they are named', async () => {
    const { url, records } = await receiver();
    const named = { execution: 'day "1" \\ é', step: 'load/all', attempt: 2 };
    await run(
      newHome(),
      ['--step', named.step, '--attempt=2', 'etl:daily', named.execution, '--', 'true'],
      url,
    );
    expect(records()).toEqual(
      ['started', 'succeeded'].map(
        (status) => expect.objectContaining({ workflow: 'etl:daily', ...named, status }) as object,
      ),
    );
  });

  it.each([
    ['exit 3', { status: 'failed', error: 'exit-3' }, 3],
    ['exit 255', { status: 'failed', error: 'exit-255' }, 255],
    ['kill -KILL $$', { status: 'failed', error: 'exit-137' }, 137],
    ['kill -SEGV $$', { status: 'failed', error: 'exit-139' }, 139],
    ['kill -TERM $$', { status: 'cancelled' }, 143],
    ['exit 130', { status: 'cancelled' }, 130],
  ])('%s is reported as %o, and its code is kept', async (script, reported, code) => {
    const { url, records } = await receiver();
    expect((await run(newHome(), sh(script, 'nightly'), url)).code).toBe(code);
    const [, end] = records();
    expect(end).toMatchObject(reported);
    expect(end!['error']).toBe((reported as { error?: string }).error);
  });

  it('reports a command that is not there, or cannot be run, as a shell would', async () => {
    const { url, records } = await receiver();
    const missing = await run(newHome(), ['nightly', '--', 'no-such-command'], url);
    expect([missing.code, missing.stdout]).toEqual([127, '']);
    expect(missing.stderr).toContain('no-such-command');
    expect((await run(newHome(), ['nightly', '--', '/dev/null'], url)).code).toBe(126);
    // What its own shell has built in, or defines, is none.
    expect((await run(newHome(), ['nightly', '--', 'bw_note', 'x'], url)).code).toBe(127);
    const ends = records().filter(({ status }) => status !== 'started');
    expect(ends.map(({ error }) => error)).toEqual(['exit-127', 'exit-126', 'exit-127']);
  });

  it('keeps the last line of what it wrote on its standard error, without what could harm', async () => {
    const { url, records } = await receiver();
    const lines = [
      `printf 'first\\nlast "quoted" \\\\ line\\n\\n' >&2`,
      `printf '\\033[31mred\\033[0m\\ttab\\007' >&2`,
      `printf 'caf\\303\\251 \\377\\376 %s' "$(printf '%0300d' 0)" >&2`,
      `echo output; exit 1`,
    ];
    for (const line of lines) await run(newHome(), sh(line, 'nightly'), url);
    const messages = records()
      .filter(({ status }) => status !== 'started')
      .map(({ attributes }) => (attributes as { message: string } | undefined)?.message);
    expect(messages).toEqual([
      'last "quoted" \\ line',
      expect.stringMatching(/^red tab ?$/),
      expect.stringMatching(/^café {2}0{190,194}$/),
      undefined,
    ]);
  });

  it.each<[string, Answer | null]>([
    ['there', stored],
    ['away', null],
    ['in the way of something else', (response) => void response.end('<html>Please sign in')],
    ['full', (response) => void response.writeHead(503).end('{"status":503,"code":"queue-full"}')],
    ['cutting connections', (response) => void response.destroy()],
  ])(
    'changes nothing of input, output, errors and code while Burnwatch is %s, and keeps the reports',
    async (state, answer) => {
      const there = answer && (await receiver(answer));
      await expectUnchanged(run, there?.url ?? NOWHERE, state === 'there');
    },
  );

  it('changes nothing where it can keep nothing, knows no address, or has no home', async () => {
    for (const env of [
      { HOME: '/dev/null', TMPDIR: '/dev/null' },
      { BURNWATCH_SPOOL: '/proc/nowhere' },
      { HOME: '' },
    ]) {
      const ended = await run(newHome(), sh('echo out; echo err >&2; exit 4', 'nightly'), '', { env });
      expect([env, ended]).toEqual([env, { code: 4, stdout: 'out\n', stderr: 'err\n' }]);
    }
  });

  it('says what it could not report only when asked to, on standard error', async () => {
    const { code, stdout, stderr } = await run(newHome(), sh('echo out', '--verbose', 'nightly'), NOWHERE);
    expect([code, stdout]).toEqual([0, 'out\n']);
    expect(stderr.split('\n')).toEqual([
      ...Array<unknown>(2).fill(
        expect.stringMatching(/^burnwatch exec: not reported: .* kept in .*\/w-nightly$/),
      ),
      '',
    ]);
  });

  it('leaves the folder, the environment, the mask of files and open files as they are', async () => {
    const script = 'pwd; umask; env | grep -v "^_=\\|^SHLVL=\\|^PWD=\\|^OLDPWD=" | sort; ls /proc/self/fd';
    const env = {
      BURNWATCH_URL: NOWHERE,
      bw_token: 'mine',
      bw_dir: 'mine',
      BURNWATCH_TOKEN: 'there-before',
      LANG: 'C.UTF-8',
    };
    const home = newHome();
    const { stdout } = await run(home, sh(script, 'nightly'), NOWHERE, { env });
    const plain = spawnSync('sh', ['-c', script], {
      encoding: 'utf8',
      env: { ...env, PATH: implementation.path, HOME: home },
    });
    const withoutOwn = (text: string): string => text.replaceAll(/^bw_\w+=.*\n/gm, '');
    expect(withoutOwn(stdout)).toBe(withoutOwn(plain.stdout));
    expect(stdout).not.toMatch(/^bw_\w+=(?!mine)/m);
  });

  it('keeps output and errors in order where they go to the same place', async () => {
    const file = join(newHome(), 'log');
    const output = openSync(file, 'a');
    const script = 'i=0; while [ $i -lt 50 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done';
    await run(newHome(), sh(script, 'nightly'), NOWHERE, { stdio: ['ignore', output, output] });
    closeSync(output);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index % 2 ? 'err' : 'out'} ${Math.floor(index / 2)}`),
    );
  });

  it('ends with the command, and passes on what is written later by what the command has left behind', async () => {
    const file = join(newHome(), 'errors');
    const errors = openSync(file, 'a');
    const { url, records } = await receiver();
    // It goes on until the test lets it go.
    const letGo = (): void => writeFileSync(`${file}.go`, '');
    onTestFinished(letGo);
    const left =
      '(while [ ! -e "$0.go" ]; do sleep 0.1; done; echo later >&2; echo and later >&2) & echo first >&2';
    const began = performance.now();
    await run(newHome(), sh('echo first >&2', 'nightly'), url);
    const usual = performance.now() - began;
    await run(newHome(), [...sh(left, 'nightly'), file], url, { stdio: ['ignore', 'ignore', errors] });
    closeSync(errors);
    expect(performance.now() - began - usual).toBeLessThan(2000 + 2 * usual);
    expect(records()).toHaveLength(4);
    expect(readFileSync(file, 'utf8')).toBe('first\n');
    letGo();
    await until('what was left behind', () => readFileSync(file, 'utf8') === 'first\nlater\nand later\n');
  });

  it('C1: sends what it kept with the next run, oldest first and before its own, under the same identities', async () => {
    const home = newHome();
    for (const execution of ['n-1', 'n-2']) await run(home, ['nightly', execution, '--', 'true'], NOWHERE);
    await run(home, ['nightly', 'lost', '--', 'true'], NOWHERE);
    const { url, requests, records } = await receiver();
    // What is kept for one address is nothing for another.
    await run(home, ['nightly', 'n-3', '--', 'true'], url);
    expect(records()).toHaveLength(2);
    const folder = join(home, '.local/state/burnwatch/spool');
    const address = (of: string): string => join(folder, `u-${of.replaceAll(/[:/]/g, '_')}`);
    mkdirSync(address(url));
    spawnSync('cp', ['-r', join(address(NOWHERE), 'w-nightly'), address(url)]);
    requests.length = 0;
    await run(home, ['nightly', 'n-4', '--', 'true'], url);
    expect(records().map(({ execution, status }) => `${String(execution)} ${String(status)}`)).toEqual(
      ['n-1', 'n-2', 'lost', 'n-4'].flatMap((execution) => [
        `${execution} started`,
        `${execution} succeeded`,
      ]),
    );
    expect(requests).toHaveLength(2);
    expect(readdirSync(address(url))).toEqual([]);
  });

  it('sends what other workflows kept, and leaves what its token is not for', async () => {
    const home = newHome();
    for (const workflow of ['a/b', 'a_b']) await run(home, [workflow, 'e', '--', 'true'], NOWHERE);
    const forbidding: Answer = (response) =>
      void response.end('{"accepted":0,"duplicates":0,"rejected":[{"index":0,"code":"forbidden-workflow"}]}');
    let answer: Answer = stored;
    const { url, records } = await receiver((response, count) => answer(response, count));
    const folder = join(home, '.local/state/burnwatch/spool');
    spawnSync('mv', [
      join(folder, readdirSync(folder)[0]!),
      join(folder, `u-${url.replaceAll(/[:/]/g, '_')}`),
    ]);
    answer = (response, count) =>
      (records().at(-1)!['workflow'] === 'a_b' ? forbidding : stored)(response, count);
    await run(home, ['c', 'e', '--', 'sleep', '1'], url);
    expect(
      records()
        .map(({ workflow }) => String(workflow))
        .toSorted(),
    ).toEqual(['a/b', 'a/b', 'a_b', 'a_b', 'c', 'c']);
    expect(spooled(home).map(({ workflow }) => workflow)).toEqual(['a_b', 'a_b']);
  });

  it('keeps at most 1,000 records of a workflow and none for longer than a day', async () => {
    const home = newHome();
    const folder = join(home, `.local/state/burnwatch/spool/u-${NOWHERE.replaceAll(/[:/]/g, '_')}/w-nightly`);
    mkdirSync(folder, { recursive: true });
    const now = Date.now();
    const keep = (at: number, name: string) =>
      writeFileSync(
        join(folder, name),
        `{"workflow":"nightly","execution":"${at}","at":${at},"status":"started"}\n`,
      );
    for (let index = 1; index <= 1005; index++) keep(index, `${now - 3_600_000 + index}-abcd-1.json`);
    for (const name of ['-abcd-1.json', '-abcd-2.tmp'])
      keep(0, `${name.endsWith('tmp') ? '.' : ''}${now - 25 * 3_600_000}${name}`);
    await run(home, ['nightly', 'new', '--', 'true'], NOWHERE);
    const kept = spooled(home);
    expect(kept).toHaveLength(1000);
    expect(kept.slice(-2).map(({ execution, status }) => [execution, status])).toEqual([
      ['new', 'started'],
      ['new', 'succeeded'],
    ]);
    expect(kept[0]!['execution']).toBe('8');
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('C1: loses and repeats nothing when many run at once while Burnwatch is away and back', async () => {
    const home = newHome();
    const env = {
      BURNWATCH_STORE: mkdtempSync(join(tmpdir(), 'burnwatch-store-')),
      BURNWATCH_SLOS: await sloFolder(NIGHTLY),
    };
    let service = await startService(env);
    const { url } = service;
    const port = new URL(url).port;
    const many = (prefix: string) =>
      Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          run(home, ['nightly', `${prefix}-${index}`, '--', 'false'], url),
        ),
      );
    await many('there');
    await service.stop();
    await many('away');
    expect(spooled(home)).toHaveLength(12);
    service = await startService({ ...env, BURNWATCH_PORT: port });
    await many('back');
    expect(spooled(home)).toEqual([]);
    const answer = await fetch(`${url}/v1/slos/nightly/succeeds`);
    expect(await answer.json()).toMatchObject({ sli: { good: 0, bad: 18, total: 18 } });
  });

  it.each([
    ['TERM', 143],
    ['INT', 130],
    ['HUP', 129],
  ] as const)(
    'passes SIG%s on to the command, whose death by it is reported as cancelled',
    async (signal, code) => {
      const { url, records } = await receiver();
      const { child, ended } = start(implementation, newHome(), ['nightly', '--', 'sleep', '60'], {
        env: { BURNWATCH_URL: url },
      });
      await until('the start', () => records().length === 1);
      child.kill(`SIG${signal}`);
      expect((await ended).code).toBe(code);
      expect(records()[1]).toMatchObject({ status: 'cancelled' });
    },
  );

  it('passes on more than one signal, and waits for a command that ends in its own time', async () => {
    const { url, records } = await receiver();
    const script = `trap 'echo usr >&2' USR1; trap 'echo term >&2; exit 5' TERM; echo ready >&2; while :; do sleep 0.05; done`;
    const { child, ended } = start(implementation, newHome(), sh(script, 'nightly'), {
      env: { BURNWATCH_URL: url },
    });
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await until('the command', () => errors.includes('ready'));
    child.kill('SIGUSR1');
    await until('the first signal', () => errors.includes('usr'));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 5, stderr: 'ready\nusr\nterm\n' });
    expect(records()[1]).toMatchObject({ status: 'cancelled', attributes: { message: 'term' } });
  });

  it('G1: shows its token to no process but itself, and not to the command', async () => {
    const { url, requests } = await receiver((response, count) =>
      setTimeout(() => stored(response, count), 500),
    );
    const home = newHome();
    const file = join(home, 'token');
    const secret = 'tok-4f1c9a7e52d38b60';
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    const { ended } = start(implementation, home, sh('env; sleep 1', 'nightly'), {
      env: { BURNWATCH_URL: url, BURNWATCH_TOKEN_FILE: file },
    });
    const state = { over: false };
    void ended.then(() => (state.over = true));
    const seen: string[] = [];
    while (!state.over) {
      for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          seen.push(readFileSync(`/proc/${id}/cmdline`, 'utf8'));
        } catch {
          // It has ended.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(`Bearer ${secret}`));
    expect(seen.some((line) => line.includes('nightly'))).toBe(true);
    expect(seen.filter((line) => line.includes(secret))).toEqual([]);
    expect((await ended).stdout).toContain('BURNWATCH_TOKEN_FILE');
    expect((await ended).stdout).not.toContain(secret);
    await run(home, ['nightly', '--', 'true'], url, { env: { BURNWATCH_TOKEN: 'another' } });
    expect(requests.at(-1)!.headers.authorization).toBe('Bearer another');
  });

  it.each([
    [[], 'command is missing'],
    [['nightly'], 'command is missing'],
    [['nightly', '--'], 'command is missing'],
    [['--', 'true'], 'workflow must be'],
    [['a b', '--', 'true'], 'workflow must be'],
    [['a', 'b', 'c', '--', 'true'], 'more before --'],
    [['--step', 'a b', 'nightly', '--', 'true'], '--step must be'],
    [['--timeout', 'soon', 'nightly', '--', 'true'], '--timeout must be'],
    [['--timeout', '0s', 'nightly', '--', 'true'], '--timeout must be'],
    [['--attempt', '0', 'nightly', '--', 'true'], '--attempt must be'],
    [['--strange', 'nightly', '--', 'true'], '--strange'],
  ])('refuses %j with 125, on standard error, and runs nothing', async (words, why) => {
    const { code, stdout, stderr } = await run(newHome(), words, NOWHERE);
    expect([code, stdout]).toEqual([125, '']);
    expect(stderr).toContain(why);
  });
});

// These wait for a long time, each for all implementations at once.
describe('every implementation', () => {
  const each = (test: (run: Running) => Promise<void>) =>
    Promise.all(IMPLEMENTATIONS.map((one) => test(running(one))));

  it('changes nothing while Burnwatch takes requests and never answers, and keeps the reports', async () => {
    const { url } = await receiver(() => null);
    await each(async (run) => {
      const usual = await expectUnchanged(run, NOWHERE, false);
      await expectUnchanged(run, url, false, 14_000 + 2 * usual);
    });
  });

  it('ends a command after its time, with TERM and then KILL, and leaves nothing behind', async () => {
    await each(async (run) => {
      const { url, records } = await receiver();
      const began = performance.now();
      const timed = (words: string[]) => run(newHome(), ['--timeout', '1s', ...words], url);
      const [soft, hard, quick] = await Promise.all([
        timed(['soft', '--', 'sleep', '60']),
        timed(sh(`trap '' TERM; while :; do sleep 0.2; done`, 'hard')),
        timed(['quick', '--', 'true']),
      ]);
      expect([soft.code, hard.code, quick.code]).toEqual([143, 137, 0]);
      expect(performance.now() - began).toBeGreaterThan(10_500);
      const end = (workflow: string) => records().findLast((record) => record['workflow'] === workflow);
      expect(end('soft')).toMatchObject({ status: 'failed', error: 'timeout' });
      expect(end('hard')).toMatchObject({ status: 'failed', error: 'timeout' });
      expect(end('quick')).toMatchObject({ status: 'succeeded' });
    });
  });
});

it('exec.sh is served to everyone, with the address of the settings and not that of the request', async () => {
  const service = await startService({
    BURNWATCH_STORE: mkdtempSync(join(tmpdir(), 'burnwatch-store-')),
    BURNWATCH_SLOS: await sloFolder(NIGHTLY),
    BURNWATCH_TOKENS: 'reader:read:4f1c9a7e52d38b6077',
    BURNWATCH_PUBLIC_URL: "https://burnwatch.example.com/it's/$(id)/",
  });
  const answer = await fetch(`${service.url}/exec.sh`, { headers: { Host: 'evil.example.net' } });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/x-shellscript; charset=utf-8',
  ]);
  const script = await answer.text();
  expect(script).not.toContain('evil');
  const line = script.split('\n').find((each) => each.startsWith('bw_fallback='))!;
  const { stdout } = spawnSync('sh', ['-c', `${line}\nprintf %s "$bw_fallback"`], { encoding: 'utf8' });
  expect(stdout).toBe("https://burnwatch.example.com/it's/$(id)");
});
