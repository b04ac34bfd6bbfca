import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** One series that a query found. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** What an expression is now. Throws when Prometheus cannot read it. */
  readonly query: (expression: string) => Promise<readonly Sample[]>;
  /** The same as soon as it is anything, or for long enough nothing. */
  readonly found: (expression: string) => Promise<readonly Sample[]>;
}

/** A real Prometheus that scrapes services on loopback every second, ended with the test. */
export async function startPrometheus(
  ports: readonly number[],
  rules: readonly string[] = [],
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  const targets = ports.map((port) => `'127.0.0.1:${port}'`).join(', ');
  await writeFile(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ${JSON.stringify(rules)}
scrape_configs: [{ job_name: burnwatch, static_configs: [{ targets: [${targets}] }] }]
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const prometheus = spawn(
    'prometheus',
    [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`],
    { stdio: 'ignore' },
  );
  const ended = once(prometheus, 'exit');
  onTestFinished(async () => {
    prometheus.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const query = async (expression: string): Promise<readonly Sample[]> => {
    const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as Answer;
    if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`);
    const { result } = answer.data;
    return result.map(({ metric, value: [, number] }) => ({ metric, value: Number(number) }));
  };
  await until('Prometheus to be there', () =>
    query('vector(1)').then(
      () => true,
      () => false,
    ),
  );
  return {
    query,
    found: (expression) =>
      until(`Prometheus to have ${expression}`, async () => {
        const samples = await query(expression);
        return samples.length > 0 && samples;
      }),
  };
}

type Answer =
  | {
      readonly status: 'success';
      readonly data: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value: readonly [number, string];
        }[];
      };
    }
  | { readonly status: 'error'; readonly error: string };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs `promtool check` on a text or file; what it says and how it ends. */
export async function promtool(
  what: 'metrics' | 'rules',
  input: { readonly text: string } | { readonly file: string },
): Promise<{ readonly said: string; readonly code: number | null }> {
  const child = spawn('promtool', ['check', what, ...('file' in input ? [input.file] : [])]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += String(chunk)));
  child.stdin.end('text' in input ? input.text : '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { said, code };
}
