import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'burnwatch-ci-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function executable(path: string, body: string): void {
  chmodSync(write(path, `#!/bin/bash\n${body}\n`), 0o755);
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly lastLine: string | undefined;
}

function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Ended {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status, output: stdout + stderr, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

const pass = "it('passes', () => {});";

/** Runs tests of their own with the reporters of the real ones. */
function vitest(
  tests: Readonly<Record<string, string>>,
  ...args: string[]
): Ended & { readonly counts: string } {
  for (const [name, text] of Object.entries(tests)) write(`${name}.test.ts`, text);
  const reporters = ['quiet', 'count'].map((name) => join(ROOT, `test/support/${name}-reporter.ts`));
  write(
    'vitest.config.mjs',
    `export default { test: { globals: true, reporters: ${JSON.stringify(reporters)} } };`,
  );
  const counts = write('counts', '');
  const ended = run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
    PATH: process.env['PATH'],
    BURNWATCH_TEST_COUNTS: counts,
  });
  return { ...ended, counts: readFileSync(counts, 'utf8') };
}

describe('the count of tests', () => {
  const failing = "it('fails', () => { throw new Error('as it should'); });";

  it('adds up all files, one that does not load being one failure', () => {
    const tests = {
      a: pass + failing,
      b: `describe('deep', () => { ${pass} });`,
      c: "import './nowhere.ts';",
    };
    expect(vitest(tests)).toMatchObject({ status: 1, lastLine: '2 passed, 2 failed', counts: '2 2 0\n' });
  });

  it('succeeds when all passed, those that -t leaves out aside', () => {
    expect(vitest({ a: `${pass} it('other', () => {});` }, '-t', 'passes')).toMatchObject({
      status: 0,
      lastLine: '1 passed, 0 failed',
    });
  });

  it.each([
    ['a skipped test', `${pass} it.skip('later', () => {});`, '1 passed, 0 failed'],
    ['a test to do', `${pass} it.todo('later');`, '1 passed, 0 failed'],
    ['a test that leaves out another', `${pass} it.only('this', () => {});`, '1 passed, 0 failed'],
    [
      'an error outside any test',
      `${pass} setTimeout(() => { throw new Error('late'); });
      it('waits', () => new Promise((done) => setTimeout(done, 100)));`,
      '2 passed, 1 failed',
    ],
    [
      'a suite that cannot be set up',
      `beforeAll(() => { throw new Error('no'); }); ${pass}`,
      '0 passed, 1 failed',
    ],
  ])('fails on %s', (_, text, lastLine) => {
    const ended = vitest({ a: text });
    expect(ended).toMatchObject({ status: 1, lastLine });
  });

  it('fails when there is no test', () => {
    expect(vitest({}, '--passWithNoTests')).toMatchObject({ status: 1, lastLine: '0 passed, 0 failed' });
  });
});

describe('a run that prints its own results only', () => {
  const printing = (statement: string): string => `it('prints', async () => { ${statement} });`;

  it.each([
    ['the console', "console.log('noise');"],
    ['the console for errors', "console.error('noise');"],
    ['the standard output', "process.stdout.write('noise');"],
    ['the standard error', "process.stderr.write('noise');"],
    ['a warning', "process.emitWarning('noise'); await new Promise((done) => setTimeout(done, 50));"],
    [
      'a process it started',
      `(await import('node:child_process')).spawnSync('sh', ['-c', 'echo noise >&2'], { stdio: 'inherit' });`,
    ],
  ])('fails on a test that writes to %s', (_, statement) => {
    const ended = vitest({ a: pass + printing(statement) });
    expect(ended).toMatchObject({
      status: 1,
      lastLine: expect.stringContaining('2 passed, 0 failed') as string,
    });
    expect(ended.output).toContain('A test printed something');
  });

  it('succeeds when none does', () => {
    const { status, output } = vitest({ a: pass });
    expect({ status, output }).toEqual({ status: 0, output: '1 passed, 0 failed\n' });
  });
});

