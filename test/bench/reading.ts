import type { ChildProcess } from 'node:child_process';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRedis } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { TYPICAL, sloFolder } from '../support/slo-folder.ts';
import type { Result } from './result.ts';
import { perSecond, ratio } from './result.ts';

/** With the three SLOs of the workflow that is reported to there must be no more than 10,000. */
const WORKFLOWS = 2_499;
const SLOS = WORKFLOWS * 4 + 3;
const DASHBOARDS = 20;
const SECONDS = 5;
/** Measurements with dashboards, each beside one without; an odd number, so that there is one in the middle. */
const PAIRS = 5;
const SHOWN = `median of ${PAIRS} (lowest, highest)`;
const [WARM_UP, BATCHES, BATCH, IN_FLIGHT] = [200, 800, 2_000, 6];
const PATHS = ['/', '/v1/slos?limit=1000', '/metrics'];

/** What reading 10,000 SLOs costs those who report: holds of the event loop, lists with an ETag, open dashboards. */
export async function benchReading(): Promise<Result[]> {
  const redis = await startRedis(['--appendfsync', 'everysec']);
  try {
    const service = await startService({
      BURNWATCH_STORE: redis.url,
      BURNWATCH_SLOS: await sloFolder([TYPICAL, ...manyWorkflows()].join('\n---\n')),
      LOG_LEVEL: 'error',
    });
    const { url } = service;
    await report(url);
    await holdWhile(url, () => Promise.resolve());
    const holds: Result[] = [];
    for (const path of PATHS) {
      // The report of the moment before must be gone.
      await new Promise((resolve) => setTimeout(resolve, 5_500));
      const reader = startReader('once', `${url}${path}`);
      await once(reader, 'message');
      const hold = await holdWhile(url, async () => {
        reader.send('go');
        await once(reader, 'message');
      });
      holds.push({
        what: `longest hold while ${path} is read at ${SLOS.toLocaleString('en')} SLOs`,
        value: `${hold} ms`,
        goal: '50 ms',
      });
    }
    const etag = (await fetch(`${url}/v1/slos?limit=1000`)).headers.get('etag')!;
    const lists = await wrk(`${url}/v1/slos?limit=1000`, [
      '-H',
      `If-None-Match: ${etag}`,
      '-H',
      'Accept-Encoding: gzip',
    ]);
    await ingest(url, WARM_UP);
    const rates: number[] = [];
    const costs: number[] = [];
    // In pairs, every second one the other way round: a store that grows slower meanwhile is no fault of those who read.
    for (let pair = 0; pair < PAIRS; pair++) {
      const found = { alone: { rate: 0, cost: 0 }, together: { rate: 0, cost: 0 } };
      for (const which of pair % 2 === 0
        ? (['alone', 'together'] as const)
        : (['together', 'alone'] as const)) {
        const dashboards =
          which === 'together' ? startReader('dashboards', `${url}/`, String(DASHBOARDS)) : null;
        if (dashboards) await once(dashboards, 'message');
        const before = processorTime(service.pid);
        const rate = await ingest(url, BATCHES);
        found[which] = { rate, cost: processorTime(service.pid) - before };
        dashboards?.kill();
      }
      rates.push(found.together.rate / found.alone.rate);
      costs.push(found.together.cost / found.alone.cost);
    }
    await service.stop();
    return [
      ...holds,
      { what: 'lists a second with an ETag', value: perSecond(lists, 1000), goal: '200/s' },
      {
        what: `ingest with ${DASHBOARDS} dashboards open, of that without: ${SHOWN}`,
        value: medianOf(rates),
        goal: '0.95',
      },
      {
        what: `processor time for it with ${DASHBOARDS} dashboards, of that without: ${SHOWN}`,
        value: medianOf(costs),
        goal: '1.05',
      },
    ];
  } finally {
    killServices();
    await redis.stop();
  }
}

function manyWorkflows(): string[] {
  return Array.from({ length: WORKFLOWS }, (_, index) =>
    [
      `workflow: workflow-${index}`,
      'owner: payments',
      'slos:',
      ...['succeeded', '{ within: 1m }', '{ step: charge }', '{ dependency: bank }'].map(
        (sli, which) => `  slo-${which}: { objective: 99.9%, window: 28d, sli: ${sli} }`,
      ),
    ].join('\n'),
  );
}

/** One outcome of every workflow, so that each SLO has something to show. */
async function report(url: string): Promise<void> {
  const lines = Array.from({ length: WORKFLOWS }, (_, index) =>
    JSON.stringify({ workflow: `workflow-${index}`, execution: 'first', status: 'succeeded', durationMs: 5 }),
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await fetch(`${url}/v1/outcomes`, { method: 'POST', headers, body: lines.join('\n') });
  if (answer.status !== 200) throw new Error(await answer.text());
}

/** The longest an answer of `/healthz` took meanwhile, in milliseconds, less what it usually takes: how long all else waited. */
async function holdWhile(url: string, work: () => Promise<void>): Promise<number> {
  const probed = new AbortController();
  const probing = (async () => {
    let longest = 0;
    while (!probed.signal.aborted) {
      const asked = performance.now();
      await (await fetch(`${url}/healthz`)).arrayBuffer();
      longest = Math.max(longest, performance.now() - asked);
    }
    return longest;
  })();
  await work();
  probed.abort();
  return Math.round(await probing);
}

async function wrk(url: string, args: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)('wrk', ['-t1', '-c8', `-d${SECONDS}s`, ...args, url]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]);
}

async function ingest(url: string, batches: number): Promise<number> {
  const producer = fork(
    fileURLToPath(new URL('./producer.ts', import.meta.url)),
    [url, String(batches), String(BATCH), String(IN_FLIGHT)],
    { execArgv: ['--import', 'tsx'] },
  );
  const [rate] = (await once(producer, 'message')) as [number];
  return rate;
}

/** Seconds that a process has spent on processors, which other processes change less than how long it took. */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // After the name, in brackets: the 12th and 13th are what it spent itself and in the kernel, in hundredths (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function medianOf(shares: readonly number[]): string {
  const sorted = shares.toSorted((a, b) => a - b);
  const [lowest, median, highest] = [sorted[0]!, sorted[(PAIRS - 1) / 2]!, sorted.at(-1)!];
  return `${ratio(median, 1)} (${ratio(lowest, 1)}, ${ratio(highest, 1)})`;
}

/** Another process that reads; it says so when it is ready. */
function startReader(...args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL('./reader.ts', import.meta.url)), args, {
    execArgv: ['--import', 'tsx'],
  });
}
