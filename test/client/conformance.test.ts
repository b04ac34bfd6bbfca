import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../support/service.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import type { Arrived } from './misbehaving-peer.ts';
import { startMisbehavingPeer } from './misbehaving-peer.ts';
import type { Story } from './stories.ts';
import { STORIES } from './stories.ts';

/**
 * Both clients do the same stories as programs of their own, against a real Burnwatch with something in between that misbehaves.
 * What Burnwatch and the client counted is compared with what happened.
 */
const HERE = import.meta.dirname;
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  TypeScript: [process.execPath, '--import', 'tsx', join(HERE, 'driver.ts')],
  Python: ['python3', join(HERE, 'driver.py')],
};
const SLO_NAMES = { done: 'done', charged: 'charged', bank: 'bank', firstTry: 'first-try' } as const;
const TOKEN = 'token-of-the-producers';

const AWAY: Story = {
  name: 'away-then-back',
  options: { firstPauseMs: 20, longestPauseMs: 200, timeoutMs: 5000 },
  deeds: [
    { do: 'run', execution: '1' },
    { do: 'flush', withinMs: 10_000 },
    { do: 'wait' },
    { do: 'run', execution: '2' },
    { do: 'run', execution: '3', throws: 'Lost' },
    // Long enough for a few tries.
    { do: 'flush', withinMs: 300 },
    { do: 'wait' },
  ],
  counts: { done: { good: 2, bad: 1 } },
  stats: { accepted: 6 },
  lastFailed: { error: 'Lost' },
};

const workflowOf = ({ name }: Story, language: string): string => `${name}-${language.toLowerCase()}`;

const slos = Object.keys(LANGUAGES)
  .flatMap((language) =>
    [...STORIES, AWAY].map(
      (story) => `
workflow: ${workflowOf(story, language)}
owner: shop
slos:
  done: { objective: 90%, window: 28d, sli: succeeded }
  charged: { objective: 90%, window: 28d, sli: { step: charge-card } }
  bank: { objective: 90%, window: 28d, sli: { dependency: bank } }
  first-try: { objective: 90%, window: 28d, sli: { step: charge-card, good: first-try } }
---`,
    ),
  )
  .join('')
  .concat('\nteams: { shop: { page: [terminal] } }\ntargets: { terminal: { log: {} } }\n');

let service: Service;
let folder: string;
let port = '0';

async function start(): Promise<void> {
  service = await startService({
    BURNWATCH_STORE: join(folder, 'data'),
    BURNWATCH_SLOS: await sloFolder(slos),
    BURNWATCH_TOKENS: `producer:ingest:${TOKEN},reader:read:${TOKEN}-reading`,
    BURNWATCH_PORT: port,
  });
  ({ port } = new URL(service.url));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'burnwatch-client-'));
  await start();
});
afterAll(async () => {
  await service.stop();
  killServices();
  await rm(folder, { recursive: true, force: true });
});

interface Told {
  readonly reported: number;
  readonly buffered: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly lastProblem: string | null;
  readonly rejectedCodes: readonly string[];
}

/** Runs a story to its end; `onWait` is what happens each time it waits. */
async function tell(
  story: Story,
  language: string,
  url: string,
  onWait: (nth: number) => Promise<void> = async () => undefined,
): Promise<{ readonly told: Told; readonly tookMs: number }> {
  const [command, ...args] = LANGUAGES[language]!;
  const { name, options, deeds, leaves } = story;
  const program = spawn(
    command!,
    [...args, JSON.stringify({ name, options, deeds, leaves }), workflowOf(story, language)],
    {
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: join(HERE, '../../src/client/python'),
        PYTHONDONTWRITEBYTECODE: '1',
        BURNWATCH_URL: url,
        BURNWATCH_TOKEN: TOKEN,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 30_000,
    },
  );
  const began = performance.now();
  let output = '';
  let errors = '';
  let waits = 0;
  program.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  program.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (!chunk.toString().includes('@')) return;
    void onWait(++waits).then(() => program.stdin.write('\n'));
  });
  const [code] = (await once(program, 'close')) as [number | null];
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const last = output.trim().split('\n').at(-1)!;
  return { told: JSON.parse(last) as Told, tookMs: performance.now() - began };
}

