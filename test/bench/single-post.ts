import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startRedis } from '../support/redis.ts';
import { startService } from '../support/service.ts';
import { numberFrom, startChild } from './child.ts';
import type { Result } from './result.ts';
import { perSecond, ratio } from './result.ts';
import { TYPICAL, sloFolder } from '../support/slo-folder.ts';

const CONNECTIONS = 64;
const SECONDS = 6;

/** One outcome a request over 64 connections, against a bare server that parses the body and answers. */
export async function benchSinglePost(): Promise<Result[]> {
  const script = join(await mkdtemp(join(tmpdir(), 'burnwatch-bench-')), 'post.lua');
  await writeFile(script, WRK_SCRIPT);
  const bare = startChild('bare-server');
  const port = await numberFrom(bare);
  const reference = await wrk(`http://127.0.0.1:${port}/v1/outcomes`, script);
  bare.kill();
  const redis = await startRedis(['--appendfsync', 'everysec']);
  try {
    const service = await startService({
      BURNWATCH_STORE: redis.url,
      BURNWATCH_SLOS: await sloFolder(TYPICAL),
      LOG_LEVEL: 'error',
    });
    await wrk(`${service.url}/v1/outcomes`, script, 2);
    const rate = await wrk(`${service.url}/v1/outcomes`, script);
    await service.stop();
    return [
      {
        what: `single-outcome POSTs a second, ${CONNECTIONS} connections, Redis`,
        value: perSecond(rate, 1000),
      },
      { what: 'a bare node:http server that parses and answers', value: perSecond(reference, 1000) },
      { what: 'share of the bare server', value: ratio(rate, reference), goal: '0.50' },
    ];
  } finally {
    await redis.stop();
  }
}

async function wrk(url: string, script: string, seconds = SECONDS): Promise<number> {
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '-s',
    script,
    url,
  ]);
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]);
}

/** Every request carries an execution of its own. */
const WRK_SCRIPT = `
local run = tostring(os.time()) .. tostring(math.random(1e9))
local n = 0
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
function request()
  n = n + 1
  return wrk.format(nil, nil, nil, '{"workflow":"order-fulfillment","execution":"' .. run .. '-' .. n ..
    '","status":"succeeded","durationMs":1200}')
end
`;
