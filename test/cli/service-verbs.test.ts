import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const run = promisify(execFile);
const TOKEN = 'a-token-that-may-do-all';

let service: Service;
/** All that failed did so then. */
const failedAt = Date.now() - 60_000;
beforeAll(async () => {
  service = await startService({
    BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
    BURNWATCH_EVALUATE: '* * * * * *',
    BURNWATCH_TOKENS: `ops:admin:${TOKEN}`,
    BURNWATCH_SLOS: await sloFolder(`
workflow: orders
owner: shop
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
workflow: mails
owner: crm
labels: { tier: gold }
slos: { sent: { objective: 99%, window: 7d, sli: succeeded } }
---
teams: { shop: { page: [terminal] }, crm: { page: [terminal] } }
targets: { terminal: { log: {} } }
`),
  });
  const failed = Array.from({ length: 50 }, (_, index) => ({
    workflow: 'orders',
    execution: `${index}`,
    status: 'failed',
    error: 'time\u001b[31mout',
    at: new Date(failedAt).toISOString(),
  }));
  const answer = await fetch(`${service.url}/v1/outcomes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(failed),
  });
  expect(answer.status).toBe(200);
  await until('a page', async () => (await burnwatch('incidents'))[1].includes('page'));
});
afterAll(killServices);

const environment = () => ({
  PATH: process.env['PATH'],
  TERM: 'xterm',
  BURNWATCH_URL: service.url,
  BURNWATCH_TOKEN: TOKEN,
});

async function burnwatch(...args: readonly string[]): Promise<[code: number, output: string]> {
  return run(process.execPath, [PROGRAM, ...args], { env: environment() }).then(
    ({ stdout }) => [0, stdout],
    (error: { code: number; stdout: string; stderr: string }) => [error.code, error.stdout + error.stderr],
  );
}

/** The same on a terminal; what goes on is ended after its second look. */
async function onTerminal(...args: readonly string[]): Promise<string> {
  const program = `import pty, sys
shown = b''
def read(fd):
    global shown
    import os
    data = os.read(fd, 65536)
    shown += data
    if shown.count(b'ALERT') == 2: sys.exit(0)
    return data
pty.spawn(sys.argv[1:], read)`;
  const { stdout } = await run('python3', ['-c', program, process.execPath, PROGRAM, ...args], {
    env: environment(),
  });
  return stdout;
}

describe('burnwatch budget', () => {
  it('shows every budget, the worst first, without colour where there is no terminal', async () => {
    const [code, text] = await burnwatch('budget');
    expect(code).toBe(0);
    const [heading, ...lines] = text.trimEnd().split('\n');
    expect(heading).toMatch(/^ALERT +SLO +OWNER +OBJECTIVE +LEFT +BURN 1H +EXHAUSTED$/);
    expect(lines).toEqual([
      expect.stringMatching(/^page +orders\/works +shop +99\.9% of 28d +50 bad of 50 so far +1,?000x +-$/),
      expect.stringMatching(/^- +mails\/sent +crm +99% of 7d +no data +- +-$/),
    ]);
    expect(text).not.toContain('\u001b');
  });

  it('has those of one team, or JSON, and says so when there are none or it cannot ask', async () => {
    expect((await burnwatch('budget', '--owner', 'crm'))[1]).not.toContain('orders');
    const [, json] = await burnwatch('budget', '--owner', 'crm', '--format', 'json');
    expect(JSON.parse(json)).toMatchObject([{ id: 'mails/sent' }]);
    const [, gold] = await burnwatch('budget', '--label', 'tier=g*', '--format', 'json');
    expect(JSON.parse(gold)).toMatchObject([{ id: 'mails/sent', labels: { tier: 'gold' } }]);
    expect((await burnwatch('budget', '--label', 'tier=none'))[1]).toBe(
      'There are no SLOs with tier=none.\n',
    );
    expect((await burnwatch('budget', '--label', '=x'))[1]).toContain('such as tier=gold');
    expect(await burnwatch('budget', '--owner', 'none')).toEqual([0, 'There are no SLOs of "none".\n']);
    expect((await burnwatch('budget', '--format', 'xml'))[0]).toBe(1);
    const away = run(process.execPath, [PROGRAM, 'budget'], { env: { BURNWATCH_URL: 'http://127.0.0.1:9' } });
    await expect(away).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('http://127.0.0.1:9 does not do it: ') as string,
    });
  });

  it('is coloured on a terminal, and watched there', async () => {
    const shown = await onTerminal('budget');
    expect(shown).toContain('\u001b[31mpage');
    const watched = await onTerminal('budget', '--watch');
    expect(watched).toContain('\u001b[2J');
  }, 30_000);
});

describe('burnwatch incidents', () => {
  it('shows the open ones and what fails in them, whatever producers sent', async () => {
    const [code, text] = await burnwatch('incidents', '--owner', 'shop');
    expect(code).toBe(0);
    const [, ...lines] = text.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^open +page +orders\/works +shop .* - +\S+ +time.*out$/);
    expect(text).not.toContain('\u001b');
    const [, json] = await burnwatch('incidents', '--format', 'json');
    expect(JSON.parse(json)).toMatchObject({ items: [{ slo: 'orders/works' }], next: null });
  });

  it('shows those of the past, and says what is wrong with what is asked', async () => {
    expect(await burnwatch('incidents', '--state', 'resolved')).toEqual([
      0,
      'There are no resolved incidents.\n',
    ]);
    const [code, text] = await burnwatch('incidents', '--state', 'over');
    expect([code, text]).toEqual([1, expect.stringContaining('state must be')]);
  });
});

describe('burnwatch ack', () => {
  it('acknowledges an incident: the first one holds, and what is not open is named', async () => {
    const [, json] = await burnwatch('incidents', '--format', 'json');
    const [{ id }] = (JSON.parse(json) as { items: [{ id: string }] }).items;
    const [code, text] = await burnwatch('ack', id, '--by', 'sam', '--note', 'on it');
    expect([code, text]).toEqual([0, expect.stringMatching(/^Acknowledged by sam, 2\S+Z: reminders/)]);
    expect((await burnwatch('ack', id, '--by', 'kim'))[1]).toContain('Acknowledged by sam');
    expect((await burnwatch('ack', id, '--by', 'kim', '--conversation'))[1]).toMatch(
      /^Acknowledged by sam, .*\nOf its conversation, no other incident is open\.\n$/,
    );
    expect((await burnwatch('incidents'))[1]).toMatch(/ sam /);
    const [unknown, why] = await burnwatch('ack', 'none', '--by', 'sam');
    expect([unknown, why]).toEqual([1, expect.stringContaining(`open are: ${id} (orders/works)`)]);
    expect(await burnwatch('ack', id)).toEqual([1, 'Say who looks after it: --by <name>.\n']);
  });
});

describe('burnwatch report', () => {
  const at = ['--at', String(failedAt)];

  it('shows what became of every promise, the missed ones first, and of its incidents', async () => {
    const [code, text] = await burnwatch('report', ...at);
    expect(code).toBe(0);
    expect(text).toMatch(/^Week of \d+ \w+ \d{4} \(\S+\), as far as it has come$/m);
    expect(text).toMatch(/^0 of 1 promises kept, 1 without data; pages: 1, tickets: 0$/m);
    const lines = text.split('\n');
    expect(lines.filter((line) => /^(missed|no data|kept) /.test(line))).toEqual([
      expect.stringMatching(/^missed +orders\/works +shop +0% +99\.9% +\S+% +- +1 +-$/),
      expect.stringMatching(/^no data +mails\/sent +crm +- +99% +- +- +0 +-$/),
    ]);
    expect(text).toMatch(/^page +orders\/works +\S+ \S+ UTC .* so far +/m);
    expect(text).toMatch(/^50 +orders +time.*out$/m);
    expect(text).toContain('Nothing was counted of: mails');
    expect(text).not.toContain('\u001b');
  });

  it('has those of one team, or JSON, and says what is wrong with what is asked', async () => {
    const [, text] = await burnwatch('report', ...at, '--owner', 'crm', '--period', 'month');
    expect(text).toMatch(/^Month of 1 .*, crm, as far as it has come$/m);
    expect(text).not.toContain('orders');
    const [, json] = await burnwatch('report', ...at, '--format', 'json');
    expect(JSON.parse(json)).toMatchObject({ period: 'week', totals: { missed: 1 }, silent: ['mails'] });
    expect(await burnwatch('report', '--owner', 'none')).toEqual([0, 'There are no SLOs of "none".\n']);
    for (const [option, value] of [
      ['--period', 'year'],
      ['--at', 'noon'],
    ] as const) {
      const [code, why] = await burnwatch('report', option, value);
      expect([code, why]).toEqual([1, expect.stringContaining(option.slice(2))]);
    }
  });
});

describe('burnwatch annotate', () => {
  it('notes what happened, once, and says where something is wrong', async () => {
    const what = ['--kind', 'deploy', '--workflow', 'orders', '--id', 'deploy-7f3c'];
    for (const _ of [1, 2]) {
      const [code, text] = await burnwatch('annotate', '7f3c', ...what);
      expect([code, text]).toEqual([
        0,
        expect.stringMatching(/^Noted as \S+: deploy 7f3c, 2\S+Z, of orders\.$/m),
      ]);
    }
    const [, json] = await burnwatch('annotate', 'moved', '--format', 'json');
    expect(JSON.parse(json)).toMatchObject({ text: 'moved', kind: 'event', workflow: null });
    const [code, why] = await burnwatch('annotate', 'x', '--at', 'noon');
    expect([code, why]).toEqual([1, expect.stringMatching(/invalid-fields: .*at/)]);
  });
});

describe('burnwatch outbox', () => {
  it('has nothing to show, to send again or to drop while all is delivered', async () => {
    expect(await burnwatch('outbox', 'list')).toEqual([0, expect.stringMatching(/^There are no /)]);
    expect(await burnwatch('outbox', 'retry', 'all')).toEqual([0, expect.stringMatching(/^0 /)]);
    const [code, why] = await burnwatch('outbox', 'drop', 'none');
    expect([code, why]).toEqual([1, expect.stringContaining('none')]);
    expect((await burnwatch('outbox', 'list', '--format', 'yaml'))[0]).toBe(1);
  });
});

describe('burnwatch silences', () => {
  it('makes one, lists it and ends it; a preview makes none', async () => {
    const what = ['--workflow', 'ord*', '--for', '4h', '--reason', 'a move', '--by', 'sam'];
    expect(await burnwatch('silences')).toEqual([0, 'There are no such silences.\n']);
    const [, preview] = await burnwatch('silences', 'add', ...what, '--preview');
    expect(preview).toMatch(/^It would mute orders\/works, 1 open incident, from .* to .*\.$/m);
    expect((await burnwatch('silences'))[1]).toBe('There are no such silences.\n');
    const [code, made] = await burnwatch('silences', 'add', ...what);
    expect(code).toBe(0);
    const id = /^The silence (\S+) mutes/.exec(made)![1]!;
    const [, list] = await burnwatch('silences', 'list', '--state', 'active');
    expect(list).toMatch(/^active +workflow=ord\* .* sam +\S+ +a move$/m);
    expect(await burnwatch('silences', 'end', id)).toEqual([0, `The silence ${id} has ended.\n`]);
    expect((await burnwatch('silences', 'list', '--state', 'active'))[1]).toBe(
      'There are no such silences.\n',
    );
    const [refused, why] = await burnwatch('silences', 'add', '--workflow', 'none', '--reason', 'x');
    expect([refused, why]).toEqual([1, expect.stringContaining('Every silence has an end')]);
  }, 60_000);
});

describe('burnwatch completion', () => {
  it.each([
    ['bash', 'burnwatch bud', 'budget'],
    ['bash', 'burnwatch store ver', 'verify'],
    ['bash', 'burnwatch dead-letters list --so', '--source'],
    ['bash', 'burnwatch incidents --st', '--state'],
    ['bash', 'burnwatch serve --kafka-pass', ''],
  ])('completes in %s: %s', async (shell, typed, expected) => {
    const [, script] = await burnwatch('completion', shell);
    const words = typed.split(' ');
    const ask = `${script}
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _burnwatch; printf '%s' "\${COMPREPLY[*]}"`;
    const { stdout } = await run('bash', ['-c', ask]);
    expect(stdout).toBe(expected);
  });

  it('completes in fish, and is a program for zsh', async () => {
    const [, fish] = await burnwatch('completion', 'fish');
    for (const [typed, expected] of [
      ['burnwatch bud', 'budget'],
      ['burnwatch store ver', 'verify'],
      ['burnwatch incidents --st', '--state'],
    ] as const) {
      const home = await mkdtemp(join(tmpdir(), 'burnwatch-fish-'));
      const { stdout } = await run('fish', ['--no-config', '-c', `${fish}\ncomplete -C '${typed}'`], {
        env: { PATH: process.env['PATH'], HOME: home },
      });
      expect(stdout.split('\n').map((line) => line.split('\t')[0])).toContain(expected);
    }
    const [, zsh] = await burnwatch('completion', 'zsh');
    const check = `${zsh}\nCOMP_WORDS=(burnwatch bud); COMP_CWORD=1; print -r -- $_comps[burnwatch]`;
    const home = await mkdtemp(join(tmpdir(), 'burnwatch-zsh-'));
    const { stdout } = await run('zsh', ['-f', '-c', check], {
      env: { PATH: process.env['PATH'], HOME: home },
    });
    expect(stdout).toContain('_bash_complete');
  }, 60_000);

  it('knows no other shell', async () => {
    const [code, text] = await burnwatch('completion', 'csh');
    expect([code, text]).toEqual([1, expect.stringContaining('expected bash, zsh, fish')]);
  });
});
