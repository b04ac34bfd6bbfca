import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SECOND } from '../../src/core/time/duration.ts';
import { numberFrom, startChild } from './child.ts';
import type { Result } from './result.ts';

const DASHBOARDS = 20;
const [BATCH, IN_FLIGHT] = [2_000, 6];
/** Long enough that a report, which is shared for 15 seconds at most, is made anew in it; SLOs are judged four times meanwhile. */
const PERIOD = 20 * SECOND;
/** Until ingest runs as it does. */
const RUN_IN = 3 * SECOND;
/** Periods with dashboards, each beside one without. */
const PAIRS = 9;

/** What a period took. */
interface Taken {
  /** Outcomes. */
  readonly count: number;
  /** Seconds of processor time of the service for each of them. */
  readonly cost: number;
}

/**
 * As much ingest as goes, with dashboards open and without, in turns. A machine, and a Redis, that grows slower or faster meanwhile is
 * no fault of those who read: periods stand in pairs, every second one the other way round, and Redis forgets the executions
 * before each, as its hash of them doubles at the same point of each then, which slows it to half for as long as it lasts.
 */
export async function ingestBesideDashboards(
  { url, pid }: { readonly url: string; readonly pid: number },
  store: string,
): Promise<Result[]> {
  const redis = new Redis(store);
  const flow = startChild('flow', url, BATCH, IN_FLIGHT);
  const ask = (what: 'count' | 'rest') => {
    const answer = numberFrom(flow);
    flow.send(what);
    return answer;
  };

  async function period(dashboards: boolean): Promise<Taken> {
    await forgetExecutions(redis);
    const reader = dashboards ? startChild('reader', 'dashboards', `${url}/`, DASHBOARDS) : null;
    try {
      if (reader) await once(reader, 'message');
      flow.send('go');
      await sleep(RUN_IN);
      const [before, worked] = [await ask('count'), processorTime(pid)];
      await sleep(PERIOD);
      const count = (await ask('count')) - before;
      const cost = (processorTime(pid) - worked) / count;
      await ask('rest');
      return { count, cost };
    } finally {
      reader?.kill();
    }
  }

  try {
    await period(false);
    const [rates, costs]: [number[], number[]] = [[], []];
    for (let pair = 0; pair < PAIRS; pair++) {
      const first = await period(pair % 2 === 1);
      const second = await period(pair % 2 === 0);
      const [alone, together] = pair % 2 === 0 ? [first, second] : [second, first];
      rates.push(together.count / alone.count);
      costs.push(together.cost / alone.cost);
    }
    const shown = `mean of ${PAIRS} pairs ± standard error (lowest, highest)`;
    return [
      {
        what: `ingest with ${DASHBOARDS} dashboards open, of that without: ${shown}`,
        value: meanOf(rates),
        goal: '0.95',
      },
      { what: `processor time an outcome, likewise: ${shown}`, value: meanOf(costs), goal: '1.05' },
    ];
  } finally {
    flow.kill();
    redis.disconnect();
  }
}

/** Removes what is remembered of executions that ended, and waits until it is freed. */
async function forgetExecutions(redis: Redis): Promise<void> {
  for await (const keys of redis.scanStream({ match: '*:ends:*', count: 1000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
  while (!(await redis.info('memory')).includes('lazyfree_pending_objects:0\r')) await sleep(100);
}

/** Seconds that a process has spent on processors, which other processes change less than how long it took. */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // After the name, in brackets: the 12th and 13th are what it spent itself and in the kernel, in hundredths (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The standard error is the standard deviation of the pairs over the root of their number. */
function meanOf(shares: readonly number[]): string {
  const mean = shares.reduce((sum, share) => sum + share, 0) / PAIRS;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (PAIRS - 1);
  const [lowest, highest] = [Math.min(...shares), Math.max(...shares)];
  return `${mean.toFixed(2)} ± ${Math.sqrt(variance / PAIRS).toFixed(2)} (${lowest.toFixed(2)}, ${highest.toFixed(2)})`;
}
