import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { AcceptingPeer } from './accepting-peer.ts';
import { startAcceptingPeer } from './accepting-peer.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACTION = join(ROOT, 'src/client/github-action');
const run = promisify(execFile);

let peer: AcceptingPeer;
beforeAll(async () => {
  peer = await startAcceptingPeer();
});
afterEach(() => {
  peer.records.length = 0;
});
afterAll(() => peer.close());

const said = () =>
  peer.records.map(({ execution, step, attempt, status, error, willRetry }) =>
    [execution, step, attempt, status, error, willRetry]
      .flatMap((field) => (field == null ? [] : [field as string]))
      .join(' '),
  );

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly env: Readonly<Record<string, string>>; readonly run: string }[];
  };
}

/** Runs the shell of the action as GitHub would; gives the exit code and what it printed. */
async function action(inputs: Readonly<Record<string, string>>, url = peer.url): Promise<[number, string]> {
  const { inputs: known, runs } = parse(await readFile(join(ACTION, 'action.yml'), 'utf8')) as Action;
  const [step] = runs.steps;
  const given: Record<string, string> = { url, token: 'a-token', ...inputs };
  const env = Object.fromEntries(
    Object.entries(step!.env).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)![1]!;
      expect(Object.keys(known)).toContain(input);
      return [name, given[input] ?? known[input]!.default ?? ''];
    }),
  );
  const own = {
    PATH: process.env['PATH'],
    GITHUB_ACTION_PATH: ACTION,
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '2',
    RUNNER_TEMP: await mkdtemp(join(tmpdir(), 'burnwatch-runner-')),
  };
  const shell = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step!.run];
  return run('bash', shell, { env: { ...own, ...env } }).then(
    ({ stdout }) => [0, stdout],
    (error: { code: number; stdout: string }) => [error.code, error.stdout],
  );
}

describe('the GitHub Action', () => {
  it('runs a command, which keeps its output and exit code, and reports it', async () => {
    expect(await action({ workflow: 'release', run: 'echo made\necho done' })).toEqual([0, 'made\ndone\n']);
    expect(said()).toEqual(['acme/shop/4711 2 started', 'acme/shop/4711 2 succeeded']);
    peer.records.length = 0;
    const failing = {
      workflow: 'release',
      execution: 'v1',
      step: 'build',
      run: 'false | cat\necho unreached',
    };
    expect(await action(failing)).toEqual([1, '']);
    expect(said()).toEqual(['v1 build 2 started', 'v1 build 2 failed exit-1']);
  });

  it('takes no input for code, and runs the command while Burnwatch is away', async () => {
    const hostile = '$(touch /tmp/burnwatch-hostile); "; exit 7; "';
    const [code] = await action({ workflow: 'release', execution: hostile, run: 'true' });
    expect(code).toBe(0);
    expect(peer.records[0]).toMatchObject({ execution: hostile });
    const away = await action({ workflow: 'release', run: 'echo made; exit 3' }, 'http://127.0.0.1:9');
    expect(away).toEqual([3, 'made\n']);
  });
});

describe('the listener for Airflow', () => {
  it('reports runs and tasks, against a stand-in of Airflow', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'burnwatch-airflow-'));
    await mkdir(join(folder, 'airflow'));
    await writeFile(join(folder, 'airflow/__init__.py'), '');
    await writeFile(join(folder, 'airflow/listeners.py'), 'hookimpl = lambda hook: hook\n');
    await writeFile(join(folder, 'airflow/plugins_manager.py'), 'class AirflowPlugin: pass\n');
    const story = `
from types import SimpleNamespace as Thing
import burnwatch
from burnwatch_airflow import BurnwatchPlugin
[listener] = BurnwatchPlugin.listeners
dag = Thing(dag_id='etl', run_id='scheduled__2026-03-02')
task = lambda name, tries, index=-1: Thing(dag_id='etl', run_id=dag.run_id, task_id=name, try_number=tries, max_tries=1, map_index=index)
listener.on_dag_run_running(dag_run=dag, msg='')
listener.on_task_instance_running(previous_state=None, task_instance=task('load', 1))
listener.on_task_instance_failed(previous_state=None, task_instance=task('load', 1))
listener.on_task_instance_failed(previous_state=None, task_instance=task('load', 2))
listener.on_task_instance_success(previous_state=None, task_instance=task('part', 1, 3))
listener.on_dag_run_failed(dag_run=dag, msg='')
burnwatch.close()
`;
    const path = `${folder}:${join(ROOT, 'src/client/python')}`;
    await run('python3', ['-c', story], {
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: path,
        PYTHONDONTWRITEBYTECODE: '1',
        BURNWATCH_URL: peer.url,
      },
    });
    const of = 'scheduled__2026-03-02';
    expect(said()).toEqual([
      `${of} started`,
      `${of} load 1 started`,
      `${of} load 1 failed task-failed true`,
      `${of} load 2 failed task-failed false`,
      `${of} part:3 1 succeeded`,
      `${of} failed dag-failed`,
    ]);
  });
});