describe('the CI run', () => {
  // The real script in a checkout of its own, with an npm that only plays its steps.
  function ci(steps: string): Ended {
    write('.ci/run', readFileSync(join(ROOT, '.ci/run'), 'utf8'));
    executable('bin/npm', `case "$*" in\n${steps}\n*) exit 0 ;;\nesac`);
    return run('bash', ['.ci/run'], { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` });
  }

  it('succeeds with the numbers of the test run', () => {
    const ended = ci('test) test "$CI" = true && echo "7 0 0" >>"$BURNWATCH_TEST_COUNTS" ;;');
    expect(ended).toMatchObject({ status: 0, lastLine: '7 passed, 0 failed' });
  });

  it('waits for the check that runs beside the tests, and prints what it found', () => {
    const ended = ci(
      '"run check") sleep 1; echo "a finding"; exit 1 ;; test) echo "7 0 0" >>"$BURNWATCH_TEST_COUNTS" ;;',
    );
    expect(ended).toMatchObject({ status: 1, lastLine: '7 passed, 1 failed' });
    expect(ended.output).toContain('a finding');
  });

  it.each([
    ['the installation fails', 'ci) exit 1 ;;', '0 passed, 1 failed'],
    [
      'the check fails',
      '"run check") exit 1 ;; test) echo "7 0 0" >>"$BURNWATCH_TEST_COUNTS" ;;',
      '7 passed, 1 failed',
    ],
    ['tests fail', 'test) echo "5 2 0" >>"$BURNWATCH_TEST_COUNTS"; exit 1 ;;', '5 passed, 2 failed'],
    ['a test is skipped', 'test) echo "7 0 1" >>"$BURNWATCH_TEST_COUNTS"; exit 1 ;;', '7 passed, 1 failed'],
    ['the build fails', 'test) exit 2 ;;', '0 passed, 1 failed'],
    ['nothing was tested', '', '0 passed, 0 failed'],
  ])('fails when %s, its last line saying how much', (_, steps, lastLine) => {
    expect(ci(steps)).toMatchObject({ status: 1, lastLine });
  });
});

describe('test/setup.sh', () => {
  const commands = [
    'redis-server',
    'prometheus',
    'promtool',
    'prometheus-alertmanager',
    'chromium-headless-shell',
    'faketime',
    'kcat',
    'python3',
    'zsh',
    'fish',
    'curl',
    'wget',
    'busybox',
  ];
  const setup = (): Ended => run('/bin/bash', [join(ROOT, 'test/setup.sh')], { PATH: join(folder, 'bin') });

  it('touches nothing when all is there', () => {
    for (const command of commands) executable(`bin/${command}`, 'exit 1');
    expect(setup()).toMatchObject({ status: 0, output: '' });
  });

  it('fails without a package manager, naming what is missing and how to get it', () => {
    executable('bin/prometheus', 'exit 1');
    const { status, output } = setup();
    expect(status).toBe(1);
    expect(output).toContain(
      'on the PATH: redis-server promtool prometheus-alertmanager chromium-headless-shell faketime kcat python3 zsh fish curl wget busybox\n',
    );
    expect(output).toContain(
      'apt-get install --no-install-recommends redis-server prometheus prometheus-alertmanager chromium-headless-shell faketime kcat python3 zsh fish curl wget busybox\n',
    );
  });

  it('installs exactly what is missing, without recommended packages or questions', () => {
    for (const command of commands.slice(1)) executable(`bin/${command}`, 'exit 1');
    executable('bin/sudo', 'exec "$@"');
    symlinkSync('/usr/bin/env', join(folder, 'bin/env'));
    executable(
      'bin/apt-get',
      `echo "$DEBIAN_FRONTEND $*" >>"${folder}/asked"
       case "$*" in install*) echo '#!/bin/bash' >"${folder}/bin/redis-server"; /bin/chmod +x "${folder}/bin/redis-server" ;; esac`,
    );
    expect(setup().status).toBe(0);
    expect(readFileSync(join(folder, 'asked'), 'utf8').split('\n')).toEqual([
      ' update --quiet',
      'noninteractive install --yes --quiet --no-install-recommends redis-server',
      '',
    ]);
  });

  it('fails when the installation does, or leaves something missing', () => {
    executable('bin/sudo', 'exec "$@"');
    symlinkSync('/usr/bin/env', join(folder, 'bin/env'));
    executable('bin/apt-get', 'case "$*" in install*) exit 100 ;; esac');
    expect(setup()).toMatchObject({
      status: 1,
      output: expect.stringContaining('apt-get install failed') as string,
    });
    executable('bin/apt-get', 'exit 0');
    expect(setup()).toMatchObject({ status: 1, output: expect.stringContaining('still missing') as string });
  });
});
