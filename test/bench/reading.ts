import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SECOND } from '../../src/core/time/duration.ts';
import { startRedis } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { TYPICAL, sloFolder } from '../support/slo-folder.ts';
import { ingestBesideDashboards } from './open-dashboards.ts';
import { startChild } from './child.ts';
import type { Result } from './result.ts';
import { perSecond } from './result.ts';

/** With the three SLOs of the workflow that is reported to there must be no more than 10,000. */
const WORKFLOWS = 2_499;
const SLOS = WORKFLOWS * 4 + 3;
const SECONDS = 5;
/** A report is shared for 15 seconds at most: who reads later has one made. */
const REPORT_GONE = 15.5 * SECOND;
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
      await sleep(REPORT_GONE);
      const reader = startChild('reader', 'once', `${url}${path}`);
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
    const together = await ingestBesideDashboards(service, redis.url);
    await service.stop();
    return [
      ...holds,
      { what: 'lists a second with an ETag', value: perSecond(lists, 1000), goal: '200/s' },
      ...together,
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

/** The longest an answer of `/healthz` took meanwhile, in milliseconds: how long all else waited. */
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
