import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApp } from '../app.ts';
import type { Config } from '../config.ts';
import type { Log } from '../core/ports/log.ts';
import { allSlos } from '../core/slo/slo.ts';
import { formatProblem } from '../slo-files/yaml/problem.ts';
import { loadDefinitions } from '../slo-files/load.ts';
import { openLmdbStore } from '../store/lmdb/open.ts';
import { HISTORY_LENGTH, writeHistory } from './history.ts';
import { ROUTES } from '../http/api/routes.ts';
import { createInbox } from './inbox.ts';
import { withDemoTargets } from './demo-targets.ts';
import { narrateIncidents, welcome } from './narration.ts';
import { startOnCallPerson } from './on-call-person.ts';
import { startTraffic } from './traffic.ts';

/** The examples that come with the package. */
const SLO_FILES = fileURLToPath(new URL('../../slos/', import.meta.url));

const DEFAULT_PORT = 8080;

/**
 * Runs the service on a throw-away store with a month of made-up history, sends it live traffic with an incident
 * that is a ticket, pages within a minute and is over within ten, and shows what is sent in the terminal (`print`, whole lines) and on `/inbox`.
 * Nothing is sent to any other machine. `stop` ends all of it and removes the store's folder; it may be called
 * twice. Gives null when `signal` ended it before it had started, and rejects with a readable error when it cannot
 * start; neither leaves anything behind.
 */
export async function startDemo(
  config: Config,
  log: Log,
  version: string,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<{ stop(): Promise<void> } | null> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-demo-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const historyEnd = Date.now();
    await fillStore(folder, historyEnd, config, log, print, signal);
    if (signal.aborted) {
      await removeFolder();
      return null;
    }
    const running = await startService(folder, historyEnd, config, log, version, print);
    let stopping: Promise<void> | null = null;
    const stop = async () => {
      try {
        await running.stop();
      } finally {
        await removeFolder();
      }
    };
    return { stop: () => (stopping ??= stop()) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function fillStore(
  folder: string,
  now: number,
  { references }: Config,
  log: Log,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  print('Making up a month of history ...');
  const { definitions, problems } = await loadDefinitions([SLO_FILES], references);
  if (!definitions)
    throw new Error(`The example SLO files do not load:\n${problems.map(formatProblem).join('\n')}`);
  const clock = { now: () => now };
  const store = await openLmdbStore({ folder, partitions: 1, clock, log });
  try {
    await writeHistory({ store, definitions, now, length: HISTORY_LENGTH, log, signal });
  } finally {
    await store.close();
  }
}

async function startService(
  folder: string,
  historyEnd: number,
  config: Config,
  log: Log,
  version: string,
  print: (text: string) => void,
): Promise<{ stop(): Promise<void> }> {
  // Tokens are dropped, so that the demo needs none; with them gone only this machine may reach it, unless the
  // configuration said before that others may do so without tokens.
  const host = config.tokens.length > 0 ? '127.0.0.1' : config.host;
  const port = await freePort(config.port, host);
  const publicUrl = config.publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const inbox = createInbox();
  const app = await startApp(
    {
      ...config,
      store: { kind: 'embedded', folder },
      partitions: 1,
      slos: SLO_FILES,
      host,
      port,
      tokens: [],
      tokensFile: null,
      identityHeader: null,
      publicUrl,
      heartbeatUrl: null,
    },
    log,
    version,
    {
      adapt: withDemoTargets,
      targets: {
        fetch: inbox.fetch,
        mailTransport: inbox.mailTransport,
        write: (text) => print(text.trimEnd()),
      },
      routes: [...ROUTES, ...inbox.routes],
    },
  );
  const since = Date.now();
  const definitions = app.definitions();
  print(
    welcome(
      app.url,
      definitions ? allSlos(definitions).length : 0,
      port === config.port ? null : config.port,
    ),
  );
  const traffic = startTraffic({ url: app.url, since, historyEnd, log });
  const narration = narrateIncidents(since, print);
  const onCall = startOnCallPerson(app.url, print, log);
  return {
    async stop() {
      narration.stop();
      await onCall.stop();
      await traffic.stop();
      await app.stop();
    },
  };
}

/**
 * The wanted port, or a free one for 0 and when the default is taken. It must be known before the service
 * starts, because the links in notifications hold it.
 */
async function freePort(wanted: number, host: string): Promise<number> {
  const probe = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen(wanted, host, () => resolve((probe.address() as { port: number }).port));
    });
  } catch (error) {
    if (wanted === DEFAULT_PORT && (error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      return freePort(0, host);
    throw error;
  } finally {
    probe.close();
  }
}
