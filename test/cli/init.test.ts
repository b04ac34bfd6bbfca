import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { AskQuestion, InitFlags } from '../../src/cli/init.ts';
import { initSlos } from '../../src/cli/init.ts';
import { loadDefinitions } from '../../src/slo-files/load.ts';
import { references } from '../slo-files/slo-folder.ts';
import { killServices, startService } from '../support/service.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const FLAGS = { workflow: 'checkout', owner: 'shop', steps: 'reserve, charge,ship' };

const newFolder = async () => join(await mkdtemp(join(tmpdir(), 'burnwatch-init-')), 'slos');
const init = (folder: string, flags: InitFlags, ask: AskQuestion | null = null) =>
  initSlos(folder, flags, ask, references());

/** Answers questions in turn, and then goes away. */
function answering(...answers: readonly string[]): { readonly ask: AskQuestion; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask(question) {
      asked.push(question);
      return Promise.resolve(answers[asked.length - 1] ?? null);
    },
  };
}

describe('a first SLO file', () => {
  it('is written from flags, loads without a word, and it is said what it pages on', async () => {
    const folder = await newFolder();
    const { ok, text } = await init(folder, { ...FLAGS, within: '10m', traffic: '60/minute' });
    expect([ok, await readdir(folder)]).toEqual([true, ['first-slo.yaml']]);
    const { definitions, problems } = await loadDefinitions([folder], references());
    expect(problems).toEqual([]);
    const { steps, owner, slos } = definitions!.workflows.get('checkout')!;
    expect([owner, steps, slos.map(({ id }) => id)]).toEqual([
      'shop',
      ['reserve', 'charge', 'ship'],
      ['checkout/done-in-10m'],
    ]);
    expect(text).toMatch(/everything fails: a page after \d+m\n {2}50% of them fail: a page after \d+m\n/);
    expect(text).toMatch(/1x budget \(1%\) of them fail: no page, a ticket after/);
    expect(text).toContain('/v1/slos/checkout/done-in-10m');
  });

  it('says by how many failures a total outage is known where the traffic is not', async () => {
    const { text } = await init(await newFolder(), FLAGS);
    expect(text).toMatch(/everything fails: a page after .*failures in a row/);
  });

  it('asks for what no flag says, again where an answer cannot be used', async () => {
    const folder = await newFolder();
    const { ask, asked } = answering('a b', 'checkout', '', 'shop', '99.5%', '', '100/s');
    const { ok } = await init(folder, { steps: 'only' }, ask);
    expect(ok).toBe(true);
    expect(asked).toEqual([
      expect.stringContaining('What is the workflow called'),
      expect.stringContaining('expected 1 to 128 characters'),
      expect.stringContaining('Which team owns it?'),
      expect.stringContaining('expected 1 to 128 characters'),
      expect.stringMatching(/good\? \[99%\] $/),
      expect.stringMatching(/\[any\] $/),
      expect.stringMatching(/\[unknown\] $/),
    ]);
    const written = await readFile(join(folder, 'first-slo.yaml'), 'utf8');
    expect(written).toContain('objective: 99.5%');
    expect(written).toContain('traffic: 100/s');
  });

  it('is not written while a question is open, and gives up on someone who never answers right', async () => {
    const folder = await newFolder();
    expect(await init(folder, { workflow: 'a' }, answering('b').ask)).toMatchObject({ ok: false });
    let asked = 0;
    const wrong: AskQuestion = () => Promise.resolve(asked++ < 100 ? '?' : null);
    expect(await init(folder, {}, wrong)).toMatchObject({ ok: false });
    expect(asked).toBe(5);
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('never takes the place of anything', async () => {
    const folder = await newFolder();
    await mkdir(folder);
    await writeFile(join(folder, 'mine.txt'), 'mine');
    expect(await init(folder, FLAGS)).toEqual({
      ok: false,
      text: expect.stringContaining('is not empty') as string,
    });
    expect(await readdir(folder)).toEqual(['mine.txt']);
  });

  it.each(['true', '123', 'null', '1e3', 'a:', '-', '.', ':', `x${'y'.repeat(127)}`])(
    'takes the name %s for the text that it is',
    async (name) => {
      const folder = await newFolder();
      expect(await init(folder, { workflow: name, owner: name, steps: name })).toMatchObject({ ok: true });
      const { definitions } = await loadDefinitions([folder], references());
      expect(definitions!.workflows.get(name)).toMatchObject({ owner: name, steps: [name] });
    },
  );

  it('says of every flag at once what is wrong with it', async () => {
    const flags = {
      workflow: 'a\nb',
      owner: '',
      steps: 'a,a',
      objective: '100%',
      within: '-1m',
      traffic: '0/s',
    };
    const { ok, text } = await init(await newFolder(), flags);
    expect(ok).toBe(false);
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual([
      '--workflow',
      '--owner',
      '--steps',
      '--objective',
      '--within',
      '--traffic',
    ]);
  });
});

describe('burnwatch init', () => {
  afterEach(killServices);
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [PROGRAM, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: process.env['PATH'] },
      // Left open, as a pipe of a script may be: no answer ever comes from it.
      stdio: ['pipe', 'pipe', 'pipe'],
    });

  it('does not wait for answers where there is no terminal, and says which flags are missing', async () => {
    const { status, stderr } = run('init', await newFolder(), '--owner', 'shop');
    expect([status, stderr]).toEqual([1, expect.stringContaining('Missing: --workflow, --steps.')]);
  });

  it('writes a file that passes check, runs at once, and counts what it says to send', async () => {
    const folder = await newFolder();
    const flags = Object.entries(FLAGS).flatMap(([flag, value]) => [`--${flag}`, value]);
    const { status, stdout } = run('init', folder, ...flags, '--within', '10m');
    expect(status).toBe(0);
    const checked = run('check', folder);
    expect([checked.status, checked.stdout]).toEqual([0, expect.stringContaining('0 errors, 0 warnings')]);
    const store = await mkdtemp(join(tmpdir(), 'burnwatch-store-'));
    const service = await startService({ BURNWATCH_STORE: store, BURNWATCH_SLOS: folder });
    const commands = stdout.slice(stdout.indexOf('  curl')).replaceAll('http://127.0.0.1:8080', service.url);
    const script = commands.replaceAll('curl', 'curl --silent --fail');
    const sent = spawnSync('bash', ['-ec', script], { encoding: 'utf8', timeout: 30_000 });
    expect([sent.status, sent.stdout]).toEqual([0, expect.stringContaining('"id":"checkout/done-in-10m"')]);
    expect(sent.stdout).toContain('"good":1');
  });

  /** Runs it on a terminal on which someone types these answers, each followed by Enter unless it is a key of its own. */
  function onTerminal(folder: string, answers: readonly string[]) {
    const program = `import os, pty, sys
answers = [a.encode() for a in sys.argv[1].split('|')]
def read(fd):
    data = os.read(fd, 65536)
    if data.rstrip(b' ').endswith((b'?', b']')) and answers: os.write(fd, answers.pop(0))
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read)))`;
    const typed = answers.join('|');
    return spawnSync('python3', ['-c', program, typed, process.execPath, PROGRAM, 'init', folder], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: process.env['PATH'], TERM: 'dumb' },
    });
  }

  it('asks on a terminal', async () => {
    const folder = await newFolder();
    const answers = ['checkout', 'shop', 'pay,ship', '', '5m', ''].map((answer) => `${answer}\n`);
    const { status, stdout } = onTerminal(folder, answers);
    expect([status, stdout]).toEqual([0, expect.stringContaining('Which team owns it?')]);
    expect(await readFile(join(folder, 'first-slo.yaml'), 'utf8')).toContain('steps: [pay, ship]');
  });

  it.each([
    ['Ctrl-D', '\u0004'],
    ['Ctrl-C', '\u0003'],
  ])('ends at %s, and has written nothing', async (_, key) => {
    const folder = await newFolder();
    const { status, stdout } = onTerminal(folder, ['checkout\n', key]);
    expect([status, stdout]).toEqual([1, expect.stringContaining('Nothing was written')]);
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('is completed by shells', () => {
    expect(run('completion', 'bash').stdout).toMatch(/' init'\) choices='[^']*--workflow --owner --steps/);
  });
});