interface Detail {
  readonly sli: { readonly good: number; readonly bad: number };
  readonly lastFailed: readonly {
    readonly step: string | null;
    readonly error: string | null;
    readonly traceId: string | null;
  }[];
}

async function countedOf(workflow: string, slo: string): Promise<Detail> {
  const headers = { Authorization: `Bearer ${TOKEN}-reading` };
  const answer = await fetch(new URL(`v1/slos/${workflow}/${slo}`, service.url), { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Detail;
}

async function expectCounted(story: Story, language: string, told: Told): Promise<void> {
  const { rejected = [], lastFailed, lastProblem } = story;
  const { reported, buffered, accepted, duplicates, dropped } = told;
  expect({ accepted, duplicates, rejected: told.rejected, dropped }).toEqual({
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    dropped: 0,
    ...story.stats,
  });
  expect(buffered).toBe(0);
  expect(accepted + duplicates + told.rejected + dropped).toBe(reported);
  expect(told.rejectedCodes).toEqual(rejected);
  if (lastProblem !== undefined) expect(told.lastProblem).toBe(lastProblem);

  const workflow = workflowOf(story, language);
  const nothing = { good: 0, bad: 0 };
  const { done, charged, bank, firstTry } = story.counts;
  const wanted = { done: nothing, charged: nothing, bank: nothing, firstTry: nothing };
  const counts = { done, charged, bank, firstTry };
  for (const [key, slo] of Object.entries(SLO_NAMES) as [keyof typeof wanted, string][]) {
    const { good, bad } = (await countedOf(workflow, slo)).sli;
    expect([slo, { good, bad }]).toEqual([slo, counts[key] ?? nothing]);
  }
  if (lastFailed) {
    const [latest] = (await countedOf(workflow, 'done')).lastFailed;
    expect(latest).toMatchObject(lastFailed);
  }
}

/** C1: whatever is sent again is the same as it was, byte for byte; and nobody's data is in it. */
function expectSameRecords(arrived: readonly Arrived[]): void {
  const known = new Map<string, string>();
  for (const { records, authorization } of arrived) {
    expect(authorization).toBe(`Bearer ${TOKEN}`);
    for (const record of records) {
      expect(record).not.toContain('bob');
      const { execution, step, attempt, status } = JSON.parse(record) as Readonly<Record<string, unknown>>;
      const identity = JSON.stringify([execution, step, attempt, status]);
      expect(known.get(identity) ?? record).toBe(record);
      known.set(identity, record);
    }
  }
}

/** Facts reported twice on purpose differ in `at`. */
const REPORTS_TWICE = 'sends-the-same-twice';

describe.each(Object.keys(LANGUAGES))('the client in %s', (language) => {
  it.each(STORIES.map((story) => [story.name, story] as const))('C1: %s', async (_name, story) => {
    const peer = await startMisbehavingPeer(() => service.url, story.faults ?? [], story.maxRecords);
    try {
      const { told, tookMs } = await tell(story, language, peer.url);
      await expectCounted(story, language, told);
      const { arrived } = peer;
      if (story.name !== REPORTS_TWICE) expectSameRecords(arrived);
      if (story.requests !== undefined) expect(arrived).toHaveLength(story.requests);
      if (story.waitsMs !== undefined) {
        expect(arrived[1]!.at - arrived[0]!.at).toBeGreaterThanOrEqual(story.waitsMs);
      }
      // Nothing of it may hold the program up: not a silent peer, and not one that asks for an hour.
      expect(tookMs).toBeLessThan(20_000);
    } finally {
      await peer.close();
    }
  });

  it('C1 C2: away-then-back', async () => {
    const { told } = await tell(AWAY, language, service.url, async (nth) => {
      if (nth === 1) await service.stop('SIGKILL');
      else await start();
    });
    await expectCounted(AWAY, language, told);
  });
});
